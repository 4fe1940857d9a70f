/** Redaction of what a storm leaves: the same as in one go, and never long in one turn of the event loop. */
import { expect, test } from 'vitest';
import { REDACT_TURN_MS, redactDeep, redactDeepInTurns } from '../../agent/evidence/bundle-files.ts';
import { monotonic } from '../../shared/model/time.ts';

const FLOWS = 500;
const incident = {
  id: '01M81VB976YC7XKQ42EFZYH7B0',
  flows: Array.from({ length: FLOWS }, (_, n) => ({ src: `11.1.1.${n}`, lines: ['password 7 0822455D0A16', n, null] })),
  outcome: { kind: 'partial', reasons: ['key s3cret'] },
};
const redact = (text: string) => {
  const clean = text.replace(/0822455D0A16|s3cret/, '<redacted>');
  return { text: clean, count: clean === text ? 0 : 1 };
};

test('a turn ends with the entry in which its time is used up, and the outcome is the same', async () => {
  let nowMs = 0;
  let turnBeganMs = 0;
  const turnsMs: number[] = [];
  const clock = {
    monotonic: () => monotonic(nowMs),
    sleep: async () => {
      turnsMs.push(nowMs - turnBeganMs);
      turnBeganMs = nowMs;
    },
  };
  // Each string takes a millisecond.
  const slow = (text: string) => {
    nowMs += 1;
    return redact(text);
  };
  const inTurns = await redactDeepInTurns(incident, slow, clock);
  expect(inTurns).toEqual(redactDeep(incident, redact));
  expect(inTurns.count).toBe(FLOWS + 1);
  expect(turnsMs.length).toBeGreaterThan(FLOWS / REDACT_TURN_MS);
  expect(Math.max(...turnsMs)).toBeLessThanOrEqual(REDACT_TURN_MS + 1);
});
