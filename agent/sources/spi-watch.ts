/**
 * Source `spi-watch`: ESP that arrives at a device and that no SA takes, found by comparing what the device counts with the SAs that it
 * has, on a session of its own, every second. For platforms that log nothing of it (Platform.spiWatch; docs/linux.md). What is unknown is
 * decided by shared/detect/unknown-flows.ts. Trouble is told as source-state, for the evidence's holes.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import { firstLook, type LookState, look, type UnknownFlow } from '../../shared/detect/unknown-flows.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { formatSpi, type Spi } from '../../shared/model/flow.ts';
import { printable } from '../../shared/model/printable.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { Parser, SpiWatch } from '../../shared/platforms/platform.ts';
import type { SessionOpener } from '../device/pool.ts';
import type { Session } from '../device/session.ts';
import type { Closable, SourceContext, SourceKind } from './source.ts';

export interface SpiWatchConfig {
  readonly kind: 'spi-watch';
  readonly name: string;
  readonly everyMs: DurationMs;
}

const BACKOFF = { firstMs: 1_000, factor: 2, mostMs: 60_000, jitter: 0.3 };
/** sudo, a socket, a table: tens of milliseconds; a loaded gateway gets its time. */
const COMMAND_MS = 10_000;
/** A charon that restarts answers nothing for a moment, which is no hole in the evidence: its SAs are looked for again. */
const FAILED_LOOKS = 4;

export const spiWatch: SourceKind<SpiWatchConfig, SessionOpener> = {
  kind: 'spi-watch',
  /** Never rejects: an unreachable device is tried again, and said so. */
  async open(name, config, context) {
    const watch = context.device.platform.spiWatch;
    if (watch === undefined)
      throw new SpitrapError(
        'CONFIG_INVALID',
        `source ${name}: ${context.device.platform.name} counts no ESP by flow; take it out`,
      );
    return new SpiWatcher(name, config, watch, context);
  },
};

class SpiWatcher implements Closable {
  readonly #name: string;
  readonly #config: SpiWatchConfig;
  readonly #watch: SpiWatch;
  readonly #context: SourceContext<SessionOpener>;
  #session: Session | null = null;
  #state: LookState = firstLook;
  #closed = false;
  #wake: (() => void) | null = null;
  #lastTold = '';
  /** Looks in a row that saw less than all. */
  #failed = 0;
  readonly #done: Promise<void>;

  constructor(name: string, config: SpiWatchConfig, watch: SpiWatch, context: SourceContext<SessionOpener>) {
    this.#name = name;
    this.#config = config;
    this.#watch = watch;
    this.#context = context;
    this.#done = this.#live();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    this.#session?.abort('the agent is stopping');
    await this.#session?.close();
    await this.#done;
    this.#tell('closed', 'closed by us');
  }

  async #live(): Promise<void> {
    const { random } = this.#context.world;
    let delays = backoffDelays(BACKOFF, () => random.uniform());
    while (!this.#closed) {
      try {
        const session = await this.#context.device.openSession('spi-watch', () => {});
        this.#session = session;
        delays = backoffDelays(BACKOFF, () => random.uniform());
        await this.#lookOn(session);
      } catch (error) {
        const failure = asSpitrapError(error);
        this.#state = { ...this.#state, known: null };
        if (!this.#closed) this.#tell('interrupted', `${failure.code}: ${failure.message}`);
        const held = failure.context['waitMs'];
        await this.#pause(typeof held === 'number' ? held : delays.next().value);
      }
      const session = this.#session;
      this.#session = null;
      await session?.close();
    }
  }

  /** Until the session ends; rejects with the reason. */
  async #lookOn(session: Session): Promise<void> {
    session.onClose(() => this.#wake?.());
    while (!this.#closed) {
      if (session.closed) throw session.closedError('by the far end');
      await this.#lookOnce(session);
      await this.#pause(this.#config.everyMs);
    }
  }

  async #lookOnce(session: Session): Promise<void> {
    const { clock } = this.#context.world;
    const seen = await this.#read(session, this.#watch.seen.command, this.#watch.seen.parse);
    const at = clock.monotonic();
    const known: Spi[] = [];
    let trouble = seen.why;
    for (const { command, parse } of this.#watch.known) {
      const read = trouble === null ? await this.#read(session, command, parse) : null;
      trouble ??= read?.why ?? null;
      known.push(...(read?.value ?? []));
    }
    if (this.#closed || session.closed) return;
    if (seen.value === null) this.#state = { ...this.#state, known: null };
    else {
      const { state, unknown } = look(this.#state, { seen: seen.value, known: trouble === null ? known : null, at });
      this.#state = state;
      for (const flow of unknown) this.#emit(flow);
    }
    this.#failed = trouble === null ? 0 : this.#failed + 1;
    if (trouble !== null && this.#failed >= FAILED_LOOKS) this.#tell('interrupted', trouble);
    else if (trouble === null)
      this.#tell('open', `looks every ${this.#config.everyMs} ms at what ${this.#context.device.name} counts`);
  }

  /** `why`: neither refused nor half read is nothing. */
  async #read<T>(
    session: Session,
    command: string,
    parse: Parser<T | null>,
  ): Promise<{ readonly value: T; readonly why: null } | { readonly value: null; readonly why: string }> {
    const result = await session.run(command, { timeoutMs: COMMAND_MS, bytesMax: limits.commandOutputBytesMax });
    if (result.status !== 'ok')
      return {
        value: null,
        why: printable(`${command}: ${result.status}${result.detail === null ? '' : ` (${result.detail})`}`),
      };
    const { value, unread } = parse(result.output);
    if (value !== null && unread.length === 0) return { value, why: null };
    const text = unread[0]?.text ?? 'nothing that was asked for';
    return { value: null, why: printable(`${command}: not understood: ${text}`) };
  }

  #emit({ flow, packets, since }: UnknownFlow): void {
    const { emit, world, device } = this.#context;
    const ends = `src=${flow.src} dst=${flow.dst} spi=${formatSpi(flow.spi)}`;
    emit({
      kind: 'sighting',
      source: this.#name,
      flow,
      line: `spitrap spi-watch: ESP without an SA: ${ends} packets=${packets} (${since} since the last look)`,
      from: device.address,
      at: world.clock.monotonic(),
      wall: world.clock.wall(),
    });
  }

  /** The same is told once, not at each look. */
  #tell(state: 'open' | 'interrupted' | 'closed', detail: string): void {
    const told = `${state} ${detail}`;
    if (told === this.#lastTold) return;
    this.#lastTold = told;
    this.#context.emit({ kind: 'source-state', source: this.#name, state, detail, at: this.#context.world.clock.monotonic() });
  }

  /** Ends early at a close, of the source or of the session. */
  async #pause(delayMs: DurationMs): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = this.#context.world.clock.timer('spi-watch pause', delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
  }
}
