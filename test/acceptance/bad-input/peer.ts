/** What goes wrong between the two agents: nobody there, another community, another user, another key. Registered by ../bad-input-living.test.ts. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type End, type LivingPair, withPair } from '../../support/living-pair.ts';

const SEALED_MS = 150_000;

const communities = (text: string): string =>
  text
    .replace(/( {2}hello: \S+)/, '$1\n  allowInsecure: true')
    .replace(
      / {6}version: 3\n {6}user: .*\n {6}auth: .*\n {6}priv: .*\n/,
      '      version: 2c\n      community: { file: secrets/community }\n',
    );

/** The hub has done all it could, and says that nobody answered for the other end. */
async function hubAlone(pair: LivingPair): Promise<void> {
  await pair.ready('hub', true);
  pair.debugsOn('hub', 'spoke');
  pair.desync();
  const hub = await pair.sealed('hub', SEALED_MS);
  expect(hub.outcome).toEqual({ kind: 'partial', reasons: ['no-done:spoke1'] });
  expect(hub.stop.off).toBe('verified');
  expect(hub.captures.length).toBeGreaterThan(10);
  expect(hub.signals.find(({ phase }) => phase === 'stop')).toMatchObject({ acknowledged: false, detail: 'not acknowledged' });
  pair.quiet('hub');
  await pair.alive('hub');
}

const pathError = async (pair: LivingPair, end: End, words: RegExp): Promise<void> =>
  pair.until(`${words} on the ${end}'s path`, async () =>
    words.test((await pair.statusOrNull(end))?.peers[0]?.paths[0]?.lastError ?? ''),
  );

export function peerCases(): void {
  test('nobody at the other end: the hub captures and stops all the same, and an alarm names the peer', async () => {
    await withPair({}, async (pair) => {
      await pair.start('hub');
      const alarm = await pair.alarm('hub', /^spoke1 .*has not been heard for \d+ s/);
      expect(alarm.text).toContain('no signal may reach it');
      await pathError(pair, 'hub', /^SNMP_TIMEOUT: /);
      await hubAlone(pair);
    });
  });

  test('v2c with another community at each end: refused and counted at both, the hub stops alone, and nobody touches the spoke', async () => {
    await withPair({ edit: communities }, async (pair) => {
      writeFileSync(pair.secretFile('community'), 'of the hub\n');
      await pair.start('hub');
      writeFileSync(pair.secretFile('community'), 'of the spoke\n');
      await pair.start('spoke');
      await Promise.all([pair.refused('spoke', 'community'), pair.refused('hub', 'community')]);
      const told = pair.said('spoke', /^signal refused: community, from \S+; further ones of it are counted in status$/);
      expect(told).toMatchObject({ level: 'warn', reason: 'community', detail: 'no peer at this address has this community' });
      await pathError(pair, 'hub', /^SNMP_TIMEOUT: /);
      await hubAlone(pair);
      expect(pair.stage.boxes.spoke.debugsOn().length).toBeGreaterThan(0);
      expect((await pair.status('spoke')).incidents).toEqual([]);
      await pair.alive('spoke');
    });
  });

  test.each<[string, (text: string) => string, string | null, string, RegExp]>([
    ['user', (text) => text.replace('user: pair', 'user: other'), null, 'user', /SNMP_REFUSED: .*(unknownUserNames|user)/i],
    ['key', (text) => text, 'another authentication key', 'hmac', /SNMP_REFUSED: .*(wrongDigests|key)/i],
  ])(
    'v3 with another %s at the spoke: refused and counted; corrected and restarted, the next event goes through',
    async (_what, edit, key, reason, words) => {
      await withPair({ edit: (text, end) => (end === 'spoke' && key === null ? edit(text) : text) }, async (pair) => {
        const good = await rightAgain(pair, key);
        await pair.start('hub');
        await pair.ready('hub', true);
        good.spoil();
        await pair.start('spoke');
        await pair.refused('spoke', reason);
        await pair.until(
          `${reason} in the log`,
          () => pair.said('spoke', new RegExp(`^signal refused: ${reason}, from `)) !== undefined,
        );
        await pathError(pair, 'hub', words);
        await pair.stop('spoke');
        good.restore();
        await pair.start('spoke');
        await pair.goesThrough();
      });
    },
  );
}

/** The spoke's fault, and its correction: the keys' files are shared by the two configurations, so they change between the starts. */
async function rightAgain(pair: LivingPair, key: string | null): Promise<{ spoil(): void; restore(): void }> {
  const { readFileSync } = await import('node:fs');
  const file = key === null ? pair.config('spoke') : pair.secretFile('pair-auth');
  const now = readFileSync(file, 'utf8');
  if (key === null) return { spoil: () => {}, restore: () => writeFileSync(file, now.replace('user: other', 'user: pair')) };
  return { spoil: () => writeFileSync(file, `${key}\n`), restore: () => writeFileSync(file, now) };
}
