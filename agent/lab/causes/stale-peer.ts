/**
 * An old copy of the spoke (a clone, a snapshot started again) sends from an address that is in nobody's inventory, with an SPI that the real
 * spoke gave up in a rekey. The real spoke's SAs are clean. Where the devices no longer show that the SPI was ever theirs, it is an
 * unconfigured peer, and to say so is right.
 */
import { currentPair } from '../sa-model.ts';
import { type Cause, settle } from './cause.ts';

export const stalePeer: Cause = {
  word: 'stale-peer',
  title: 'A stale copy of the peer',
  control: false,
  prepare(plan, prng) {
    settle(plan, 'sender', { oldKeptMs: prng.between(500, 5_000) });
    settle(plan, 'receiver', { oldKeptMs: prng.between(500, 5_000) });
  },
  act(stage) {
    const { receiver, sender, prng, plan } = stage;
    const old = currentPair(sender.tunnel)!.outboundSpi;
    const octets = plan.settings.sender.packetOctets;
    const address = plan.boxes.sender.cryptoAddress.replace(/\d+$/, String(prng.between(40, 250)));
    sender.rekeyNow();
    stage.later(prng.between(40_000, 300_000), () => {
      const send = (): void => receiver.receiveUnknownSpi(address, old, prng.between(1, 12), octets);
      send();
      stage.every(prng.between(700, 2_500), () => {
        send();
        return false;
      });
    });
    return {
      cause: 'stale-peer',
      end: null,
      what: `an old copy of the spoke sends from ${address}`,
      also: ['unconfigured-peer'],
      alsoWithLess: [],
    };
  },
};
