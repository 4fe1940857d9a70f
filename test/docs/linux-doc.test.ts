/** docs/linux.md keeps up with the program: each file is what hostFiles gives, each line may be sent and has its rule, each configuration loads. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { realConfig } from '../../agent/cli/lab/real/config-text.ts';
import { desyncs } from '../../agent/cli/lab/real/desyncs.ts';
import { realLabPackages } from '../../agent/cli/lab/real/requirements.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { hostFiles } from '../../shared/platforms/linux-strongswan/host-files.ts';
import { DEBUGS_OFF, DEBUGS_ON } from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { host } from '../config/smallest-pair.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/linux.md');
const blocks = (info: string): string[] =>
  [...page.matchAll(/^```(\S+)\n(.*?)\n```$/gms)].filter(([, of]) => of === info).map(([, , text]) => text!);
const fileAt = (path: string): string =>
  hostFiles('spitrap')
    .find((file) => file.path === path)
    ?.text.trimEnd() ?? '';

describe('the files of a gateway', () => {
  test.each([
    ['sudoers', '/etc/sudoers.d/spitrap', 0],
    ['strongswan', '/etc/strongswan.d/spitrap.conf', 0],
    ['levels', '/etc/strongswan.d/spitrap/off.levels', 0],
    ['levels', '/etc/strongswan.d/spitrap/on.levels', 1],
    ['nft', '/etc/nftables.d/spitrap.nft', 0],
  ] as const)('%s: %s', (info, path, index) => {
    expect(blocks(info)[index]).toBe(fileAt(path));
    expect(page).toContain(path);
  });

  test('each sudo of the grammar has its rule, letter for letter, and no rule more', () => {
    const spelled = linuxStrongswan.definition.grammar.map(({ pattern }) => pattern.source.replaceAll(/\\(.)/g, '$1'));
    const sudos = spelled.flatMap((line) =>
      [...line.matchAll(/sudo -n (\/[^;&>]+?)(?= >| &&|;|\$$)/g)].map(([, command]) => command!.trim()),
    );
    const rules = [...fileAt('/etc/sudoers.d/spitrap').matchAll(/NOPASSWD: (.+)$/gm)].map(([, command]) => command!);
    expect([...new Set(sudos)].sort()).toEqual([...rules].sort());
    expect(rules.filter((rule) => /[*?[\]!\\]|xfrm state list$/.test(rule))).toEqual([]);
  });

  test('what a person types is what the agent sends', () => {
    for (const line of [DEBUGS_ON, DEBUGS_OFF]) expect(page).toContain(line.replaceAll(/sudo -n \/usr\/s?bin\//g, ''));
  });
});

describe('configurations', () => {
  const files = {
    '/etc/spitrap/ssh.key': 'key\n',
    '/etc/spitrap/auth.key': 'auth-password\n',
    '/etc/spitrap/priv.key': 'priv-password\n',
  };
  test.each(blocks('yaml').map((text) => [text.split('\n')[0] ?? '', text]))('%s', (_name, text) => {
    const { config, warnings } = loadConfigText(text, '/etc/spitrap/hub.yaml', host({ files }));
    expect(config.device.platform).toBe('linux-strongswan');
    expect(config.sources.map(({ kind }) => kind)).toEqual(['spi-watch', 'terminal-monitor']);
    expect(warnings).toEqual([]);
  });

  test('there is one over SSH and one for this host', () => {
    expect(blocks('yaml').map((text) => text.includes('transport: local'))).toEqual([false, true]);
  });

  test('those of the real lab load', () => {
    const secrets = Object.fromEntries(
      ['ssh', 'pair-auth', 'pair-priv', 'redaction'].map((name) => [`/lab/secrets/${name}`, 'some-long-secret\n']),
    );
    for (const end of ['hub', 'spoke'] as const) {
      const text = realConfig(end, `SHA256:${'A'.repeat(43)}`, { delayMs: 3_000, afterMs: 1_000, helloMs: 2_000 });
      const { config, warnings } = loadConfigText(text, `/lab/${end}.yaml`, host({ files: secrets }));
      expect({ role: config.role, warnings }).toEqual({ role: end, warnings: [] });
    }
  });
});

test('the lab’s desyncs stand in the page, its packages in the script that installs them', () => {
  for (const { name } of desyncs) expect(page).toContain(`| \`${name}\``);
  const setup = read('test/live/setup.sh');
  for (const name of realLabPackages) expect(setup).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
});
