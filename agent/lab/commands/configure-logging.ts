/** Configuration lines about logging: destinations and levels, stamps and whose time is in them, numbers, counts, the rate limit. */
import type { LogLevel, LogRateLimit, StampStyle } from '../contract.ts';
import type { CommandResult, CommandSpec } from '../keyword-tree.ts';
import { labLimits } from '../lab-limits.ts';
import type { ExecContext } from '../line-state.ts';
import { LOG_LEVELS, type LogLevels } from '../logging.ts';
import { print, quiet } from './result.ts';

type ConfigCommand = CommandSpec<ExecContext>;
type ConfigRun = NonNullable<ConfigCommand['run']>;

const DESTINATIONS: readonly [word: string, key: keyof LogLevels, preset: number][] = [
  ['console', 'console', 7],
  ['monitor', 'monitor', 7],
  ['buffered', 'buffer', 7],
  ['trap', 'trap', 6],
];

const level =
  (key: keyof LogLevels, severity: number | null) =>
  ({ core }: ExecContext): CommandResult => {
    core.log.levels[key] = severity;
    return quiet;
  };

const levels: readonly ConfigCommand[] = DESTINATIONS.flatMap(([word, key, preset]) => [
  { path: `logging ${word}`, run: level(key, preset) },
  { path: `no logging ${word}`, run: level(key, null) },
  {
    path: `logging ${word} <0-7>`,
    run: (context: ExecContext, [number]: readonly string[]) => level(key, Number(number))(context),
  },
  ...LOG_LEVELS.map((name, severity) => ({ path: `logging ${word} ${name}`, run: level(key, severity) })),
]);

const rateLimit =
  (debugsToo: boolean, except: LogLevel | null): ConfigRun =>
  ({ core }, [messagesPerSecond]) => {
    const rule: LogRateLimit = { messagesPerSecond: Number(messagesPerSecond), debugsToo };
    core.log.setRateLimit(except === null ? rule : { ...rule, except });
    return quiet;
  };

const rateLimits: readonly ConfigCommand[] = [
  ...(['', 'all '] as const).flatMap((all): ConfigCommand[] => [
    { path: `logging rate-limit ${all}<1-10000>`, run: rateLimit(all !== '', null) },
    ...LOG_LEVELS.map(
      (name): ConfigCommand => ({
        path: `logging rate-limit ${all}<1-10000> except ${name}`,
        run: rateLimit(all !== '', name),
      }),
    ),
  ]),
  {
    path: 'no logging rate-limit',
    run: ({ core }) => {
      core.log.setRateLimit(null);
      return quiet;
    },
  },
];

const stamps = (['debug', 'log'] as const).flatMap((what): ConfigCommand[] => {
  const set =
    (style: StampStyle): ConfigRun =>
    ({ core }) => {
      core.log.stamps[what] = style;
      return quiet;
    };
  return [
    ...(['datetime msec', 'datetime', 'uptime'] as const).map(
      (style): ConfigCommand => ({ path: `service timestamps ${what} ${style}`, run: set(style) }),
    ),
    { path: `service timestamps ${what}`, run: set('uptime') },
    { path: `no service timestamps ${what}`, run: set('none') },
  ];
});

const sequence =
  (on: boolean): ConfigRun =>
  ({ core }) => {
    core.log.sequenceNumbers = on;
    // What the lab had set for the box is the same service: `no` means no.
    core.behaviour.sequenceNumbers = on;
    return quiet;
  };

const count =
  (on: boolean): ConfigRun =>
  ({ core }) => {
    core.log.counting = on;
    return quiet;
  };

const servers: readonly ConfigCommand[] = (['logging host', 'ntp server'] as const).flatMap((what): ConfigCommand[] => {
  const kept = ({ core }: ExecContext): Set<string> =>
    what === 'logging host' ? core.config.loggingHosts : core.config.ntpServers;
  return [
    {
      path: `${what} A.B.C.D`,
      run: (context, [address]) => {
        const all = kept(context);
        if (!all.has(address!) && all.size >= labLimits.configuredServers)
          return print([`%${what}: ${labLimits.configuredServers} are the most`]);
        all.add(address!);
        return quiet;
      },
    },
    {
      path: `no ${what} A.B.C.D`,
      run: (context, [address]) => {
        kept(context).delete(address!);
        return quiet;
      },
    },
  ];
});

export const loggingConfig: readonly ConfigCommand[] = [
  ...servers,
  ...levels,
  {
    path: 'logging buffered <4096-2147483647>',
    run: ({ core }, [bytes]) => {
      core.log.bufferBytesMax = Math.min(Number(bytes), 4_194_304);
      core.log.levels.buffer ??= 7;
      return quiet;
    },
  },
  ...rateLimits,
  ...stamps,
  { path: 'logging count', run: count(true) },
  { path: 'no logging count', run: count(false) },
  { path: 'service sequence-numbers', run: sequence(true) },
  { path: 'no service sequence-numbers', run: sequence(false) },
];
