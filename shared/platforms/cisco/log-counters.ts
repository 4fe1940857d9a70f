/**
 * What the device counted of its own log, from the header of `show logging` (whole, or through capture-plan.ts's filter). Shape:
 * LogCounters in ../platform.ts. Two readings tell what it dropped in between.
 */
import type { LogCounters, Parser } from '../platform.ts';

// Syslog logging: enabled (0 messages dropped, 149 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)
// Syslog logging: enabled (12 messages dropped, 3 messages rate-limited,
//                 0 flushes, 0 overruns, xml disabled, filtering disabled)
const DROPPED = /^\s*Syslog logging: \w+ \((?<dropped>\d+) messages dropped(?:, (?<rateLimited>\d+) messages rate-limited)?/;
const FLUSHED = /\b(?<flushes>\d+) flushes, (?<overruns>\d+) overruns\b/;
//     Trap logging: level informational, 9780 message lines logged
const TRAP = /^\s*Trap logging: level [a-z]+, (?<sent>\d+) message lines logged/;
// Log Buffer (4096 bytes):
const BUFFER = /^\s*Log Buffer \(\d+ bytes\):/;

/** Null: the header is not there (another filter, a refusal). Log lines that quote it stand behind it, and are not looked at. */
export const parseLogCounters: Parser<LogCounters | null> = (output) => {
  let counters = null as LogCounters | null;
  for (const line of output.split('\n')) {
    if (BUFFER.test(line)) break;
    const found = { ...DROPPED.exec(line)?.groups, ...FLUSHED.exec(line)?.groups, ...TRAP.exec(line)?.groups };
    if (counters === null && found.dropped === undefined) continue;
    // The first of each: a line of the log that repeats the words comes later.
    counters = {
      dropped: counters?.dropped ?? Number(found.dropped),
      rateLimited: counters?.rateLimited ?? numberOf(found.rateLimited),
      flushes: counters?.flushes ?? numberOf(found.flushes),
      overruns: counters?.overruns ?? numberOf(found.overruns),
      sent: counters?.sent ?? numberOf(found.sent),
    };
  }
  return { value: counters, unread: [] };
};

const numberOf = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits));
