/**
 * Control. Somebody who is no peer sends ESP: a scanner's one packet, or a router elsewhere that was given our address by mistake.
 */
import type { Cause } from './cause.ts';

export const unconfiguredPeer: Cause = {
  word: 'unconfigured-peer',
  title: 'Somebody unknown sends ESP',
  control: true,
  prepare() {},
  act(stage) {
    const { receiver, prng } = stage;
    const lone = prng.between(1, 100) <= 40;
    const address = `${prng.pick([45, 91, 185, 193, 203])}.${prng.between(1, 250)}.${prng.between(1, 250)}.${prng.between(1, 250)}`;
    const spi = prng.spi();
    const send = (): void => receiver.receiveUnknownSpi(address, spi, 1, prng.between(60, 800));
    send();
    if (!lone) {
      stage.every(prng.between(800, 15_000), () => {
        send();
        return false;
      });
    }
    return {
      cause: 'unconfigured-peer',
      end: null,
      what: `${address} sent ${lone ? 'one packet' : 'packets again and again'}`,
      also: [],
      alsoWithLess: [],
    };
  },
};
