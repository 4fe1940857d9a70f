/**
 * Control. `tunnel key` was changed at one end: SAs are up and carry, GRE throws everything away. The message came of a rekey's late
 * packet, and is a transient: to call it that is right too.
 */
import { both, type Cause, settle } from './cause.ts';

export const tunnelKeyMismatch: Cause = {
  word: 'tunnel-key-mismatch',
  title: 'Tunnel keys differ while SAs are up',
  control: true,
  prepare(plan, prng) {
    const { kind } = plan.settings.receiver;
    if (kind !== 'dmvpn' && kind !== 'gre') both(plan, { kind: 'gre', neighbour: true });
    settle(plan, 'receiver', { oldKeptMs: prng.between(0, 2_500), answersOnly: false });
    settle(plan, 'sender', { oldKeptMs: prng.between(0, 2_500) });
    const changed = prng.pick(['receiver', 'sender'] as const);
    plan.tunnelKeys[changed] = prng.between(1, 99_999);
  },
  act(stage) {
    const { receiver, sender, world, prng, plan } = stage;
    const changed = plan.tunnelKeys.receiver === 100_000 ? 'sender' : 'receiver';
    stage.log(changed, 5, 'SYS-5-CONFIG_I', `Configured from console by noc on vty0 (10.9.${prng.between(1, 250)}.8)`);
    world.change(() => {
      for (const end of [receiver, sender]) {
        end.hellosPass = false;
        end.tunnel.nhrpUp = false;
      }
    });
    stage.later(prng.between(15_000, 120_000), () => stage.rekeyWithLatePacket(prng.pick(['receiver', 'sender'])));
    return {
      cause: 'tunnel-key-mismatch',
      end: changed,
      what: 'tunnel key changed at one end',
      also: ['rekey-transient'],
      alsoWithLess: [],
    };
  },
};
