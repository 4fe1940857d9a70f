/**
 * Random bad nights for a pair that arms itself, in virtual time: faults before, while and after debugs go on, with and without an
 * incident. The boxes are the judges: no debug without a condition, none past its lease with the agent alive, nobody else's touched.
 * A seed is a world; SPITRAP_WORLDS and SPITRAP_SEED choose others.
 */
import { describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { Dice } from '../support/dice.ts';
import { addresses, type End, SimPair } from './sim-pair.ts';

const WORLDS = Number(process.env['SPITRAP_WORLDS'] ?? 30);
const FIRST_SEED = Number(process.env['SPITRAP_SEED'] ?? 1);
const ENDS: readonly End[] = ['hub', 'spoke'];
const MINUTE = 60_000;
const LEASE_MS = 5 * MINUTE;

class World {
  readonly sim: SimPair;
  readonly story: string[] = [];
  readonly faulty: string[] = [];
  readonly #dice: Dice;
  readonly #down = new Set<End>();

  constructor(seed: number) {
    this.#dice = new Dice(seed * 104_729);
    const arm = this.#dice.pick<Config['arm']>(['always', 'always', 'on-first-sighting', 'manual']);
    const mode = arm === 'manual' ? 'all' : this.#dice.pick<'all' | 'own'>(['own', 'own', 'all']);
    const deadMan = this.#dice.upTo(2) === 0;
    const change = (config: Config): Config => ({
      ...config,
      arm,
      arming: {
        ...config.arming,
        leaseMs: LEASE_MS,
        deadMan,
        rearm: { kind: 'after', afterMs: 2 * MINUTE },
        allowRemoteArm: true,
      },
      stop: { ...config.stop, mode },
    });
    const behaviour = () => ({ behaviour: { thinkMs: this.#dice.upTo(300) } });
    this.sim = new SimPair({ seed, config: { hub: change, spoke: change }, box: { hub: behaviour(), spoke: behaviour() } });
    this.#say(`arm ${arm}, stop ${mode}, dead-man ${deadMan}`);
  }

  #say(what: string): void {
    this.story.push(`${Math.round(this.sim?.clock.monotonic() ?? 0)} ${what}`);
  }

  /** In small steps, the boxes looked at after each. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.sim.clock.advance(Math.min(500, left));
      for (const end of ENDS) this.#look(end);
    }
  }

  #look(end: End): void {
    const box = this.sim.boxes[end];
    const crypto = box.debugsOn().filter((flag) => /crypto/i.test(flag));
    if (crypto.length === 0) return;
    const other = addresses[end === 'hub' ? 'spoke' : 'hub'].crypto;
    if (!box.console('show crypto debug-condition').includes(other))
      this.faulty.push(`${Math.round(this.sim.clock.monotonic())} ${end}: ${crypto.join()} without a condition`);
  }

  async live(): Promise<void> {
    const { sim } = this;
    sim.lab.start();
    for (const end of ENDS) await sim.startAgent(end);
    sim.boxes.hub.console('debug ip packet');
    for (let faults = 1 + this.#dice.upTo(6); faults > 0; faults--) {
      await this.pass(this.#dice.pick([200, 1_000, 3_000, 20_000, 90_000]) + this.#dice.upTo(1_500));
      await this.#fault();
    }
    await this.pass(this.#dice.upTo(20_000));
    this.#say('heal');
    await this.#heal();
    await this.pass(2 * LEASE_MS + 5 * MINUTE);
  }

  async #fault(): Promise<void> {
    const { sim } = this;
    const end = this.#dice.pick(ENDS);
    const station = sim.stations[end];
    const kind = this.#dice.pick([
      'arm',
      'disarm',
      'desync',
      'kill',
      'reboot',
      'drop',
      'unreachable',
      'refuse',
      'stall-disk',
      'partition',
      'slow',
      'cpu',
      'hold',
      'start',
    ] as const);
    this.#say(`${kind} ${end}`);
    switch (kind) {
      case 'arm':
      case 'disarm':
        if (station.agent !== null && station.handlers !== null)
          station.handlers[kind]({ pair: true, leaseMs: null, who: 'ops' }).catch(() => {});
        return;
      case 'desync':
        sim.lab.repair();
        sim.lab.desync();
        return;
      case 'kill':
      case 'reboot':
        if (this.#down.has(end)) return;
        station.disk.resume();
        await sim[kind](end);
        this.#down.add(end);
        return;
      case 'start':
        // An agent does not start on a disk that hangs.
        station.disk.heal();
        if (this.#down.delete(end)) await sim.startAgent(end);
        return;
      case 'drop':
        station.shells.dropAll();
        return;
      case 'unreachable':
        station.shells.refuse = new SpitrapError('SSH_UNREACHABLE', `${end}: no route`, { retryable: true });
        station.shells.dropAll();
        return;
      case 'refuse':
        sim.boxes[end].behave({
          refuse: [
            this.#dice.pick([
              /^undebug all$/,
              /^no debug/,
              /^show debugging$/,
              /^show processes/,
              /^debug crypto (isakmp|ipsec)$/,
              /^debug crypto condition/,
            ]),
          ],
        });
        return;
      case 'stall-disk':
        station.disk.resume();
        station.disk.stall();
        return;
      case 'partition':
        sim.network.onPacket = () => false;
        return;
      case 'slow':
        sim.boxes[end].behave({ thinkMs: 4_000 });
        return;
      case 'cpu':
        sim.boxes[end].behave({ cpuPercent: 90 });
        return;
      case 'hold':
        if (station.agent !== null) station.handlers?.hold({ on: this.#dice.upTo(1) === 0, forMs: null }).catch(() => {});
        return;
    }
  }

  async #heal(): Promise<void> {
    const { sim } = this;
    sim.network.onPacket = () => true;
    sim.lab.repair();
    for (const end of ENDS) {
      const station = sim.stations[end];
      station.disk.heal();
      station.shells.refuse = null;
      sim.boxes[end].behave({ refuse: [], thinkMs: 20, cpuPercent: 5 });
      if (this.#down.delete(end)) await sim.startAgent(end);
    }
  }
}

describe(`${WORLDS} nights of a pair that arms itself, from seed ${FIRST_SEED}`, () => {
  const seeds = Array.from({ length: WORLDS }, (_, index) => FIRST_SEED + index);
  test.each(seeds)('world %i', async (seed) => {
    const world = new World(seed);
    const { sim } = world;
    try {
      await world.live();
      const story = world.story.join('; ');
      expect(world.faulty, story).toEqual([]);
      for (const end of ENDS) {
        const on = sim.boxes[end].debugsOn().filter((flag) => /crypto/i.test(flag));
        const { state } = sim.status(end).arming;
        if (state === 'armed') expect(on, `${end} says armed; ${story}`).toHaveLength(2);
        else {
          expect(state, `${end}; ${story}`).toBe('disarmed');
          expect(on, `${end}: off, since its agent is well; ${story}`).toEqual([]);
          const other = addresses[end === 'hub' ? 'spoke' : 'hub'].crypto;
          const left = sim.boxes[end].console('show crypto debug-condition').includes(other);
          expect(left, `${end}: its condition is gone; ${story}`).toBe(false);
        }
      }
      if (sim.undebugs('hub').length === 0) expect(sim.boxes.hub.debugsOn().join(), story).toMatch(/IP packet/i);
    } finally {
      await sim.stop();
    }
  });
});
