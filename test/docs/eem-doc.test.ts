/**
 * docs/eem.md and docs/router.md keep up with the program: each router line is taken by the simulated router (blocks marked
 * `ios not-simulated` are those that it does not know), each configuration loads, and the applet does what the page says.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { routerLines } from '../../agent/check/host.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { host } from '../config/smallest-pair.ts';
import { boxOptions, SPOKE_ADDRESS } from '../lab/lab-support.ts';
import { FakeClock } from '../support/fake-clock.ts';

interface Block {
  readonly info: string;
  readonly text: string;
}

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; lines: string[] } | null = null;
  for (const line of text.split('\n')) {
    const fence = /^```(.*)$/.exec(line);
    if (open === null) open = fence ? { info: fence[1]!, lines: [] } : null;
    else if (fence) {
      blocks.push({ info: open.info, text: open.lines.join('\n') });
      open = null;
    } else open.lines.push(line);
  }
  return blocks;
}

const eem = page('eem.md');
const marked = (text: string, info: string): string[] =>
  blocksOf(text)
    .filter((block) => block.info === info)
    .map((block) => block.text);
const configuring = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
const newBox = (clock = new FakeClock()): SimulatedBox => new SimulatedBox(boxOptions(clock));
const files = { '/etc/spitrap/community': 'public\n', '/etc/spitrap/spoke.pw': 'x\n' };
const loaded = (text: string) => loadConfigText(text, '/etc/spitrap/agent.yaml', host({ files }));

describe.each(['eem.md', 'router.md'])('%s', (name) => {
  const blocks = marked(page(name), 'ios');

  test('has router lines', () => {
    expect(blocks.length).toBeGreaterThan(2);
  });

  test.each(blocks.map((text) => [text.split('\n')[0]!, text]))('the router takes: %s', (_first, text) => {
    expect(newBox().configure(configuring(text))).toEqual([]);
  });

  test('what is marked as not simulated is not', () => {
    for (const text of marked(page(name), 'ios not-simulated'))
      expect(newBox().configure(configuring(text)), text).not.toEqual([]);
  });

  test('its links lead somewhere', () => {
    for (const [, target] of page(name).matchAll(/\]\(([\w/-]+\.md)(?:#[\w-]+)?\)/g)) expect(() => page(target!)).not.toThrow();
  });
});

test('a line that the router does not know is found', () => {
  expect(newBox().configure(['snmp-server hosts 198.51.100.9 public'])).not.toEqual([]);
});

describe('eem.md', () => {
  test('its configurations load', () => {
    const blocks = marked(eem, 'yaml');
    expect(blocks).toHaveLength(2);
    for (const text of blocks) expect(loaded(text).warnings).toEqual([]);
  });

  test('the peer of version 3 loads in place of the other one', () => {
    const [peer] = marked(eem, 'yaml peer');
    const spoke = marked(eem, 'yaml')[1]!;
    const { config } = loaded(spoke.replace(/^peers:[\s\S]*/m, `peers:\n${peer!.replaceAll(/^/gm, '  ')}`));
    expect(config.peers).toMatchObject([{ kind: 'eem', snmp: { version: 3, user: 'hub1-spoke1' } }]);
  });

  test('each snmp-server host of the table is taken', () => {
    const lines = [...eem.matchAll(/^\| `version.*?\| `(snmp-server host [^`]+)`/gm)].map(([, line]) => line!);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(newBox().configure([line])).toEqual([]);
  });

  test('the router takes what check prints for a peer, at each version', () => {
    const spoke = marked(eem, 'yaml')[1]!;
    const [peer] = marked(eem, 'yaml peer');
    const texts = [
      spoke,
      spoke.replace('version: 2c', 'version: 1'),
      spoke.replace(/^peers:[\s\S]*/m, `peers:\n${peer!.replaceAll(/^/gm, '  ')}`),
    ];
    for (const text of texts) {
      const { config } = loaded(text);
      const lines = routerLines(config.peers[0]!, config, '80007ed9059f8dbca148ca9109246cb341');
      expect(newBox().configure(lines.map((line) => line.replace(/<[^>]+>/g, 'SECRET-OF-THE-PAIR')))).toEqual([]);
    }
  });
});

test('the applet that only sends does so when it is run by hand', async () => {
  const clock = new FakeClock();
  const box = newBox(clock);
  const blocks = marked(eem, 'ios').filter((text) => /command_hub|try_path/.test(text));
  expect(box.configure(blocks.flatMap(configuring))).toEqual([]);
  expect(box.console('event manager run try_path')).toBe('');
  await clock.advance(1_000);
  expect(box.appletRuns.map(({ applet, ended }) => [applet, ended?.how])).toEqual([['try_path', 'done']]);
  expect(box.snmp.counters.sent).toBe(1);
});

describe('the applet of the hub', () => {
  const lines = configuring(marked(eem, 'ios').find((text) => text.includes('command_hub'))!);

  async function onMessageOf(source: string) {
    const clock = new FakeClock();
    const box = newBox(clock);
    expect(box.configure(lines)).toEqual([]);
    for (const line of ['condition peer ipv4 11.1.1.3', 'isakmp', 'ipsec']) box.console(`debug crypto ${line}`);
    box.core.receiveUnknownSpi(source, 0x68842105, 1, 100);
    await clock.advance(60_000);
    return box;
  }

  test('runs to its end in the order of its labels, 18 s after its captures', async () => {
    const box = await onMessageOf(SPOKE_ADDRESS);
    const [run] = box.appletRuns;
    expect(run?.ended).toMatchObject({ how: 'done', notRun: [] });
    const labels = run!.actions.map(({ label }) => label);
    expect(labels).toEqual(labels.toSorted((a, b) => Number(a) - Number(b)));
    const at = (label: string): number => run!.actions.find((each) => each.label === label)!.at;
    expect(at('080') - at('070')).toBeGreaterThanOrEqual(18_000);
    expect(box.debugsOn()).toEqual([]);
    expect(box.readFile('disk0:hub.txt')).toContain('Crypto Session Details');
    expect(box.snmp.counters.sent).toBe(1);
  });

  test.each(['11.1.1.30', '11.1.1.39', '11.1.113.3'])('is not started by the message of %s', async (other) => {
    expect((await onMessageOf(other)).appletRuns).toEqual([]);
  });
});
