/**
 * `alarms` of the configuration: whom alarms are told to, one entry a channel of agent/alarms/. Its keys (for schema.ts), the rules between
 * them (for rules.ts), and how they become what the program uses (for load.ts). What they do: docs/alarms.md.
 */
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { AlarmChannelCommon, AlarmChannelConfig, AlarmFacility } from './config.ts';
import { leaf, mapping, notYet, optional, Remedy, required, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import type { Findings, Parts } from './rules.ts';
import { errnoWords, readSecret, type SecretReader, type SecretRef, secret } from './secrets.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const ARGUMENTS_MAX = 32;
const ARGUMENT_CHARACTERS_MAX = 1_000;
/** A bundle of all well-known authorities is 220 KiB. */
const CA_BYTES_MAX = 1024 * 1024;

/** RFC 5424 table 1, by the names that syslog.conf gives them. */
export const facilities: readonly AlarmFacility[] = [
  'user',
  'daemon',
  'auth',
  'syslog',
  'cron',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
];

type UrlRef = SecretRef | { readonly kind: 'url'; readonly url: string };

/** The path of a chat service's hook is its whole secret, so it may stand in a file; where it stands in the open it is masked all the same. */
const webhookUrl = () =>
  leaf<UrlRef>(
    'URL, or { file: path }, { env: NAME } or { credential: NAME } when it holds a secret',
    (raw) => {
      if (typeof raw === 'object') {
        const ref = secret().safeParse(raw);
        return ref.success
          ? ref.data
          : new Remedy(
              'exactly one of file, env and credential: { file: path }, { env: NAME } or { credential: NAME }, or the URL itself',
            );
      }
      const fault = urlFault(raw);
      return fault === null ? { kind: 'url', url: String(raw) } : new Remedy(fault);
    },
    { secret: true },
  );

const FORM = 'a URL such as "https://alerts.example.net/spitrap"';

function urlFault(raw: unknown): string | null {
  if (typeof raw !== 'string' || raw.length > 2_000 || /[\s\u0000-\u001f]/.test(raw) || !URL.canParse(raw)) return FORM;
  const { protocol, username, password, hash } = new URL(raw);
  if (protocol !== 'http:' && protocol !== 'https:') return `${FORM}: only http and https are spoken`;
  if (username !== '' || password !== '')
    return 'a URL without user and password; give token, or header: { name: …, value: { file: … } }';
  return hash === '' ? null : 'a URL without #…, which no server ever sees';
}

const argv = () =>
  leaf<readonly string[]>('list: absolute path of the program, then its arguments', (raw) => {
    const form =
      'a list: the absolute path of the program, then its arguments, such as ["/usr/local/bin/page-me", "--team", "net"]';
    if (typeof raw === 'string') return new Remedy(`${form}; it is not run by a shell`);
    if (!Array.isArray(raw) || raw.length === 0 || raw.length > ARGUMENTS_MAX) return new Remedy(form);
    for (const part of raw as unknown[])
      if (typeof part !== 'string' || part.length > ARGUMENT_CHARACTERS_MAX || part.includes('\0'))
        return new Remedy('each argument is text, in quotes if it is a number');
    const words = raw as string[];
    return isAbsolute(words[0]!) ? words : new Remedy('the program by its absolute path: nothing is looked up in PATH');
  });

const headerName = () =>
  leaf('header name', (raw) =>
    typeof raw === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(raw) && !OWN_HEADERS.has(raw.toLowerCase())
      ? raw
      : new Remedy('a header such as X-Api-Key; content-type, content-length, host, user-agent and connection are our own'),
  );
const OWN_HEADERS = new Set([
  'content-type',
  'content-length',
  'host',
  'user-agent',
  'connection',
  'transfer-encoding',
  'expect',
]);

const common = (timeout: string, timeoutMostMs: number) => ({
  name: optional(
    kinds.plainName(),
    'For log and status, and what is remembered of whom was told what.',
    'the kind, numbered when it stands twice',
  ),
  severity: withDefault(
    kinds.word(['warning', 'critical']),
    'warning',
    'The least severe alarms that are told here; `critical`: only those where debugs may be on.',
  ),
  repeatEvery: withDefault(
    kinds.duration(10 * SECOND, DAY),
    '15m',
    'A standing alarm is told again so often, until it is over or acknowledged (`spitrap ack`). The first two repeats of a critical one come after a third of it.',
  ),
  timeout: withDefault(kinds.duration(SECOND, timeoutMostMs), timeout, 'For one delivery.'),
});

export const alarmChannel = notYet(
  z.discriminatedUnion('kind', [
    mapping({
      kind: required(z.literal('webhook'), 'HTTP POST of the JSON in docs/alarms.md; any 2xx is a delivery.'),
      url: required(webhookUrl(), 'Where to. Redirects are not followed, no proxy is used. Names are resolved, here alone.'),
      token: optional(secret(), 'Sent as `Authorization: Bearer …`.'),
      header: optional(
        mapping({ name: required(headerName(), 'Its name.'), value: required(secret(), 'Its value.') }),
        'One header more, such as an API key.',
      ),
      ca: optional(
        kinds.text('path'),
        'PEM file; the only authorities trusted for this URL.',
        'the well-known ones that Node.js brings',
      ),
      ...common('10s', MINUTE),
    }),
    mapping({
      kind: required(z.literal('syslog'), 'One syslog message; a critical alarm has severity critical (2).'),
      send: required(kinds.endpoint(514, 'send'), 'Where to.'),
      transport: withDefault(
        kinds.word(['udp', 'tcp'], { tls: 'not yet supported: send to a relay on this host that speaks TLS' }),
        'udp',
        'TCP is octet-counted (RFC 6587). UDP can not tell whether anybody got it.',
      ),
      format: withDefault(
        kinds.word(['rfc5424', 'rfc3164']),
        'rfc5424',
        'The older one for old relays; its time stamp is local time.',
      ),
      facility: withDefault(kinds.word(facilities), 'daemon', 'Its syslog facility.'),
      ...common('10s', MINUTE),
    }),
    mapping({
      kind: required(
        z.literal('command'),
        'A program of this host, with the JSON on its standard input and in `SPITRAP_…` variables.',
      ),
      run: required(
        argv(),
        'Run as it stands, without a shell; exit code 0 is a delivery. Arguments are for everybody to see (`ps`).',
      ),
      ...common('10s', 5 * MINUTE),
    }),
  ]),
  {
    email: 'not a kind; let a command send it: { kind: command, run: ["/usr/local/bin/mail-alarm"] }',
    slack: 'not a kind; let a command or a relay turn the webhook’s JSON into what the service wants',
    http: 'written as webhook',
    https: 'written as webhook',
    exec: 'written as command',
  },
);

export type SpelledAlarmChannel = z.output<typeof alarmChannel>;

export function alarmChannelsDiffer({ alarms = [] }: Parts, { fault }: Findings): void {
  const names = alarms.map((alarm) => alarm?.name ?? null);
  names.forEach((name, index) => {
    if (name !== null && names.indexOf(name) < index)
      fault(['alarms', index, 'name'], 'another alarm channel has this name; names differ');
  });
}

export function assembleAlarmChannels(
  spelled: readonly (SpelledAlarmChannel | undefined)[],
  reader: SecretReader,
): AlarmChannelConfig[] {
  const taken = new Set(spelled.flatMap((alarm) => (alarm?.name ? [alarm.name] : [])));
  return spelled.flatMap((alarm, index): AlarmChannelConfig[] => {
    if (alarm === undefined) return [];
    let name = alarm.name ?? alarm.kind;
    for (let number = 2; alarm.name === null && taken.has(name); number++) name = `${alarm.kind}-${number}`;
    taken.add(name);
    return [
      {
        name,
        severity: alarm.severity,
        repeatEveryMs: alarm.repeatEvery,
        timeoutMs: alarm.timeout,
        ...ownPart(alarm, index, reader),
      },
    ];
  });
}

function ownPart(alarm: SpelledAlarmChannel, index: number, reader: SecretReader): OwnPart {
  switch (alarm.kind) {
    case 'webhook':
      return { kind: alarm.kind, ...assembleWebhook(alarm, index, reader) };
    case 'syslog': {
      const { kind, send, transport, format, facility } = alarm;
      return { kind, send, transport, format, facility };
    }
    case 'command':
      return { kind: alarm.kind, run: alarm.run };
  }
}

type Own<C> = C extends AlarmChannelConfig ? Omit<C, keyof AlarmChannelCommon> : never;
type OwnPart = Own<AlarmChannelConfig>;
type SpelledWebhook = Extract<SpelledAlarmChannel, { readonly kind: 'webhook' }>;

function assembleWebhook(spelled: SpelledWebhook, index: number, reader: SecretReader) {
  const at = ['alarms', index] as const;
  const url = readUrl(spelled.url, index, reader);
  const headers: Record<string, string> = {};
  if (spelled.token !== null) headers['authorization'] = `Bearer ${readSecret(spelled.token, [...at, 'token'], {}, reader)}`;
  if (spelled.header !== null)
    headers[spelled.header.name.toLowerCase()] = readSecret(spelled.header.value, [...at, 'header', 'value'], {}, reader);
  for (const value of Object.values(headers))
    if (/[^\x20-\x7e]/.test(value))
      reader.fault([...at], 'a token or header value holds characters that no HTTP header may', 'CONFIG_INVALID');
  if (url.startsWith('http:') && !isLoopback(new URL(url).hostname))
    reader.warn(
      `alarms[${index}].url is http: everybody on the way can read${Object.keys(headers).length > 0 ? ' its token and' : ''} what is told; use https`,
    );
  return { url, headers, ca: spelled.ca === null ? null : readCa(spelled.ca, index, reader) };
}

function readUrl(ref: UrlRef, index: number, reader: SecretReader): string {
  if (ref.kind === 'url') return ref.url;
  const path = ['alarms', index, 'url'];
  const url = readSecret(ref, path, {}, reader);
  const fault = url === '' ? null : urlFault(url);
  if (fault !== null) reader.fault(path, `what stands there is no such thing: ${fault}`, 'CONFIG_INVALID');
  return fault === null ? url : '';
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);

function readCa(file: string, index: number, reader: SecretReader): string | null {
  const absolute = resolve(reader.folder, file);
  const path = ['alarms', index, 'ca'];
  try {
    const pem = reader.host.readFile(absolute, CA_BYTES_MAX);
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    reader.fault(path, `${absolute} holds no certificate in PEM form`, 'CONFIG_INVALID');
  } catch (error) {
    reader.fault(path, `${absolute} can not be read: ${errnoWords(error)}`, 'CONFIG_INVALID');
  }
  return null;
}
