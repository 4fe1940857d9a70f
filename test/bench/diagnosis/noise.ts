/** Everybody else's log lines, at random times: ports, access lists, logins, other peers. Some of them could be taken for a cause. */
import type { CauseStage, EndName } from '../../../agent/lab/live/stage.ts';
import type { Prng } from '../../../agent/lab/prng.ts';

const LINES_MAX = 30;

export function noise(stage: CauseStage, prng: Prng, spanMs: number): void {
  for (const name of ['receiver', 'sender'] as const) {
    for (let left = prng.between(0, LINES_MAX); left > 0; left -= 1) {
      const line = draw(prng, name, stage);
      stage.later(prng.between(0, spanMs), () => stage.log(name, ...line));
    }
  }
}

function draw(prng: Prng, name: EndName, stage: CauseStage): [severity: number, tag: string, text: string] {
  const host = `10.${prng.between(0, 250)}.${prng.between(0, 250)}.${prng.between(2, 250)}`;
  const port = `GigabitEthernet0/${prng.between(4, 9)}`;
  const state = prng.pick(['up', 'down']);
  const other = `172.31.${prng.between(1, 250)}.${prng.between(1, 250)}`;
  const own = stage.plan.boxes[name].cryptoAddress;
  switch (prng.between(0, 40)) {
    case 0:
      return [5, 'SYS-5-CONFIG_I', `Configured from console by noc on vty1 (${host})`];
    case 1:
      return [
        5,
        'CRYPTO-5-SESSION_STATUS',
        `Crypto tunnel is ${state === 'up' ? 'UP  ' : 'DOWN'}.  Peer ${other}:500       Id: ${other}`,
      ];
    case 2:
      return [4, 'CRYPTO-4-IKMP_BAD_MESSAGE', `IKE message from ${other} failed its sanity check or is malformed`];
    case 3:
    case 4:
      return [
        5,
        'DUAL-5-NBRCHANGE',
        `EIGRP-IPv4 100: Neighbor 172.16.0.${prng.between(30, 99)} (Tunnel0) is ${state === 'up' ? 'up: new adjacency' : 'down: holding time expired'}`,
      ];
    case 5:
    case 6:
    case 7:
    case 8:
      return [
        5,
        'SEC_LOGIN-5-LOGIN_SUCCESS',
        `Login Success [user: spitrap] [Source: 192.0.2.9] [localport: 22] at 10:00:00 UTC Thu Mar 12 2026`,
      ];
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
      return [3, 'LINK-3-UPDOWN', `Interface ${port}, changed state to ${state}`];
    case 15:
    case 16:
    case 17:
    case 18:
      return [5, 'LINEPROTO-5-UPDOWN', `Line protocol on Interface ${port}, changed state to ${state}`];
    default:
      return [6, 'SEC-6-IPACCESSLOGP', `list 101 denied tcp ${host}(${prng.between(1_025, 65_535)}) -> ${own}(23), 1 packet`];
  }
}
