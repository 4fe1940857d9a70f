/**
 * One end has no agent: its box runs Note A's applet, as printed. The trap is all that passes between the two, and the agent's outcome is
 * `complete-one-ended`: nobody can verify the other end from there. The lab can: it reads the box.
 */
import { elapsedMs, type Monotonic } from '../../../../shared/model/time.ts';
import type { AppletRunRecord, Box } from '../../../lab/contract.ts';
import { type Ending, faultsOf, type Hands } from '../hands.ts';
import { type End, otherEnd } from '../relay.ts';
import { breakSas } from './desync.ts';

/** Note A's delay is 18 s under a maxrun of 20 s: an applet that waits longer is killed before its `undebug all`. */
export const EEM_DELAY_MS_MAX = 18_000;
/** To an end that acknowledges nothing the stop goes twice, 2 s apart; the second one finds nothing on. */
const RUNS_MAX: Readonly<Record<End, number>> = { hub: 1, spoke: 2 };
const APPLET_WITHIN_MS = 35_000;
/** The output of a box's `undebug all` and its last words. */
const APPLET_ENDS_WITHIN_MS = 10_000;

export const playEem =
  (end: End) =>
  async (hands: Hands): Promise<Ending> => {
    const box = hands.boxes[end];
    hands.debugsByHand();
    breakSas(hands);
    await hands.message();
    await hands.until(`the applet of the ${end}'s box`, hands.delayMs + APPLET_WITHIN_MS, () => box.appletRuns.length > 0);
    const told = new Set<string>();
    await hands.until(`the end of the ${end}'s applet`, hands.delayMs + APPLET_ENDS_WITHIN_MS, () => {
      narrate(box, end, hands, told);
      return box.appletRuns.every(({ ended }) => ended !== null);
    });
    await hands.sealed();
    const [run] = box.appletRuns;
    const how = run?.ended?.how ?? 'none';
    const other = otherEnd(end);
    return {
      facts: {
        applet: {
          end,
          name: run?.applet ?? null,
          run: how,
          actions: run?.actions.length ?? 0,
          tookMs: run?.ended ? Math.round(elapsedMs(run.triggeredAt, run.ended.at)) : null,
        },
      },
      // An agent that hears of it by the trap alone, and one that logs the message itself.
      ofBundles: (incidents) => {
        const openedBy = incidents[other]?.openedBy ?? null;
        const expected = end === 'hub' ? 'stop' : 'message';
        return {
          facts: { openedBy },
          faults: faultsOf({ [`${other}: its incident was opened by ${openedBy}, not ${expected}`]: openedBy === expected }),
        };
      },
      conclusion: `The ${end} has no agent: its own applet did it.`,
      faults: faultsOf({
        [`${end}: its applet ended with ${how}, not all of it was done`]: how === 'done',
        [`${end}: its applet ran ${box.appletRuns.length} times`]: box.appletRuns.length <= RUNS_MAX[end],
      }),
    };
  };

/** Its own words, as it begins each action; `undebug all` is told by the log of commands. */
function narrate(box: Box, end: End, hands: Hands, told: Set<string>): void {
  const say = (at: Monotonic, key: string, text: string): void => {
    if (told.has(key)) return;
    told.add(key);
    hands.tellAt(at, end, text);
  };
  for (const run of box.appletRuns) {
    say(run.startedAt ?? run.triggeredAt, 'start', `${run.applet} starts: ${causeOf(run)}`);
    for (const { label, action, at } of run.actions) {
      const words = /^syslog .*msg "([^"]*)"/.exec(action)?.[1];
      if (words !== undefined) say(at, label, `${run.applet}: ${words}`);
      else if (/^snmp-trap/.test(action)) say(at, label, `${run.applet} sends its trap`);
      else if (/^wait/.test(action)) say(at, label, `${run.applet}: ${action}`);
    }
  }
}

const causeOf = ({ event, cause }: AppletRunRecord): string =>
  event === 'snmp-notification' ? `trap ${cause.split(' = ')[1] ?? ''}` : 'the message';
