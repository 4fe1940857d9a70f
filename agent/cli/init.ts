/**
 * `spitrap init`: writes a configuration in mode observe and the secrets beside it, from options or by asking. Nothing is written before
 * all is known and the program itself has read the result; what is there already is never overwritten.
 */

import { basename, dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { printable, quoted } from '../../shared/model/printable.ts';
import { loadConfigText } from '../config/load.ts';
import { platformNames } from '../config/schema.ts';
import { wrapped } from '../status/text-layout.ts';
import { type Ask, agreed, answersAsked, answersWithout, judgeOptions, Left, typedLine } from './init/ask.ts';
import { type ConfigFacts, configText } from './init/config-text.ts';
import { drawKey, hostWith, type PlannedFile, pathFrom, writeWhole } from './init/files.ts';
import { closingWords } from './init/other-end.ts';
import { type AnswerKey, type Answers, type Draft, questions, roles, syslogTransports } from './init/questions.ts';
import { type CliContext, exitCodes, interruptedCode, type Subcommand } from './subcommand.ts';

type Options = Partial<Record<AnswerKey, string | string[]>> & {
  readonly out?: string;
  readonly passwordFile?: string;
  readonly keyFile?: string;
  readonly enableFile?: string;
  readonly hostKey?: string[];
  readonly fetchHostKey?: boolean;
  readonly legacy?: boolean;
  readonly secretsDir?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
};

const EXAMPLES = `
Examples:
  spitrap init
  spitrap init --role hub -o hub.yaml --device 192.0.2.1 --user spitrap \\
    --password-file hub.pw --crypto-address 213.163.222.7 --peer-name spoke1 \\
    --peer-crypto-address 11.1.1.3 --peer-send 198.51.100.9:10162
`;

export const initCommand: Subcommand = {
  name: 'init',
  exits: '0 written, 1 failed, 2 bad usage: nothing was written, 130 left by Ctrl-C: nothing was written',
  register(command, perform) {
    command.description('write a configuration and its keys: asks, or takes options');
    optionsOf(command)
      .addHelpText('after', EXAMPLES)
      .action((options: Options) => perform((context) => init(options, context)));
  },
};

function optionsOf(command: Command): Command {
  return command
    .addOption(new Option('--role <role>', 'of this end').choices(roles))
    .option('-o, --out <file>', 'where it is written; - is stdout (default: ROLE.yaml)')
    .option('--device <address>', 'the device, for SSH')
    .option('--port <number>', 'its SSH port (default: 22)')
    .option('--name <name>', 'what people call it (default: its address)')
    .addOption(new Option('--platform <platform>', 'of the device (default: cisco-ios)').choices(platformNames))
    .option('--user <name>', 'login name (default: spitrap)')
    .option('--password-file <file>', 'holds the login password, one line, 0600')
    .option('--key-file <file>', 'SSH private key, in place of a password')
    .option('--enable-file <file>', 'holds the enable password')
    .option('--host-key <fingerprint...>', 'the device’s SSH key to pin, "SHA256:…"')
    .option('--fetch-host-key', 'ask the device for its key and pin it: compare it')
    .option('--legacy', 'old SSH algorithms too: old IOS has nothing else')
    .option('--crypto-address <address...>', 'where the device terminates IPsec')
    .option('--log-from <address...>', 'senders of its log (default: the device)')
    .addOption(new Option('--syslog <transport>', 'of its log (default: tcp)').choices(syslogTransports))
    .option('--listen-syslog <endpoint>', 'default: 0.0.0.0:6514, udp 0.0.0.0:5514')
    .option('--listen-signals <endpoint>', 'default: 0.0.0.0:10162')
    .option('--peer-name <name>', 'the other end (default: peer)')
    .option('--peer-crypto-address <address...>', 'where it terminates IPsec')
    .option('--peer-send <endpoint...>', 'where its agent takes signals')
    .option('--peer-from <address...>', 'where its signals come from (default: same)')
    .option('--snmp-user <name>', 'of the pair, SNMPv3 (default: pair)')
    .option('--delay <duration>', 'from the message to the stop (default: 18s)')
    .option('--secrets-dir <dir>', 'default: secrets, beside the configuration')
    .option('--yes', 'ask nothing: the defaults stand')
    .option('--force', 'write over a configuration; keys are never overwritten');
}

async function init(options: Options, context: CliContext): Promise<number> {
  const ask = options.yes === true ? null : context.ask;
  try {
    await write(options, ask, context);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    context.stderr.write('spitrap: left; nothing was written\n');
    return interruptedCode;
  }
}

async function write(options: Options, ask: Ask | null, context: CliContext): Promise<void> {
  const { world, host, stderr } = context;
  const tell = (line: string): void => stderr.write(`${line}\n`);
  const given = draftOf(options);
  judgeOptions(given);
  // Before anybody is asked twenty things.
  if (given.role?.[0] !== undefined || options.out !== undefined) await mayWrite(options, given.role?.[0] ?? '', context);
  const answers = ask === null ? answersWithout(given) : await answersAsked(given, ask, tell);
  const out = outOf(options, answers.role[0]!);
  await mayWrite(options, answers.role[0]!, context);

  const folder = out === null ? resolve('.') : dirname(out);
  const secretsFolder = options.secretsDir === undefined ? join(folder, 'secrets') : resolve(options.secretsDir);
  const plan = new SecretPlan(secretsFolder, context);
  const login = await loginSecrets(options, answers, ask, plan);
  const shared = {
    auth: await plan.key('pair-auth'),
    priv: await plan.key('pair-priv'),
    redaction: await plan.key('redaction'),
  };
  plan.mustBeOneSet(Object.values(shared));
  const hostKeys = await hostKeysOf(options, answers, ask, context);
  const facts: ConfigFacts = {
    answers,
    fileName: out === null ? 'FILE' : basename(out),
    hostKeys,
    legacy: options.legacy === true,
    secrets: mapped({ ...login, ...shared }, (path) => pathFrom(folder, path)),
  };
  const text = configText(facts);
  const file = out ?? join(folder, 'stdout.yaml');
  const loaded = loadConfigText(text, file, hostWith(plan.files, host));
  for (const warning of loaded.warnings) for (const line of wrapped(warning, '! ')) tell(line);

  if (out === null) {
    context.stdout.write(text);
    const needed = plan.files.map(({ path }) => pathFrom(folder, path));
    if (needed.length > 0) tell(`spitrap: nothing was written; the file names secrets that are not there: ${needed.join(', ')}`);
    return;
  }
  for (const secret of plan.files) await writeWhole(secret, world.disk, world.random);
  await writeWhole({ path: out, text }, world.disk, world.random);
  const near = (path: string): string => pathFrom(resolve('.'), path);
  const words = closingWords(answers, {
    config: near(out),
    secrets: plan.files.map(({ path }) => near(path)),
    kept: plan.kept.map(near),
    shared: Object.values(shared).map(near),
    isPinned: hostKeys.length > 0,
  });
  context.stdout.write(`${words.map((line) => printable(line, 400)).join('\n')}\n`);
}

function draftOf(options: Options): Draft {
  return Object.fromEntries(
    questions.flatMap(({ key }) => {
      const value = options[key];
      return value === undefined ? [] : [[key, Array.isArray(value) ? value.flatMap((one) => one.split(',')) : [value]]];
    }),
  );
}

/** Absolute; null: stdout. */
const outOf = (options: Options, role: string): string | null =>
  options.out === '-' ? null : resolve(options.out ?? `${role}.yaml`);

async function mayWrite(options: Options, role: string, { world }: CliContext): Promise<void> {
  const out = outOf(options, role);
  if (out === null) return;
  const found = await world.disk.stat(out);
  if (found?.folder) throw new SpitrapError('USAGE', `${quoted(out, 300)} is a folder; give a file: -o FILE`);
  if (found !== null && options.force !== true)
    throw new SpitrapError('USAGE', `${quoted(out, 300)} is there already; give another with -o, or write over it with --force`);
}

/** Secrets that are needed: those that are there stay, the others will be written. */
class SecretPlan {
  readonly files: PlannedFile[] = [];
  readonly kept: string[] = [];
  readonly #folder: string;
  readonly #context: CliContext;

  constructor(folder: string, context: CliContext) {
    this.#folder = folder;
    this.#context = context;
  }

  /** The path of a key, which is drawn where there is none. */
  async key(name: string): Promise<string> {
    return this.#at(name, () => drawKey(this.#context.world.random));
  }

  async typed(name: string, ask: () => Promise<string>): Promise<string> {
    return this.#at(name, ask);
  }

  async has(name: string): Promise<boolean> {
    return (await this.#context.world.disk.stat(join(this.#folder, name))) !== null;
  }

  /** Half of them copied would be a pair that never hears each other, with nothing to show why. @throws SpitrapError USAGE. */
  mustBeOneSet(paths: readonly string[]): void {
    const there = paths.filter((path) => this.kept.includes(path));
    if (there.length === 0 || there.length === paths.length) return;
    const missing = paths.filter((path) => !there.includes(path)).map((path) => basename(path));
    const found = there.map((path) => basename(path));
    throw new SpitrapError(
      'USAGE',
      `of the keys of the pair ${quoted(this.#folder, 200)} has ${found.join(', ')} and not ${missing.join(', ')}; copy all from the other end, or remove what is there for new ones`,
    );
  }

  async #at(name: string, make: () => string | Promise<string>): Promise<string> {
    const path = join(this.#folder, name);
    if (await this.has(name)) this.kept.push(path);
    else this.files.push({ path, text: `${await make()}\n` });
    return path;
  }
}

interface LoginFiles {
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly enable: string | null;
}

async function loginSecrets(options: Options, answers: Answers, ask: Ask | null, plan: SecretPlan): Promise<LoginFiles> {
  const given = (file: string | undefined): string | null => (file === undefined ? null : resolve(file));
  const privateKey = given(options.keyFile);
  let [password, enable] = [given(options.passwordFile), given(options.enableFile)];
  const name = `${answers.name[0]}-password`;
  if (password === null && privateKey === null) {
    if (ask === null && !(await plan.has(name)))
      throw new SpitrapError(
        'USAGE',
        'how to log in? Give --password-file FILE (one line, chmod 0600) or --key-file FILE; a password never stands on a command line',
      );
    password = await plan.typed(name, () => typedSecret(ask!, `Password of ${answers.user[0]} on the device (not shown): `));
  }
  if (
    enable === null &&
    ask !== null &&
    (await agreed(ask, 'Does the device ask for an enable password after the login?', false))
  )
    enable = await plan.typed(`${answers.name[0]}-enable`, () => typedSecret(ask, 'Enable password (not shown): '));
  return { password, privateKey, enable };
}

async function typedSecret(ask: Ask, question: string): Promise<string> {
  for (;;) {
    const typed = await typedLine(ask, question, true);
    if (typed.trim() !== '') return typed;
  }
}

async function hostKeysOf(options: Options, answers: Answers, ask: Ask | null, context: CliContext): Promise<readonly string[]> {
  if (options.hostKey !== undefined) return options.hostKey;
  if (
    options.fetchHostKey !== true &&
    (ask === null || !(await agreed(ask, 'Ask the device for its SSH key now, to pin it?', true)))
  )
    return [];
  const { context: found } = await presentedKey(options, answers, context).catch((error: unknown) => {
    // In a talk nothing is lost: the file is written without it, and says so.
    if (ask === null || !isSpitrapError(error)) throw error;
    for (const line of wrapped(error.message, '  ')) context.stderr.write(`${line}\n`);
    return { context: { presented: null } };
  });
  const key = found['presented'];
  if (typeof key !== 'string') return [];
  for (const line of wrapped(`it shows ${key}: compare it with the device, on its console`, '  '))
    context.stderr.write(`${line}\n`);
  return ask === null || (await agreed(ask, 'Is it the device’s?', false)) ? [key] : [];
}

const KEY_WITHIN_MS = 15_000;

/** No key is accepted, so that nothing of ours is sent: the refusal names the key that was shown. */
async function presentedKey(options: Options, answers: Answers, { world }: CliContext): Promise<SpitrapError> {
  const target = {
    address: answers.device[0]!,
    port: Number(answers.port[0]),
    user: answers.user[0]!,
    hostKeys: [],
    legacy: options.legacy === true,
    keepaliveMs: 0,
  };
  try {
    const shell = await world.shells.open(target, { timeoutMs: KEY_WITHIN_MS });
    await shell.close();
    throw new SpitrapError('INTERNAL', 'a host key that nobody pinned was accepted');
  } catch (error) {
    if (isSpitrapError(error, 'SSH_HOST_KEY_REFUSED')) return error;
    throw error;
  }
}

function mapped<T extends Record<string, string | null>>(values: T, change: (value: string) => string): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value === null ? null : change(value)])) as T;
}
