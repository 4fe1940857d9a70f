/** What goes wrong during a soak, one thing at a time beside the incident: begun at a moment of it, and over before the next. Called by main.ts. */
import type { End } from '../../agent/cli/lab/relay.ts';
import type { Dice } from '../support/dice.ts';
import { ends, type PairStand, world } from '../support/pair-stand.ts';

export const faultKinds = [
  'ssh-reset',
  'peer-unreachable',
  'refused-commands',
  'slow-commands',
  'stalled-command',
  'syslog-reset',
  'agent-killed',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Faults {
  readonly counts: Readonly<Record<FaultKind, number>>;
  /** Ends whose agent cannot send now. */
  readonly unreachable: ReadonlySet<End>;
  /** Resolves when it is over and healed. `kills`: agents may be killed. */
  happen(stand: PairStand, dice: Dice, kills: boolean): Promise<FaultKind>;
}

/** After the message: before it, around alert and capture, around the stop a second later, in the verification. */
const BEGIN_MS_MAX = 1_600;
const LAST_MS_MAX = 2_500;
const SLOW_MS = 350;
const USUAL_THINK_MS = 12;

export function openFaults(): Faults {
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const unreachable = new Set<End>();
  return {
    counts,
    unreachable,
    async happen(stand, dice, kills) {
      const kind = dice.pick(kills ? faultKinds : faultKinds.filter((one) => one !== 'agent-killed'));
      const end = dice.pick(ends);
      const { clock } = world;
      const { boxes, ssh, syslog } = stand.stage;
      await clock.sleep('soak fault', dice.upTo(BEGIN_MS_MAX));
      const lasts = (): Promise<void> => clock.sleep('soak fault lasts', 200 + dice.upTo(LAST_MS_MAX));
      counts[kind] += 1;
      switch (kind) {
        case 'ssh-reset':
          ssh[end].dropSessions();
          break;
        case 'syslog-reset':
          syslog[end].dropConnection();
          break;
        case 'peer-unreachable': {
          // One way or both.
          const mute = dice.percent() < 50 ? ends : [end];
          for (const one of mute) unreachable.add(one);
          await lasts();
          unreachable.clear();
          break;
        }
        case 'refused-commands':
          boxes[end].behave({ refuse: [/^undebug|^show debug/] });
          await lasts();
          boxes[end].behave({ refuse: [] });
          break;
        case 'slow-commands':
          boxes[end].behave({ thinkMs: SLOW_MS });
          await lasts();
          boxes[end].behave({ thinkMs: USUAL_THINK_MS });
          break;
        case 'stalled-command':
          boxes[end].behave({ stall: [/^show crypto ipsec sa/] });
          await lasts();
          boxes[end].behave({ stall: [] });
          break;
        case 'agent-killed':
          await stand.kill(end);
          await stand.start(end);
          break;
      }
      return kind;
    },
  };
}
