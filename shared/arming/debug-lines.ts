/** How many of a device's log lines are debug output: those that name no system message. For the breaker's rate; called by agent/arm-watch.ts. */
import { findToken } from '../wire/message-token.ts';

const LINE_FEED = 10;
const PERCENT = 37;

/**
 * `*Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA` is one, `*Mar 12 18:22:10.706: %CRYPTO-4-…: …` is none. Blank lines are none. A line
 * that is cut by the end of the bytes counts as one: datagrams have no line feed.
 */
export function countDebugLines(bytes: Buffer): number {
  let count = 0;
  for (let from = 0; from < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const to = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(from, to);
    if (!isBlank(line) && !namesMessage(line)) count += 1;
    from = to + 1;
  }
  return count;
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte > 32) return false;
  return true;
}

/** The line becomes text only when it has a `%` at all: this runs in a flood. */
function namesMessage(line: Buffer): boolean {
  const percent = line.indexOf(PERCENT);
  return percent >= 0 && findToken(line.toString('latin1', percent), 0) !== null;
}
