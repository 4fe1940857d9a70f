/** `spitrap commands -c FILE`: every line that this agent may ever send to its device, for the change board (pair-protocol.md, "Sessions and commands"). */
import { SpitrapError } from '../../shared/errors.ts';
import { commandsFor, type PossibleCommand } from '../../shared/platforms/commands.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import type { Config } from '../config/config.ts';
import { wrapped } from '../status/text-layout.ts';
import { armPlan } from '../wiring.ts';
import { configFrom } from './config-from.ts';
import { exitCodes, print, printJson, type Subcommand } from './subcommand.ts';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export const commandsCommand: Subcommand = {
  name: 'commands',
  exits: '0 done, 2 bad usage or configuration',
  register(command, perform) {
    command
      .description('every line the agent may ever send to its device')
      .requiredOption('-c, --config <file>', 'configuration of the agent')
      .option('--json', 'as JSON: [{ "command": …, "purpose": … }]')
      .addHelpText('after', '\nExample:\n  spitrap commands -c hub.yaml\n')
      .action((options: Options) =>
        perform(async (context) => {
          const { config } = configFrom(options.config, context);
          const commands = possibleCommands(config);
          if (options.json) printJson(context, commands);
          else print(context, commandsText(config, commands));
          return exitCodes.ok;
        }),
      );
  },
};

export function possibleCommands(config: Config): PossibleCommand[] {
  const platform = platformNamed(config.device.platform);
  if (platform === null)
    throw new SpitrapError('INTERNAL', `platform ${config.device.platform} is in the schema and not on the shelf`);
  return commandsFor(platform, {
    peers: config.peers.flatMap((peer) => peer.cryptoAddresses.map((range) => range.text)),
    maxUnscopedSas: config.capture.maxUnscopedSas,
    arming: armPlan(config),
    terminalMonitor: config.sources.some((source) => source.kind === 'terminal-monitor'),
    spiWatch: config.sources.some((source) => source.kind === 'spi-watch'),
  });
}

export function commandsText(config: Config, commands: readonly PossibleCommand[]): string {
  const { device, mode } = config;
  const sent = {
    observe:
      'mode observe: of these only login, terminal settings, show clock and the keepalive are sent, and what spitrap check and spitrap advise ask when a person runs them.',
    capture: 'mode capture: all of these but the stop and the arming are sent.',
    act: 'mode act: all of these may be sent.',
  }[mode];
  const byPurpose = new Map<string, string[]>();
  for (const { command, purpose } of commands) byPurpose.set(purpose, [...(byPurpose.get(purpose) ?? []), command]);
  const groups = [...byPurpose].flatMap(([purpose, lines]) => [
    ...wrapped(purpose, ''),
    ...lines.flatMap((line) => wrapped(line === '' ? '(an empty line)' : line, '  ')),
    '',
  ]);
  const head = `${device.name} ${device.address}:${device.port} ${device.platform}: ${commands.length} lines. No other line is ever sent; a secret is sent only where the device asks for it.`;
  const asks = config.sources.some((source) => source.kind === 'spi-watch') ? ' Source spi-watch asks in every mode.' : '';
  return [...wrapped(head, ''), ...wrapped(`${sent}${asks}`, ''), '', ...groups].join('\n').trimEnd();
}
