/** The sources beside syslog: what a file may say of them, what it becomes, and what is a fault; and that the examples of docs/sources.md load. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { changed, faults, host, load } from './smallest-pair.ts';

const SOURCE = '{ kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1] }';
const KEY = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
const on = host({ files: { '/etc/spitrap/tls/agent.key': KEY, '/etc/spitrap/ro': 'lookonly\n' } });
const source = (text: string): string => changed(SOURCE, text);
const xe = (text: string): string => source(text).replace('platform: cisco-ios,', 'platform: cisco-iosxe,');
const withEem = (text: string): string => source(text).replace('role: hub', 'role: spoke').replace('kind: spitrap', 'kind: eem');

const TLS = 'kind: syslog-tls, listen: "0.0.0.0:6514", certificate: tls/agent.pem, key: { file: tls/agent.key }';
const V3 = 'snmp: { version: 3, user: u, auth: { protocol: sha256, key: { file: auth } } }';
const RO = 'snmp: { version: 2c, community: { file: ro } }';

describe('what it becomes', () => {
  test('syslog-tls: absolute paths, and nothing of the key in them', () => {
    const [one] = load(
      source(
        `{ ${TLS}, clientCa: /ca.pem, clients: [hub1.example.net, { certificate: "sha256:${'ab'.repeat(32)}", as: 192.0.2.1 }] }`,
      ),
      on,
    ).config.sources;
    expect(one).toEqual({
      kind: 'syslog-tls',
      name: 'syslog-tls',
      listen: { address: '0.0.0.0', port: 6514 },
      allow: [expect.objectContaining({ base: '192.0.2.1' })],
      files: { certificate: '/etc/spitrap/tls/agent.pem', key: { file: '/etc/spitrap/tls/agent.key' }, clientCa: '/ca.pem' },
      clients: [
        { kind: 'name', value: 'hub1.example.net', as: null },
        { kind: 'fingerprint', value: `SHA256:${Array(32).fill('AB').join(':')}`, as: '192.0.2.1' },
      ],
    });
    expect(load(source(`{ ${TLS} }`), on).secrets).toContain(KEY);
  });
  test('a key from the environment is kept as it is', () => {
    const text = source(`{ ${TLS.replace('{ file: tls/agent.key }', '{ env: KEY }')} }`);
    expect(load(text, host({ env: { KEY } })).config.sources[0]).toMatchObject({ files: { key: { value: KEY } } });
  });
  test('snmp-trap, snmp-counter, qfp-drops, eem-history, with their defaults', () => {
    const loaded = load(
      xe(
        `{ kind: snmp-trap, listen: "0.0.0.0:162", ${V3} }, { kind: snmp-counter, send: "192.0.2.1:161", ${RO} }, { kind: qfp-drops }`,
      ),
      on,
    );
    expect(loaded.config.sources).toMatchObject([
      { kind: 'snmp-trap', opens: [], from: [{ base: '192.0.2.1' }], snmp: { version: 3, user: 'u' }, engineId: null },
      { kind: 'snmp-counter', everyMs: 30_000, atLeast: 10, opens: false, snmp: { version: '2c', community: 'lookonly' } },
      { kind: 'qfp-drops', everyMs: 30_000, atLeast: 10, opens: false },
    ]);
    const history = load(withEem(`{ kind: eem-history, peer: spoke1, send: "11.1.1.3:161", ${RO} }`), on).config.sources[0];
    expect(history).toMatchObject({ kind: 'eem-history', peer: 'spoke1', everyMs: 5_000 });
  });
  test('alsoTrigger', () => {
    expect(load(changed('role: hub', 'role: hub\nalsoTrigger: ikmp-no-sa')).config.alsoTrigger).toEqual(['ikmp-no-sa']);
    expect(faults(changed('role: hub', 'role: hub\nalsoTrigger: [ikmp]'))).toEqual([
      'alsoTrigger[0]|3|"ikmp"|only ikmp-no-sa is possible',
    ]);
  });
});

describe('what is a fault', () => {
  test.each<[what: string, text: string, fault: RegExp]>([
    [
      'a name without an authority',
      source(`{ ${TLS}, clients: [hub1.example.net] }`),
      /^sources\[0\]\.clients\|.*hub1\.example\.net is a name.*give clientCa/,
    ],
    ['a wildcard', source(`{ ${TLS}, clientCa: ca, clients: ["*.example.net"] }`), /no wildcards/],
    ['an MD5 fingerprint', source(`{ ${TLS}, clients: ["MD5:00:11"] }`), /a fingerprint is SHA-256/],
    [
      'as another device',
      source(`{ ${TLS}, clientCa: ca, clients: [{ certificate: hub1, as: 203.0.113.1 }] }`),
      /203\.0\.113\.1 is not in device\.match/,
    ],
    [
      'a key in plain text',
      source(`{ ${TLS.replace('{ file: tls/agent.key }', 'abc')} }`),
      /sources\[0\]\.key\|.*<masked>|plain text/,
    ],
    [
      'a port twice',
      source(`{ ${TLS} }, { kind: syslog-tcp, listen: "0.0.0.0:6514" }`),
      /tcp 0\.0\.0\.0:6514 is already taken by sources\[0\]\.listen/,
    ],
    [
      'a trap port that signals have',
      source(`{ kind: snmp-trap, listen: "0.0.0.0:10162", ${V3} }`),
      /udp 0\.0\.0\.0:10162 is already taken by signal\.listen/,
    ],
    [
      'opens with a community',
      source(`{ kind: snmp-trap, listen: "0.0.0.0:162", ${RO}, opens: bad-sa }`),
      /sources\[0\]\.opens\|.*allowInsecure/,
    ],
    ['another trap', source(`{ kind: snmp-trap, listen: "0.0.0.0:162", ${V3}, opens: [link-down] }`), /one of bad-sa, no-sa/],
    ['no QFP there', source('{ kind: qfp-drops }'), /platform cisco-ios has no QFP/],
    [
      'v1 for a question',
      source('{ kind: snmp-counter, send: "192.0.2.1:161", snmp: { version: 1, community: { file: ro } } }'),
      /version/,
    ],
    ['too often', xe('{ kind: qfp-drops, every: 1s }'), /from 10s to 10m/],
    ['a history at a hub', source(`{ kind: eem-history, peer: spoke1, send: "11.1.1.3:161", ${RO} }`), /a hub takes no stop/],
    [
      'a history of an agent',
      withEem(`{ kind: eem-history, peer: spoke1, send: "11.1.1.3:161", ${RO} }`).replace('kind: eem,', 'kind: spitrap,'),
      /only an eem peer has a history/,
    ],
    ['a history of nobody', withEem(`{ kind: eem-history, peer: spoke9, send: "11.1.1.3:161", ${RO} }`), /no peer has this name/],
    [
      'slower than the window',
      withEem(`{ kind: eem-history, peer: spoke1, send: "11.1.1.3:161", ${RO}, every: 40s }`),
      /at most half of signal\.eemWindow/,
    ],
  ])('%s', (_what, text, fault) => {
    expect(faults(text, on).join('\n')).toMatch(fault);
  });
});

describe('docs/sources.md', () => {
  const page = readFileSync(new URL('../../docs/sources.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
  const anyFile = { ...on, readFile: (path: string) => (path.endsWith('.key') ? KEY : 'a-secret-of-some-length\n') };
  test.each(blocks.map((text) => [text.split('\n')[1]!.trim(), text]))('loads: %s', (_first, text) => {
    const base = JSON.stringify({ ...(parse(text) as object) });
    const history = base.includes('eem-history');
    const fingerprint = Array(32).fill('7D').join(':');
    const sources = base.slice('{"sources":'.length, -1).replace('7D:1F:…', fingerprint);
    const whole = changed(`[ ${SOURCE} ]`, sources)
      .replace('platform: cisco-ios,', 'platform: cisco-iosxe,')
      .replace('name: spoke1, kind: spitrap', history ? 'name: hub1, kind: eem' : 'name: spoke1, kind: spitrap')
      .replace('role: hub', history ? 'role: spoke' : 'role: hub');
    expect(() => load(whole, anyFile)).not.toThrow();
  });
  test('has an example of each', () => {
    for (const kind of ['syslog-tls', 'snmp-trap', 'qfp-drops', 'snmp-counter', 'eem-history'])
      expect(blocks.join()).toContain(kind);
  });
});
