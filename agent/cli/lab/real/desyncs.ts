/** How the hub of the real lab loses its SAs while the spoke sends on with the old SPI. Used by real/run.ts; as ../plays/ for the simulated pair. */
import { SpitrapError } from '../../../../shared/errors.ts';
import type { GatewayEnd } from './end.ts';

export interface Desync {
  readonly name: string;
  /** One sentence for whoever watches. */
  readonly story: string;
  readonly ike: 1 | 2;
  readonly play: (hub: GatewayEnd) => Promise<void>;
  /** What to say in the timeline. */
  readonly tells: string;
}

/** IKE that leaves the hub (the non-ESP marker is four zero bytes) is lost on the way, ESP is not. */
const LOSE_IKE =
  'table ip spitrap_lose { chain out { type filter hook output priority 0; udp sport 4500 @th,64,32 0 counter drop; udp sport 500 counter drop; }; }';

async function withIkeLost(hub: GatewayEnd, act: () => Promise<void>): Promise<void> {
  await hub.must('nft', LOSE_IKE);
  await act();
  await hub.must('nft', 'delete table ip spitrap_lose');
}

export const desyncs: readonly Desync[] = [
  {
    name: 'child',
    story: 'The hub loses its IPsec SA alone (IKEv1, whose DELETE is not acknowledged, and is lost).',
    ike: 1,
    play: (hub) => withIkeLost(hub, () => hub.terminate('child')),
    tells: 'loses its IPsec SA; its DELETE is lost on the way',
  },
  {
    name: 'terminate',
    story: 'The hub loses its IKE SA and with it the IPsec SA (IKEv2); the DELETE is lost.',
    ike: 2,
    play: (hub) => withIkeLost(hub, () => hub.terminate('ike')),
    tells: 'loses IKE SA and IPsec SA; its DELETE is lost on the way',
  },
  {
    name: 'crash',
    story: "The hub's charon is killed and starts again, as after a reload.",
    ike: 2,
    play: async (hub) => {
      await hub.crashCharon();
      await hub.startCharon();
    },
    tells: 'its charon is killed (SIGKILL) and starts again without SAs',
  },
];

/** Throws USAGE naming those there are. */
export function findDesync(name: string): Desync {
  const found = desyncs.find((desync) => desync.name === name);
  if (found) return found;
  const names = desyncs.map((desync) => desync.name).join(', ');
  throw new SpitrapError('USAGE', `there is no desync ${JSON.stringify(name.slice(0, 40))}; there are ${names}`);
}
