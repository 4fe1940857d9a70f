/**
 * The sources as they are written, one mapping a kind. Used by schema.ts; assemble-sources.ts turns them into what the shelf of sources
 * opens. Which to choose: docs/sources.md.
 */
import { z } from 'zod';
import { symptomTraps } from './config.ts';
import { mapping, notYet, oneOrMany, optional, required, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import { secret } from './secrets.ts';
import { pollFields, trapFields } from './snmp-fields.ts';
import { tlsClient } from './tls-client-field.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const name = () => optional(kinds.plainName(), 'For log and status.', 'the kind, numbered when it stands twice');
const allowDoc = 'Senders that are listened to; all others are counted and refused.';
const allow = () =>
  optional(oneOrMany(kinds.range()), allowDoc, 'the addresses in `device.match`, but for the relay of a `file` source');

/** What is not a message with an SPI opens an incident only for those who asked for it. */
const opens = () =>
  withDefault(
    kinds.flag(),
    false,
    'Whether it opens an incident. Without it a count above what is normal is logged and shown by `status`, and nothing is done.',
  );
const atLeast = () =>
  withDefault(
    kinds.count(1, 1_000_000),
    10,
    'Packets between two polls that count, above what is normal on this device; what is normal is learned (sources.md).',
  );

export const sourceFields = notYet(
  z.discriminatedUnion('kind', [
    mapping({
      kind: required(z.literal(['syslog-udp', 'syslog-tcp']), 'Syslog (RFC 3164, RFC 5424, and what IOS sends) over UDP or TCP.'),
      name: name(),
      listen: required(kinds.endpoint(514, 'listen'), 'Where to listen.'),
      allow: allow(),
    }),
    mapping({
      kind: required(z.literal('file'), 'A log file that a syslog daemon on this host writes, read as it grows.'),
      name: name(),
      path: required(
        kinds.text('path'),
        'The file; relative to this one. It may be rotated by rename or by copytruncate, and need not be there yet. What stands in it at the start is evidence, and opens nothing.',
      ),
      relay: withDefault(
        kinds.address(),
        '127.0.0.1',
        'The daemon that writes it, as an address of `device.match`: `{ relay: 127.0.0.1, hostname: hub1 }`, with the name or address that its lines have for the device.',
      ),
    }),
    mapping({
      kind: required(z.literal('terminal-monitor'), 'A third SSH session with `terminal monitor`.'),
      name: optional(kinds.plainName(), 'For log and status.', 'the kind'),
    }),
    mapping({
      kind: required(z.literal('syslog-tls'), 'Syslog over TLS (RFC 5425).'),
      name: name(),
      listen: required(kinds.endpoint(6_514, 'listen'), 'Where to listen; 6514 is syslog over TLS’s own port.'),
      allow: allow(),
      certificate: required(
        kinds.text('path'),
        'PEM file with this server’s certificate, then its chain; relative to this file. Read anew when it changes.',
      ),
      key: required(secret(), 'Its private key, PEM, not encrypted. From a file it is read anew when it changes.'),
      clientCa: optional(
        kinds.text('path'),
        'PEM file with the authorities that sign senders’ certificates: then every sender must show one.',
        'none: no certificate is asked for',
      ),
      clients: optional(
        oneOrMany(tlsClient()),
        'Which certificates may send: a name in it (exactly; no wildcards), an address in it, or its fingerprint "SHA256:AB:CD:…", which needs no authority. `{ certificate: NAME, as: ADDRESS }`: its lines count as sent from that address of `device.match`, wherever it connects from.',
        'every certificate that an authority in `clientCa` signed',
      ),
    }),
    mapping({
      kind: required(
        z.literal('snmp-trap'),
        'Notifications of the device itself: syslog as traps (clogMessageGenerated), and its IPsec traps.',
      ),
      name: name(),
      listen: required(kinds.endpoint(162, 'listen'), 'Where to listen (UDP).'),
      from: optional(oneOrMany(kinds.range()), 'Where the device’s traps come from.', 'the addresses in `device.match`'),
      snmp: required(trapFields(), 'How they are authenticated.'),
      engineId: optional(kinds.engineId(), 'SNMP engine id of the device, for its v3 traps (informs carry ours).'),
      opens: withDefault(
        oneOrMany(kinds.word(symptomTraps), 0),
        [],
        'IPsec traps without a flow that open an incident: `bad-sa` (ciscoEnhIpsecFlowBadSa), `no-sa` (cipSecNoSa). The others are counted. With a community it needs `signal.allowInsecure: true`.',
      ),
    }),
    mapping({
      kind: required(
        z.literal('qfp-drops'),
        'Drop counters of an ASR’s QFP, read over SSH: where the message does not exist (IOS XE before 2.3.2, NAT-T).',
      ),
      name: name(),
      every: withDefault(kinds.duration(10 * SECOND, 10 * MINUTE), '30s', 'How often they are read.'),
      atLeast: atLeast(),
      opens: opens(),
    }),
    mapping({
      kind: required(z.literal('snmp-counter'), 'cipSecGlobalNoSaFails (CISCO-IPSEC-FLOW-MONITOR-MIB), read over SNMP.'),
      name: name(),
      send: required(kinds.endpoint(161, 'send'), 'Where the device answers SNMP.'),
      snmp: required(pollFields(), 'How it is asked.'),
      every: withDefault(kinds.duration(10 * SECOND, 10 * MINUTE), '30s', 'How often it is read.'),
      atLeast: atLeast(),
      opens: opens(),
    }),
    mapping({
      kind: required(
        z.literal('spi-watch'),
        'ESP that arrives and that no SA takes, found by comparing what the device counts with the SAs that it has. Platform `linux-strongswan` alone (linux.md).',
      ),
      name: optional(kinds.plainName(), 'For log and status.', 'the kind'),
      every: withDefault(kinds.duration(250, MINUTE), '1s', 'How often it is looked.'),
    }),
    mapping({
      kind: required(
        z.literal('eem-history'),
        'The ten-row history of a peer router’s event manager, read over SNMP: a stop whose trap was lost.',
      ),
      name: name(),
      peer: required(kinds.plainName(), 'The `eem` peer whose router it is.'),
      send: required(kinds.endpoint(161, 'send'), 'Where that router answers SNMP.'),
      snmp: required(pollFields(), 'How it is asked.'),
      every: withDefault(kinds.duration(SECOND, 10 * MINUTE), '5s', 'How often it is read.'),
    }),
  ]),
  {
    'file-tail': 'written as file',
    'clog-trap': 'written as snmp-trap',
    'drop-counter-poll': 'written as qfp-drops (over SSH) or snmp-counter (over SNMP)',
  },
);
