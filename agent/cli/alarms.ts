/**
 * `spitrap alarms [list | test]`: what stands and over which channels it is told, from a running agent; and a marked test alarm through
 * each channel of a configuration, which needs none. The page is docs/alarms.md.
 */
import { hostname } from 'node:os';
import { printable } from '../../shared/model/printable.ts';
import { ownSecretReplacer } from '../../shared/redact/own-secrets.ts';
import { type ChannelTest, testChannels } from '../alarms/test-channels.ts';
import { callControl } from '../control/control-client.ts';
import { alarmLines, channelLines } from '../status/status-text.ts';
import { type Paint, wrapped } from '../status/text-layout.ts';
import { configFrom } from './config-from.ts';
import {
  type CliContext,
  type DataDirOptions,
  dataDirFrom,
  exitCodes,
  paintFor,
  print,
  printJson,
  type Subcommand,
  withDataDir,
} from './subcommand.ts';

const EXAMPLES = '\nExamples:\n  spitrap alarms -c hub.yaml\n  spitrap alarms test -c hub.yaml\n';

export const alarmsCommand: Subcommand = {
  name: 'alarms',
  exits: '0 done, 1 a channel did not take the test, 2 bad usage or configuration, 3 no agent runs there (list)',
  register(command, perform) {
    command.description('what stands, whom it is told to, and whether that works').addHelpText('after', EXAMPLES);
    withDataDir(command.command('list', { isDefault: true }))
      .description('alarms that stand, and how each channel does')
      .option('--json', 'as JSON: { "alarms": …, "channels": … }')
      .addHelpText('after', EXAMPLES)
      .action((options: DataDirOptions & { json?: boolean }) => perform((context) => list(options, context)));
    command
      .command('test')
      .description('send a marked test alarm through each channel; no agent need run')
      .requiredOption('-c, --config <file>', 'the agent’s configuration')
      .option('--json', 'as JSON: one object a channel')
      .addHelpText('after', EXAMPLES)
      .action((options: { config?: string; json?: boolean }) => perform((context) => test(options, context)));
  },
};

async function list(options: DataDirOptions & { readonly json?: boolean }, context: CliContext): Promise<number> {
  const status = await callControl(await dataDirFrom(options, context), { request: 'status' }, context.world.clock);
  const { alarms, alarmChannels: channels, alarmsDegraded: degraded } = status;
  const paint = paintFor(context);
  if (options.json) printJson(context, { alarms, channels, degraded });
  else {
    print(context, alarmLines(alarms, paint).join('\n'));
    if (channels.length === 0) print(context, 'nobody is told: no channel is configured (alarms, docs/alarms.md)');
    else print(context, channelLines(status, paint).join('\n'));
  }
  return exitCodes.ok;
}

async function test(options: { readonly config?: string; readonly json?: boolean }, context: CliContext): Promise<number> {
  const { config, secrets, warnings } = configFrom(options.config, context);
  for (const warning of warnings.filter((text) => text.startsWith('alarms')))
    context.stderr.write(`spitrap: warning: ${warning}\n`);
  const { name, address } = config.device;
  const { role, mode } = config;
  const speaker = { device: { name, address }, agent: { role, mode, version: context.version, host: hostname() } };
  const clean = ownSecretReplacer(secrets, () => '<redacted>');
  const results = await testChannels(config.alarms, context.world, speaker, (text) => clean(text).text);
  if (options.json) printJson(context, results);
  else if (results.length === 0) print(context, NONE);
  else print(context, results.flatMap((result) => testLines(result, paintFor(context))).join('\n'));
  return results.length > 0 && results.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.failed;
}

const NONE =
  'No alarm channel is configured: alarms stand in the log and in spitrap status\nalone. To tell people:\n\n  alarms:\n    - { kind: webhook, url: "https://alerts.example.net/spitrap" }\n\nAll kinds: docs/alarms.md.';

function testLines({ name, kind, target, ok, detail, remedy }: ChannelTest, paint: Paint): string[] {
  const mark = ok ? '✓' : '✗';
  // The detail names the target.
  const text = `${printable(name, 40)} (${kind}) ${detail.startsWith(target) ? '' : `${target}: `}${detail}`;
  const [first, ...rest] = wrapped(printable(text, 1_000), `${mark} `);
  return [
    first!.replace(mark, paint(ok ? 'good' : 'bad', mark)),
    ...rest,
    ...(remedy === null ? [] : wrapped(printable(remedy, 600), '  → ')),
  ];
}
