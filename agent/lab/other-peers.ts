/**
 * The hub's further spokes, which have no box of their own: they fill its tables, carry some traffic, rekey now and then and
 * so give scoped captures and debug conditions something to leave out. Made by pair.ts.
 */
import type { Monotonic } from '../../shared/model/time.ts';
import type { BoxCore } from './box-core.ts';
import { PairEnd, type TunnelSettings } from './pair-end.ts';
import type { Prng } from './prng.ts';

const REKEY_MARGIN_SECONDS = 30;
const FIRST_HOST = 12;

export class OtherPeers {
  private readonly ends: PairEnd[] = [];
  private readonly prng: Prng;
  private readonly settings: TunnelSettings;
  private readonly once: (name: string, delayMs: number, fire: () => void) => void;

  constructor(settings: TunnelSettings, prng: Prng, once: (name: string, delayMs: number, fire: () => void) => void) {
    this.settings = settings;
    this.prng = prng;
    this.once = once;
  }

  start(core: BoxCore, hubTunnelAddress: string): void {
    for (let index = 0; index < this.settings.otherPeers; index += 1) this.add(core, hubTunnelAddress, index);
  }

  traffic(): void {
    for (const { tunnel } of this.ends) {
      tunnel.encaps += this.prng.between(1, 6);
      tunnel.decaps += this.prng.between(1, 6);
    }
  }

  private add(core: BoxCore, hubTunnelAddress: string, index: number): void {
    const { prng, settings } = this;
    const peer = `${prng.between(20, 90)}.${prng.between(1, 250)}.${prng.between(1, 250)}.${prng.between(1, 250)}`;
    const addresses = { localTunnelAddress: hubTunnelAddress, peerTunnelAddress: `172.16.0.${FIRST_HOST + index}` };
    const end = new PairEnd(core, { peer, role: 'hub', ...addresses }, settings, prng);
    this.ends.push(end);
    // Up for a while: not every tunnel began with the lab.
    const ageSeconds = prng.between(1, Math.max(1, settings.ipsecLifetimeSeconds - 2 * REKEY_MARGIN_SECONDS));
    const since = (core.clock.monotonic() - ageSeconds * 1_000) as Monotonic;
    end.establish(index + 2, false, prng.hex(16), prng.hex(16), since);
    end.install(prng.spi(), prng.spi(), false, since);
    end.tunnel.upSince = (since - prng.between(1, 400) * 3_600_000) as Monotonic;
    end.tunnel.encaps = prng.between(10_000, 900_000);
    end.tunnel.decaps = prng.between(10_000, 900_000);
    this.rekeyLater(end, index, ageSeconds);
  }

  private rekeyLater(end: PairEnd, index: number, ageSeconds: number): void {
    const delayMs = Math.max(1, this.settings.ipsecLifetimeSeconds - ageSeconds - REKEY_MARGIN_SECONDS) * 1_000;
    this.once(`lab-pair-other-${index}`, delayMs, () => {
      if (end.ikeEndsSoon()) end.establish(index + 2, false, this.prng.hex(16), this.prng.hex(16), end.core.clock.monotonic());
      end.forgetDeletedIke();
      end.install(this.prng.spi(), this.prng.spi(), false);
      end.deletePairs(1, true);
      this.rekeyLater(end, index, 0);
    });
  }
}
