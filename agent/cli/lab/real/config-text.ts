/** The two configuration files of the real lab, as a person would write them for two Linux gateways (docs/linux.md). Pure; real/run.ts writes them. */
import type { LabTimes } from '../config-files.ts';
import { dataDirOf, snmpUser } from '../config-files.ts';
import { type End, otherEnd } from '../relay.ts';
import { HOST, labLogin, SIGNAL_PORT, SSH_PORT, WAN } from './files.ts';

const milliseconds = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);

export function realConfig(end: End, hostKey: string, { delayMs, afterMs, helloMs }: LabTimes): string {
  const far = otherEnd(end);
  return `# ${end}.yaml: written by \`spitrap lab --real\`, read by \`spitrap run -c ${end}.yaml\` in the network of ${HOST[end]}.
role: ${end}
mode: act
dataDir: ${dataDirOf(end)}

device:
  name: ${HOST[end]}
  address: ${WAN[end]}
  port: ${SSH_PORT}
  platform: linux-strongswan
  user: ${labLogin}
  privateKey: { file: secrets/ssh }
  hostKey: "${hostKey}"
  cryptoAddresses: [${WAN[end]}]

sources:
  - { kind: terminal-monitor }     # follows charon's log
  - { kind: spi-watch, every: 500ms }     # 1s in the field

signal:
  listen: "${WAN[end]}:${SIGNAL_PORT}"
  hello: ${milliseconds(helloMs)}     # 60s in the field

peers:
  - name: ${HOST[far]}
    kind: spitrap
    cryptoAddresses: [${WAN[far]}]
    send: ["${WAN[far]}:${SIGNAL_PORT}"]
    snmp:
      version: 3
      user: ${snmpUser}
      auth: { protocol: sha256, key: { file: secrets/pair-auth } }
      priv: { protocol: aes, key: { file: secrets/pair-priv } }

stop:
  delay: ${milliseconds(delayMs)}     # 18s in Note A, and by default

evidence:
  after: ${milliseconds(afterMs)}     # 10s in the field
  redactionKey: { file: secrets/redaction }

log: { level: info, format: json }
`;
}
