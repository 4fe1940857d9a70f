/**
 * One end of an incident falls silent before its debugs are verified off: the other says in time which device to look at, and what to type
 * (shared/coordinate/hello.ts, agent/heartbeat.ts). A person turned the debugs on after the last hello: nobody was told of them before.
 */
import { expect, test } from 'vitest';
import { type End, SimPair } from './sim-pair.ts';

const other = { hub: 'spoke', spoke: 'hub' } as const;

interface Silence {
  readonly dies: End;
  /** After the event. */
  readonly afterMs: number;
  readonly boxes: (sim: SimPair) => void;
  /** Of the alarm that is left. */
  readonly says: RegExp;
}

test.each<[what: string, silence: Silence]>([
  [
    'what an incident has read of the device is told at once: dead before its stop, its peer says what to type',
    {
      ...{ dies: 'hub', afterMs: 2_000 },
      // Captures take longer than it lives: nothing but the reading itself brings the news.
      boxes: (sim) => {
        for (const box of Object.values(sim.boxes)) box.behave({ thinkMs: 300 });
      },
      says: /^hub had debugs on and has not been heard .* and type: undebug all$/,
    },
  ],
  [
    'dead before anybody could read its debugs: its alert said that it had a stop to make',
    {
      ...{ dies: 'hub', afterMs: 2_000 },
      boxes: (sim) => sim.boxes.hub!.behave({ stall: [/^show debugging/] }),
      says: /^hub has not been heard .* the stop of its last incident .* look: show debugging/,
    },
  ],
  [
    'it took the stop and could not make it',
    {
      ...{ dies: 'spoke', afterMs: 60_000 },
      boxes: (sim) => sim.boxes.spoke!.behave({ refuse: [/^undebug all$/], stall: [/^show debugging/] }),
      says: /^spoke has not been heard .* the stop of its last incident .* look: show debugging/,
    },
  ],
  [
    'it took the alert and is gone before its stop: told with its silence, not when the stop is given up',
    {
      ...{ dies: 'spoke', afterMs: 2_000 },
      boxes: (sim) => sim.boxes.spoke!.behave({ stall: [/^show debugging/] }),
      says: /^spoke has not been heard .* the stop of its last incident .* look: show debugging/,
    },
  ],
])('%s', async (_what, { dies, afterMs, boxes, says }) => {
  const sim = new SimPair({});
  await sim.start();
  await sim.clock.advance(61_000);
  sim.armByHand();
  boxes(sim);
  sim.lab.desync();
  await sim.clock.advance(afterMs);
  await sim.kill(dies);
  await sim.clock.advance(4 * 60_000);
  expect(sim.boxes[dies]!.debugsOn()).not.toEqual([]);
  const alarms = sim.alarms(other[dies]);
  expect(alarms).toContainEqual(expect.stringMatching(says));
  expect(alarms).toContainEqual(expect.stringContaining(`log in to the device of ${dies} `));
  await sim.stop();
});
