/**
 * Drop counters of a router's data plane over SSH, a source on the shelf: where the message does not exist (IOS XE before 2.3.2, the
 * NAT-T bug) they alone tell of packets without an SA. Which lines to ask, and how to read them, is the platform's. Mode observe asks
 * a device for nothing but its clock: then this waits for another mode.
 */
import { isSpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { printable } from '../../shared/model/printable.ts';
import type { DropCounterLine } from '../../shared/platforms/platform.ts';
import type { SourceConfig } from '../config/config.ts';
import type { Device } from '../device/device.ts';
import { DropCounter } from './drop-counter.ts';
import { PollLoop } from './poll-loop.ts';
import type { Closable, SourceContext } from './source.ts';

export type QfpDropsConfig = Extract<SourceConfig, { readonly kind: 'qfp-drops' }>;

/** What it asks the device with: an incident's commands on the same session come first in any case. */
export type PolledDevice = Pick<Device, 'run' | 'platform'>;

/** A line that takes longer is not waited for by an incident's capture. */
const COMMAND_TIMEOUT_MS = 10_000;

export const qfpDrops = {
  kind: 'qfp-drops',
  async open(
    name: string,
    config: QfpDropsConfig,
    context: SourceContext<PolledDevice>,
    { asksDevice }: { readonly asksDevice: boolean },
  ): Promise<Closable> {
    const { world, device } = context;
    const counter = new DropCounter(
      {
        source: name,
        cause: 'qfp-drops',
        opens: config.opens,
        rule: { everyMs: config.everyMs, atLeast: config.atLeast, wrapsAt: null },
        what: 'QFP drops of packets without an SA',
      },
      context,
    );
    const lines = device.platform.dropCounters ?? [];
    if (lines.length === 0 || !asksDevice) {
      const why =
        lines.length === 0 ? `platform ${device.platform.name} has no drop counters` : 'mode observe asks the device for nothing';
      counter.tell('interrupted', why);
      return { close: async () => {} };
    }
    /** The first that this device shows: the others count other things, and are not compared with it. */
    let chosen: DropCounterLine | null = null;
    return new PollLoop('QFP drops', world.clock, config.everyMs, async () => {
      const read = await readDropCounters(device, chosen === null ? lines : [chosen]);
      if (read.kind === 'read') {
        chosen = read.line;
        counter.take({ at: world.clock.monotonic(), upTimeMs: null, values: read.values });
      } else counter.tell('interrupted', read.why);
    });
  },
} as const;

export type DropRead =
  | { readonly kind: 'read'; readonly line: DropCounterLine; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'unread'; readonly why: string };

/** The first of `lines` that the device answers with counters. Never rejects. */
export async function readDropCounters(device: PolledDevice, lines: readonly DropCounterLine[]): Promise<DropRead> {
  let why = 'nothing to ask';
  for (const line of lines) {
    const result = await run(device, line.command);
    if (typeof result === 'string') return { kind: 'unread', why: result };
    if (result.status === 'ok') {
      const values = line.parse(result.output).value;
      if (values !== null) return { kind: 'read', line, values };
      why = `${line.command}: no counter in its output`;
      continue;
    }
    why = `${line.command}: ${result.status} ${printable(result.detail ?? '', 120)}`.trim();
    // Without a session the next line would not be answered either.
    if (result.status !== 'refused') break;
  }
  return { kind: 'unread', why };
}

async function run(device: PolledDevice, command: string): Promise<CommandResult | string> {
  try {
    return await device.run('capture', command, { timeoutMs: COMMAND_TIMEOUT_MS });
  } catch (error) {
    if (isSpitrapError(error)) return error.message;
    throw error;
  }
}
