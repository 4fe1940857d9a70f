/**
 * HSRP without state: the virtual address, and with it the peer's packets, come to a router that has none of their SAs. With less
 * evidence only the loss is left to see.
 */
import { both, type Cause, settle } from './cause.ts';

const HOLD_MS = { least: 7_000, most: 10_000 } as const;

export const failover: Cause = {
  word: 'failover',
  title: 'HSRP failover without state',
  control: false,
  prepare(plan, prng) {
    const kind = prng.pick(['crypto-map', 'crypto-map', 'gre'] as const);
    both(plan, { kind, role: 'hub', neighbour: false, knowsPeer: true });
    if (plan.settings.sender.dpdMode !== 'none') settle(plan, 'sender', { dpdSeconds: 60 });
    plan.standby = {
      group: prng.between(1, 9),
      physical: plan.boxes.receiver.cryptoAddress.replace(/\d+$/, String(prng.between(20, 90))),
    };
  },
  act(stage) {
    const { receiver, formerly, prng, world } = stage;
    const standby = stage.plan.standby!;
    formerly?.core.reload(3_600_000);
    stage.later(prng.between(HOLD_MS.least, HOLD_MS.most), () => {
      const name = receiver.core.outsideInterface;
      stage.log('receiver', 5, 'HSRP-5-STATECHANGE', `${name} Grp ${standby.group} state Standby -> Active`);
      world.change(() => {
        world.link.attach(receiver);
        receiver.standby = false;
      });
    });
    return {
      cause: 'failover',
      end: 'receiver',
      what: 'the active HSRP router failed; the standby took the virtual address without its SAs',
      also: [],
      alsoWithLess: ['receiver-lost-sa'],
    };
  },
};
