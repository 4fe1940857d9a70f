/** What `spitrap init` says at its end: what was written, what the other end needs, what comes next. Lines of at most 80 columns. */
import { wrapped } from '../../status/text-layout.ts';
import { type Answers, hostOf, portOf } from './questions.ts';

export interface Written {
  readonly config: string;
  /** New this time. */
  readonly secrets: readonly string[];
  /** Were there before and stay as they are. */
  readonly kept: readonly string[];
  /** The same at both ends. */
  readonly shared: readonly string[];
  readonly isPinned: boolean;
}

export function closingWords(answers: Answers, written: Written): string[] {
  const { config, secrets, kept, shared, isPinned } = written;
  return [
    ...wrapped(config, 'configuration  '),
    ...secrets.flatMap((path) => wrapped(`${path}, 0600`, 'new secret     ')),
    ...kept.flatMap((path) => wrapped(`${path}, as it was`, 'secret         ')),
    '',
    ...wrapped('The other end: copy these there, 0600 as they are here', ''),
    ...shared.flatMap((path) => wrapped(path, '  ')),
    ...wrapped('into its folder of secrets, then run there, with its own in place of CAPITALS', ''),
    ...otherEndsCommand(answers).map((line) => `  ${line}`),
    '',
    'Next here',
    ...(isPinned ? [] : wrapped('pin the device’s SSH key: device.hostKey in the file', '  ')),
    `  spitrap check -c ${quotedWord(config)}`,
    `  spitrap run -c ${quotedWord(config)}`,
  ];
}

const OTHER_ROLE: Readonly<Record<string, string>> = { hub: 'spoke', spoke: 'hub', both: 'both' };

/** `spitrap init …` for the other end, one option a line. What only that end knows is in capitals. */
export function otherEndsCommand(answers: Answers): string[] {
  const many = (option: string, values: readonly string[]): string[] => [`${option} ${values.map(quotedWord).join(' ')}`];
  const changed = (option: string, key: 'snmpUser' | 'delay', preset: string): string[] =>
    answers[key][0] === preset ? [] : many(option, answers[key]);
  const own = answers.listenSignals[0]!;
  const isWildcard = ['0.0.0.0', '::'].includes(hostOf(own));
  const ports = [...new Set(answers.peerSend.map(portOf))];
  const words = [
    `spitrap init --role ${OTHER_ROLE[answers.role[0]!]}`,
    '--device ADDRESS --user USER --password-file FILE',
    ...many('--name', answers.peerName),
    ...many('--crypto-address', answers.peerCryptoAddress),
    ...(ports[0] === 10_162 ? [] : [`--listen-signals 0.0.0.0:${ports[0]}`]),
    ...many('--peer-name', answers.name),
    ...many('--peer-crypto-address', answers.cryptoAddress),
    `--peer-send ${isWildcard ? `THIS-HOSTS-ADDRESS:${portOf(own)}` : quotedWord(own)}`,
    ...changed('--snmp-user', 'snmpUser', 'pair'),
    ...changed('--delay', 'delay', '18s'),
  ];
  return words.map((line, index) => `${index === 0 ? '' : '  '}${line}${index === words.length - 1 ? '' : ' \\'}`);
}

/** As a shell reads it. */
const quotedWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
