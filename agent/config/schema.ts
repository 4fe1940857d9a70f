/**
 * Every key of the configuration file: spelling, default, purpose. The one place to add a key; docs/configuration.md is made from it.
 * pair-protocol.md settles names and defaults. load.ts judges a file by it, assemble.ts turns the result into Config.
 */
import type convict from 'convict';
import { z } from 'zod';
import { limits } from '../../shared/limits.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { alarmChannel } from './alarm-channels.ts';
import { armField, armingSection } from './arming-fields.ts';
import { alsoTriggers, stopOperators } from './config.ts';
import { fieldNotes, listOf, mapping, oneOrMany, optional, required, section, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import { fleetField } from './fleet-fields.ts';
import { pageField } from './page-fields.ts';
import { peerPage } from './peer-page-field.ts';
import { peersFromField } from './peers-from.ts';
import { secret } from './secrets.ts';
import { snmpFields } from './snmp-fields.ts';
import { sourceFields } from './source-fields.ts';
import { siteName, tags } from './tags-field.ts';
import { trigger } from './trigger-field.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIB = 1024 ** 2;
const TIB = 1024 ** 4;

export const platformNames = ['cisco-ios', 'cisco-iosxe', 'linux-strongswan'] as const;

const login = {
  user: optional(kinds.text('user name'), 'Login name on the device.', 'none, which only `transport: local` can do without'),
  password: optional(secret(), 'Login password. One of `password` and `privateKey` must stand.'),
  privateKey: optional(secret(), 'OpenSSH or PEM private key.'),
  passphrase: optional(secret(), 'Passphrase of `privateKey`.'),
  hostKey: withDefault(
    oneOrMany(kinds.hostKey(), 0),
    [],
    'Pinned SSH host keys, any of which is accepted. Empty: every login is refused, but for one `run --trust-on-first-use`, which prints the fingerprint to pin.',
  ),
};

const jump = mapping({
  address: required(kinds.address(), 'Address of the jump host.'),
  port: withDefault(kinds.count(1, 65_535), 22, 'Its SSH port.'),
  user: required(kinds.text('user name'), 'Login name on the jump host.'),
  password: optional(secret(), 'Password on the jump host. One of `password` and `privateKey` must stand.'),
  privateKey: optional(secret(), 'Private key for the jump host.'),
  passphrase: optional(secret(), 'Passphrase of that key.'),
  hostKey: withDefault(oneOrMany(kinds.hostKey(), 0), [], 'Pinned SSH host keys of the jump host.'),
});

const device = mapping({
  name: optional(kinds.plainName(), 'What people call it: log, file names, alarms.', 'the address'),
  address: required(kinds.address(), 'Where SSH is reached. Names are not resolved.'),
  transport: withDefault(
    kinds.word(['ssh', 'local']),
    'ssh',
    '`local`: the device is this host, and lines go to a shell of the agent’s own user. Platform `linux-strongswan` alone.',
  ),
  port: withDefault(kinds.count(1, 65_535), 22, 'SSH port.'),
  platform: required(kinds.word(platformNames), 'Which shelf of `shared/platforms/` speaks to it.'),
  ...login,
  enablePassword: optional(secret(), 'Enable password, where the login does not end in privileged EXEC.'),
  legacy: withDefault(
    kinds.flag(),
    false,
    'Offer diffie-hellman-group14-sha1/group1-sha1, CBC ciphers, hmac-sha1 and ssh-rsa too: old IOS has nothing else.',
  ),
  keepalive: withDefault(
    kinds.durationOrOff(5 * SECOND, HOUR),
    'off',
    'SSH keepalive interval. Some network stacks never answer it and would be cut off; an empty line every 4 min keeps `exec-timeout` away anyway.',
  ),
  jump: optional(jump, 'SSH jump host in front of the device.'),
  match: optional(
    oneOrMany(kinds.deviceMatch()),
    'Whose log lines are this device’s: its own sender addresses or, behind a relay, the relay and the host name in the line.',
    '`device.address`',
  ),
  cryptoAddresses: required(
    oneOrMany(kinds.range()),
    'Addresses on which the device terminates IPsec (`destaddr` of the message), HSRP and NAT addresses included.',
  ),
  tags: withDefault(
    tags(),
    {},
    'Words that incidents of this device are counted by, such as its region. They stand in the bundle.',
  ),
});

const peer = mapping({
  name: required(kinds.plainName(), 'What people call it.'),
  kind: withDefault(
    kinds.word(['spitrap', 'eem']),
    'spitrap',
    '`spitrap`: another agent. `eem`: a router’s own applet (Note A), or any plain trap sender or receiver: it knows the stop alone.',
  ),
  cryptoAddresses: required(
    oneOrMany(kinds.range()),
    'Addresses of its tunnels: what stands in `srcaddr` at the hub. Several peers may share one NAT address, otherwise they may not overlap.',
  ),
  send: withDefault(
    oneOrMany(kinds.endpoint(10_162, 'send'), 0),
    [],
    'Where its agent listens; every path is used in parallel. A router (`eem`) listens on port 162.',
  ),
  from: optional(
    oneOrMany(kinds.range()),
    'Where its signals come from. An agent sends from the address in its `signal.listen`; when that is `0.0.0.0` or `[::]`, from the one that its routes choose.',
    'the addresses in `send`',
  ),
  snmp: required(snmpFields(), 'How signals are authenticated, the same at both ends.'),
  notify: optional(
    kinds.word(['inform', 'trap']),
    'Informs are acknowledged, traps are not.',
    '`inform` to `spitrap` peers, `trap` to `eem` peers',
  ),
  op: withDefault(
    kinds.word(stopOperators),
    'eq',
    'How IntData1 of an `eem` peer’s stop compares with `signal.values.stop`, as in `event snmp-notification … op`. Other than `eq` it counts for a notification without text alone.',
  ),
  root: optional(z.literal([91, 134]), 'Root of the event-manager MIB in what is sent to it.', '`signal.root`'),
  engineId: optional(kinds.engineId(), 'Engine id of its v3 traps (informs carry ours).'),
  page: peerPage(),
  tags: withDefault(
    tags(),
    {},
    'Words that incidents are counted by, such as its carrier. They stand in the bundle of each incident with this peer.',
  ),
});

const agreedValue = (phase: keyof typeof defaultValues, doc: string) =>
  withDefault(kinds.count(-2_147_483_648, 2_147_483_647), defaultValues[phase], doc);

export const rootShape = {
  role: required(
    kinds.word(['hub', 'spoke', 'both']),
    '`hub` opens incidents from what its own device reports; `spoke` joins those that its peers signal; `both` does both.',
  ),
  mode: withDefault(
    kinds.word(['observe', 'capture', 'act']),
    'observe',
    '`observe` journals what it would do and sends only its login and `show clock`; `capture` sends `show` commands only; `act` does all.',
  ),
  hold: withDefault(kinds.flag(), false, 'Start on hold: no new incident acts. Also `spitrap hold`, or a file HOLD in dataDir.'),
  arm: armField(),
  arming: armingSection(),
  dataDir: optional(
    kinds.text('path'),
    'Journal, ring, bundles, control socket; one agent each. Relative to this file.',
    '`spitrap-data/` and the name of this file without its ending, beside it',
  ),
  site: withDefault(siteName(), 'default', 'Where this agent is, as a fleet names it (`spitrap.<site>.<device>.<kind>`).'),
  device: required(device, 'The head-end beside this agent.'),
  sources: withDefault(
    listOf(sourceFields, 'list of sources'),
    [],
    'Where the device’s log lines come in. `hub` and `both` need at least one.',
  ),
  peers: optional(
    listOf(peer, 'list of peers', limits.peersMax),
    'The other ends.',
    'those of `peersFrom`; one of the two must stand',
  ),
  peersFrom: peersFromField(),
  trigger: withDefault(trigger(), 'first', 'Which message opens an incident: the first of a flow, or the same flow seen again.'),
  alsoTrigger: withDefault(
    oneOrMany(kinds.word(alsoTriggers), 0),
    [],
    'Messages that name no flow and open an incident all the same: `ikmp-no-sa` (`%CRYPTO-4-IKMP_NO_SA`, the IKE twin).',
  ),
  capture: section(
    {
      maxUnscopedSas: withDefault(
        kinds.count(0, 100_000),
        200,
        'Unscoped `show crypto …` only on devices with at most so many SAs.',
      ),
      maxPeersCaptured: withDefault(kinds.count(1, 100), 10, 'Peers of one incident that scoped commands are sent for.'),
      commandTimeout: withDefault(
        kinds.duration(SECOND, 10 * MINUTE),
        '30s',
        'Time for one command; what came until then is kept.',
      ),
      commandBytesMax: withDefault(kinds.size(64 * 1024, 64 * MIB), '4MiB', 'Output kept of one command.'),
    },
    'What is read from the device at an incident.',
  ),
  stop: section(
    {
      delay: withDefault(
        kinds.duration(0, HOUR),
        '18s',
        'From the message to `undebug all`. Note A’s value; the volume of debugs decides.',
      ),
      mode: optional(
        kinds.word(['all', 'own']),
        '`all` is Note A’s `undebug all`, which also ends what others have turned on. `own` turns off only what the agent armed; when two readings still show it on, it becomes `all`.',
        '`all` with `arm: manual`, else `own`',
      ),
      maxDelay: withDefault(kinds.duration(SECOND, HOUR), '5m', 'The longest delay that an alert can ask for.'),
    },
    'The stop.',
  ),
  signal: section(
    {
      listen: required(
        kinds.endpoint(10_162, 'listen'),
        'Where signals come in (UDP). Below 1024 needs root or CAP_NET_BIND_SERVICE.',
      ),
      allowInsecure: withDefault(
        kinds.flag(),
        false,
        'Allow v1 and v2c communities, which anyone on the path can read and anyone at all can spoof.',
      ),
      root: withDefault(
        z.literal([91, 134]),
        91,
        'Which root of the event-manager MIB our signals carry (1.3.6.1.4.1.9.10.x), unless a peer has its own; both are accepted.',
      ),
      values: section(
        {
          hello: agreedValue('hello', 'IntData1 of hello.'),
          alert: agreedValue('alert', 'IntData1 of alert.'),
          stop: agreedValue('stop', 'IntData1 of stop; Note A’s.'),
          done: agreedValue('done', 'IntData1 of done.'),
          arm: agreedValue('arm', 'IntData1 of arm.'),
          disarm: agreedValue('disarm', 'IntData1 of disarm.'),
        },
        'The agreed values: the same at both ends, all different.',
      ),
      engineId: optional(kinds.engineId(), 'Our SNMP engine id.', 'made once and kept in dataDir'),
      hello: withDefault(kinds.duration(SECOND, 10 * MINUTE), '60s', 'Interval of hello.'),
      eemWindow: withDefault(kinds.duration(SECOND, HOUR), '60s', 'Stops of one `eem` peer within it are one event.'),
    },
    'Signals between the agents.',
  ),
  evidence: section(
    {
      ringMaxAge: withDefault(kinds.duration(MINUTE, 90 * DAY), '24h', 'Device log kept on disk at all times, by age.'),
      ringMaxBytes: withDefault(kinds.size(16 * MIB, TIB), '1GiB', 'The same by size; whichever is reached first.'),
      before: withDefault(kinds.duration(0, DAY), '10m', 'Log from before the event that a bundle holds.'),
      after: withDefault(kinds.duration(0, 10 * MINUTE), '10s', 'Log from after the stop.'),
      retainMaxAge: withDefault(kinds.duration(HOUR, 3_650 * DAY), '90d', 'Bundles kept, by age.'),
      retainMaxCount: withDefault(kinds.count(1, 100_000), 500, 'Bundles kept, by count.'),
      retainMaxBytes: withDefault(kinds.size(16 * MIB, TIB), '10GiB', 'Bundles kept, by size.'),
      redactionKey: optional(
        secret(),
        'Key of the HMAC that stands for redacted secrets. Shared by both ends, so that their bundles can be compared.',
        'random at each start; then the two ends can not be compared',
      ),
      maxEventAge: withDefault(
        kinds.duration(SECOND, DAY),
        '60s',
        'A line whose stamp lags more behind the device’s clock opens nothing.',
      ),
      holdDown: withDefault(kinds.duration(0, 7 * DAY), '1h', 'After a stop the same flow opens no new incident for so long.'),
      messageInterval: withDefault(
        kinds.duration(SECOND, HOUR),
        '60s',
        'The device logs the message once in so long (IOS: a minute). The same flow again after it is a black hole, silence for three of it may be a transient. Shorter is for simulations alone.',
      ),
    },
    'What is kept on disk.',
  ),
  alarms: withDefault(
    listOf(alarmChannel, 'list of channels'),
    [],
    'Whom alarms are told to, beside the log and `spitrap status` (alarms.md).',
  ),
  page: pageField(),
  fleet: fleetField(),
  budgets: section(
    { incidentsPerHour: withDefault(kinds.count(1, 1_000), 12, 'Incidents an hour that act, per device and per peer.') },
    'What a runaway source can cause at most.',
  ),
  log: section(
    {
      level: withDefault(kinds.word(['debug', 'info', 'warn', 'error']), 'info', 'Least severe entry that is written.'),
      format: withDefault(kinds.word(['auto', 'json', 'pretty']), 'auto', '`auto`: readable on a terminal, JSON otherwise.'),
    },
    'The agent’s own log, on stdout.',
  ),
};

export const rootSchema = z.strictObject(rootShape);
export type Spelled = z.output<typeof rootSchema>;
export type SpelledDevice = Spelled['device'];
export type SpelledPeer = NonNullable<Spelled['peers']>[number];
export type SpelledSource = Spelled['sources'][number];

/**
 * Convict holds and defaults every setting; its formats are zod's. Values stand in a one-element list: convict neither coerces
 * nor descends into lists, so `"maybe"` never becomes true and a secret reference stays in one piece. `sensitive` everywhere:
 * convict would print values otherwise, and the faults of load.ts say it better.
 */
export function convictSchema(shape: Readonly<Record<string, z.ZodType>> = rootShape): convict.Schema<Record<string, unknown>> {
  const nodes: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    nodes[key] = isSection(schema)
      ? convictSchema(schema.shape as Record<string, z.ZodType>)
      : {
          default: [undefined],
          sensitive: true,
          doc: fieldNotes.get(schema)?.doc ?? '',
          format: ([value]: [unknown]) => {
            if (!schema.safeParse(value).success) throw new Error('does not fit');
          },
        };
  }
  return nodes as convict.Schema<Record<string, unknown>>;
}

export function isSection(schema: z.ZodType): schema is z.ZodObject {
  return schema instanceof z.ZodObject && fieldNotes.get(schema)?.section === true;
}
