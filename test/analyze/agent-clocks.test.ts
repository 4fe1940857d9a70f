/** The agents' clocks against each other: by one host, by hellos, by the signals of the incident. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentClocks } from '../../shared/analyze/agent-clocks.ts';
import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';
import { momentsOf } from '../support/bundle-text.ts';
import { alertSent, hubBundle, spokeBundle } from './two-ends.ts';

const read = momentsOf({ role: 'hub' })(-30_000);
const hello = (name: string, offsetMs: number, uncertaintyMs: number): Partial<IncidentFacts> => ({
  peers: [
    {
      name,
      kind: 'spitrap',
      cryptoAddresses: ['11.1.1.3'],
      recurrence: null,
      clock: { offsetMs, uncertaintyMs, read },
      tags: {},
    },
  ],
});

const spokeClock = (...ends: Parameters<typeof agentClocks>[0]) => agentClocks(ends)[1];
const holds = (clock: ReturnType<typeof spokeClock>, trueMs: number): boolean =>
  clock != null && Math.abs(clock.offsetMs - trueMs) <= clock.uncertaintyMs;

describe('the other agent’s clock', () => {
  test('is end 0’s own: no offset', () => {
    expect(agentClocks([hubBundle()])).toEqual([{ offsetMs: 0, uncertaintyMs: 0 }]);
  });

  test('unknown without hello, acknowledged signal or common host', () => {
    expect(spokeClock(hubBundle({ hubFacts: { signals: [] } }), spokeBundle())).toBeNull();
    const unanswered = alertSent(40).signals!.map((one) => ({ ...one, acknowledged: false }));
    expect(spokeClock(hubBundle({ hubFacts: { signals: unanswered } }), spokeBundle())).toBeNull();
  });

  test('on one host by its monotonic clock, however far the wall clocks are apart', () => {
    const bootId = 'one-host';
    const hub = hubBundle({ hub: { bootId, openedMonotonicMs: 5_000 } });
    const spoke = spokeBundle({ spokeAgentMs: 3_600_000, spoke: { bootId, openedMonotonicMs: 5_012 } });
    const clock = spokeClock(hub, spoke);
    expect(clock!.uncertaintyMs).toBeLessThan(5);
    expect(holds(clock, 3_600_000)).toBe(true);
  });

  test('by the hub’s hellos, and by the spoke’s, which has it the other way round', () => {
    expect(holds(spokeClock(hubBundle({ hubFacts: hello('spoke', 480, 25) }), spokeBundle()), 500)).toBe(true);
    const there = spokeBundle({ spokeFacts: hello('hub', -480, 25) });
    const clock = spokeClock(hubBundle({ hubFacts: { signals: [] } }), there);
    expect(holds(clock, 500)).toBe(true);
    expect(clock!.uncertaintyMs).toBeLessThan(35);
  });

  test('a clock that was stepped after its last hello goes by the signals', () => {
    const hub = hubBundle({ hubFacts: { ...hello('spoke', 0, 20), ...alertSent(40) } });
    const clock = spokeClock(hub, spokeBundle({ spokeAgentMs: -90_000 }));
    expect(holds(clock, -90_000)).toBe(true);
  });

  test('any offset lies in what the alert and its answer leave', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 8, max: 3_000 }), (spokeAgentMs, roundTripMs) => {
        // It arrived at 12 ms, between 5 ms and 5 ms + round trip.
        const clock = spokeClock(hubBundle({ hubFacts: alertSent(roundTripMs) }), spokeBundle({ spokeAgentMs }));
        expect(holds(clock, spokeAgentMs)).toBe(true);
        expect(clock!.uncertaintyMs).toBeLessThanOrEqual(roundTripMs / 2 + 51);
      }),
    );
  });

  test('a date that is none leaves nothing', () => {
    const spoke = spokeBundle();
    const broken = {
      ...spoke,
      incident: { ...spoke.incident, opened: { at: 'never', monotonicMs: Number.NaN, bootId: 'boot-of-hub' } },
    };
    expect(spokeClock(hubBundle({ hubFacts: { signals: [] } }), broken)).toBeNull();
  });
});
