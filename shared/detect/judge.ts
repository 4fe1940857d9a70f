/**
 * Transient, persistent or unknown: what can honestly be said of one flow (src, dst, SPI) after its message. One pure rule for the
 * machine (coordinate/judging.ts) and for `spitrap detect`. Sources: facts.md §1 (Note B), §6. The first row that fits decides:
 *
 * | row | evidence                                                                 | verdict    | grounds                         |
 * |-----|--------------------------------------------------------------------------|------------|---------------------------------|
 * | 1   | the line may be forged, the device does not bear it out                  | unknown    | not-borne-out                   |
 * | 2   | the same flow again, a minute or more after its first message            | persistent | again-after-a-minute            |
 * | 3   | no time in the lines that can be trusted (`*`, `.`, uptime, no stamp)    | unknown    | no-trusted-time                 |
 * | 4   | it was told by a peer: this device is not the one that logs it           | unknown    | told-by-peer                    |
 * | 5   | nobody watched on after the last message (a file has an end)             | unknown    | silence-proves-nothing          |
 * | 6   | silent for less than three of the message's minutes                      | unknown    | silent-too-short                |
 * | 7   | it came twice, if less than a minute apart (by our clock, not its own)   | unknown    | came-again                      |
 * | 8   | the bad SPI still is the sender's outbound SPI: the receiver lost its SA | unknown    | current-at-sender               |
 * | 9   | the receiver's error counters climb between two samples                  | unknown    | errors-climb                    |
 * | 10  | the bad SPI is not the sender's outbound SPI (any more)                  | transient  | not-current-at-sender, silent   |
 * | 11  | no word of the sender; other flows' messages kept coming                 | unknown    | others-may-mask                 |
 * | 12  | no word of the sender; another SPI from it is in use at the receiver     | transient  | new-spi-in-use, silent          |
 * | 13  | silence alone                                                            | unknown    | silence-proves-nothing          |
 *
 * Row 2 is Note B's: the message is limited to one a minute, so the same flow after it is traffic in a black hole. Rows 5, 11 and 13:
 * whether that limit is per flow or per box is not known, so silence never proves a transient (§1). Rows 10 and 12 are §6's rekey race:
 * one line (so row 7), a new SPI in place, counters flat between two samples. A table of recent SPIs (spi-lookup) is never sufficient and not read.
 */
import type { DurationMs } from '../model/time.ts';

export const verdicts = ['transient', 'persistent', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

export const grounds = [
  'not-borne-out',
  'again-after-a-minute',
  'no-trusted-time',
  'told-by-peer',
  'silence-proves-nothing',
  'silent-too-short',
  'came-again',
  'current-at-sender',
  'errors-climb',
  'not-current-at-sender',
  'others-may-mask',
  'new-spi-in-use',
  'silent',
] as const;
/** The evidence, in one word each: docs/bundle.md explains them. */
export type Ground = (typeof grounds)[number];

export interface Judgement {
  readonly verdict: Verdict;
  readonly grounds: readonly Ground[];
}

export interface FlowEvidence {
  /** False: only a line that can be spoofed claims it. */
  readonly believed: boolean;
  /** This device logs the message; false: a peer told of it. */
  readonly receiver: boolean;
  /** From the first to the last message; null: the lines bear no time that can be trusted. */
  readonly spanMs: DurationMs | null;
  /** Watched since the last message without another; null: nobody watched. */
  readonly quietMs: DurationMs | null;
  /** Messages of other flows came more than a minute after this one's last. */
  readonly maskable: boolean;
  /** Is the bad SPI the sender's outbound SPI, by its own device? */
  readonly atSender: 'current' | 'not-current' | 'unknown';
  /** At the receiver: another inbound SPI from the sender stands, and packets are decrypted between two samples. */
  readonly newSpiInUse: boolean;
  /** At the receiver: packets of that sender fail between two samples. */
  readonly errorsClimb: boolean;
}

export interface JudgeTimes {
  readonly againMs: DurationMs;
  readonly quietMs: DurationMs;
}

/** From the interval that the message is limited to: again after one of it counts, and a silence from three of them on. */
export const judgeTimesFor = (messageIntervalMs: DurationMs): JudgeTimes => ({
  againMs: messageIntervalMs,
  quietMs: 3 * messageIntervalMs,
});

/** IOS's limit is one a minute. */
export const judgeTimes: JudgeTimes = judgeTimesFor(60_000);

/** What is known of a flow by its first message. */
export const firstJudgement: Judgement = { verdict: 'unknown', grounds: ['silent-too-short'] };

/** Row 2. */
export const cameAgain: Judgement = { verdict: 'persistent', grounds: ['again-after-a-minute'] };

export function judgeFlow(evidence: FlowEvidence, times: JudgeTimes = judgeTimes): Judgement {
  const { spanMs, quietMs, atSender } = evidence;
  if (!evidence.believed) return unknown('not-borne-out');
  if (spanMs !== null && spanMs >= times.againMs) return cameAgain;
  if (spanMs === null) return unknown('no-trusted-time');
  if (!evidence.receiver) return unknown('told-by-peer');
  if (quietMs === null) return unknown('silence-proves-nothing');
  if (quietMs < times.quietMs) return unknown('silent-too-short');
  if (spanMs > 0) return unknown('came-again');
  if (atSender === 'current') return unknown('current-at-sender');
  if (evidence.errorsClimb) return unknown('errors-climb');
  if (atSender === 'not-current') return { verdict: 'transient', grounds: ['not-current-at-sender', 'silent'] };
  if (evidence.maskable) return unknown('others-may-mask');
  if (evidence.newSpiInUse) return { verdict: 'transient', grounds: ['new-spi-in-use', 'silent'] };
  return unknown('silence-proves-nothing');
}

const unknown = (ground: Ground): Judgement => ({ verdict: 'unknown', grounds: [ground] });

/** Of several flows: one black hole makes it persistent, and only what is benign throughout is transient. */
export function combineVerdicts(all: readonly Verdict[]): Verdict {
  if (all.includes('persistent')) return 'persistent';
  return all.length > 0 && all.every((verdict) => verdict === 'transient') ? 'transient' : 'unknown';
}
