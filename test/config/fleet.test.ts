/** `fleet` of the configuration: how the engine is reached, what is told, and what is never said in the clear unheard. */
import { describe, expect, test } from 'vitest';
import { loadConfigText } from '../../agent/config/load.ts';
import { changed, faults, host } from './smallest-pair.ts';

const files = {
  '/etc/spitrap/password': 'word-of-the-agent\n',
  '/etc/spitrap/hub.creds': '-----BEGIN NATS USER JWT-----\nx.y.z\n------END NATS USER JWT------\n',
  '/etc/spitrap/ca.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
};
const withFleet = (fleet: string): string => changed('role: hub', `role: hub\nfleet: ${fleet}`);
const load = (fleet: string) => loadConfigText(withFleet(fleet), '/etc/spitrap/hub.yaml', host({ files }));
const wrong = (fleet: string): string[] => faults(withFleet(fleet), host({ files })).filter((line) => line.startsWith('fleet'));

test('absent, nobody is told', () => {
  expect(loadConfigText(changed('role: hub', 'role: hub'), '/etc/spitrap/hub.yaml', host({ files })).config.fleet).toBeNull();
});

test('a server is enough', () => {
  const { config, warnings } = load('{ servers: "nats://127.0.0.1" }');
  expect(config.fleet).toMatchObject({
    engine: { servers: ['nats://127.0.0.1:4222'], tls: null, login: { kind: 'none' }, name: `spitrap-${config.device.name}` },
    ...{ bundles: true, heartbeatMs: 60_000, spoolBytesMax: 64 * 1024 * 1024 },
  });
  expect(warnings.filter((line) => line.includes('fleet'))).toEqual([]);
});

test('all of it, and its password among what the log hides', () => {
  const { config, secrets } = load(
    '{ servers: ["tls://n1:4333", "tls://n2"], user: hub1, password: { file: password }, tls: { ca: ca.pem }, bundles: false, heartbeat: 10s, spoolBytesMax: 1GiB }',
  );
  expect(config.fleet).toEqual({
    engine: {
      servers: ['tls://n1:4333', 'tls://n2:4222'],
      name: `spitrap-${config.device.name}`,
      tls: { ca: files['/etc/spitrap/ca.pem'], certificate: null, key: null },
      login: { kind: 'user', user: 'hub1', password: 'word-of-the-agent' },
    },
    ...{ bundles: false, heartbeatMs: 10_000, spoolBytesMax: 1024 ** 3 },
  });
  expect(secrets).toContain('word-of-the-agent');
});

test('a .creds file as it is', () => {
  expect(load('{ servers: "tls://n1", creds: { file: hub.creds } }').config.fleet?.engine.login).toEqual({
    kind: 'creds',
    creds: expect.stringContaining('BEGIN NATS USER JWT'),
  });
});

describe('faults', () => {
  test.each<[fleet: string, said: RegExp]>([
    ['{}', /^fleet\.servers/],
    ['{ servers: "n1:4222" }', /write "nats:\/\/n1:4222"/],
    ['{ servers: "nats://ed:word@n1" }', /without user and password/],
    ['{ servers: "tls://n1", user: ed }', /^fleet\.user.*needs password/],
    ['{ servers: "tls://n1", user: ed, password: { file: password }, token: { file: password } }', /one login/],
    ['{ servers: ["tls://n1", "nats://n2"] }', /some are tls/],
    ['{ servers: "tls://n1", tls: { ca: absent.pem } }', /absent\.pem/],
    ['{ servers: "tls://n1", heartbeat: 1s }', /^fleet\.heartbeat/],
    ['{ servers: "tls://n1", spoolBytesMax: 10KiB }', /^fleet\.spoolBytesMax/],
    ['{ servers: "tls://n1", password: "in-the-open" }', /^fleet\.password/],
  ])('%s', (fleet, said) => {
    const found = wrong(fleet);
    expect(found).not.toEqual([]);
    expect(found.join('\n')).toMatch(said);
    expect(found.join('\n')).not.toContain('in-the-open');
  });
});
