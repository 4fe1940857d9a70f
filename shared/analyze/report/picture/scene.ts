/**
 * What the picture shows, before anybody says where: numbered events, repeats told once, and the lives of the SAs at each end. The same
 * scene is drawn across (desktop, paper), downwards (phone), as a list and in ASCII. Pure and bounded.
 */
import { formatSpi } from '../../../model/flow.ts';
import type { Case, EndIndex, Instant, Quote, SaLife, SaMark, SideState, TimelineEntry } from '../../case.ts';
import { order } from '../../order.ts';
import type { Verdict } from '../../verdict.ts';
import { middleOf } from '../moments.ts';

/** What a mark looks like: shape and word, not colour alone. */
export type Look = 'message' | 'cause' | 'signal' | 'stop' | 'plain';

export interface SceneEvent {
  /** From 1, in the order of the list. */
  readonly number: number;
  readonly at: Instant | null;
  /** Of the last, when it was told several times. */
  readonly until: Instant | null;
  readonly count: number;
  /** They are of one kind and differ in what they name. */
  readonly varied: boolean;
  readonly lane: EndIndex;
  readonly kind: string;
  readonly look: Look;
  readonly text: string;
  readonly quote: Quote | null;
  /** Numbers of events nearby at the other end that may have been before or after. */
  readonly unordered: readonly number[];
}

export interface SceneBar {
  readonly lane: EndIndex;
  readonly spi: number;
  readonly direction: 'in' | 'out';
  /** Null: it was there before anything that is here tells. */
  readonly from: Instant | null;
  /** Null: still there at the last look. */
  readonly to: Instant | null;
  /** `here`; `absent`: its table does not have it; `unknown`: no table tells. */
  readonly presence: 'here' | 'absent' | 'unknown';
  /** One end has it and the other has not. */
  readonly odd: boolean;
  readonly lifetimeSeconds: number | null;
}

export interface Scene {
  readonly t0: Instant;
  readonly events: readonly SceneEvent[];
  /** Of the timeline, counted only. */
  readonly eventsLeftOut: number;
  readonly bars: readonly SceneBar[];
  readonly barsLeftOut: number;
  readonly healsAt: Instant | null;
}

/** After the end: told in the list, and no reason to make the scale coarser. */
export const isAfterwards = ({ kind }: Pick<SceneEvent, 'kind'>): boolean => kind === 'sealed' || kind.startsWith('done-');

export const EVENTS_MAX = 60;
const BARS_A_LANE_MAX = 5;
/** Repeats within so long of each other are one event, told with its number. */
const REPEAT_MS = 5_000;
/** What IKE does all day, every ten seconds and for hours: one row as long as its end does nothing else, however long its pauses are. */
const ROUTINE: ReadonlySet<string> = new Set(['dpd-sent', 'dpd-answered']);
/** Above it, events of one kind at one end are repeats of each other whatever they name. */
const MANY = 40;
const UNORDERED_SHOWN = 3;

export function sceneOf(about: Case, verdict: Verdict): Scene {
  const evidence = new Set((verdict.findings[0]?.evidence ?? []).flatMap(({ quotes }) => quotes.map(quoteKey)));
  let groups = grouped(about.timeline, ({ text }) => text);
  if (groups.length > MANY) groups = grouped(about.timeline, () => '');
  const looks = groups.map((group) => lookOf(group.entries[0]!, evidence));
  const kept = keptOf(groups, looks);
  const events = kept.map(({ group, look }, index): SceneEvent => {
    const [first] = group.entries;
    return {
      number: index + 1,
      at: first!.at,
      until: group.entries.length > 1 ? group.entries.at(-1)!.at : null,
      count: group.entries.length,
      varied: group.entries.some(({ text }) => text !== first!.text),
      lane: first!.end,
      kind: first!.kind,
      look,
      text: first!.text,
      quote: first!.quote,
      unordered: [],
    };
  });
  const shown = kept.reduce((sum, { group }) => sum + group.entries.length, 0);
  const bars = livesOf(about).flatMap((life) => barsOf(life, about));
  const fitting = ([0, 1] as const).flatMap((lane) => bars.filter((bar) => bar.lane === lane).slice(0, BARS_A_LANE_MAX));
  return {
    t0: about.opened,
    events: events.map((event) => ({ ...event, unordered: unorderedNear(event, events) })),
    eventsLeftOut: about.timeline.length - shown,
    bars: fitting,
    barsLeftOut: bars.length - fitting.length,
    healsAt: verdict.healing.kind === 'at' ? verdict.healing.at : null,
  };
}

/** Those that the message named, then their kin, then others between these two ends; what a hub has with its other peers is in the table. */
export function livesOf({ ledger }: Case): SaLife[] {
  const telling = (life: SaLife): number => Number(isOdd(life.outboundAtSender, life.inboundAtReceiver));
  const named = ledger.filter(({ reported }) => reported).sort((a, b) => telling(b) - telling(a));
  const kin = new Set(named.flatMap(({ partner, next, previous }) => [partner, next, previous]));
  const others = ledger.filter(({ reported }) => !reported);
  const isKin = ({ spi, partner }: SaLife): boolean => kin.has(spi) || (partner !== null && kin.has(partner));
  const between = others.filter((life) => !isKin(life) && life.sender !== null && life.receiver !== null);
  return [...named, ...others.filter(isKin), ...between];
}

export const quoteKey = ({ end, file, line }: Quote): string => `${end} ${file} ${line}`;

interface Group {
  readonly key: string;
  readonly entries: TimelineEntry[];
}

/**
 * In order of their first; a run of the same thing is one group as long as no gap in it is longer than REPEAT_MS. Routine goes on until something
 * else happens at its end: a row must not hide what came between.
 */
function grouped(timeline: readonly TimelineEntry[], textOf: (entry: TimelineEntry) => string): Group[] {
  const groups: Group[] = [];
  const running = new Map<string, Group>();
  const routine = new Set<string>();
  for (const entry of timeline) {
    const key = `${entry.end} ${entry.kind} ${textOf(entry)}`;
    const before = running.get(key);
    const last = before?.entries.at(-1)?.at ?? null;
    const isRoutine = ROUTINE.has(entry.kind);
    if (!isRoutine) for (const one of routine) if (one.startsWith(`${entry.end} `)) routine.delete(one);
    const isRepeat = before && last && entry.at && (routine.has(key) || middleOf(entry.at) - middleOf(last) <= REPEAT_MS);
    if (isRoutine) routine.add(key);
    if (isRepeat) before.entries.push(entry);
    else {
      const group = { key, entries: [entry] };
      running.set(key, group);
      groups.push(group);
    }
  }
  return groups;
}

function lookOf({ kind, quote }: TimelineEntry, evidence: ReadonlySet<string>): Look {
  if (kind === 'message' || kind === 'invalid-spi') return 'message';
  if (/^(?:alert|stop-signal|done)-/.test(kind)) return 'signal';
  if (kind === 'stop-sent' || kind === 'off-verified') return 'stop';
  return quote !== null && evidence.has(quoteKey(quote)) ? 'cause' : 'plain';
}

/** The most telling ones when there are too many, in their order. */
function keptOf(groups: readonly Group[], looks: readonly Look[]): { group: Group; look: Look }[] {
  const all = groups.map((group, index) => ({ group, look: looks[index]!, index }));
  if (all.length <= EVENTS_MAX) return all;
  const rank: Readonly<Record<Look, number>> = { cause: 0, message: 1, stop: 2, signal: 3, plain: 4 };
  const best = all.sort((a, b) => rank[a.look] - rank[b.look] || a.index - b.index).slice(0, EVENTS_MAX);
  return best.sort((a, b) => a.index - b.index);
}

function unorderedNear(event: SceneEvent, events: readonly SceneEvent[]): number[] {
  if (event.at === null) return [];
  const near = events.filter(({ number, lane }) => lane !== event.lane && Math.abs(number - event.number) <= 6);
  return near
    .filter((other) => !(isOurs(event) && isOurs(other)))
    .filter((other) => other.at !== null && overlapping(event.at!, other.at) && order(event, other) === 'unordered')
    .map(({ number }) => number)
    .slice(0, UNORDERED_SHOWN);
}

/** What the agents did follows from each other: an alert is heard after it was sent, whatever the clocks say. */
const OURS = /^(?:message|(?:alert|stop-signal|done)-(?:sent|received)|stop-sent|off-verified|capture|sealed)$/;
const isOurs = ({ kind }: SceneEvent): boolean => OURS.test(kind);

/** Untrusted clocks order nothing; only what lies near is worth a mark. */
const overlapping = (a: Instant, b: Instant): boolean => a.fromMs <= b.toMs && b.fromMs <= a.toMs;

function barsOf(life: SaLife, about: Case): SceneBar[] {
  const sides: [EndIndex | null, 'in' | 'out', SideState, SideState][] = [
    [life.receiver, 'in', life.inboundAtReceiver, life.outboundAtSender],
    [life.sender, 'out', life.outboundAtSender, life.inboundAtReceiver],
  ];
  return sides.flatMap(([lane, direction, side, other]): SceneBar[] => {
    if (lane === null || about.ends[lane] === undefined) return [];
    const marks = life.marks.filter(({ end }) => end === lane);
    const from = earliest(marks, ['created']);
    const to = latest(marks, ['deleted', 'expired']) ?? latest(marks, ['delete-received']);
    const known = side.first === 'yes' || side.last === 'yes' || marks.some(({ what }) => what !== 'refused');
    const presence = known ? 'here' : side.last === 'no' || side.first === 'no' ? 'absent' : 'unknown';
    if (presence !== 'here' && !life.reported) return [];
    const goneAt = side.last === 'no' ? lostBetween(about, lane, marks) : null;
    return [
      {
        lane,
        spi: life.spi,
        direction,
        from: from ?? (side.first === 'no' && side.last === 'yes' ? betweenSamples(about, lane) : null),
        to: to ?? goneAt,
        presence,
        odd: isOdd(side, other),
        lifetimeSeconds: side.lifetimeSeconds,
      },
    ];
  });
}

export const isOdd = (one: SideState, other: SideState): boolean =>
  (one.last === 'yes' && other.last === 'no') || (one.last === 'no' && other.last === 'yes');

const timed = (marks: readonly SaMark[], what: readonly SaMark['what'][]): Instant[] =>
  marks.flatMap((mark) => (what.includes(mark.what) && mark.at ? [mark.at] : [])).sort((a, b) => a.fromMs - b.fromMs);
const earliest = (marks: readonly SaMark[], what: readonly SaMark['what'][]): Instant | null => timed(marks, what)[0] ?? null;
const latest = (marks: readonly SaMark[], what: readonly SaMark['what'][]): Instant | null => timed(marks, what).at(-1) ?? null;

/** It went without a word: after the last line that knew it, before the first that did not. */
function lostBetween(about: Case, lane: EndIndex, marks: readonly SaMark[]): Instant | null {
  const knew = latest(marks, ['created', 'seen', 'rekeyed']);
  const missed = [...timed(marks, ['refused']), ...(about.ends[lane]?.ipsec ?? []).map(({ at }) => at)].filter(
    (at) => knew === null || at.toMs >= knew.fromMs,
  );
  const [first] = missed.sort((a, b) => a.toMs - b.toMs);
  if (first === undefined) return null;
  return knew === null ? first : { ...first, fromMs: Math.min(knew.fromMs, first.fromMs) };
}

/** It came or went somewhere between the first and the last table. */
function betweenSamples(about: Case, lane: EndIndex): Instant | null {
  const samples = about.ends[lane]?.ipsec ?? [];
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || first === last) return null;
  return { ...first.at, toMs: Math.max(first.at.toMs, last.at.toMs) };
}

/** `Unknown SPI (12 times)`, `Unknown SPI from 10.0.0.1, and 499 more of its kind`. */
export function eventWords({ text, count, varied }: Pick<SceneEvent, 'text' | 'count' | 'varied'>): string {
  if (count === 1) return text;
  return varied ? `${text}, and ${count - 1} more of its kind` : `${text} (${count} times)`;
}

export const barLabel = ({ direction, spi, presence }: SceneBar): string =>
  `${direction} ${formatSpi(spi)}${presence === 'absent' ? ' not here' : presence === 'unknown' ? ' not known' : ''}`;
