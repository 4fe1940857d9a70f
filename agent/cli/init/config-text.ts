/**
 * The configuration file that `spitrap init` writes, and `spitrap eem import` with what it has read: mode observe, every secret a file, and
 * a word above each section on why it says what it says. Keys: agent/config/schema.ts; tests load what this writes.
 */
import type { AnswerKey, Answers } from './questions.ts';
import { portOf } from './questions.ts';

/** What an import knows better, or not at all. */
export interface ImportedText {
  /** Keys of which a person must give the value: above each stands `FILL IN:` and this. */
  readonly fillIn: Partial<Readonly<Record<AnswerKey, string>>>;
  /** Lines under `peers:`, each peer's; without indentation of their own beyond the list's. */
  readonly peers: readonly string[];
  /** Comment above them. */
  readonly aboutPeers: readonly string[];
  /** More keys of `signal`. */
  readonly signal: readonly string[];
}

export interface ConfigFacts {
  readonly answers: Answers;
  /** For the head: `hub.yaml`. */
  readonly fileName: string;
  readonly hostKeys: readonly string[];
  readonly legacy: boolean;
  /** As they go into the file: relative to it. */
  readonly secrets: {
    readonly password: string | null;
    readonly privateKey: string | null;
    readonly enable: string | null;
    readonly auth: string;
    readonly priv: string;
    readonly redaction: string;
  };
  readonly imported?: ImportedText;
}

export function configText(facts: ConfigFacts): string {
  const { answers, fileName, hostKeys, legacy, secrets, imported } = facts;
  const mark = (key: AnswerKey): string => {
    const asks = imported?.fillIn[key];
    return asks === undefined ? '' : `  # FILL IN: ${asks}\n`;
  };
  const one = (key: keyof Answers): string => answers[key][0]!;
  const login = [
    ...(secrets.password === null ? [] : [`  password: { file: ${spelled(secrets.password)} }`]),
    ...(secrets.privateKey === null ? [] : [`  privateKey: { file: ${spelled(secrets.privateKey)} }`]),
    ...(secrets.enable === null ? [] : [`  enablePassword: { file: ${spelled(secrets.enable)} }`]),
  ];
  return `# ${fileName}: written by \`spitrap ${imported === undefined ? 'init' : 'eem import'}\`.
# Every key with its default: docs/configuration.md. To try it, then start it:
#   spitrap check -c ${fileName}
#   spitrap run -c ${fileName}

# hub opens incidents from what its own device logs, spoke joins those that its
# peer signals, both does both.
role: ${one('role')}

# observe logs in, listens, and journals what it would do: every command unsent.
# The ladder: observe for a week, then capture (show commands only), then act
# (turns the debugs off). Both ends climb together; hello compares them.
mode: observe

# The head-end beside this agent.
device:
${mark('name')}  name: ${spelled(one('name'))}
${mark('device')}  address: ${spelled(one('device'))}
  port: ${one('port')}
${mark('platform')}  platform: ${one('platform')}
${mark('user')}  user: ${spelled(one('user'))}
${login.join('\n')}
${hostKeyLines(hostKeys)}${legacy ? '  # Old key exchanges, ciphers and MACs too: this device has nothing else.\n  legacy: true\n' : ''}  # Whose log lines are this device's: the addresses that it sends them from.
${mark('logFrom')}  match: ${list(answers.logFrom)}
  # Where it terminates IPsec, HSRP and NAT addresses included. A message counts
  # only when its destaddr is one of these, never the management address.
${mark('cryptoAddress')}  cryptoAddresses: ${list(answers.cryptoAddress)}

# Where the device's log comes in. On the device, with this host's address:
#   logging host ADDRESS transport ${one('syslog')} port ${portOf(one('listenSyslog'))}
#   logging trap debugging                   (else the debugs do not come)
#   service timestamps debug datetime msec
#   service timestamps log datetime msec
#   service sequence-numbers
sources:
  - kind: syslog-${one('syslog')}
    listen: ${JSON.stringify(one('listenSyslog'))}

# Where the other agent's signals come in (UDP). Hello goes both ways each
# minute, so that a dead path or a difference shows before it matters.
signal:
  listen: ${JSON.stringify(one('listenSignals'))}
${(imported?.signal ?? []).map((line) => `  ${line}\n`).join('')}
${imported === undefined ? peerOf(facts) : importedPeers(imported)}
# From the message to the stop, the same at both ends. 18s is Note A's: long
# enough for the debugs that tell why, short enough for the router.
stop:
  delay: ${one('delay')}

# Keys and passwords in captured text become the same <redacted:...> at both
# ends, when both have this key.
evidence:
  redactionKey: { file: ${spelled(secrets.redaction)} }
`;
}

function peerOf({ answers, secrets }: ConfigFacts): string {
  const one = (key: keyof Answers): string => answers[key][0]!;
  return `# The other end. cryptoAddresses are its tunnels' (srcaddr of the message), send
# and from its agent's: never the same field. Several paths are used at once.
# Version 3 with both keys: without them anyone could stop your debugs.
peers:
  - name: ${spelled(one('peerName'))}
    kind: spitrap
    cryptoAddresses: ${list(answers.peerCryptoAddress)}
    send: [${answers.peerSend.map((endpoint) => JSON.stringify(endpoint)).join(', ')}]
    from: ${list(answers.peerFrom)}
    snmp:
      version: 3
      user: ${spelled(one('snmpUser'))}
      auth: { protocol: sha256, key: { file: ${spelled(secrets.auth)} } }
      priv: { protocol: aes, key: { file: ${spelled(secrets.priv)} } }
`;
}

const importedPeers = ({ aboutPeers, peers }: ImportedText): string =>
  [...aboutPeers.map((line) => `# ${line}`), 'peers:', ...peers.map((line) => `  ${line}`), ''].join('\n');

function hostKeyLines(hostKeys: readonly string[]): string {
  if (hostKeys.length > 0)
    return `  # The device's SSH key, pinned: another one is refused, and nothing is sent.\n  hostKey: ${list(hostKeys)}\n`;
  return `  # The device's SSH key is not pinned yet, so that every login is refused. Once
  #   spitrap run -c FILE --trust-on-first-use
  # prints it; compare it with the device, then write hostKey: "SHA256:...".
  hostKey: []
`;
}

export const list = (values: readonly string[]): string => `[${values.map(spelled).join(', ')}]`;

/** Plain where YAML reads it as the text that it is, else in quotes. */
export const spelled = (text: string): string =>
  /^(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z_][\w./-]*$/i.test(text) || /^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(text)
    ? text
    : JSON.stringify(text);
