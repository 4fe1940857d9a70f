/** `spitrap signal send | listen`: the path between two ends tried by hand, with any phase and any version of SNMP. */
import { type Command, Option } from 'commander';
import { phases } from '../../shared/wire/signal.ts';
import { authProtocols, privProtocols } from '../config/snmp-fields.ts';
import { type ListenOptions, listenSignals } from './signal/listen.ts';
import { type SendOptions, sendSignal } from './signal/send.ts';
import type { Subcommand } from './subcommand.ts';

const EXAMPLES = `
Examples:
  spitrap signal send -c hub.yaml --peer spoke1 --phase hello
  spitrap signal send -c hub.yaml --peer spoke1 --phase alert --in 3s --yes
  spitrap signal send --to 198.51.100.9:162 --snmp 1 --community-file c \\
    --phase stop --bare
  spitrap signal listen --listen 0.0.0.0:10163
  spitrap signal listen -c spoke.yaml --json
`;

export const signalCommand: Subcommand = {
  name: 'signal',
  exits:
    '0 sent (an inform: acknowledged), or listened to the end; 1 not; 2 bad usage: nothing was sent; 130 left by Ctrl-C at the question',
  register(command, perform) {
    command.description('send a signal by hand, or listen for them').addHelpText('after', EXAMPLES);
    sendOptions(command.command('send'))
      .description('one signal, and what came back; secrets from files or environment')
      .addHelpText('after', EXAMPLES)
      .action((options: SendOptions) => perform((context) => sendSignal(options, context)));
    command
      .command('listen')
      .description('print what arrives; act on nothing')
      .option('-c, --config <file>', 'judge as the agent of this configuration would')
      .option('--listen <endpoint>', 'address:port (default: signal.listen of -c)')
      .option('--answer', 'answer informs: their senders take them for delivered')
      .option('--for <duration>', 'end after this long')
      .option('--count <number>', 'end after so many')
      .option('--json', 'one JSON object a line')
      .addHelpText('after', EXAMPLES)
      .action((options: ListenOptions) => perform((context) => listenSignals(options, context)));
  },
};

const sendOptions = (command: Command): Command =>
  command
    .option('-c, --config <file>', 'an agent’s configuration: its peers and keys')
    .option('--peer <name>', 'a peer in it')
    .option('--to <endpoint>', 'address:port; with -c, in place of the peer’s')
    .addOption(new Option('--phase <phase>', 'what is said').choices(phases).makeOptionMandatory())
    .option('--in <duration>', 'alert: until the stop (default: stop.delay, 18s)')
    .option('--lease <duration>', 'arm: how long (default: 15m)')
    .option('--id <id>', 'incident; default: a new one')
    .option('--bare', 'without text, as a router’s applet: a stop')
    .option('--inform', 'ask for an acknowledgement (default, but for v1)')
    .option('--trap', 'send a trap')
    .addOption(new Option('--root <number>', 'of the event-manager MIB').choices(['91', '134']))
    .addOption(new Option('--snmp <version>', 'with credentials below').choices(['1', '2c', '3']))
    .option('--community-file <file>', 'holds the community')
    .option('--community-env <name>', 'variable that holds it')
    .option('--user <name>', 'of SNMPv3')
    .addOption(new Option('--auth <protocol>', 'its authentication').choices(authProtocols).default('sha256'))
    .option('--auth-key-file <file>', 'holds the authentication password')
    .option('--auth-key-env <name>', 'variable that holds it')
    .addOption(new Option('--priv <protocol>', 'its privacy').choices(privProtocols).default('aes'))
    .option('--priv-key-file <file>', 'holds the privacy password; none: authNoPriv')
    .option('--priv-key-env <name>', 'variable that holds it')
    .option('--engine-id <hex>', 'v3 trap: an engine that the receiver knows')
    .option('--timeout <duration>', 'for the acknowledgement', '3s')
    .option('--hex', 'print every datagram')
    .option('--json', 'as JSON')
    .option('--yes', 'a signal that acts is meant: do not ask');
