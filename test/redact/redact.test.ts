import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySecretPattern, secretPatterns } from '../../shared/redact/patterns.ts';
import { createRedactor } from '../../shared/redact/redact.ts';

const key = Buffer.from('a key that both ends share');
const redact = createRedactor(key);
const tagOf = (secret: string): string => `<redacted:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 8)}>`;

/** What is shown of a line, with `{…}` around each secret. */
const lines: string[] = [
  'crypto isakmp key {cisco123} address 0.0.0.0 0.0.0.0',
  'crypto isakmp key 6 {FLgBaJHXdYY_AcHZZMgQ} hostname spoke1',
  'crypto isakmp key {6} address 10.1.1.1',
  '  pre-shared-key address 10.1.1.1 255.255.255.255 key {cisco123}',
  '  pre-shared-key address 2001:db8::1/64 key 6 {cisco123}',
  '  pre-shared-key hostname spoke1 key {x}',
  ' pre-shared-key local 6 {abcDEF}',
  ' pre-shared-key remote {cisco123}',
  ' pre-shared-key hex {0a0b0c0d}',
  ' pre-shared-key {cisco123}',
  ' authentication remote pre-share key 6 {cisco}',
  '  set aggressive-mode password {cisco123}',
  ' set session-key inbound esp 256 cipher {0123456789abcdef} authenticator {00112233445566778899aabbccddeeff}',
  ' set session-key outbound esp 257 cipher {0123456789abcdef}',
  ' set session-key inbound ah 256 {00112233445566778899aabbccddeeff}',
  'key config-key password-encrypt {Master-Key-1}',
  'snmp-server community {public} RO 10',
  'snmp-server community 7 {s3cret} view V rw',
  'snmp-server host 10.1.1.1 {public} event-manager',
  'snmp-server host 10.1.1.1 vrf mgmt informs version 2c {s3cret} udp-port 10162 event-manager',
  'snmp-server host 10.1.1.1 version 3 priv pair event-manager',
  'snmp-server user pair grp v3 auth sha {authpass1} priv aes 128 {privpass1}',
  'snmp-server user pair grp remote 10.1.1.1 udp-port 162 v3 encrypted auth md5 {aa:bb:cc} priv 3des {dd:ee}',
  'Community name: {public}',
  'Community SecurityName: {public}',
  'user: {public} security model: v2c',
  'groupname: {public}      security model:v1',
  'user: pair security model: v3 priv',
  'enable secret 9 {$9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM}',
  'enable password level 7 0 {open sesame}',
  'username admin privilege 15 secret 5 {$1$abcd$xyz}',
  'username spoke1 password 0 {cisco}',
  'username spoke1 algorithm-type scrypt secret {two words}',
  ' password 7 {0822455D0A16}',
  '%PARSER-5-CFGLOG_LOGGEDCMD: User:joe  logged command:username joe secret 9 {$9$abc}',
  ' ppp chap password 7 {0822455D0A16}',
  ' ppp pap sent-username spoke1 password 0 {cisco}',
  'tacacs-server key 7 {0822455D0A16}',
  'tacacs-server host 10.1.1.1 single-connection key {s3cret}',
  'radius-server host 10.1.1.1 auth-port 1812 acct-port 1813 key {s3cret}',
  ' server-private 10.1.1.1 auth-port 1812 key 7 {0822}',
  ' client 10.1.1.1 server-key 7 {0822455D0A16}',
  ' key 7 {0822455D0A16}',
  ' key {s3cret}',
  ' key 1',
  ' key chain EIGRP',
  'ip ftp password 7 {0822455D0A16}',
  'copy ftp://joe:{s3cret}@10.1.1.1/x flash:',
  ' neighbor 10.1.1.1 password 7 {0822455D0A16}',
  '  key-string 7 {0822455D0A16}',
  '  key-string {two words}',
  '  key-string password {0123456789ABCDEF01234567}',
  '    5   1  joe@vty0      |  password 7 {0822455D0A16}',
  '    key 1 -- text "{cisco123}"',
  ' standby 1 authentication {cisco}',
  ' standby 1 authentication md5 key-string 7 {0822455D0A16} timeout 30',
  ' standby 1 authentication md5 key-chain HSRP',
  ' vrrp 1 authentication text {cisco}',
  '  Authentication text, string "{cisco}"',
  ' ip ospf authentication-key 7 {0822455D0A16}',
  'ntp authentication-key 1 md5 {cisco} 7',
  ' ip ospf message-digest-key 1 md5 7 {0822455D0A16}',
  ' tunnel key {123456}',
  '  Key {0x1E240}, sequencing disabled',
  '  Key disabled, sequencing disabled',
  ' ip nhrp authentication {NHRPkey1}',
  '       type:Cleartext(1), data:{NHRPkey1}',
  '      secret = "{s3cret}"',
  '10.1.1.1 %any : PSK "{s3 cret}"',
  ': PSK {0sFpZAZqEN6Ti9sqt4ZP5EWcqx}',
  'ISAKMP:(1001):SKEYID_d: 0x{00112233445566778899aabbccddeeff}',
  'ISAKMP:(1001):SKEYID state generated',
  // What must not be touched.
  "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=Ethernet0/0",
  '    #pkts encaps: 1203, #pkts encrypt: 1203, #pkts digest: 1203',
  '     current outbound spi: 0x68842105(1753489669)',
  '        sa timing: remaining key lifetime (k/sec): (4607999/3412)',
  'ISAKMP:(0):found peer pre-shared key matching 11.1.1.3',
  '        Authentication method: Pre-Shared Key',
  '%CRYPTO-4-IKMP_NO_PRESHARED_KEY: Pre-shared key for remote peer at 11.1.1.3 is missing',
  'ISAKMP:      auth pre-share',
  'Password required, but none set',
  'processing NONCE payload. message ID = 1467331372',
  'service password-encryption',
  ' authentication pre-share',
];

describe('one line', () => {
  test.each(lines)('%s', (marked) => {
    const secrets = [...marked.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]!);
    const raw = marked.replace(/[{}]/g, '');
    const expected = marked.replace(/\{([^}]*)\}/g, (_, secret: string) => tagOf(secret));
    expect(redact(raw)).toEqual({ text: expected, count: secrets.length });
    // With a syslog header in front, and CR behind, as a router under change logging sends it.
    const logged = redact(`<189>91: *Mar 12 18:22:10.706: ${raw}\r`);
    if (secrets.length > 0 && !/^\s+(?:key(?:-string)?|Key|password)\s/.test(raw))
      expect(logged.text.replace('\r', '')).toContain(tagOf(secrets[0]!));
  });

  test.each(secretPatterns.flatMap(({ samples, pattern }) => samples.map((sample) => [sample, pattern] as const)))(
    'the sample %s is read by its pattern',
    (sample, pattern) => {
      expect(sample.match(pattern)).not.toBeNull();
    },
  );
});

describe('blocks', () => {
  test('the table of show crypto isakmp key', () => {
    const text = [
      'Keyring               Hostname/Address                   Preshared Key',
      '',
      'default               11.1.1.3                           cisco123',
      '                      0.0.0.0            [0.0.0.0]       other',
      'hub#',
      'Interface IP-Address OK? Method',
    ].join('\n');
    const shown = redact(text).text.split('\n');
    expect(shown[2]).toBe(`default               11.1.1.3                           ${tagOf('cisco123')}`);
    expect(shown[3]).toBe(`                      0.0.0.0            [0.0.0.0]       ${tagOf('other')}`);
    expect(shown[5]).toBe('Interface IP-Address OK? Method');
  });

  test('a PEM block, and only it', () => {
    const text = [
      'before',
      '-----BEGIN RSA PRIVATE KEY-----',
      'MIIEpAIBAAKCAQEA',
      'q2+/==',
      '-----END RSA PRIVATE KEY-----',
      'after',
    ].join('\n');
    const shown = redact(text).text;
    expect(shown).not.toContain('MIIEpAIBAAKCAQEA');
    expect(shown).not.toContain('q2+/==');
    expect(shown.startsWith('before\n-----BEGIN RSA PRIVATE KEY-----\n')).toBe(true);
    expect(shown.endsWith('\n-----END RSA PRIVATE KEY-----\nafter')).toBe(true);
  });

  test('a lone BEGIN in a hostile log line does not hide what follows', () => {
    const text = '%X-1-Y: -----BEGIN A-----\n*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: spi=0x68842105\nnext line here';
    expect(redact(text).text).toBe(text);
  });

  test("strongSwan's dump of key material, and not of anything else", () => {
    const text = [
      '16[IKE] SKEYID => 20 bytes @ 0x7f2b3c0012d0',
      '16[IKE]    0: 3C AA 1B 20 77 30 4A 9E 8F 10 11 12 13 14 15 16  <.. w0J.........',
      '16[IKE]   16: 17 18 19 1A                                      ....',
      '16[IKE] sending packet: from 10.0.0.1[500]',
      '16[NET] packet => 20 bytes @ 0x7f2b3c0012d0',
      '16[NET]    0: 3C AA 1B 20 77 30 4A 9E 8F 10 11 12 13 14 15 16  <.. w0J.........',
    ].join('\n');
    const shown = redact(text).text.split('\n');
    expect(shown[1]).toBe(`16[IKE]    0: ${tagOf('3C AA 1B 20 77 30 4A 9E 8F 10 11 12 13 14 15 16')}`);
    expect(shown[2]).toMatch(/^16\[IKE\] {3}16: <redacted:[0-9a-f]{8}>$/);
    expect(shown.slice(3)).toEqual(text.split('\n').slice(3));
  });

  test("charon's dump of a packet, as it was before encryption (esp = 3)", () => {
    const shown = redact(
      [
        '2026-11-22T08:38:05 06[ESP] => 20 bytes @ 0x7f1f2c000b60',
        '2026-11-22T08:38:05 06[ESP]    0: 45 00 00 54 1E 5D 40 00 40 01 0B 2F CB 00 71 81  E..T.]@.@../..q.',
        '2026-11-22T08:38:05 06[ESP]   16: CB 00 71 01                                      ..q.',
        '2026-11-22T08:38:05 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]',
      ].join('\n'),
    ).text.split('\n');
    expect(shown[1]).toMatch(/06\[ESP\] {4}0: <redacted:[0-9a-f]{8}>$/);
    expect(shown[2]).toMatch(/06\[ESP\] {3}16: <redacted:[0-9a-f]{8}>$/);
    expect(shown[3]).toContain('SPI b6811b10');
  });
});

describe('own secrets', () => {
  const own = createRedactor(key, ['hunter2', 'a-very-long-secret', '2323232', '1234', 'pässwört9']);
  test.each([
    ['login with hunter2!', `login with ${tagOf('hunter2')}!`],
    ['xhunter2x is another word', 'xhunter2x is another word'],
    ['=a-very-long-secretx', `=${tagOf('a-very-long-secret')}x`],
    ['#pkts encaps: 1234, IntData1 2323232', '#pkts encaps: 1234, IntData1 2323232'],
    ['pässwört9', tagOf('pässwört9')],
    [Buffer.from('pässwört9').toString('latin1'), tagOf('pässwört9')],
  ])('%s', (raw, shown) => {
    expect(own(raw).text).toBe(shown);
  });

  test('a secret that looks like a part of a tag does not damage tags', () => {
    const odd = createRedactor(key, ['redacted', 'dead']);
    const once = odd('enable secret 5 dead and redacted').text;
    expect(odd(once)).toEqual({ text: once, count: 0 });
  });
});

test('all patterns as one find a line exactly when one of them does', () => {
  const alone = secretPatterns.map(({ pattern }) => new RegExp(pattern.source));
  const samples = secretPatterns.flatMap(({ samples }) => samples);
  const words = [...new Set(samples.flatMap((sample) => sample.split(/(\s+)/)))];
  const hit = { yes: 0, no: 0 };
  const check = (line: string): void => {
    const found = alone.some((pattern) => pattern.test(line));
    hit[found ? 'yes' : 'no']++;
    expect(anySecretPattern.test(line), line).toBe(found);
  };
  for (const sample of samples) {
    check(sample);
    for (let cut = 0; cut < sample.length; cut++) {
      check(sample.slice(0, cut));
      check(sample.slice(cut));
    }
  }
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (line) => check(line.join(''))),
    { seed: 1, numRuns: 5_000 },
  );
  expect(Math.min(hit.yes, hit.no)).toBeGreaterThan(500);
});

test('the same value has the same tag under one key, and another under another', () => {
  const other = createRedactor(Buffer.from('another key'));
  const shown = redact('snmp-server community s3cret RO\n ip nhrp authentication s3cret').text;
  expect(shown.match(/<redacted:[0-9a-f]{8}>/g)).toEqual([tagOf('s3cret'), tagOf('s3cret')]);
  expect(other('snmp-server community s3cret RO').text).not.toContain(tagOf('s3cret'));
});

const raws = lines.map((marked) => marked.replace(/[{}]/g, ''));
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...raws),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('-----BEGIN X-----', 'AAAA', ''),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('\n'));

describe('properties', () => {
  test('redacting twice is redacting once', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.string({ minLength: 4, maxLength: 12 }), { maxLength: 3 }), (text, secrets) => {
        const both = createRedactor(key, secrets);
        const once = both(text);
        // A random secret may be made of what redaction itself writes in front of a tag; then only the patterns must be stable.
        fc.pre(!secrets.some((secret) => '<redacted:0123456789abcdef>'.includes(secret)));
        expect(both(once.text)).toEqual({ text: once.text, count: 0 });
      }),
      { numRuns: 500 },
    );
  });

  test('no secret of a known place gets through, whatever it is', () => {
    const secret = fc
      .stringMatching(/^[!-~]{5,30}$/)
      .filter((one) => !/^[0-9]/.test(one) && !/address|hostname|local|remote|hex/.test(one));
    const places = [
      'crypto isakmp key {} address 10.1.1.1',
      'snmp-server community {} RO',
      ' ip nhrp authentication {}',
      'username joe secret 9 {}',
      ' tunnel key {}',
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), (one, place) => {
        const shown = redact(place.replace('{}', () => one)).text;
        expect(shown).toBe(place.replace('{}', () => tagOf(one)));
      }),
      { numRuns: 500 },
    );
  });

  test('lines that hold no keyword come back as they were', () => {
    const plain = fc.array(
      fc
        .stringMatching(/^[ -~]{0,80}$/)
        .filter(
          (one) =>
            !/key|secret|passw|commun|auth|nhrp|psk|eap|pin|ntlm|:\/\/|share|skeyid|sk_|nonce|mat|user|wpa|clear|snmp|-----|=>/i.test(
              one,
            ),
        ),
    );
    fc.assert(
      fc.property(plain, (all) => {
        const text = all.join('\n');
        expect(redact(text)).toEqual({ text, count: 0 });
      }),
    );
  });

  test.each([
    ['username ', 'a '],
    ['username username ', 'username '],
    ['snmp-server user ', 'auth sha '],
    ['snmp-server host ', 'informs '],
    ['key ', 'key '],
    ['crypto isakmp key', ' '],
    ['radius-server ', 'radius-server key'],
    ['://', '://a:'],
    ['nonce ', 'aa '],
    ['nonce', ' '],
    ['SKEYID_d', '\t'],
    ['-----BEGIN A-----', '-----BEGIN A-----'],
    [': PSK "', ': PSK "'],
    ['secret', ' '],
    ['pre-shared-key address ', '1 '],
    ['Hostname/Address  Preshared Key\n', 'a '],
    ['enable secret ', 'enable secret '],
    ['psk => 16 bytes @\n', '0: AA '],
  ])('a hostile line of %s… takes time in proportion to its length', (head, unit) => {
    const timeOf = (chars: number): number => {
      const text = (head + unit.repeat(Math.ceil(chars / unit.length))).slice(0, chars);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const start = process.hrtime.bigint();
        redact(text);
        best = Math.min(best, Number(process.hrtime.bigint() - start));
      }
      return best;
    };
    timeOf(20_000);
    // Eight times the length: 8 when linear, 64 when quadratic.
    expect(timeOf(320_000) / timeOf(40_000)).toBeLessThan(32);
  });
});

const corpus = join(import.meta.dirname, '../../../shared/corpus');
describe.skipIf(!existsSync(corpus))('real outputs of ../shared/corpus (skipped when that folder is absent)', () => {
  const files = (existsSync(corpus) ? readdirSync(corpus, { recursive: true, encoding: 'utf8' }) : [])
    .map((name) => join(corpus, name))
    .filter((path) => statSync(path).isFile() && !/running-config|PROVENANCE/.test(path));
  test('show outputs and logs keep every SPI, address and counter', () => {
    expect(files.length).toBeGreaterThan(10);
    const damaged: string[] = [];
    for (const path of files) {
      const raw = readFileSync(path, 'latin1');
      const shown = redact(raw).text;
      for (const one of raw.match(/spi[:=]\s*0x[0-9A-Fa-f]+|#pkts [a-z]+: \d+|\b\d+\.\d+\.\d+\.\d+\b/g) ?? [])
        if (!shown.includes(one)) damaged.push(`${path}: ${one}`);
    }
    expect(damaged).toEqual([]);
  });
});
