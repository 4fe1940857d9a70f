/**
 * The report for programs: `spitrap report --json` and verdict.json of a bundle. docs/report.md explains every key (a test holds the page
 * against this schema). A key is added under the same version; one that changes its meaning or goes makes the next version.
 */
import { z } from 'zod';
import { verdicts } from '../../detect/judge.ts';
import { limits } from '../../limits.ts';
import { formatSpi } from '../../model/flow.ts';
import type { Case, Instant, Quote, SaLife, SideState } from '../case.ts';
import { causes, type Diagnosis, type Finding, type Reasoned, type Step, type Verdict } from '../verdict.ts';
import { livesOf } from './picture/scene.ts';

export const REPORT_SCHEMA = 1;

const text = z.string();
const whole = z.number().int();
const spi = z.string().regex(/^0x[0-9a-f]{8}$/);
const known = z.enum(['yes', 'no', 'unknown']);
const confidence = z.enum(['certain', 'likely', 'possible']);
const end = z.union([z.literal(0), z.literal(1)]);

const instant = z.strictObject({
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  trusted: z.boolean(),
  clock: text,
});
const quote = z.strictObject({ end, file: text, line: whole, text });
const reasoned = z.strictObject({ text, quotes: z.array(quote) });
const step = z.strictObject({ text, end: end.nullable(), command: text.nullable(), configure: z.boolean() });
const flow = z.strictObject({ src: text, dst: text, spi });
const offset = z.strictObject({ offsetMs: z.number(), uncertaintyMs: z.number() });
const side = z.strictObject({
  first: known,
  last: known,
  current: known,
  lifetimeSeconds: z.number().nullable(),
  lifetimeKilobytes: z.number().nullable(),
  packets: z.number().nullable(),
  errors: z.number().nullable(),
});

const finding = z.strictObject({
  cause: z.enum(causes),
  end: end.nullable(),
  confidence,
  sentence: text,
  flows: z.array(flow),
  evidence: z.array(reasoned),
  against: z.array(reasoned),
  doNow: z.array(step),
  change: z.array(step),
  collectNext: z.array(text),
  bugs: z.array(z.strictObject({ id: text, why: text })),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  incident: text,
  opened: instant,
  ends: z.array(
    z.strictObject({
      name: text,
      role: z.enum(['hub', 'spoke']),
      platform: text,
      addresses: z.array(text),
      deviceClock: z.strictObject({ ...offset.shape, mark: z.enum(['*', '.', '']) }).nullable(),
      agentClock: offset.nullable(),
      missing: z.array(z.strictObject({ command: text, why: text })),
    }),
  ),
  verdict: z.strictObject({
    sentence: text,
    cause: z.enum(causes),
    confidence,
    harm: z.enum(['transient', 'persistent', 'unknown']),
    findings: z.array(finding),
    healing: z.strictObject({
      kind: z.enum(['healed', 'at', 'never', 'unknown', 'not-applicable']),
      at: instant.nullable(),
      by: z.enum(['sa-lifetime', 'dpd']).nullable(),
      text,
      quotes: z.array(quote),
    }),
    recovery: z.strictObject({
      works: z.enum(['yes', 'no', 'not applicable', 'not known']),
      configured: z.enum(['on', 'off', 'unknown']),
      text,
      quotes: z.array(quote),
    }),
    unknowns: z.array(text),
  }),
  flows: z.array(
    z.strictObject({
      ...flow.shape,
      sender: end.nullable(),
      receiver: end.nullable(),
      count: whole,
      first: instant,
      last: instant,
      judged: z.enum(verdicts),
      foreign: known,
    }),
  ),
  flowsLeftOut: whole,
  sas: z.array(
    z.strictObject({
      spi,
      src: text.nullable(),
      dst: text.nullable(),
      sender: end.nullable(),
      receiver: end.nullable(),
      reported: z.boolean(),
      atSender: side,
      atReceiver: side,
      partner: spi.nullable(),
      next: spi.nullable(),
      previous: spi.nullable(),
      marks: z.array(z.strictObject({ what: text, end, at: instant.nullable(), quote })),
    }),
  ),
  sasLeftOut: whole,
  timeline: z.array(
    z.strictObject({ at: instant.nullable(), end, kind: text, text, quote: quote.nullable(), spis: z.array(spi) }),
  ),
  timelineLeftOut: whole,
  stopSkew: z.strictObject({ ms: z.number(), uncertaintyMs: z.number() }).nullable(),
});

export type ReportJson = z.infer<typeof reportSchema>;

/** What the page folds or leaves out stands here, up to limits far above a usual incident; what is beyond is counted. */
export function reportJson({ case: about, verdict }: Diagnosis): ReportJson {
  const own = livesOf(about);
  const others = new Set(about.ledger);
  for (const life of own) others.delete(life);
  const sas = [...own, ...others].slice(0, limits.reportSasMax);
  return {
    schema: REPORT_SCHEMA,
    incident: about.incidentId,
    opened: instantOf(about.opened),
    ends: about.ends.map(({ name, role, platform, addresses, deviceClock, agentClock, missing }) => ({
      name,
      role,
      platform,
      addresses: [...addresses],
      deviceClock,
      agentClock,
      missing: missing.map(({ command, why }) => ({ command, why })),
    })),
    verdict: verdictOf(verdict),
    flows: about.flows.slice(0, limits.reportFlowsMax).map(({ flow, sender, receiver, count, first, last, judged, foreign }) => ({
      ...flowOf(flow),
      sender,
      receiver,
      count,
      first: instantOf(first),
      last: instantOf(last),
      judged,
      foreign,
    })),
    flowsLeftOut: Math.max(0, about.flows.length - limits.reportFlowsMax),
    sas: sas.map(saOf),
    sasLeftOut: about.ledger.length - sas.length,
    timeline: timelineOf(about),
    timelineLeftOut: Math.max(0, about.timeline.length - limits.reportTimelineMax),
    stopSkew: about.stopSkew,
  };
}

const verdictOf = ({
  findings,
  healing,
  recovery,
  unknowns,
  sentence,
  cause,
  confidence,
  harm,
}: Verdict): ReportJson['verdict'] => ({
  sentence,
  cause,
  confidence,
  harm,
  findings: findings.map(findingOf),
  healing: { ...healing, at: healing.at && instantOf(healing.at), quotes: healing.quotes.map(quoteOf) },
  recovery: { ...recovery, quotes: recovery.quotes.map(quoteOf) },
  unknowns: [...unknowns],
});

const findingOf = ({
  cause,
  end,
  confidence,
  sentence,
  flows,
  evidence,
  against,
  doNow,
  change,
  collectNext,
  bugs,
}: Finding) => ({
  cause,
  end,
  confidence,
  sentence,
  flows: flows.map(flowOf),
  evidence: evidence.map(reasonedOf),
  against: against.map(reasonedOf),
  doNow: doNow.map(stepOf),
  change: change.map(stepOf),
  collectNext: [...collectNext],
  bugs: bugs.map(({ id, why }) => ({ id, why })),
});

const saOf = (sa: SaLife): ReportJson['sas'][number] => ({
  spi: formatSpi(sa.spi),
  src: sa.src,
  dst: sa.dst,
  sender: sa.sender,
  receiver: sa.receiver,
  reported: sa.reported,
  atSender: sideOf(sa.outboundAtSender),
  atReceiver: sideOf(sa.inboundAtReceiver),
  partner: spiOf(sa.partner),
  next: spiOf(sa.next),
  previous: spiOf(sa.previous),
  marks: sa.marks.map(({ what, end, at, quote }) => ({ what, end, at: at && instantOf(at), quote: quoteOf(quote) })),
});

const timelineOf = ({ timeline }: Case): ReportJson['timeline'] =>
  timeline.slice(0, limits.reportTimelineMax).map(({ at, end, kind, text, quote, spis }) => ({
    at: at && instantOf(at),
    end,
    kind,
    text,
    quote: quote && quoteOf(quote),
    spis: spis.map(formatSpi),
  }));

const sideOf = ({ first, last, current, lifetimeSeconds, lifetimeKilobytes, packets, errors }: SideState) => ({
  first,
  last,
  current,
  lifetimeSeconds,
  lifetimeKilobytes,
  packets,
  errors,
});
const spiOf = (one: number | null): string | null => (one === null ? null : formatSpi(one));
const flowOf = ({ src, dst, spi }: { src: string; dst: string; spi: number }) => ({ src, dst, spi: formatSpi(spi) });
const quoteOf = ({ end, file, line, text }: Quote) => ({ end, file, line, text });
const reasonedOf = ({ text, quotes }: Reasoned) => ({ text, quotes: quotes.map(quoteOf) });
const stepOf = ({ text, end, command, configure }: Step) => ({ text, end, command, configure });

const instantOf = ({ fromMs, toMs, trusted, clock }: Instant) => ({ from: isoOf(fromMs), to: isoOf(toMs), trusted, clock });
/** A year that ISO 8601 writes with four digits; null: a bundle told something else. */
const isoOf = (ms: number): string | null =>
  Number.isFinite(ms) && ms >= -62_135_596_800_000 && ms < 253_402_300_800_000 ? new Date(Math.floor(ms)).toISOString() : null;
