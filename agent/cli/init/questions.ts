/**
 * What `spitrap init` must know, one entry a question: its option, how it is asked, how an answer is judged (by the configuration's own
 * kinds, agent/config/fields.ts) and what stands when nobody answers. Asked in this order by ask.ts.
 */
import type { z } from 'zod';
import * as kinds from '../../config/fields.ts';
import { platformNames } from '../../config/schema.ts';

/** Every answer is a list of spelled values, as they go into the file; most have one. */
export type Draft = { readonly [K in AnswerKey]?: readonly string[] };
export type Answers = { readonly [K in AnswerKey]: readonly string[] };

export interface Question {
  readonly key: AnswerKey;
  readonly option: string;
  readonly asks: string;
  readonly many: boolean;
  /** Why it does not fit, in the words of the configuration; null when it does. */
  readonly judge: (value: string) => string | null;
  /** What stands without an answer; null: there must be one. */
  readonly fallback: (draft: Draft) => readonly string[] | null;
  /** Of no use on this road, so not asked; its option counts all the same. */
  readonly quiet?: boolean;
}

export type AnswerKey =
  | 'role'
  | 'name'
  | 'device'
  | 'port'
  | 'platform'
  | 'user'
  | 'cryptoAddress'
  | 'logFrom'
  | 'syslog'
  | 'listenSyslog'
  | 'listenSignals'
  | 'peerName'
  | 'peerCryptoAddress'
  | 'peerSend'
  | 'peerFrom'
  | 'snmpUser'
  | 'delay';

export const roles = ['hub', 'spoke', 'both'] as const;
export const syslogTransports = ['tcp', 'udp'] as const;

const by =
  (schema: z.ZodType, read: (value: string) => unknown = (value) => value) =>
  (value: string): string | null => {
    const result = schema.safeParse(read(value));
    return result.success ? null : (result.error.issues[0]?.message ?? 'does not fit');
  };

const none = (): null => null;
const always =
  (...values: readonly string[]) =>
  (): readonly string[] =>
    values;

export const questions: readonly Question[] = [
  {
    key: 'role',
    option: '--role',
    asks: 'Role of this end: hub, spoke or both',
    many: false,
    judge: by(kinds.word(roles)),
    fallback: none,
  },
  {
    key: 'device',
    option: '--device',
    asks: 'Address of the device beside this agent, for SSH',
    many: false,
    judge: by(kinds.address()),
    fallback: none,
  },
  {
    key: 'port',
    option: '--port',
    asks: 'Its SSH port',
    many: false,
    judge: by(kinds.count(1, 65_535), (value) => (/^\d+$/.test(value) ? Number(value) : value)),
    fallback: always('22'),
    quiet: true,
  },
  {
    key: 'name',
    option: '--name',
    asks: 'What people call the device',
    many: false,
    judge: by(kinds.plainName()),
    fallback: ({ device }) => (device?.[0]?.includes(':') ? ['device'] : (device ?? ['device'])),
  },
  {
    key: 'platform',
    option: '--platform',
    asks: `Its platform: ${platformNames.join(' or ')}`,
    many: false,
    judge: by(kinds.word(platformNames)),
    fallback: always('cisco-ios'),
  },
  {
    key: 'user',
    option: '--user',
    asks: 'Login name on the device',
    many: false,
    judge: by(kinds.text('user name')),
    fallback: always('spitrap'),
  },
  {
    key: 'cryptoAddress',
    option: '--crypto-address',
    asks: 'Its IPsec addresses, HSRP and NAT too',
    many: true,
    judge: by(kinds.range()),
    fallback: none,
  },
  {
    key: 'logFrom',
    option: '--log-from',
    asks: 'Addresses its log comes from',
    many: true,
    judge: by(kinds.range()),
    fallback: ({ device }) => device ?? null,
  },
  {
    key: 'syslog',
    option: '--syslog',
    asks: 'Its log over tcp (can not be forged) or udp',
    many: false,
    judge: by(kinds.word(syslogTransports)),
    fallback: always('tcp'),
  },
  {
    key: 'listenSyslog',
    option: '--listen-syslog',
    asks: 'Where this host takes it',
    many: false,
    judge: by(kinds.endpoint(6514, 'listen')),
    fallback: ({ syslog }) => [syslog?.[0] === 'udp' ? '0.0.0.0:5514' : '0.0.0.0:6514'],
  },
  {
    key: 'listenSignals',
    option: '--listen-signals',
    asks: 'Where this host takes the other agent’s signals (UDP)',
    many: false,
    judge: by(kinds.endpoint(10_162, 'listen')),
    fallback: always('0.0.0.0:10162'),
  },
  {
    key: 'peerName',
    option: '--peer-name',
    asks: 'What people call the other end',
    many: false,
    judge: by(kinds.plainName()),
    fallback: always('peer'),
  },
  {
    key: 'peerCryptoAddress',
    option: '--peer-crypto-address',
    asks: 'IPsec addresses of the other end',
    many: true,
    judge: by(kinds.range()),
    fallback: none,
  },
  {
    key: 'peerSend',
    option: '--peer-send',
    asks: 'Where its agent takes signals',
    many: true,
    judge: by(kinds.endpoint(10_162, 'send')),
    fallback: none,
  },
  {
    key: 'peerFrom',
    option: '--peer-from',
    asks: 'Addresses they come from',
    many: true,
    judge: by(kinds.range()),
    fallback: ({ peerSend }) => (peerSend === undefined ? null : unique(peerSend.map(hostOf))),
  },
  {
    key: 'snmpUser',
    option: '--snmp-user',
    asks: 'SNMPv3 user of the pair',
    many: false,
    judge: by(kinds.text('user name')),
    fallback: always('pair'),
    quiet: true,
  },
  {
    key: 'delay',
    option: '--delay',
    asks: 'From the message to the stop; the same at both ends',
    many: false,
    judge: by(kinds.duration(0, 300_000)),
    fallback: always('18s'),
    quiet: true,
  },
];

/** The address of a spelled endpoint. */
export const hostOf = (endpoint: string): string => kinds.parseEndpointText(endpoint)?.address ?? endpoint;
export const portOf = (endpoint: string): number => kinds.parseEndpointText(endpoint)?.port ?? 0;

const unique = (values: readonly string[]): string[] => [...new Set(values)];
