/**
 * Random bad nights for the production pair in virtual time: losses, delays, kills, reboots of hosts, dropped and refused sessions,
 * AAA refusals, slow boxes, stalled disks, both kinds of syslog. The boxes are the judges. A seed is a world; SPITRAP_WORLDS and
 * SPITRAP_SEED choose others. The full simulation with its checkers is a later issue; this one keeps the spine honest meanwhile.
 */
import { describe, expect, test } from 'vitest';
import { timing } from '../../shared/coordinate/timing.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { Dice } from '../support/dice.ts';
import { type End, SimPair, type Syslog } from './sim-pair.ts';

const WORLDS = Number(process.env['SPITRAP_WORLDS'] ?? 40);
const FIRST_SEED = Number(process.env['SPITRAP_SEED'] ?? 1);
const ENDS = ['hub', 'spoke'] as const;

class World {
  readonly sim: SimPair;
  readonly story: string[] = [];
  readonly #dice: Dice;
  readonly #down = new Set<End>();

  constructor(seed: number) {
    this.#dice = new Dice(seed * 7919);
    const syslog = this.#dice.pick<Syslog>(['syslog-tcp', 'syslog-udp', 'both']);
    this.sim = new SimPair({
      seed,
      syslog,
      box: { hub: { behaviour: { thinkMs: this.#dice.upTo(400) } }, spoke: { behaviour: { thinkMs: this.#dice.upTo(400) } } },
    });
    this.#say(`syslog ${syslog}`);
  }

  #say(what: string): void {
    this.story.push(`${Math.round(this.sim?.clock.monotonic() ?? 0)} ${what}`);
  }

  async live(): Promise<void> {
    const { sim } = this;
    await sim.start();
    sim.armByHand();
    await sim.clock.advance(61_000 + this.#dice.upTo(20_000));
    this.#badNetwork();
    sim.lab.desync();
    this.#say('desync');
    for (let faults = this.#dice.upTo(5); faults > 0; faults--) {
      await sim.clock.advance(this.#dice.upTo(9_000));
      await this.#fault();
    }
    await sim.clock.advance(this.#dice.upTo(20_000));
    await this.#heal();
    await sim.clock.advance(5 * 60_000);
  }

  #badNetwork(): void {
    const { sim } = this;
    const lossPercent = this.#dice.pick([0, 0, 30, 60]);
    const delayMs = this.#dice.pick([0, 0, 5, 80]);
    this.#say(`loss ${lossPercent} %, delay up to ${delayMs} ms`);
    sim.network.onPacket = (packet) => {
      if (this.#dice.percent() < lossPercent) return false;
      if (delayMs === 0) return true;
      sim.clock.timer('network', this.#dice.upTo(delayMs), () => sim.network.inject(packet));
      return false;
    };
  }

  async #fault(): Promise<void> {
    const { sim } = this;
    const end = this.#dice.pick(ENDS);
    const kind = this.#dice.pick([
      'kill',
      'reboot',
      'drop',
      'unreachable',
      'refuse',
      'stall-disk',
      'full-disk',
      'partition',
      'slow',
    ] as const);
    this.#say(`${kind} ${end}`);
    const station = sim.stations[end];
    switch (kind) {
      case 'kill':
      case 'reboot':
        if (this.#down.has(end)) return;
        station.disk.resume();
        await sim[kind](end);
        this.#down.add(end);
        return;
      case 'drop':
        station.shells.dropAll();
        return;
      case 'unreachable':
        station.shells.refuse = new SpitrapError('SSH_UNREACHABLE', `${end}: no route`, { retryable: true });
        station.shells.dropAll();
        return;
      case 'refuse':
        sim.boxes[end].behave({ refuse: [this.#dice.pick([/^undebug all$/, /^show debugging$/, /^show crypto/])] });
        return;
      case 'stall-disk':
        // One at a time: what hangs must come back when the night is over.
        station.disk.resume();
        station.disk.stall();
        return;
      case 'full-disk':
        station.disk.fail('append', 'ENOSPC');
        return;
      case 'partition':
        sim.network.onPacket = () => false;
        return;
      case 'slow':
        sim.boxes[end].behave({ thinkMs: 5_000 });
        return;
    }
  }

  async #heal(): Promise<void> {
    const { sim } = this;
    this.#say('heal');
    sim.network.onPacket = () => true;
    for (const end of ENDS) {
      const station = sim.stations[end];
      station.disk.heal();
      station.shells.refuse = null;
      sim.boxes[end].behave({ refuse: [], thinkMs: 20 });
      if (!this.#down.delete(end)) continue;
      await sim.startAgent(end);
    }
  }
}

describe(`${WORLDS} bad nights from seed ${FIRST_SEED}`, () => {
  const seeds = Array.from({ length: WORLDS }, (_, index) => FIRST_SEED + index);
  test.each(seeds)(
    'world %i: debugs are off or a person knows, each incident is sealed once, nothing later is harmed',
    async (seed) => {
      const world = new World(seed);
      const { sim } = world;
      try {
        await world.live();
        const story = world.story.join('; ');
        for (const end of ENDS) {
          const quiet = sim.boxes[end].debugsOn().length === 0;
          const told = ENDS.some((other) =>
            sim.alarms(other).some((alarm) => alarm.includes('undebug all') && (other === end || alarm.includes(end))),
          );
          // An agent that was dead for the whole incident has undertaken nothing; its peer is then the one that knows.
          const unaware = sim.stations[end].disk !== undefined && (await sim.incidents(end)).length === 0;
          expect(
            quiet || told || (unaware && end === 'hub'),
            `${end} has ${sim.boxes[end].debugsOn().join(', ')} on; alarms ${JSON.stringify(ENDS.map((other) => sim.alarms(other)))}; ${story}`,
          ).toBe(true);
          const ids = (await sim.incidents(end)).map((incident) => incident.id);
          expect(new Set(ids).size, story).toBe(ids.length);
          expect(
            await sim.stations[end].disk.list(`/${end}/incidents`),
            `${end}: nothing is left open; ${story}`,
          ).not.toContainEqual(expect.stringMatching(/\.open$/));
        }
        // What somebody turns on afterwards stays on, though the black hole goes on.
        for (const end of ENDS) sim.boxes[end].console('undebug all');
        await sim.clock.advance(timing.messageIntervalMs);
        const before = ENDS.map((end) => sim.undebugs(end).length);
        sim.boxes.hub.console('debug crypto isakmp');
        await sim.clock.advance(3 * timing.messageIntervalMs);
        if ((await sim.incidents('hub')).length > 0)
          expect(
            ENDS.map((end) => sim.undebugs(end).length),
            story,
          ).toEqual(before);
      } finally {
        await sim.stop();
      }
    },
  );
});
