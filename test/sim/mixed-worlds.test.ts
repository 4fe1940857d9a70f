/**
 * Random bad nights for every mix of agents in virtual time: ends of role both, dual hubs, several spokes, one end in mode capture;
 * losses, delays, kills, messages at any end and again. The boxes are the judges: what an agent knows of is off or a person is told,
 * and who has no part in it keeps its debugs. A seed is a world; SPITRAP_WORLDS and SPITRAP_SEED choose others.
 */
import { describe, expect, test } from 'vitest';
import { Dice } from '../support/dice.ts';
import { type Seat, SimFleet } from './sim-fleet.ts';

const WORLDS = Number(process.env['SPITRAP_WORLDS'] ?? 30);
const FIRST_SEED = Number(process.env['SPITRAP_SEED'] ?? 1);

const seat = (name: string, role: Seat['role'], crypto: string, ...peers: string[]): Seat => ({ name, role, crypto, peers });
const MIXES: Readonly<Record<string, readonly Seat[]>> = {
  'both and both': [seat('left', 'both', '10.0.0.1', 'right'), seat('right', 'both', '10.0.0.2', 'left')],
  'a triangle of both': [
    seat('left', 'both', '10.0.0.1', 'right', 'third'),
    seat('right', 'both', '10.0.0.2', 'left', 'third'),
    seat('third', 'both', '10.0.0.3', 'left', 'right'),
  ],
  'two hubs, two spokes': [
    seat('hub1', 'hub', '10.0.0.1', 'spoke1', 'spoke2'),
    seat('hub2', 'hub', '10.0.0.2', 'spoke1', 'spoke2'),
    seat('spoke1', 'spoke', '10.0.0.3', 'hub1', 'hub2'),
    seat('spoke2', 'spoke', '10.0.0.4', 'hub1', 'hub2'),
  ],
  'a hub, a spoke, one of both': [
    seat('hub', 'hub', '10.0.0.1', 'spoke', 'both'),
    seat('spoke', 'spoke', '10.0.0.2', 'hub', 'both'),
    seat('both', 'both', '10.0.0.3', 'spoke', 'hub'),
  ],
};

class World {
  readonly fleet: SimFleet;
  readonly seats: readonly Seat[];
  readonly story: string[] = [];
  /** Who has logged what its agent was there to hear, about whom. */
  readonly seen: { readonly where: string; readonly from: string }[] = [];
  readonly #dice: Dice;
  readonly #down = new Set<string>();

  constructor(seed: number) {
    this.#dice = new Dice(seed * 15_485_863);
    const mix = this.#dice.pick(Object.keys(MIXES));
    const captures = this.#dice.upTo(3) === 0 ? this.#dice.pick(MIXES[mix]!).name : null;
    this.seats = MIXES[mix]!.map((one) => ({ ...one, mode: one.name === captures ? 'capture' : 'act' }));
    this.fleet = new SimFleet(this.seats, seed);
    this.#say(`${mix}, capture ${captures}`);
  }

  #say(what: string): void {
    this.story.push(`${Math.round(this.fleet?.clock.monotonic() ?? 0)} ${what}`);
  }

  async live(): Promise<void> {
    const { fleet } = this;
    await fleet.start();
    await fleet.arm();
    this.#badNetwork();
    for (let acts = 2 + this.#dice.upTo(6); acts > 0; acts--) {
      if (acts <= 2 || this.#dice.upTo(1) === 0) this.#see();
      else await this.#fault();
      await fleet.clock.advance(this.#dice.pick([0, 1, 20, 500, 4_000, 17_990, 22_000]));
    }
    await fleet.clock.advance(this.#dice.upTo(20_000));
    this.#say('heal');
    fleet.network.onPacket = () => true;
    for (const name of this.#down) await fleet.startAgent(name);
    await fleet.clock.advance(6 * 60_000);
  }

  #badNetwork(): void {
    const { network, clock } = this.fleet;
    const lossPercent = this.#dice.pick([0, 30, 60, 100]);
    const delayMs = this.#dice.pick([0, 5, 80, 900]);
    this.#say(`loss ${lossPercent} %, delay up to ${delayMs} ms`);
    network.onPacket = (packet) => {
      if (this.#dice.percent() < lossPercent) return false;
      if (delayMs === 0) return true;
      clock.timer('network', this.#dice.upTo(delayMs), () => network.inject(packet));
      return false;
    };
  }

  #see(): void {
    const where = this.#dice.pick(this.seats);
    const from = this.#dice.pick(where.peers);
    this.#say(`${where.name} sees ${from}`);
    if (where.role !== 'spoke' && !this.#down.has(where.name)) this.seen.push({ where: where.name, from });
    this.fleet.see(where.name, from, 0x1000 + this.#dice.upTo(2));
  }

  async #fault(): Promise<void> {
    const { name } = this.#dice.pick(this.seats);
    if (this.#down.delete(name)) {
      this.#say(`start ${name}`);
      await this.fleet.startAgent(name);
      return;
    }
    this.#say(`kill ${name}`);
    this.#down.add(name);
    await this.fleet.kill(name);
  }
}

describe(`${WORLDS} nights of mixed ends from seed ${FIRST_SEED}`, () => {
  test.each(Array.from({ length: WORLDS }, (_, index) => FIRST_SEED + index))('world %i', async (seed) => {
    const world = new World(seed);
    const { fleet, seats } = world;
    try {
      await world.live();
      const story = world.story.join('; ');
      const alarms = seats.flatMap(({ name }) => fleet.alarms(name));
      for (const { name, mode } of seats) {
        const bundles = await fleet.incidents(name);
        const told = alarms.some((alarm) => alarm.includes(name) && alarm.includes('undebug all'));
        const involved = bundles.length > 0 || world.seen.some(({ where, from }) => where === name || from === name);
        const on = fleet.debugsOn(name);
        if (!involved || mode === 'capture') expect(on, `${name} has no part in it; ${story}`).toBe(2);
        else if (bundles.some(({ plannedStop }) => plannedStop !== null))
          expect(on === 0 || told, `${name} has ${on} on; ${JSON.stringify(alarms)}; ${story}`).toBe(true);
        expect(new Set(bundles.map(({ id }) => id)).size, story).toBe(bundles.length);
        const left = await fleet
          .at(name)
          .disk.list(`/${name}/incidents`)
          .catch(() => []);
        expect(left, `${name}: nothing is left open; ${story}`).not.toContainEqual(expect.stringMatching(/\.open$/));
      }
      for (const { where, from } of world.seen) {
        const opener = seats.find(({ name }) => name === where)!;
        const joiner = seats.find(({ name }) => name === from)!;
        if (opener.mode === 'capture' || joiner.mode === 'capture' || joiner.role === 'hub') continue;
        const isKnown =
          fleet.debugsOn(from) === 0 || alarms.some((alarm) => alarm.includes(from) && alarm.includes('undebug all'));
        expect(isKnown || (await fleet.incidents(where)).length === 0, `${where} has seen ${from}; ${story}`).toBe(true);
      }
    } finally {
      await fleet.stop();
    }
  });
});
