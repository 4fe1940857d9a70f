/** Loading a configuration: the smallest pair of pair-protocol.md, every setting, faults together, secrets, broken text. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../agent/config/faults.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { changed, errorOf, host, load, SMALLEST } from './smallest-pair.ts';

describe('the smallest pair', () => {
  test('loads as it is written', () => {
    const { config } = load(SMALLEST);
    expect(config).toMatchObject({
      role: 'hub',
      mode: 'observe',
      hold: false,
      dataDir: '/etc/spitrap/spitrap-data/hub',
      device: {
        name: '192.0.2.1',
        address: '192.0.2.1',
        port: 22,
        platform: 'cisco-ios',
        user: 'spitrap',
        password: 'tr0ub4dor',
        privateKey: null,
        enablePassword: null,
        hostKeys: ['SHA256:…'],
        legacy: false,
        keepaliveMs: 0,
        jump: null,
        match: [{ kind: 'address', range: { base: '192.0.2.1', bits: 32 } }],
        cryptoAddresses: [{ base: '213.163.222.7', bits: 32 }],
      },
      sources: [
        { kind: 'syslog-tcp', name: 'syslog-tcp', listen: { address: '0.0.0.0', port: 6514 }, allow: [{ base: '192.0.2.1' }] },
      ],
      trigger: { kind: 'first' },
      alsoTrigger: [],
      capture: { maxUnscopedSas: 200, maxPeersCaptured: 10 },
      stop: { delayMs: 18_000, mode: 'all', maxDelayMs: 300_000 },
      signal: {
        listen: { address: '0.0.0.0', port: 10_162 },
        root: 91,
        values: { hello: 2323230, alert: 2323231, stop: 2323232, done: 2323233, arm: 2323234, disarm: 2323235 },
        engineId: null,
        helloMs: 60_000,
        eemWindowMs: 60_000,
      },
      evidence: {
        ringMaxAgeMs: 86_400_000,
        ringMaxBytes: 1024 ** 3,
        beforeMs: 600_000,
        afterMs: 10_000,
        maxEventAgeMs: 60_000,
        holdDownMs: 3_600_000,
        messageIntervalMs: 60_000,
      },
      alarms: [],
      page: null,
      fleet: null,
      budgets: { incidentsPerHour: 12 },
      log: { level: 'info', format: 'auto' },
    });
    expect(config.peers).toMatchObject([
      {
        name: 'spoke1',
        kind: 'spitrap',
        cryptoAddresses: [{ base: '11.1.1.3' }],
        send: [{ address: '198.51.100.9', port: 10_162 }],
        from: [{ base: '198.51.100.9' }],
        snmp: {
          version: 3,
          user: 'pair',
          auth: { protocol: 'sha256', key: 'authpassword' },
          priv: { protocol: 'aes128', key: 'privpassword' },
        },
        op: 'eq',
        root: 91,
        notify: 'inform',
        engineId: null,
      },
    ]);
  });

  test('says that its fingerprint is an ellipsis and nothing else', () => {
    expect(load(SMALLEST).warnings).toEqual([
      'device.hostKey SHA256:… is not the length of a SHA-256 fingerprint and will match no key',
    ]);
  });

  test('loads as JSON, tabs and all', () => {
    const json = JSON.stringify(
      {
        role: 'spoke',
        device: {
          address: '192.0.2.1',
          platform: 'cisco-iosxe',
          user: 'u',
          password: { env: 'PW' },
          cryptoAddresses: '213.163.222.7',
        },
        signal: { listen: '[::]:162', allowInsecure: true },
        peers: [
          {
            name: 'hub',
            cryptoAddresses: '11.1.1.3',
            send: '[2001:db8::9]:10162',
            snmp: { version: '2c', community: { env: 'C' } },
          },
        ],
        dataDir: '../data',
      },
      null,
      '\t',
    );
    const { config, warnings } = load(json, host({ env: { PW: 'x', C: 'public' } }));
    expect(config.signal.listen).toEqual({ address: '::', port: 162 });
    expect(config.peers[0]).toMatchObject({
      from: [{ base: '2001:db8::9', bits: 128 }],
      snmp: { version: '2c', community: 'public' },
    });
    expect(config.dataDir).toBe('/etc/data');
    expect(warnings).toEqual([
      'device.hostKey is empty: every login is refused; run once with --trust-on-first-use, then pin the fingerprint that it prints',
      'sources is empty: incidents are joined, and the bundle holds no device log',
    ]);
  });

  test('every setting can be said', () => {
    const text = `
role: spoke
mode: act
hold: true
arm: manual
dataDir: /var/lib/spitrap/a
device:
  name: hub-1
  address: "2001:db8::1"
  port: 2222
  platform: cisco-iosxe
  user: spitrap
  privateKey: { file: key }
  passphrase: { env: PASSPHRASE }
  enablePassword: { file: hub.pw }
  hostKey: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"]
  legacy: true
  keepalive: 30s
  jump: { address: 192.0.2.77, user: jumper, password: { file: hub.pw }, hostKey: "SHA256:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC" }
  match: [ "2001:db8::1", { relay: 10.0.0.5, hostname: hub-1.example } ]
  cryptoAddresses: [ 213.163.222.7, 10.9.0.0/24 ]
sources:
  - { kind: syslog-udp, listen: "127.0.0.1:5514" }
  - { kind: syslog-udp, listen: "127.0.0.2:5514", name: mine }
  - { kind: syslog-udp, listen: "127.0.0.3:5514" }
  - { kind: terminal-monitor }
  - { kind: file, path: logs/hub.log, relay: 10.0.0.5 }
trigger: { repeat: 3, within: 10m }
capture: { maxUnscopedSas: 0, maxPeersCaptured: 3, commandTimeout: 90s, commandBytesMax: 1MiB }
stop: { delay: 3s, mode: all, maxDelay: 1m }
signal:
  listen: "127.0.0.1:0"
  allowInsecure: true
  root: 134
  values: { hello: 1, alert: 2, stop: 3, done: 4, arm: 5, disarm: -6 }
  engineId: "80:00:00:09:03:00:11:22"
  hello: 5s
  eemWindow: 2m
evidence: { ringMaxAge: 7d, ringMaxBytes: 64MiB, before: 5m, after: 20s, retainMaxAge: 30d, retainMaxCount: 10, retainMaxBytes: 1GiB,
  redactionKey: { env: REDACT }, maxEventAge: 2m, holdDown: 30m, messageInterval: 90s }
budgets: { incidentsPerHour: 3 }
log: { level: debug, format: json }
peers:
  - { name: a, kind: eem, cryptoAddresses: 11.1.1.3, from: 198.51.100.9, op: ge, root: 91, snmp: { version: 2c, community: { file: hub.pw } } }
  - { name: c, kind: eem, cryptoAddresses: 11.1.1.4, from: 198.51.100.11, snmp: { version: 1, community: { file: hub.pw } } }
  - { name: b, cryptoAddresses: 11.1.1.3, send: "198.51.100.10:10162", notify: trap, engineId: "0x8000000903001122",
      snmp: { version: 3, user: b, auth: { protocol: sha1, key: { file: auth } } } }
`;
    const { config, warnings } = load(
      text,
      host({ files: { '/etc/spitrap/key': '-----BEGIN\nKEY\n-----END\n' }, env: { PASSPHRASE: 'p p', REDACT: '12345678' } }),
    );
    expect(warnings).toEqual(['peers[2].snmp has no priv: signals are authenticated, and readable on the wire']);
    expect(config.device).toMatchObject({
      privateKey: '-----BEGIN\nKEY\n-----END\n',
      passphrase: 'p p',
      keepaliveMs: 30_000,
      jump: { port: 22, user: 'jumper' },
      match: [{ kind: 'address' }, { kind: 'relay', hostname: 'hub-1.example' }],
    });
    expect(config.sources.map((source) => source.name)).toEqual([
      'syslog-udp',
      'mine',
      'syslog-udp-2',
      'terminal-monitor',
      'file',
    ]);
    // The relay of the file is no sender by that alone.
    expect(config.sources[0]).toMatchObject({ allow: [{ base: '2001:db8::1' }] });
    expect(config.sources[4]).toEqual({
      kind: 'file',
      name: 'file',
      path: '/etc/spitrap/logs/hub.log',
      relay: '10.0.0.5',
      positionFile: '/var/lib/spitrap/a/sources/file.json',
    });
    expect(config.trigger).toEqual({ kind: 'repeat', count: 3, withinMs: 600_000 });
    expect(config.capture).toEqual({
      maxUnscopedSas: 0,
      maxPeersCaptured: 3,
      commandTimeoutMs: 90_000,
      commandBytesMax: 1024 ** 2,
    });
    expect(config.signal).toMatchObject({ root: 134, values: { disarm: -6 }, engineId: '8000000903001122', helloMs: 5_000 });
    expect(config.evidence).toEqual({
      ringMaxAgeMs: 7 * 86_400_000,
      ringMaxBytes: 64 * 1024 ** 2,
      beforeMs: 300_000,
      afterMs: 20_000,
      retainMaxAgeMs: 30 * 86_400_000,
      retainMaxCount: 10,
      retainMaxBytes: 1024 ** 3,
      redactionKey: '12345678',
      maxEventAgeMs: 120_000,
      holdDownMs: 1_800_000,
      messageIntervalMs: 90_000,
    });
    expect(config.peers).toMatchObject([
      { kind: 'eem', notify: 'trap', send: [], op: 'ge', root: 91, snmp: { version: '2c' } },
      { kind: 'eem', notify: 'trap', op: 'eq', root: 134, snmp: { version: '1' } },
      { notify: 'trap', engineId: '8000000903001122', snmp: { priv: null } },
    ]);
  });
});

describe('faults together', () => {
  test('all at once, in the order of the file, with exit-worthy text', () => {
    const text = changed('port: 22', 'port: 99999')
      .replace('role: hub', 'role: hube\nstop: { delay: 9m }')
      .replace('protocol: sha256', 'protocol: md5')
      .replace('"198.51.100.9:10162"', '"198.51.100.9"');
    const error = errorOf(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      '/etc/spitrap/hub.yaml has 5 faults; nothing was started',
      '  role (line 2) = "hube": one of hub, spoke, both; did you mean hub?',
      '  stop.delay (line 3) = "9m": is longer than stop.maxDelay; the peer would clamp it and stop earlier than this end',
      '  device.port (line 4) = 99999: a whole number from 1 to 65535',
      '  peers[0].send[0] (line 8) = "198.51.100.9": the port is missing; write "198.51.100.9:10162"',
      '  peers[0].snmp.auth.protocol (line 9) = "md5": one of sha1, sha224, sha256, sha384, sha512',
    ]);
  });

  test('unreadable secrets stand among them, and alone have a code of their own', () => {
    const alone = errorOf(changed('{ file: hub.pw }', '{ env: NO_SUCH }').replace('{ file: auth }', '{ file: nowhere }'));
    expect(alone.code).toBe('SECRET_UNREADABLE');
    expect(faultsOf(alone).map(({ path, remedy }) => `${path}: ${remedy}`)).toEqual([
      'device.password: the environment variable NO_SUCH is not set',
      'peers[0].snmp.auth.key: /etc/spitrap/nowhere can not be read: no such file (relative paths start at the configuration file)',
    ]);
    const mixed = errorOf(changed('{ file: hub.pw }', '{ file: nowhere }').replace('role: hub', 'role: hob'));
    expect(mixed.code).toBe('CONFIG_INVALID');
    expect(faultsOf(mixed)).toHaveLength(2);
  });

  test('no secret appears in any message, wherever it was put', () => {
    const secret = 'hunter2hunter2';
    for (const place of ['{ file: hub.pw }', '{ file: auth }', '{ version: 3, user: pair, auth']) {
      for (const form of [secret, `"${secret}"`, `{ file: hub.pw, plain: ${secret} }`, `[ ${secret} ]`, `{ value: ${secret} }`]) {
        const error = errorOf(place.endsWith('}') ? changed(place, form) : changed(place, `${form}, old: { auth`));
        expect(error.message).not.toContain(secret);
        expect(JSON.stringify([error.context, faultsOf(error)])).not.toContain(secret);
      }
    }
    expect(errorOf(changed('password: {', `passwort: ${secret}, password: {`)).message).not.toContain(secret);
    expect(errorOf(`${SMALLEST}\npassword: ${secret}: x`).message).not.toContain(secret);
    expect(errorOf(`${SMALLEST}\n*${secret}`).message).not.toContain(secret);
    expect(errorOf(secret).message).not.toContain(secret);
    const short = errorOf(changed('{ file: auth }', '{ env: K }'), host({ env: { K: 'shorty' } }));
    expect(short.message).not.toContain('shorty');
  });

  test('a wide-open secret is a warning that names the remedy', () => {
    const { warnings } = load(SMALLEST, host({ permissions: 0o644 }));
    expect(warnings).toContain(
      'device.password: /etc/spitrap/hub.pw has permissions 0644; a secret is for its owner alone: chmod 0600 /etc/spitrap/hub.pw',
    );
    expect(load(SMALLEST, host({ permissions: 0o640 })).warnings).toHaveLength(1);
  });
});

describe('text that is no configuration', () => {
  test.each<[what: string, text: string, line: number | null, remedy: string]>([
    ['nothing', '', null, 'a mapping of settings is expected: role, device, sources, peers, signal'],
    ['a list', '- role: hub', null, 'a mapping of settings is expected: role, device, sources, peers, signal'],
    ['a key twice', 'role: hub\nrole: spoke\n', 2, 'the key stands twice in this mapping; remove one of the two'],
    [
      'a quote left open',
      'role: "hub\n',
      2,
      'a closing quote, bracket or brace, a colon or a comma is missing here (an IPv6 endpoint needs quotes: "[::]:10162")',
    ],
    [
      'IPv6 without quotes',
      'signal: { listen: [::]:10162 }\n',
      1,
      'a closing quote, bracket or brace, a colon or a comma is missing here (an IPv6 endpoint needs quotes: "[::]:10162")',
    ],
    [
      'two documents',
      'role: hub\n---\nrole: spoke\n',
      2,
      'a second document (---) starts here; one file holds one configuration',
    ],
    [
      'an alias of nothing',
      'role: *x\n',
      1,
      'an alias (*name) without its anchor (&name) before it, or more than 100 aliases; write the value out',
    ],
  ])('%s', (_what, text, line, remedy) => {
    const found = faultsOf(errorOf(text));
    expect(found.map((fault) => [fault.line, fault.remedy])).toContainEqual([line, remedy]);
  });

  test('an alias bomb is refused and not built', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
    expect(errorOf(`a0: &a0 [x]\n${levels.join('\n')}\n`).code).toBe('CONFIG_INVALID');
  });

  test('a file that is not there, and one that is too long', () => {
    expect(() => loadConfig('/nowhere/x.yaml', host())).toThrow(
      'can not read /nowhere/x.yaml: no such file; nothing was started',
    );
    const long = host({ files: { '/long.yaml': ' '.repeat(2 * 1024 * 1024) } });
    expect(() => loadConfig('/long.yaml', long)).toThrow('can not read /long.yaml: 2097152 bytes, at most 1048576 expected');
  });

  test('random damage never throws anything but a SpitrapError', () => {
    // Each cut, and each character replaced by one with a meaning in YAML: thousands of broken files.
    for (let at = 0; at < SMALLEST.length; at += 3) {
      for (const damage of [
        SMALLEST.slice(0, at),
        `${SMALLEST.slice(0, at)}&{"[`,
        `${SMALLEST.slice(0, at)}\u0000${SMALLEST.slice(at + 1)}`,
      ]) {
        try {
          load(damage);
        } catch (error) {
          expect(error).toBeInstanceOf(SpitrapError);
          expect((error as SpitrapError).code).not.toBe('INTERNAL');
        }
      }
    }
  });
});
