/** What goes wrong on the agent's own host: damaged files at start. A disk that fills: ../timeline/disk.test.ts. Registered by ../bad-input-living.test.ts. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ends, withPair } from '../../support/living-pair.ts';
import { seededRandom } from '../../support/seeded-random.ts';

export function hostCases(): void {
  test('journal and ring torn and overwritten with garbage, a folder where the audit belongs: the agents start, say so, and the next event goes through', async () => {
    await withPair({}, async (pair) => {
      await pair.start('hub', 'spoke');
      await Promise.all(ends.map((end) => pair.ready(end)));
      // A rekey with debugs on gives the ring something to hold.
      pair.debugsOn('hub');
      pair.stage.pair!.repair();
      await pair.until('a line in the ring', async () => (await pair.status('hub')).ring.bytes > 0);
      await Promise.all(ends.map((end) => pair.stop(end)));
      const noise = seededRandom(3).bytes(4_096);
      for (const end of ends) {
        const journal = join(pair.dataDir(end), 'journal', 'journal.jsonl');
        const whole = readFileSync(journal);
        const middle = whole.indexOf(10, Math.floor(whole.length / 2)) + 1;
        writeFileSync(journal, Buffer.concat([whole.subarray(0, middle), noise, Buffer.from('\n'), whole.subarray(middle)]));
        appendFileSync(journal, '{"seq":999,"kind":"st');
        for (const name of readdirSync(join(pair.dataDir(end), 'ring')))
          appendFileSync(join(pair.dataDir(end), 'ring', name), noise);
        writeFileSync(join(pair.dataDir(end), 'engine.json'), noise);
        mkdirSync(join(pair.dataDir(end), 'incidents', 'not-an-incident'));
        rmSync(join(pair.dataDir(end), 'audit.log'));
        mkdirSync(join(pair.dataDir(end), 'audit.log'));
      }
      await pair.start('hub', 'spoke');
      for (const end of ends) {
        expect(pair.said(end, /^journal: the last line was torn by a crash; cut, going on without it$/)?.level).toBe('warn');
        expect(pair.said(end, /^journal: lines that are no records were skipped/)?.level).toBe('error');
        expect(pair.said(end, /engine\.json is damaged and was put aside as engine\.json\.damaged/)).toBeDefined();
        expect(existsSync(join(pair.dataDir(end), 'journal', 'journal.jsonl.damaged'))).toBe(true);
      }
      expect(pair.said('hub', /^ring: a crash tore the end of a segment; its bytes are kept/)?.level).toBe('warn');
      await pair.goesThrough();
      const hub = await pair.status('hub');
      expect(hub.drops['auditLines']).toBeGreaterThan(10);
      expect(
        pair.said('hub', /^audit: lines sent to the device are not recorded: .*audit\.log.*; going on without them/)?.level,
      ).toBe('error');
    });
  });
}
