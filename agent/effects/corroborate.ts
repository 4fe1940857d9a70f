/**
 * Effect `corroborate`: does the device itself have the message that somebody brought us over UDP or a file? Called by perform.ts
 * before anything is signalled or stopped (pair-protocol.md, "What counts as the event"). Only a buffer that reaches back before the
 * message and lacks it says `absent`; whatever cannot decide says so, and the incident goes on, marked.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { after, type DurationMs, formatDuration, type Monotonic } from '../../shared/model/time.ts';
import type { LoggingBuffer } from '../../shared/platforms/platform.ts';
import type { IosStamp } from '../../shared/wire/ios-timestamp.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import type { Device, DeviceStatus } from '../device/device.ts';

export type CorroborateOrder = Extract<Effect, { readonly kind: 'corroborate' }>;

export interface Corroboration {
  readonly result: 'found' | 'absent' | 'undecided';
  readonly detail: string;
}

/** By the filter, then at the whole buffer. */
const LOOKS = 2;
/** `%CRYPTO-4-…` is logged at warnings. */
const WARNINGS = 4;

interface Question {
  readonly order: CorroborateOrder;
  readonly answer: (corroboration: Corroboration) => void;
}

/**
 * One question to the device at a time: what is asked meanwhile is answered by one look at the whole buffer, so that however many
 * lines somebody forges, the device sees few commands and a true message still gets its answer.
 */
export class Corroborator {
  readonly #device: Device;
  readonly #clock: Clock;
  #waiting: Question[] = [];
  #asking = false;

  constructor(device: Device, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /** Never rejects. */
  ask(order: CorroborateOrder): Promise<Corroboration> {
    return new Promise((answer) => {
      this.#waiting.push({ order, answer });
      if (!this.#asking) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#asking = true;
    while (this.#waiting.length > 0) {
      const questions = this.#waiting;
      this.#waiting = [];
      await this.#answerInTime(questions);
    }
    this.#asking = false;
  }

  /** A line of a capture that hangs on that session keeps the question waiting for longer than a stop may wait. */
  #answerInTime(questions: readonly Question[]): Promise<void> {
    return new Promise((done) => {
      const withinMs = LOOKS * Math.max(...questions.map(({ order }) => order.timeoutMs));
      const undecide = (detail: string): void => {
        for (const { answer } of questions) answer({ result: 'undecided', detail });
      };
      const late = this.#clock.timer('corroboration late', withinMs, () => {
        undecide(`no answer within ${formatDuration(withinMs)}: the session is busy with another line`);
        done();
      });
      this.#answer(questions)
        // Our own fault (a line outside the grammar): the incident goes on, marked.
        .catch((error: unknown) => undecide(asSpitrapError(error).message))
        .finally(() => {
          late.cancel();
          done();
        });
    });
  }

  async #answer(questions: readonly Question[]): Promise<void> {
    const [first] = questions;
    if (first !== undefined && questions.length === 1) return first.answer(await this.#lookForOne(first.order));
    if (this.#device.platform.bearsOut !== undefined) {
      for (const { order, answer } of questions) answer(await this.#lookForOne(order));
      return;
    }
    const look = await this.#lookAtBuffer(Math.max(...questions.map(({ order }) => order.timeoutMs)));
    for (const { order, answer } of questions) answer(look(order));
  }

  /** The filter first: it costs the device and the line least. */
  async #lookForOne(order: CorroborateOrder): Promise<Corroboration> {
    const until = after(this.#clock.monotonic(), order.timeoutMs);
    const command = this.#device.platform.corroborate(order.spiAsReceived);
    const filtered = await this.#device.run('capture', command, { timeoutMs: order.timeoutMs, first: true });
    if (filtered.status !== 'ok') return undecided(filtered);
    const { bearsOut } = this.#device.platform;
    if (bearsOut !== undefined) return bearsOut(filtered.output, order.flow) ? BORNE_OUT : notBorneOut(command);
    if (holds(messagesIn(filtered.output), order)) return FOUND;
    const leftMs = until - this.#clock.monotonic();
    if (leftMs <= 0) return { result: 'undecided', detail: 'no time left to see how far back the buffer reaches' };
    return (await this.#lookAtBuffer(leftMs))(order);
  }

  /** `show logging` once, then a judge of any number of messages by it. */
  async #lookAtBuffer(timeoutMs: DurationMs): Promise<(order: CorroborateOrder) => Corroboration> {
    const whole = await this.#device.run('capture', this.#device.platform.showLogging, { timeoutMs, first: true });
    if (whole.status !== 'ok') return () => undecided(whole);
    const messages = messagesIn(whole.output);
    const absence = judgeAbsence(this.#device.platform.parsers.logging(whole.output).value, this.#clock, this.#device);
    return (order) => (holds(messages, order) ? FOUND : absence);
  }
}

const BORNE_OUT: Corroboration = { result: 'found', detail: 'the device itself counted packets of that flow' };

/** What counts them may have been loaded a moment ago: absence proves nothing. */
const notBorneOut = (command: string): Corroboration => ({
  result: 'undecided',
  detail: `${command}: no packets of that flow are counted there`,
});

const FOUND: Corroboration = { result: 'found', detail: 'the message stands in the device log buffer' };

const undecided = ({ command, status, detail }: CommandResult): Corroboration => ({
  result: 'undecided',
  detail: `${command}: ${status} ${detail ?? ''}`.trim(),
});

/** The lines that are the message itself: a debug line with the same SPI is not. */
const messagesIn = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => /REC(?:V|VD)_PKT_INV_SPI/.test(line))
    .map((line) => line.toLowerCase());

const holds = (messages: readonly string[], order: CorroborateOrder): boolean => {
  const spi = `${order.spiAsReceived.toLowerCase()}(`;
  return messages.some((line) => line.includes(spi));
};

/**
 * Absent only when the buffer keeps such messages and reaches back well before the arrival. Judged by the device's own lines and
 * clock alone: the stamp in the claimed message is the claimant's.
 */
function judgeAbsence(buffer: LoggingBuffer, clock: Clock, device: Device): Corroboration {
  if (buffer.bufferLevel === null || buffer.bufferLevel < WARNINGS) {
    return { result: 'undecided', detail: 'the device log buffer does not keep warnings' };
  }
  const stamps = buffer.lines.flatMap((line) => parseSyslog(line).stamp ?? []);
  const oldest = stamps[0];
  const newest = stamps.at(-1);
  if (oldest === undefined || newest === undefined)
    return { result: 'undecided', detail: 'the device log buffer has no stamped line' };
  const reachMs = Math.max(ageMs(oldest, device.status().clock, clock.monotonic()) ?? 0, spanMs(oldest, newest) ?? 0);
  if (reachMs < REACH_MS)
    return { result: 'undecided', detail: 'the device log buffer does not reach back before the message for sure' };
  return {
    result: 'absent',
    detail: `not among the ${buffer.lines.length} lines of the device log buffer, which reaches back before it`,
  };
}

/** More than corroboration and any syslog relay take together. */
const REACH_MS = 10_000;

/**
 * How old a line of the device is by the device's own clock. A clock that was never set (`*`) will do: both readings are of the same
 * one. Zones must be the same, or both UTC: an hour off would turn an honest message into an absent one.
 */
function ageMs(stamp: IosStamp, clock: DeviceStatus['clock'], now: Monotonic): number | null {
  if (clock === null) return null;
  const zone = clock.reading.zone.toUpperCase();
  const comparable = stamp.zone === null ? zone === 'UTC' || zone === 'GMT' : stamp.zone.toUpperCase() === zone;
  if (!comparable || stamp.month === null || stamp.day === null || stamp.timeOfDayMs === null) return null;
  const deviceNowMs = clock.reading.localMs + (now - clock.at);
  const stampMs = Date.UTC(stamp.year ?? clock.reading.year, stamp.month - 1, stamp.day) + stamp.timeOfDayMs;
  return deviceNowMs - stampMs;
}

/** From one line of the buffer to another, in stamps of one kind; null when they cannot be compared. */
function spanMs(oldest: IosStamp, newest: IosStamp): number | null {
  const from = position(oldest);
  const to = position(newest);
  return from === null || to === null || oldest.hasYear !== newest.hasYear ? null : to - from;
}

function position(stamp: IosStamp): number | null {
  if (stamp.localMs !== null) return stamp.localMs;
  if (stamp.month === null || stamp.day === null || stamp.timeOfDayMs === null) return null;
  return Date.UTC(2000, stamp.month - 1, stamp.day) + stamp.timeOfDayMs;
}
