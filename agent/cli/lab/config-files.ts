/**
 * The two configuration files of the lab and the secrets beside them, as a person would write them for a real pair: run.ts puts them
 * into the lab's folder, and the agents read them as any other. Keys: agent/config/schema.ts, docs/configuration.md.
 */
import type { DurationMs } from '../../../shared/model/time.ts';
import type { Endpoint, Random } from '../../ports.ts';
import { type End, otherEnd } from './relay.ts';
import { hasAgent, type Setting } from './setting.ts';

export interface LabSecrets {
  readonly ssh: Readonly<Record<End, string>>;
  readonly enable: Readonly<Record<End, string>>;
  readonly auth: string;
  readonly priv: string;
  readonly redaction: string;
}

export interface EndFacts {
  readonly deviceName: string;
  readonly ssh: Endpoint;
  readonly hostKey: string;
  readonly boxAddress: string;
  readonly cryptoAddress: string;
  readonly platform: string;
  readonly syslog: Endpoint;
  readonly signal: Endpoint;
  /** Where this end's agent sends signals: the relay, or the SNMP of the box whose end has no agent. */
  readonly sendTo: Endpoint;
}

export interface LabFile {
  /** Relative to the lab's folder. */
  readonly path: string;
  readonly text: string;
}

export const labUser = 'spitrap';
export const snmpUser = 'pair';

const SECRET_BYTES = 18;

/** New for every lab, letters, digits, - and _ only. */
export function drawSecrets(random: Random): LabSecrets {
  const draw = (): string => random.bytes(SECRET_BYTES).toString('base64url');
  return {
    ssh: { hub: draw(), spoke: draw() },
    enable: { hub: draw(), spoke: draw() },
    auth: draw(),
    priv: draw(),
    redaction: draw(),
  };
}

export const secretFiles = (secrets: LabSecrets): LabFile[] =>
  Object.entries({
    'hub-ssh': secrets.ssh.hub,
    'hub-enable': secrets.enable.hub,
    'spoke-ssh': secrets.ssh.spoke,
    'spoke-enable': secrets.enable.spoke,
    'pair-auth': secrets.auth,
    'pair-priv': secrets.priv,
    redaction: secrets.redaction,
  }).map(([name, secret]) => ({ path: `secrets/${name}`, text: `${secret}\n` }));

/** Note A's own community, for an end without an agent: it keeps nothing secret. */
export const communityFile: LabFile = { path: 'secrets/community', text: 'public\n' };

export const dataDirOf = (end: End): string => `${end}-data`;

/** How the lab is hurried up: what a person would leave at its default, scaled so that a run takes the delay and a few seconds. */
export interface LabTimes {
  readonly delayMs: DurationMs;
  /** Log kept after the stop, 10 s in the field. */
  readonly afterMs: DurationMs;
  readonly helloMs: DurationMs;
}

const USER = `    snmp:
      version: 3
      user: ${snmpUser}
      auth: { protocol: sha256, key: { file: secrets/pair-auth } }
      priv: { protocol: aes, key: { file: secrets/pair-priv } }
`;

const COMMUNITY = `    snmp: { version: 1, community: { file: secrets/community } }
`;

export function configFile(end: End, facts: Readonly<Record<End, EndFacts>>, times: LabTimes, setting: Setting = {}): LabFile {
  const own = facts[end];
  const peer = facts[otherEnd(end)];
  const isEem = !hasAgent(setting, otherEnd(end));
  const { messageIntervalMs } = setting;
  const interval =
    messageIntervalMs === undefined
      ? ''
      : `  messageInterval: ${formatExactly(messageIntervalMs)}     # 60s in the field: the lab's boxes repeat the message faster\n`;
  const at = ({ address, port }: Endpoint): string => JSON.stringify(`${address}:${port}`);
  const text = `# ${end}.yaml: written by \`spitrap lab\`, read by \`spitrap run -c ${end}.yaml\`.
role: ${setting.bothRoles ? 'both' : end}
mode: act
${setting.armed ? 'arm: always\n' : ''}dataDir: ${dataDirOf(end)}

device:
  name: ${own.deviceName}
  address: ${own.ssh.address}
  port: ${own.ssh.port}
  platform: ${own.platform}
  user: ${labUser}
  password: { file: secrets/${end}-ssh }
  enablePassword: { file: secrets/${end}-enable }
  hostKey: "${own.hostKey}"
  match: [${own.boxAddress}]
  cryptoAddresses: [${own.cryptoAddress}]     # of its tunnels, not of its management

sources:
  - { kind: syslog-tcp, listen: ${at(own.syslog)}, allow: [${own.boxAddress}] }

signal:
  listen: ${at(own.signal)}
  hello: ${formatExactly(times.helloMs)}     # 60s in the field
${isEem ? "  allowInsecure: true     # Note A's applets speak SNMPv1\n" : ''}
peers:
  - name: ${peer.deviceName}
    kind: ${isEem ? 'eem' : 'spitrap'}
    cryptoAddresses: [${[peer.cryptoAddress, ...(end === 'hub' ? (setting.spokeRanges ?? []) : [])].join(', ')}]
    send: [${at(own.sendTo)}]     # ${isEem ? 'its box, port 162 in the field' : "the lab's relay; in the field the peer's agent"}
    from: [${own.sendTo.address}]
${isEem ? COMMUNITY : USER}
stop:
  delay: ${formatExactly(times.delayMs)}     # 18s in Note A, and by default

evidence:
  after: ${formatExactly(times.afterMs)}     # 10s in the field
${interval}  redactionKey: { file: secrets/redaction }

log: { level: info, format: json }
`;
  return { path: `${end}.yaml`, text };
}

/** formatDuration is for people and rounds. */
const formatExactly = (ms: DurationMs): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
