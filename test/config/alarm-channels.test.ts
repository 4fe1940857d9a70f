/** `alarms` of the configuration: what a person writes, what the program gets, and what every usual mistake is answered with. */
import { describe, expect, test } from 'vitest';
import { changed, faults, host, load, SMALLEST } from './smallest-pair.ts';

const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const files = {
  '/etc/spitrap/hook': 'https://chat.example.net/services/T0/B0/s3cr3t\n',
  '/etc/spitrap/token': 't0ken-of-ours\n',
  '/etc/spitrap/ca.pem': CA,
  '/etc/spitrap/odd': 'gopher://x\n',
};
const on = host({ files, env: { KEY: 'k3y-of-ours' } });
const withAlarms = (yaml: string) => load(`${SMALLEST}alarms:\n${yaml}`, on);
const faultsOf = (yaml: string) => faults(`${SMALLEST}alarms:\n${yaml}`, on).map((fault) => fault.split('|'));

describe('as written', () => {
  test('none', () => {
    expect(load(SMALLEST).config.alarms).toEqual([]);
  });

  test('the least of each kind', () => {
    const { config, warnings } = withAlarms(`  - { kind: webhook, url: "https://alerts.example.net/spitrap" }
  - { kind: syslog, send: "192.0.2.50:514" }
  - { kind: syslog, send: "[2001:db8::1]:601", transport: tcp }
  - { kind: command, run: [/usr/local/bin/page-me] }
`);
    const common = { severity: 'warning', repeatEveryMs: 900_000, timeoutMs: 10_000 };
    expect(config.alarms).toEqual([
      { ...common, kind: 'webhook', name: 'webhook', url: 'https://alerts.example.net/spitrap', headers: {}, ca: null },
      {
        ...common,
        ...{ kind: 'syslog', name: 'syslog', send: { address: '192.0.2.50', port: 514 } },
        ...{ transport: 'udp', format: 'rfc5424', facility: 'daemon' },
      },
      {
        ...common,
        ...{ kind: 'syslog', name: 'syslog-2', send: { address: '2001:db8::1', port: 601 } },
        ...{ transport: 'tcp', format: 'rfc5424', facility: 'daemon' },
      },
      { ...common, kind: 'command', name: 'command', run: ['/usr/local/bin/page-me'] },
    ]);
    expect(warnings).toHaveLength(1); // the host key of the smallest pair
  });

  test('everything; secrets are read, known to the log, and shown nowhere', () => {
    const { config, secrets } = withAlarms(`  - kind: webhook
    name: chat
    url: { file: hook }
    token: { file: token }
    header: { name: X-Api-Key, value: { env: KEY } }
    ca: ca.pem
    severity: critical
    repeatEvery: 1h
    timeout: 3s
`);
    expect(config.alarms[0]).toEqual({
      kind: 'webhook',
      name: 'chat',
      severity: 'critical',
      repeatEveryMs: 3_600_000,
      timeoutMs: 3_000,
      url: 'https://chat.example.net/services/T0/B0/s3cr3t',
      headers: { authorization: 'Bearer t0ken-of-ours', 'x-api-key': 'k3y-of-ours' },
      ca: CA,
    });
    expect(secrets).toEqual(
      expect.arrayContaining(['https://chat.example.net/services/T0/B0/s3cr3t', 't0ken-of-ours', 'k3y-of-ours']),
    );
  });

  test.each([
    ['http://alerts.example.net/x', 'alarms[0].url is http: everybody on the way can read what is told; use https'],
    ['http://127.0.0.1:9/x', null],
    ['http://localhost:9/x', null],
    ['http://[::1]:9/x', null],
  ])('in the clear: %s', (url, warning) => {
    const said = withAlarms(`  - { kind: webhook, url: "${url}" }\n`).warnings.filter((text) => text.includes('http'));
    expect(said).toEqual(warning === null ? [] : [warning]);
  });
});

test.each<[title: string, yaml: string, path: string, remedy: string | RegExp]>([
  [
    'no such kind',
    '  - { kind: webhok, url: "https://a/" }',
    'alarms[0].kind',
    'one of webhook, syslog, command; did you mean webhook?',
  ],
  ['mail', '  - { kind: email, to: me }', 'alarms[0].kind', /^not a kind; let a command send it/],
  ['no URL', '  - { kind: webhook }', 'alarms[0].url', /^is missing; give it as URL/],
  ['a bare host', '  - { kind: webhook, url: alerts.example.net }', 'alarms[0].url', /^a URL such as/],
  ['another scheme', '  - { kind: webhook, url: "ftp://a/b" }', 'alarms[0].url', /only http and https/],
  [
    'a password in the URL',
    '  - { kind: webhook, url: "https://u:hunter2@a/b" }',
    'alarms[0].url',
    /^a URL without user and password/,
  ],
  ['a fragment', '  - { kind: webhook, url: "https://a/b#c" }', 'alarms[0].url', /^a URL without #/],
  [
    'a URL in a file that is none',
    '  - { kind: webhook, url: { file: odd } }',
    'alarms[0].url',
    /^what stands there is no such thing/,
  ],
  ['a file that is not there', '  - { kind: webhook, url: { file: nope } }', 'alarms[0].url', /can not be read: no such file/],
  ['a plain token', '  - { kind: webhook, url: "https://a/", token: hunter2 }', 'alarms[0].token', /^a secret in plain text/],
  [
    'our own header',
    '  - { kind: webhook, url: "https://a/", header: { name: Host, value: { env: KEY } } }',
    'alarms[0].header.name',
    /^a header such as/,
  ],
  ['a CA that is none', '  - { kind: webhook, url: "https://a/", ca: token }', 'alarms[0].ca', /holds no certificate/],
  ['a CA that is not there', '  - { kind: webhook, url: "https://a/", ca: nope }', 'alarms[0].ca', /no such file/],
  ['a name to send to', '  - { kind: syslog, send: "loghost:514" }', 'alarms[0].send', /names are not resolved/],
  ['TLS', '  - { kind: syslog, send: "192.0.2.1:6514", transport: tls }', 'alarms[0].transport', /^not yet supported/],
  [
    'a facility of nobody',
    '  - { kind: syslog, send: "192.0.2.1:514", facility: local9 }',
    'alarms[0].facility',
    /^one of user,/,
  ],
  ['a key of another kind', '  - { kind: syslog, send: "192.0.2.1:514", url: "https://a/" }', 'alarms[0].url', /^unknown key/],
  ['a shell line', '  - { kind: command, run: "/bin/page; cat" }', 'alarms[0].run', /it is not run by a shell$/],
  ['a relative program', '  - { kind: command, run: [page-me] }', 'alarms[0].run', /absolute path/],
  ['a number as argument', '  - { kind: command, run: [/bin/page, 5] }', 'alarms[0].run', /in quotes/],
  ['nothing to run', '  - { kind: command, run: [] }', 'alarms[0].run', /^a list/],
  ['repeats like mad', '  - { kind: command, run: [/bin/page], repeatEvery: 1s }', 'alarms[0].repeatEvery', 'from 10s to 24h'],
  [
    'a severity of nobody',
    '  - { kind: command, run: [/bin/page], severity: crit }',
    'alarms[0].severity',
    /^one of warning, critical/,
  ],
  [
    'one name twice',
    '  - { kind: command, name: a, run: [/bin/page] }\n  - { kind: command, name: a, run: [/bin/page] }',
    'alarms[1].name',
    /names differ$/,
  ],
])('%s', (_title, yaml, path, remedy) => {
  const [found, ...more] = faultsOf(`${yaml}\n`);
  expect(more).toEqual([]);
  expect(found![0]).toBe(path);
  expect(found![3]).toEqual(typeof remedy === 'string' ? remedy : expect.stringMatching(remedy));
  expect(found!.join('|')).not.toMatch(/hunter2|s3cr3t/);
});

test('a list is a list', () => {
  expect(faults(changed('signal:', 'alarms: { kind: webhook }\nsignal:'), on)[0]).toMatch(/^alarms\|\d+\|a mapping\|a list/);
});
