/**
 * Effect `capture`: the plan of the platform, command by command on session A, each output into the open bundle as it comes.
 * Called by perform.ts. A slow or broken device makes holes with reasons, never an exception.
 */
import type { Clock } from '../../shared/clock.ts';
import type { CaptureRecord, FlowSample } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { sampleFlow } from '../../shared/coordinate/flow-sample.ts';
import { suspectsIn, suspectsMax } from '../../shared/detect/suspects.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import type { Flow } from '../../shared/model/flow.ts';
import type { DurationMs, Monotonic } from '../../shared/model/time.ts';
import type { PlannedCommand, Platform } from '../../shared/platforms/platform.ts';
import type { CaptureConfig } from '../config/config.ts';
import type { Device } from '../device/device.ts';

export type CaptureOrder = Extract<Effect, { readonly kind: 'capture' }>;
export type CaptureSummary = Pick<CaptureRecord, 'round' | 'withOutput' | 'planned' | 'whole' | 'spiSeen' | 'seen' | 'suspects'>;
/** Takes it and returns at once: a capture waits for no disk. `peer`: whose scope the command had; null: the whole device's. */
export type SaveOutput = (result: CommandResult, peer: string | null) => void;

export interface CaptureRoom {
  readonly device: Device;
  readonly config: CaptureConfig;
  readonly clock: Clock;
  /** For an incident that a symptom opened: other ends that should have SAs with this device, as addresses. Whom to suspect is looked for. */
  readonly expected?: readonly string[];
  /** Told of every command of the plan before the first is sent: a hole can then be seen. */
  readonly plan: (command: string) => void;
}

/** `until`: past it what is left is skipped with that reason, so that the bundle can be sealed in time; asked anew each time, a stop may move. */
export async function capture(
  room: CaptureRoom,
  order: CaptureOrder,
  until: () => Monotonic,
  save: SaveOutput,
): Promise<CaptureSummary> {
  const { platform } = room.device;
  const whole = platform.capturePlan(order.round, { peers: order.scope, maxUnscopedSas: room.config.maxUnscopedSas });
  const plan = order.deviceWide ? whole : whole.filter((planned) => planned.group === 'scoped');
  for (const { command } of plan) room.plan(command);
  const progress = new Progress(platform, order.flows, room.expected ?? null);
  for (const planned of plan) {
    const result = await perform(room, planned, progress, until());
    progress.add(planned, result);
    save(result, order.scope.find((peer) => planned.command.includes(peer)) ?? null);
  }
  return { round: order.round, planned: plan.length, ...progress.summary() };
}

async function perform(room: CaptureRoom, planned: PlannedCommand, progress: Progress, until: Monotonic): Promise<CommandResult> {
  const leftMs: DurationMs = until - room.clock.monotonic();
  const bytesLeft = limits.captureBytesMax - progress.bytes;
  if (leftMs <= 0) return skipped(planned, 'skipped: no time left before the seal');
  if (bytesLeft <= 0) return skipped(planned, `skipped: ${limits.captureBytesMax} bytes captured already`);
  if (planned.needsSaCount && !progress.fewSas(room.config.maxUnscopedSas))
    return skipped(planned, `skipped: ${progress.saCountText()} SAs`);
  return room.device.run('capture', planned.command, {
    timeoutMs: Math.min(planned.timeoutMs ?? room.config.commandTimeoutMs, leftMs),
    bytesMax: Math.min(room.config.commandBytesMax, bytesLeft),
  });
}

const skipped = (planned: PlannedCommand, detail: string): CommandResult => ({
  command: planned.command,
  status: 'skipped',
  output: '',
  detail,
  sentAt: null,
  sentAtWall: null,
  tookMs: 0,
});

/** What the outputs so far tell: how many SAs there are, and where the bad SPI stands. */
class Progress {
  bytes = 0;
  #withOutput = 0;
  #holes = 0;
  #sas: number | null = 0;
  #spiSeen: CaptureSummary['spiSeen'] = 'unknown';
  readonly #seen: FlowSample[] = [];
  readonly #suspects: string[] = [];
  readonly #platform: Platform;
  readonly #flows: readonly Flow[];
  readonly #expected: readonly string[] | null;

  constructor(platform: Platform, flows: readonly Flow[], expected: readonly string[] | null) {
    this.#platform = platform;
    this.#flows = flows;
    this.#expected = expected;
  }

  add(planned: PlannedCommand, result: CommandResult): void {
    this.bytes += result.output.length;
    if (result.output.trim() !== '' && result.status !== 'skipped') this.#withOutput++;
    const explained =
      result.status === 'ok' || result.status === 'refused' || (result.status === 'skipped' && planned.needsSaCount === true);
    if (!explained) this.#holes++;
    if (planned.group === 'count') this.#countSas(result);
    if (planned.readsSas === true && result.status === 'ok') this.#lookForSpi(result);
    // Nothing says whose packets they are: all SAs are looked at.
    const looks = planned.readsSas === true || planned.readsAllSas === true;
    if (this.#expected === null || result.status !== 'ok' || !looks) return;
    const idents = this.#platform.parsers.ipsecSas(result.output).value;
    this.#suspects.push(...suspectsIn(idents, planned.readsAllSas === true ? this.#expected : []));
  }

  /** A refused count command means that this IKE version is not on the box; anything else that failed means unknown. */
  #countSas(result: CommandResult): void {
    if (result.status === 'refused') return;
    const rows = result.status === 'ok' ? this.#platform.parsers.saCount(result.output).value : null;
    this.#sas = this.#sas === null || rows === null ? null : this.#sas + rows;
  }

  #lookForSpi(result: CommandResult): void {
    const idents = this.#platform.parsers.ipsecSas(result.output).value;
    this.#seen.push(...this.#flows.flatMap((flow) => sampleFlow(flow, idents) ?? []));
    const sas = idents.flatMap((ident) => ident.sas);
    const ours = sas.filter((sa) => this.#flows.some((flow) => flow.spi === sa.spi));
    if (ours.some((sa) => sa.direction === 'outbound')) this.#spiSeen = 'outbound';
    else if (ours.length > 0) this.#spiSeen = this.#spiSeen === 'outbound' ? 'outbound' : 'inbound';
    else if (this.#spiSeen === 'unknown' && this.#flows.length > 0) this.#spiSeen = 'none';
  }

  /** Unknown counts as over the limit. */
  fewSas(most: number): boolean {
    return this.#sas !== null && this.#sas <= most;
  }

  saCountText(): string {
    return this.#sas === null ? 'unknown number of' : String(this.#sas);
  }

  summary(): Omit<CaptureSummary, 'round' | 'planned'> {
    const seen = this.#seen.length > 0 ? { seen: this.#seen } : {};
    const named = [...new Set(this.#suspects)].slice(0, suspectsMax);
    const suspects = named.length > 0 ? { suspects: named } : {};
    return { withOutput: this.#withOutput, whole: this.#holes === 0, spiSeen: this.#spiSeen, ...seen, ...suspects };
  }
}
