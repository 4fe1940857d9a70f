/** Every configuration of docs/mixes.md loads, with the rest of the smallest pair around it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { host, load, SMALLEST } from './smallest-pair.ts';

const page = readFileSync(new URL('../../docs/mixes.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
/** `device` and `sources`, which the page leaves out. */
const around = SMALLEST.split('\n')
  .filter((line) => /^(device|sources):|^ {10}match/.test(line))
  .join('\n')
  .replace('SHA256:…', `SHA256:${'A'.repeat(43)}`);

test('the page has the mixes', () => {
  expect(blocks).toHaveLength(4);
});

test.each(blocks.map((block) => [/^role: \w+/.exec(block)?.[0], block]))('%s', (_role, block) => {
  const ours = block.startsWith('role: spoke') ? around.replace('213.163.222.7', '11.1.1.9') : around;
  const { config, warnings } = load(`${ours}\n${block}`, host({ files: { '/etc/spitrap/community': 'public\n' } }));
  expect(warnings).toEqual([]);
  expect(config.peers.length).toBeGreaterThan(0);
  for (const peer of config.peers) expect(peer.notify).toBe(peer.kind === 'eem' ? 'trap' : 'inform');
});
