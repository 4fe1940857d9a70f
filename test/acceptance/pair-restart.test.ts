/** Either agent of a living pair restarted, with its dataDir and without: the SNMP engines find each other again, and the next incident goes through. */
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type End, withPair } from '../support/living-pair.ts';

describe.each<End>(['hub', 'spoke'])('the %s’s agent restarted', (end) => {
  test.each([
    ['with its dataDir', false],
    ['without its dataDir: another engine id, boots and time', true],
  ])('%s', async (_name, forget) => {
    await withPair({}, async (pair) => {
      await pair.start('hub', 'spoke');
      await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
      const before = await pair.status(end);
      await pair.stop(end);
      if (forget) rmSync(pair.dataDir(end), { recursive: true });
      await pair.start(end);
      await pair.goesThrough();
      const { engineId, engineBoots } = await pair.status(end);
      expect(engineId === before.engineId).toBe(!forget);
      if (!forget) expect(engineBoots).toBeGreaterThan(before.engineBoots);
    });
  });
});

test('both at once, in the middle of an incident: what was under way is finished', async () => {
  await withPair({ delayMs: 3_000 }, async (pair) => {
    await pair.start('hub', 'spoke');
    await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
    pair.debugsOn('hub', 'spoke');
    pair.desync();
    await pair.until('the incident at both ends', async () => {
      const open = await Promise.all([pair.status('hub'), pair.status('spoke')]);
      return open.every(({ incidents }) => incidents.length === 1);
    });
    for (const end of ['hub', 'spoke'] as const) process.kill(pair.agent(end).pid, 'SIGKILL');
    await Promise.all([pair.agent('hub').gone, pair.agent('spoke').gone]);
    await pair.start('hub', 'spoke');
    const files = await Promise.all([pair.sealed('hub'), pair.sealed('spoke')]);
    pair.quiet('hub', 'spoke');
    expect(files.map(({ stop }) => stop.off)).toEqual(['verified', 'verified']);
    expect(files[0]?.id).toBe(files[1]?.id);
  });
});
