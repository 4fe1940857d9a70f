/** One end's bundle as its agent would have sealed it: incident.json, outputs, device.log. Data in, data out; called by case-maker.ts. */
import { createHash } from 'node:crypto';
import type { BundleText, CapturedText } from '../../../shared/bundle/bundle-text.ts';
import type { CaptureEntry, FileMoment, IncidentFile } from '../../../shared/bundle/incident-file.ts';
import { createRedactor } from '../../../shared/redact/redact.ts';
import type { Asked, LogLine } from './capture-rounds.ts';
import type { AgentClock } from './clocks.ts';

export interface Peer {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  readonly cryptoAddresses: readonly string[];
}

export interface EndRecord {
  readonly id: string;
  readonly role: 'hub' | 'spoke';
  readonly name: string;
  readonly hostname: string;
  readonly platform: string;
  readonly address: string;
  readonly peers: readonly Peer[];
  /** Of the first peer's agent, against ours; null: no hello yet. */
  readonly hello: { readonly offsetMs: number; readonly uncertaintyMs: number; readonly atMs: number } | null;
  readonly clock: AgentClock;
  readonly deviceClock: { readonly text: string; readonly mark: string; readonly atMs: number } | null;
  readonly openedMs: number;
  readonly stopMs: number;
  readonly sealedMs: number;
  readonly debugs: readonly string[];
  readonly asked: readonly Asked[];
  readonly log: readonly LogLine[];
  readonly logFromMs: number;
  readonly signals: readonly {
    readonly direction: 'sent' | 'received';
    readonly phase: string;
    readonly atMs: number;
    readonly tookMs: number;
  }[];
}

const INVALID =
  /%CRYPTO-4-RECVD_PKT_INV_SPI: .*destaddr=([\d.]+), prot=50, spi=0x([0-9A-F]+)\(\d+\), srcaddr=([\d.]+)(?:, input interface=(\S+))?/;
/** The same at both ends, as a shared `evidence.redactionKey` makes it. */
const redact = createRedactor(createHash('sha256').update('bench').digest());

export function bundleOf(end: EndRecord): BundleText {
  const at = (ms: number): FileMoment => end.clock.moment(ms);
  let redacted = 0;
  const captures: CapturedText[] = end.asked.map((asked, index) => {
    const { text, count } = redact(asked.text);
    redacted += count;
    const entry: CaptureEntry = {
      number: index + 1,
      command: asked.command,
      round: asked.round,
      peer: asked.peer,
      session: 'capture',
      status: 'ok',
      detail: null,
      sent: at(asked.atMs),
      tookMs: asked.tookMs,
      bytes: Buffer.byteLength(text),
      redacted: count,
      file: `commands/${fileName(index + 1, asked)}`,
      late: false,
    };
    return { entry, file: entry.file, text, firstLine: 11 };
  });
  const log = end.log.filter(({ atMs }) => atMs >= end.logFromMs && atMs <= end.sealedMs).map(({ text }) => redact(text).text);
  const incident: IncidentFile = {
    schema: 1,
    id: end.id,
    aliases: [],
    role: end.role,
    mode: 'act',
    device: {
      name: end.name,
      address: `192.0.2.${end.role === 'hub' ? 1 : 2}`,
      platform: end.platform,
      hostname: end.hostname,
      clock: end.deviceClock && { text: end.deviceClock.text, mark: end.deviceClock.mark, read: at(end.deviceClock.atMs) },
      tags: {},
    },
    peers: end.peers.map((peer, index) => ({
      name: peer.name,
      kind: peer.kind,
      cryptoAddresses: [...peer.cryptoAddresses],
      recurrence: { incidentsInDay: 1, incidentsInWeek: 1, flowsInWeek: 1 },
      clock:
        index === 0 && end.hello
          ? { offsetMs: end.hello.offsetMs, uncertaintyMs: end.hello.uncertaintyMs, read: at(end.hello.atMs) }
          : null,
      tags: {},
    })),
    openedBy: end.role === 'hub' ? 'message' : 'alert',
    opened: at(end.openedMs),
    event: eventOf(end),
    flows: flowsOf(end),
    flowsNotKept: 0,
    verdict: 'unknown',
    plannedStop: { at: at(end.stopMs), delayMs: end.stopMs - end.openedMs },
    debugsAtStart: { kind: 'read', flags: [...end.debugs], detail: null },
    timeline: [{ phase: 'stop', at: at(end.stopMs), detail: null }],
    stop: {
      sent: end.debugs.length > 0 ? at(end.stopMs) : null,
      via: end.debugs.length > 0 ? 'control' : null,
      attempts: end.debugs.length > 0 ? 1 : 0,
      off: 'verified',
      nothingOn: end.debugs.length === 0,
      verified: at(end.stopMs + 300),
      appeared: [],
      detail: null,
    },
    signals: end.signals.map((signal) => ({
      direction: signal.direction,
      phase: signal.phase,
      peer: end.peers[0]?.name ?? 'unknown',
      first: at(signal.atMs),
      last: at(signal.atMs),
      attempts: 1,
      acknowledged: true,
      roundTripMs: signal.direction === 'sent' ? signal.tookMs : null,
      text: `1 ${signal.phase} ${end.id}`,
      detail: null,
    })),
    planned: end.asked.map(({ round, command }) => ({ round, command })),
    outcome: { kind: 'complete', reasons: [] },
    done: [],
    alarms: [],
    journalDegraded: null,
    versions: { spitrap: '0.1.0' },
    captures: captures.map(({ entry }) => entry),
    log: {
      file: 'device.log',
      from: at(end.logFromMs),
      to: at(end.sealedMs),
      bytes: log.reduce((sum, line) => sum + line.length + 1, 0),
      redacted: 0,
      skippedBytes: 0,
      holes: [],
      problems: [],
    },
    atStop: null,
    journalRecords: 0,
    journalRecordsNotKept: 0,
    redaction: { key: 'shared', values: redacted },
    sealed: at(end.sealedMs),
  };
  return {
    name: end.role,
    incident,
    incidentLines: JSON.stringify(incident, null, 2).split('\n'),
    captures,
    log,
    logRuns: [],
    journal: [],
    addenda: [],
    problems: [],
  };
}

function eventOf(end: EndRecord): IncidentFile['event'] {
  const arrived = end.clock.moment(end.openedMs);
  if (end.role === 'spoke')
    return { source: 'signal', peer: end.peers[0]?.name ?? null, line: null, arrived, reason: 'alert-accepted' };
  const line = end.log.find(({ atMs, text }) => atMs >= end.openedMs && INVALID.test(text))?.text ?? null;
  return { source: 'syslog', peer: null, line, arrived, reason: 'incident-opened' };
}

function flowsOf(end: EndRecord): IncidentFile['flows'] {
  const flows = new Map<string, IncidentFile['flows'][number]>();
  for (const { atMs, text } of end.log) {
    const found = atMs < end.openedMs || atMs > end.sealedMs ? null : INVALID.exec(text);
    if (!found) continue;
    const [, dst = '', spi = '', src = '', name] = found;
    const peers = end.peers.filter((peer) => peer.cryptoAddresses.some((range) => covers(range, src)));
    if (peers.length === 0) continue;
    const key = `${src} ${dst} ${spi}`;
    const known = flows.get(key);
    const moment = end.clock.moment(atMs);
    if (known) flows.set(key, { ...known, count: known.count + 1, last: moment });
    else
      flows.set(key, {
        src,
        dst,
        spi: `0x${spi.toLowerCase().padStart(8, '0')}`,
        count: 1,
        first: moment,
        last: moment,
        interface: name ?? null,
        sources: ['syslog'],
        peers: [peers[0]!.name],
        late: atMs > end.stopMs,
        corroboration: 'not-needed',
        verdict: 'unknown',
        grounds: ['silent-too-short'],
      });
  }
  return [...flows.values()];
}

function covers(range: string, address: string): boolean {
  const [network = '', bits = '32'] = range.split('/');
  const value = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) >>> 0;
  const mask = Number(bits) === 0 ? 0 : (0xffffffff << (32 - Number(bits))) >>> 0;
  return (value(network) & mask) === (value(address) & mask);
}

const fileName = (number: number, { round, command }: Asked): string =>
  `${String(number).padStart(2, '0')}-${round}-${command
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80)}.txt`;
