/**
 * Nobody copies files: after a real incident between two built agents the hub's has fetched the spoke's bundle over its page (TLS, pinned,
 * with the token that only reads), and its report is of both ends. Then the hub's agent is killed before it could, and does it once it is back.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type LivingPair, withPair } from '../support/living-pair.ts';
import { runSpitrap } from '../support/run-spitrap.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../net/fixtures/tls', name);
const fingerprint = `SHA256:${new X509Certificate(readFileSync(fixture('server.pem'))).fingerprint256}`;

/** A port that nobody had a moment ago: the hub's configuration names it. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const bothEndsOf = (pair: LivingPair, id: string): string => join(pair.dataDir('hub'), 'incidents', `${id}.peers`);

test('the report is of both ends, also after the hub’s agent was killed before it could be', async () => {
  const port = await freePort();
  const token = 'a-token-of-the-spoke-that-reads';
  await withPair(
    {
      edit: (text, end, _facts, set) => {
        writeFileSync(set.secretFile('page-read'), `${token}\n`, { mode: 0o600 });
        writeFileSync(set.secretFile('page-key'), readFileSync(fixture('server.key')), { mode: 0o600 });
        const tls = `tls: { certificate: ${JSON.stringify(fixture('server.pem'))}, key: { file: secrets/page-key } }`;
        return end === 'spoke'
          ? `${text}page: { listen: "127.0.0.1:${port}", loopback: token, readToken: { file: secrets/page-read }, ${tls} }\n`
          : text.replace(
              /^( {2}- name: .*)$/m,
              `$1\n    page: { url: "https://127.0.0.1:${port}", fingerprint: "${fingerprint}", token: { file: secrets/page-read } }`,
            );
      },
    },
    async (pair) => {
      await pair.start('hub', 'spoke');
      await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
      await pair.goesThrough();
      const { id } = await pair.sealed('hub');
      await pair.kill('hub');
      expect(existsSync(bothEndsOf(pair, id)), 'killed before it asked').toBe(false);
      await pair.start('hub');
      await pair.until('the report of both ends', () => existsSync(join(bothEndsOf(pair, id), 'verdict.json')));
      const { ends } = JSON.parse(readFileSync(join(bothEndsOf(pair, id), 'verdict.json'), 'utf8')) as { ends: unknown[] };
      expect(ends).toHaveLength(2);
      expect(readdirSync(bothEndsOf(pair, id)).filter((name) => name.endsWith('.part'))).toEqual([]);
      const { code, stdout } = await runSpitrap(['report', id, '--data-dir', pair.dataDir('hub')]);
      expect(code).toBe(0);
      expect(stdout).not.toContain('There is no bundle');
      expect(JSON.stringify(pair.log.hub)).not.toContain(token);
    },
  );
});
