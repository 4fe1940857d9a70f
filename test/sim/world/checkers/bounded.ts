/** 7. Every queue within its limit: the book's lists, lines of the device, packets a second. */
import type { Book } from '../../../../shared/coordinate/book.ts';
import { limits } from '../../../../shared/limits.ts';
import type { End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import { ENDS } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

/** Two that are held, errands (one that hangs and its replacement), and a terminal monitor. */
const SHELLS_MAX = 2 + limits.freshSessionsMax + 1;
/** An errand's is let go after seconds (held-session.ts, LINGER_MS), with the box's own pace. */
const LET_GO_MS = 15 * SECOND;
/** A dozen attempts by each path for a handful of incidents, their answers, and discoveries. */
const PACKETS_PER_SECOND_MAX = 200;

export const bookBounds: readonly (readonly [name: string, most: number, size: (book: Book) => number])[] = [
  ['openIncidentsMax', limits.openIncidentsMax, (book) => book.incidents.length],
  ['closedIdsMax', limits.closedIdsMax, (book) => book.closed.length],
  ['heldFlowsMax', limits.heldFlowsMax, (book) => book.held.length],
  ['alarmsMax', limits.alarmsMax, (book) => book.alarms.length],
  ['ownSightingsMax', limits.ownSightingsMax, (book) => book.ownSightings.length],
  ['recurrencesMax', limits.recurrencesMax, (book) => book.recurrences.length],
  ['mergedIdsMax', limits.mergedIdsMax, (book) => Math.max(0, ...book.incidents.map(({ aliases }) => aliases.length))],
  ['flowsPerIncidentMax', limits.flowsPerIncidentMax, (book) => Math.max(0, ...book.incidents.map(({ flows }) => flows.length))],
];

export const bounded: MakeChecker = (stage, _truth, report) => {
  const said = new Set<string>();
  const say = (what: string): void => {
    if (!said.has(what)) report(what);
    said.add(what);
  };
  const moreSince: Record<End, number | null> = { hub: null, spoke: null };
  const { syslog } = stage.setting;
  const heldMost = 2 + (syslog === 'terminal-monitor' || syslog === 'all' ? 1 : 0);
  let counted = 0;
  return {
    look() {
      for (const end of ENDS) {
        const { shells, shellsMax } = stage.hosts[end];
        moreSince[end] = shells > heldMost ? (moreSince[end] ?? stage.now) : null;
        if (shellsMax > SHELLS_MAX) say(`${end}: ${shellsMax} lines of the device at once`);
        const book = stage.books[end];
        if (book !== null)
          for (const [name, most, size] of bookBounds)
            if (size(book) > most) say(`${end}: ${name} is ${most}, and there are ${size(book)}`);
      }
    },
    async end() {
      for (const end of ENDS) {
        const since = moreSince[end];
        if (since !== null && stage.now - since > LET_GO_MS && isAtRest(stage, end))
          say(`${end}: ${stage.hosts[end].shells} lines of the device are kept, with nothing under way`);
      }
      const bySecond = new Map<string, number>();
      const { crossings } = stage.weather;
      for (; counted < crossings.length; counted++) {
        const { from, sentAt } = crossings[counted]!;
        const key = `${from} ${Math.floor(sentAt / SECOND)}`;
        bySecond.set(key, (bySecond.get(key) ?? 0) + 1);
      }
      for (const [key, packets] of bySecond)
        if (packets > PACKETS_PER_SECOND_MAX) say(`${key.split(' ')[0] as End}: ${packets} packets in a second`);
      // A bound that nothing came near drops nothing.
      for (const end of ENDS)
        for (const [name, most, size] of bookBounds) {
          const dropped = stage.books[end]?.dropped[name as keyof Book['dropped']] ?? 0;
          if (dropped > 0 && size(stage.books[end]!) * 4 < most)
            say(`${end}: ${dropped} dropped at ${name}, of which there are far fewer`);
        }
    },
  };
};

/** No stop, no disarm, no arming: nothing that an errand would be for. */
function isAtRest({ books, boxTroubles, now }: Stage, end: End): boolean {
  const book = books[end];
  if (book === null || boxTroubles[end].some(({ until }) => until >= now)) return false;
  const isTried = book.incidents.some(({ stop }) => stop.kind === 'running' || stop.kind === 'waiting-retry');
  return !isTried && (book.arming.state.kind === 'armed' || book.arming.state.kind === 'disarmed');
}
