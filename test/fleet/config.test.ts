/** The configuration of a fleet process: its defaults, and every fault at once with line, value and remedy, as an agent's. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../agent/config/faults.ts';
import { loadFleetConfigText, loadFleetFolder } from '../../agent/fleet/config.ts';
import { keepsOf } from '../../agent/fleet/run-fleet.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { host } from '../config/smallest-pair.ts';

const FILE = '/etc/spitrap/fleet.yaml';
const SMALL = 'engine: { servers: "nats://127.0.0.1:4222" }\n';
const files = { '/etc/spitrap/fleet.pw': 'a-password\n', '/etc/spitrap/page.token': 'a-token-of-more-than-16\n' };
const load = (text: string) => loadFleetConfigText(text, FILE, host({ files }));
const faults = (text: string): string[] => {
  try {
    load(text);
  } catch (error) {
    return faultsOf(error).map(({ path, line, value, remedy }) => `${path}|${line}|${value}|${remedy}`);
  }
  return [];
};

test('the smallest one: a page on loopback, its folder beside it, streams are made', () => {
  const { config, warnings, secrets } = load(SMALL);
  expect(config).toMatchObject({
    engine: { servers: ['nats://127.0.0.1:4222'], login: { kind: 'none' }, tls: null },
    folder: '/etc/spitrap/spitrap-data/fleet',
    page: { listen: { address: '127.0.0.1', port: 7_424 }, token: null },
    stream: { create: true, replicas: 1 },
    log: { level: 'info' },
  });
  expect([warnings, secrets]).toEqual([[], []]);
});

test('secrets are read, and handed on for the log to hide', () => {
  const { config, secrets } = load(
    'engine: { servers: ["tls://n1:4222"], user: fleet, password: { file: fleet.pw } }\npage: { token: { file: page.token } }\n',
  );
  expect(config.engine).toMatchObject({
    login: { kind: 'user', user: 'fleet', password: 'a-password' },
    tls: { ca: null, certificate: null, key: null },
  });
  expect(secrets).toEqual(['a-password', 'a-token-of-more-than-16']);
});

describe('faults', () => {
  test('all at once, with line and remedy', () => {
    expect(faults('engine: { server: "nats://n" }\nstream: { bytesMax: 8G }\nkeep: 1h\nPage: {}\n')).toEqual([
      'engine.server|1|null|unknown key; did you mean servers?',
      'stream.bytesMax|2|"8G"|a size such as 512KiB, 64MiB or 1GiB (binary units, spelled so)',
      'keep|3|"1h"|from 24h to 87600h',
      'Page|4|null|unknown key; did you mean page?',
      'engine.servers|null|null|is missing; give it as a list',
    ]);
  });

  test.each([
    ['servers: "n1:4222"', /its kind is missing; write "nats:\/\/n1:4222"/],
    ['servers: "nats://user:pw@n1"', /without user and password/],
    ['servers: "https://n1"', /an address such as/],
    ['servers: "nats://n1:99999"', /65535 at most/],
    ['servers: ["tls://n1", "nats://n2"]', /some are tls:\/\/ and some nats:\/\//],
    ['servers: "tls://n1", user: fleet', /needs password/],
    ['servers: "tls://n1", token: { file: fleet.pw }, user: a, password: { file: fleet.pw }', /one login/],
    ['servers: "tls://n1", password: plain', /a secret in plain text/],
    ['servers: "tls://n1", tls: { certificate: c.pem }', /certificate and key stand together/],
    ['servers: "tls://n1", tls: { ca: none.pem }', /no such file/],
  ])('engine: { %s }', (engine, remedy) => {
    expect(faults(`engine: { ${engine} }\n`).join('\n')).toMatch(remedy);
  });

  test('a password is never in a message', () => {
    expect(faults('engine: { servers: "tls://n1", user: a, password: hunter2hunter2 }\n').join()).not.toContain('hunter2');
  });

  test('a page that is reached from elsewhere needs TLS and a credential', () => {
    expect(faults(`${SMALL}page: { listen: "0.0.0.0:7424" }\n`)).toEqual([
      expect.stringContaining('add tls'),
      expect.stringContaining('add token'),
    ]);
  });
});

test('another host in the clear is told', () => {
  expect(load('engine: { servers: "nats://n1:4222" }\n').warnings).toEqual([
    expect.stringMatching(/in the clear.*write tls:\/\//),
  ]);
});

test('whoever only looks needs no secrets', () => {
  const text = 'folder: /var/lib/f\nengine: { servers: "tls://n1", user: a, password: { file: not-mine } }\n';
  const on = host({ files: { [FILE]: text } });
  expect(loadFleetFolder(FILE, on)).toBe('/var/lib/f');
  expect(() => loadFleetFolder('/etc/spitrap/none.yaml', on)).toThrow(SpitrapError);
});

test('what is made in the engine: events for good, of heartbeats the last of each', () => {
  const { config } = load(`${SMALL}stream: { bytesMax: 1GiB, ageMax: 30d, replicas: 3 }\n`);
  const { streams, buckets } = keepsOf(config);
  expect(streams.map(({ name, perSubjectMax, replicas }) => [name, perSubjectMax, replicas])).toEqual([
    ['SPITRAP', null, 3],
    ['SPITRAP_STATE', 1, 3],
  ]);
  expect(streams[0]).toMatchObject({ bytesMax: 1024 ** 3, ageMaxMs: 30 * 86_400_000 });
  expect(streams[0]!.subjects).toEqual(['incident', 'verdict', 'alarm', 'bundle', 'gap'].map((kind) => `spitrap.*.*.${kind}`));
  expect(buckets[0]).toMatchObject({ name: 'spitrap-bundles', replicas: 3 });
});
