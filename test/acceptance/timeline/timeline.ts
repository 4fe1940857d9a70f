/**
 * A play on a timeline, in the manner of Alertmanager's acceptance tests: what is done at which moment (`at`) or as soon as something is
 * seen (`once`), what is wanted between which two moments (`want(…, between(…))`), and what must never be. All wants are looked at all the
 * time and reported together with the moments at which they came true. Knows nothing of agents and boxes: those are stage.ts.
 */

/** Milliseconds from the start of the play. */
export interface Between {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Came true earlier than `fromMs`, or not by `toMs`: the play fails. `toMs` is patience with a loaded machine, never a promise. */
export const between = (fromMs: number, toMs: number): Between => ({ fromMs, toMs });

/** True: it is so. Else what is seen instead, for the report. */
export type Seen = true | string;

interface Act {
  readonly what: string;
  readonly isDue: (nowMs: number) => boolean;
  readonly act: () => unknown;
  begunAtMs: number | null;
  doneAtMs: number | null;
  failure: string | null;
}

interface Want {
  readonly what: string;
  readonly within: Between;
  readonly probe: () => Seen | Promise<Seen>;
  metAtMs: number | null;
  last: string;
}

interface Never {
  readonly what: string;
  readonly probe: () => string | null;
  broken: string | null;
}

/** Between two looks at what an act waits for. Boxes answer after milliseconds, and a step may last no longer. */
const LOOK_MS = 4;
/** Between two looks at a want: a probe may ask an agent. */
const PROBE_MS = 100;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Timeline {
  readonly #acts: Act[] = [];
  readonly #wants: Want[] = [];
  readonly #nevers: Never[] = [];

  at(ms: number, what: string, act: () => unknown): this {
    this.#acts.push({ what, isDue: (nowMs) => nowMs >= ms, act, begunAtMs: null, doneAtMs: null, failure: null });
    return this;
  }

  /** `holds` is asked every few milliseconds; `act` begins in the same turn in which it is true for the first time. */
  once(what: string, holds: () => boolean, act: () => unknown): this {
    this.#acts.push({ what, isDue: holds, act, begunAtMs: null, doneAtMs: null, failure: null });
    return this;
  }

  /** As soon as the want of that name has come true. */
  after(want: string, what: string, act: () => unknown): this {
    return this.once(what, () => this.#wants.some((known) => known.what === want && known.metAtMs !== null), act);
  }

  want(what: string, within: Between, probe: () => Seen | Promise<Seen>): this {
    this.#wants.push({ what, within, probe, metAtMs: null, last: 'not looked yet' });
    return this;
  }

  /** `probe` says what is wrong; null: nothing. */
  never(what: string, probe: () => string | null): this {
    this.#nevers.push({ what, probe, broken: null });
    return this;
  }

  /** Rejects with the whole report when anything of it did not come as wanted. */
  async play(name: string): Promise<void> {
    const startedAt = performance.now();
    const now = (): number => performance.now() - startedAt;
    const deadlineMs = Math.max(...this.#wants.map(({ within }) => within.toMs));
    let isOver = false;
    const acting = this.#actWhenDue(now, () => isOver);
    await Promise.all(this.#wants.map((want) => this.#seek(want, now)));
    // An act that nobody waits for may still be ahead: a restart after the last want.
    while (this.#acts.some(({ doneAtMs, failure }) => doneAtMs === null && failure === null) && now() < deadlineMs)
      await sleep(PROBE_MS);
    isOver = true;
    await acting;
    const report = `${name}\n${this.#report().join('\n')}\n`;
    if (process.env['SPITRAP_TIMELINE'] !== undefined) process.stderr.write(report);
    if (this.#hasFailed()) throw new Error(report);
  }

  async #actWhenDue(now: () => number, isOver: () => boolean): Promise<void> {
    const waiting = new Set(this.#acts);
    const running: Promise<void>[] = [];
    while (!isOver()) {
      for (const act of waiting) {
        if (!act.isDue(now())) continue;
        waiting.delete(act);
        running.push(perform(act, now));
      }
      for (const never of this.#nevers) never.broken ??= never.probe();
      await sleep(LOOK_MS);
    }
    await Promise.all(running);
  }

  async #seek(want: Want, now: () => number): Promise<void> {
    while (want.metAtMs === null && now() <= want.within.toMs) {
      const seen = await Promise.resolve()
        .then(want.probe)
        .catch((error: unknown) => `cannot look: ${messageOf(error)}`);
      if (seen === true) want.metAtMs = now();
      else {
        want.last = seen;
        await sleep(PROBE_MS);
      }
    }
  }

  #hasFailed(): boolean {
    return (
      this.#acts.some(({ doneAtMs }) => doneAtMs === null) ||
      this.#wants.some((want) => !isMet(want)) ||
      this.#nevers.some(({ broken }) => broken !== null)
    );
  }

  #report(): string[] {
    const rows = [
      ...this.#acts.map((act) => ({ ms: act.begunAtMs, text: describeAct(act) })),
      ...this.#wants.map((want) => ({ ms: want.metAtMs, text: describeWant(want) })),
    ].sort((a, b) => (a.ms ?? Number.POSITIVE_INFINITY) - (b.ms ?? Number.POSITIVE_INFINITY));
    const broken = this.#nevers.flatMap(({ what, broken }) =>
      broken === null ? [] : [`          !        ! never  ${what}: ${broken}`],
    );
    return [...rows.map(({ ms, text }) => `${(ms === null ? 'never' : seconds(ms)).padStart(10)} ${text}`), ...broken];
  }
}

async function perform(act: Act, now: () => number): Promise<void> {
  act.begunAtMs = now();
  try {
    await act.act();
    act.doneAtMs = now();
  } catch (error) {
    act.failure = messageOf(error);
  }
}

const isMet = ({ metAtMs, within }: Want): boolean => metAtMs !== null && metAtMs >= within.fromMs;

function describeAct({ what, begunAtMs, doneAtMs, failure }: Act): string {
  const took = doneAtMs === null || begunAtMs === null ? '' : ` (took ${seconds(doneAtMs - begunAtMs)})`;
  const unfinished = begunAtMs === null ? ': it never came to it' : ': not over yet';
  return `${doneAtMs === null ? '!' : ' '} act    ${what}${doneAtMs !== null ? took : failure === null ? unfinished : `: ${failure}`}`;
}

function describeWant(want: Want): string {
  const { what, within, metAtMs, last } = want;
  const bounds = `between ${seconds(within.fromMs)} and ${seconds(within.toMs)}`;
  if (isMet(want)) return `  want   ${what} (${bounds})`;
  return `! want   ${what} ${bounds}${metAtMs === null ? `; seen last: ${last}` : ': too early'}`;
}
