/**
 * What charon's log (and the kernel's audit, and our own spi-watch beside them) says, line by line, in the words of ../../model/evidence.ts.
 * Levels 1 and 2 of strongSwan 5.9; each pattern shows its line. Called by evidence.ts.
 */
import { limits } from '../../limits.ts';
import { canonicalAddress } from '../../model/address.ts';
import type { LogEvent, LogEventKind } from '../../model/evidence.ts';
import type { Spi } from '../../model/flow.ts';
import type { IosStamp } from '../../wire/ios-timestamp.ts';
import { readCharonLine } from './charon-line.ts';
import { noUnknownSpi, readUnknownSpi, unknownSpiAnchors } from './unknown-spi.ts';

interface Rule {
  readonly kind: LogEventKind;
  /** At the beginning of charon's words. */
  readonly pattern: RegExp;
  readonly group?: string;
  /** One event an SPI, with its direction. */
  readonly perSpi?: boolean;
}

const ADDRESS = '[0-9a-fA-F.:]{2,45}';

const rules: readonly Rule[] = [
  // CHILD_SA net{1} established with SPIs b6811b10_i e7647732_o and TS 203.0.113.1/32 === 203.0.113.129/32
  // inbound CHILD_SA net{2} established with SPIs c1c2c3c4_i 0a0b0c0d_o and TS …            an IKEv2 rekey
  {
    kind: 'sa-created',
    pattern: /^(?:(?:in|out)bound )?CHILD_SA \S+ established with SPIs (?<in>[0-9a-f]{8})_i (?<out>[0-9a-f]{8})_o\b/,
    perSpi: true,
  },
  // closing CHILD_SA net{1} with SPIs b6811b10_i (168 bytes) e7647732_o (168 bytes) and TS …
  {
    kind: 'sa-deleted',
    pattern: /^closing (?:expired )?CHILD_SA \S+ with SPIs (?<in>[0-9a-f]{8})_i (?:\(\d+ bytes\) )?(?<out>[0-9a-f]{8})_o\b/,
    perSpi: true,
  },
  // sending DELETE for ESP CHILD_SA with SPI b6811b10            received DELETE for ESP CHILD_SA with SPI b6811b10
  { kind: 'delete-sent', pattern: /^sending DELETE for ESP CHILD_SA with SPI (?<spi>[0-9a-f]{8})/ },
  { kind: 'delete-received', pattern: /^received DELETE for ESP CHILD_SA with SPI (?<spi>[0-9a-f]{8})/ },
  // sending DELETE for IKE_SA peer[1]                            received DELETE for IKE_SA peer[1]
  { kind: 'delete-sent', pattern: /^sending DELETE for IKE_SA (?<ike>\S+)/ },
  { kind: 'delete-received', pattern: /^received DELETE for IKE_SA (?<ike>\S+)/ },
  // IKE_SA peer[1] established between 198.51.100.2[spoke.example.net]...198.51.100.1[hub.example.net]
  {
    kind: 'ike-established',
    pattern: new RegExp(`^IKE_SA (?<ike>\\S+) established between (?<src>${ADDRESS})\\[.*\\]\\.\\.\\.(?<peer>${ADDRESS})\\[`),
  },
  // deleting IKE_SA peer[1] between 198.51.100.2[spoke.example.net]...198.51.100.1[hub.example.net]
  {
    kind: 'ike-deleted',
    pattern: new RegExp(`^deleting IKE_SA (?<ike>\\S+) between (?<src>${ADDRESS})\\[.*\\]\\.\\.\\.(?<peer>${ADDRESS})\\[`),
  },
  // creating rekey job for CHILD_SA ESP/0xb6811b10/198.51.100.1          its soft lifetime has come
  { kind: 'rekey-started', pattern: new RegExp(`^creating rekey job for CHILD_SA ESP/0x(?<spi>[0-9a-f]{8})/(?<dst>${ADDRESS})`) },
  // creating delete job for CHILD_SA ESP/0xb6811b10/198.51.100.1         its hard lifetime
  {
    kind: 'lifetime-expired',
    pattern: new RegExp(`^creating delete job for CHILD_SA ESP/0x(?<spi>[0-9a-f]{8})/(?<dst>${ADDRESS})`),
  },
  // detected rekeying of CHILD_SA net{1}            vici rekey CHILD_SA 'net'
  { kind: 'rekey-started', pattern: /^detected rekeying of CHILD_SA \S+/ },
  { kind: 'rekey-started', pattern: /^vici rekey CHILD_SA '(?!spitrap-probe')/ },
  // vici terminate CHILD_SA 'net'                   somebody cleared it
  { kind: 'cleared', pattern: /^vici terminate (?:CHILD|IKE)_SA\b/ },
  // added vici connection: peer                     updated vici connection: peer
  { kind: 'configured', pattern: /^(?:added|updated|removed) vici connection: / },
  // retransmit 1 of request with message ID 3       sending retransmit 2 of request message ID 1167459131, seq 4
  { kind: 'retransmit', pattern: /^(?:sending )?retransmit \d+ of (?:request|response) / },
  // sending DPD request
  { kind: 'dpd-sent', pattern: /^sending DPD request/ },
  // DPD check timed out, enforcing DPD action       giving up after 3 retransmits
  { kind: 'dpd-failed', pattern: /^(?:DPD check timed out|giving up after \d+ retransmits)/ },
  // deleting duplicate IKE_SA for peer 'spoke.example.net' due to uniqueness policy
  {
    kind: 'initial-contact',
    pattern: /^(?:(?:deleting|destroying) duplicate IKE_SA\b|cancelling IKE_SA setup due to uniqueness policy)/,
  },
  // generating INFORMATIONAL_V1 request 99 [ HASH N(INVAL_SPI) ]         parsed …
  { kind: 'invalid-spi-notify-sent', group: 'ENC', pattern: /^generating .*\bN\(INVAL(?:ID)?_SPI\)/ },
  { kind: 'invalid-spi-notify-received', group: 'ENC', pattern: /^parsed .*\bN\(INVAL(?:ID)?_SPI\)/ },
  // spawning 16 worker threads                      once a start of charon
  { kind: 'restart', group: 'JOB', pattern: /^spawning \d+ worker threads/ },
];

// spitrap spi-watch: ESP without an SA: src=198.51.100.2 dst=198.51.100.1 spi=0xb6811b10 packets=19 (3 since the last look)
const SPI_WATCH: Rule = {
  kind: 'invalid-spi',
  pattern: new RegExp(
    `^spitrap spi-watch: ESP without an SA: src=(?<src>${ADDRESS}) dst=(?<dst>${ADDRESS}) spi=0x(?<spi>[0-9a-f]{8}) `,
  ),
};

export function readCharonLog(lines: readonly string[]): LogEvent[] {
  const events: LogEvent[] = [];
  let state = noUnknownSpi;
  for (const [index, text] of lines.entries()) {
    if (unknownSpiAnchors.some((anchor) => text.includes(anchor))) {
      const step = readUnknownSpi(state, text);
      state = step.state;
      if (step.flow !== null)
        events.push({ ...event('invalid-spi', index, text), ...step.flow, spis: [step.flow.spi], peer: step.flow.src });
    }
    const charon = readCharonLine(text);
    const words = charon?.words ?? text;
    const rule = (charon === null ? [SPI_WATCH] : rules).find(
      ({ pattern, group }) => (group === undefined || group === charon?.group) && pattern.test(words),
    );
    if (rule !== undefined) events.push(...eventsOf(rule, index, text, words));
  }
  // `src`, `dst` and `spis` of a flow stand in a log event as such; its own `spi` has no place there.
  return events.map(({ kind, line, lines: count, text, stamp, spis, src, dst, peer, ike, detail }) => ({
    ...{ kind, line, lines: count, text, stamp, spis, src, dst, peer, ike, detail },
  }));
}

const event = (kind: LogEventKind, index: number, text: string): LogEvent => ({
  kind,
  line: index + 1,
  lines: 1,
  text: text.slice(0, limits.candidateCharsMax),
  stamp: readStamp(text),
  spis: [],
  src: null,
  dst: null,
  peer: null,
  ike: null,
  detail: {},
});

function eventsOf({ kind, pattern, perSpi }: Rule, index: number, text: string, words: string): LogEvent[] {
  const found = pattern.exec(words)?.groups ?? {};
  const base = event(kind, index, text);
  if (perSpi === true)
    return (['in', 'out'] as const).flatMap((way) => {
      const spi = spiOf(found[way]);
      return spi === null ? [] : [{ ...base, spis: [spi], detail: { direction: way === 'in' ? 'inbound' : 'outbound' } }];
    });
  const spi = spiOf(found['spi']);
  const src = addressOf(found['src']);
  const peer = addressOf(found['peer']) ?? (kind === 'invalid-spi' ? src : null);
  const detail: Record<string, string> = kind === 'lifetime-expired' ? { unit: 'seconds' } : {};
  return [
    { ...base, spis: spi === null ? [] : [spi], src, dst: addressOf(found['dst']), peer, ike: found['ike'] ?? null, detail },
  ];
}

const addressOf = (text: string | undefined): string | null => (text === undefined ? null : canonicalAddress(text));
const spiOf = (text: string | undefined): Spi | null => (text === undefined ? null : Number.parseInt(text, 16) >>> 0);

// 2026-11-22T08:31:41 13[IKE] …          2026-11-22T08:31:41.384 13[IKE] …          time_format and time_add_ms of docs/linux.md
const STAMP = /^(?<text>(?<date>\d{4}-\d{2}-\d{2})T(?<time>\d{2}:\d{2}:\d{2})(?<ms>\.\d{3})?) \d{2}\[/;

/** The gateway's own zone, which charon does not print; its clock says of itself whether it is in sync (SHOW_CLOCK). */
function readStamp(line: string): IosStamp | null {
  const found = STAMP.exec(line)?.groups;
  if (!found) return null;
  const [year, month, day] = found['date']!.split('-').map(Number) as [number, number, number];
  const [h, m, s] = found['time']!.split(':').map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31 || h > 23 || m > 59 || s > 60) return null;
  const milliseconds = found['ms'] === undefined ? 0 : Number(found['ms'].slice(1));
  const timeOfDayMs = ((h * 60 + m) * 60 + s) * 1_000 + milliseconds;
  return {
    text: found['text']!,
    mark: '',
    kind: 'datetime',
    hasYear: true,
    year,
    month,
    day,
    timeOfDayMs,
    localMs: Date.UTC(year, month - 1, day) + timeOfDayMs,
    zone: null,
    resolutionMs: found['ms'] === undefined ? 1_000 : 1,
  };
}
