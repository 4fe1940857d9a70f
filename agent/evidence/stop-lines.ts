/**
 * Did debug lines still arrive when the debugs were stopped? Then the delay is too short for what this device prints (Note A: it "may
 * need changing, depending on the amount of debugs"). Counted at the seal from the ring, which knows when each line came. Called by
 * bundle.ts.
 */

import type { FileMoment, IncidentFacts, IncidentFile } from '../../shared/bundle/incident-file.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type DurationMs, formatDuration, monotonic, wall } from '../../shared/model/time.ts';
import type { WindowSource } from './bundle-log.ts';
import { type Moment, shifted } from './window.ts';

type StopLines = NonNullable<IncidentFile['atStop']>;

const WINDOW_MS: DurationMs = 2_000;
/** Fewer lines than this in a window are a device that has said what it had to say. */
const FEW_LINES = 4;

/** Null: nothing was sent, or the ring could not be read; device.log's own problems say the latter. */
export async function countStopLines(
  ring: WindowSource | null,
  incident: Pick<IncidentFacts, 'opened' | 'stop'>,
): Promise<StopLines | null> {
  const { opened, stop } = incident;
  if (ring === null || stop.sent === null) return null;
  const [message, sent] = [momentOf(opened), momentOf(stop.sent)];
  try {
    const counts = {
      windowMs: WINDOW_MS,
      backgroundLines: await debugLines(ring, shifted(message, -WINDOW_MS), message),
      startLines: await debugLines(ring, message, shifted(message, WINDOW_MS)),
      beforeLines: await debugLines(ring, shifted(sent, -WINDOW_MS), sent),
      afterLines:
        stop.verified === null
          ? null
          : await debugLines(ring, momentOf(stop.verified), shifted(momentOf(stop.verified), WINDOW_MS)),
    };
    const delayMs = stop.sent.bootId === opened.bootId ? stop.sent.monotonicMs - opened.monotonicMs : null;
    return { ...counts, hint: stopHint(counts, delayMs) };
  } catch (error) {
    // Evidence is not given up for a hint about it.
    asSpitrapError(error);
    return null;
  }
}

/**
 * Undiminished: half of what came at first or more, and clearly more than came before the message. Or lines that come when nothing is on
 * any more: they were waiting in the device.
 */
export function stopHint(counts: Omit<StopLines, 'hint'>, delayMs: DurationMs | null): string | null {
  const { backgroundLines, startLines, beforeLines, afterLines } = counts;
  const undiminished = beforeLines >= FEW_LINES && beforeLines * 2 >= startLines && beforeLines > backgroundLines * 2;
  const buffered = (afterLines ?? 0) >= FEW_LINES;
  if (!undiminished && !buffered) return null;
  const span = formatDuration(counts.windowMs);
  const after = afterLines === null ? '' : `, ${afterLines} in the ${span} after they were off`;
  const delay = delayMs === null ? 'the delay' : `the delay of ${formatDuration(Math.round(delayMs / 100) * 100)}`;
  return (
    `debug lines were still arriving at the stop: ${beforeLines} in the ${span} before it${after} ` +
    `(${startLines} in the first ${span}, ${backgroundLines} in the ${span} before the message): ${delay} may be too short`
  );
}

const momentOf = ({ at, monotonicMs, bootId }: FileMoment): Moment => ({
  wall: wall(Date.parse(at)),
  monotonic: monotonic(monotonicMs),
  bootId,
});

//   %CRYPTO-4-RECVD_PKT_INV_SPI
const MNEMONIC = /%[A-Z][A-Z0-9_]*-(?:[A-Z0-9_]+-)?[0-7]-[A-Z0-9_]+/;
const LF = 0x0a;

/** Lines without a mnemonic, as debugs have none. To the tick of the ring's index: about 100 ms. */
async function debugLines(ring: WindowSource, from: Moment, to: Moment): Promise<number> {
  let count = 0;
  let held: Buffer = Buffer.alloc(0);
  const take = (piece: Buffer): void => {
    const all = held.length > 0 ? Buffer.concat([held, piece]) : piece;
    let start = 0;
    for (let end = all.indexOf(LF); end >= 0; end = all.indexOf(LF, start)) {
      const line = all.toString('latin1', start, Math.min(end, start + limits.candidateCharsMax));
      if (line.trim() !== '' && !MNEMONIC.test(line)) count++;
      start = end + 1;
    }
    held = all.length - start > limits.lineBytesMax ? Buffer.alloc(0) : Buffer.from(all.subarray(start));
  };
  // A window of the ring has its end in it; ours must not share what came in that very moment.
  await ring.copyWindow(from, shifted(to, -1), take, limits.stopWindowBytesMax);
  return count;
}
