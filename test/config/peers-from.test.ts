/** `peersFrom`: peers from a folder and from a table with a template; what is wrong, with file, row and column. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../agent/config/faults.ts';
import { limits } from '../../shared/limits.ts';
import { errorOf, host, load, SMALLEST } from './smallest-pair.ts';

/** The smallest pair without its peers, with these lines instead. */
const hub = (lines: string): string => `${SMALLEST.slice(0, SMALLEST.indexOf('peers:'))}${lines}\n`;

const PEER_OF = (name: string, last: number): string =>
  `name: ${name}\ncryptoAddresses: [10.1.0.${last}]\nsend: ["198.51.100.${last}:10162"]\nsnmp:\n  version: 3\n  user: ${name}\n  auth: { protocol: sha256, key: { file: auth } }\n`;

const TEMPLATE = `peersFrom:
  table: spokes.csv
  template:
    name: "{name}"
    cryptoAddresses: ["{tunnel}"]
    send: ["{agent}:10162"]
    snmp: { version: 3, user: "{name}", auth: { protocol: sha256, key: { file: "keys/{name}" } } }
    tags: { carrier: "{carrier}" }`;

const TABLE = 'name,tunnel,agent,carrier\nspoke1,10.1.0.1,198.51.100.1,acme\nspoke2,10.1.0.2,198.51.100.2,\n';
const KEYS = { '/etc/spitrap/keys/spoke1': 'key-of-spoke1', '/etc/spitrap/keys/spoke2': 'key-of-spoke2' };

const withFiles = (files: Record<string, string>) => host({ files: { ...KEYS, ...files } });
const withTable = (table: string) => withFiles({ '/etc/spitrap/spokes.csv': table });

/** The lines of the message, without the first. */
const told = (text: string, on: ReturnType<typeof host>): string[] =>
  errorOf(text, on)
    .message.split('\n')
    .slice(1)
    .map((line) => line.trim());

describe('a folder', () => {
  const text = hub('peersFrom: { directory: peers.d }');
  const files = (more: Record<string, string>) =>
    withFiles(Object.fromEntries(Object.entries(more).map(([name, content]) => [`/etc/spitrap/peers.d/${name}`, content])));

  test('gives a peer a file, or several, by the names of the files; paths start at the configuration', () => {
    const several = `- ${PEER_OF('c', 3).trimEnd().replaceAll('\n', '\n  ')}\n- ${PEER_OF('d', 4).trimEnd().replaceAll('\n', '\n  ')}\n`;
    const json = JSON.stringify({
      name: 'e',
      cryptoAddresses: ['10.1.0.5'],
      send: ['198.51.100.5:10162'],
      snmp: { version: 3, user: 'e', auth: { protocol: 'sha256', key: { file: 'auth' } } },
    });
    const on = files({
      'b.yaml': PEER_OF('b', 2),
      'a.yml': PEER_OF('a', 1),
      'e.json': json,
      'c.yaml': several,
      '.hidden.yaml': '{',
    });
    const { config, peerOrigins, warnings } = load(text, on);
    expect(config.peers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(config.peers[0]!.snmp).toMatchObject({ auth: { key: 'authpassword' } });
    expect(peerOrigins).toEqual([
      'peers.d/a.yml',
      'peers.d/b.yaml',
      'peers.d/c.yaml [0]',
      'peers.d/c.yaml [1]',
      'peers.d/e.json',
    ]);
    expect(warnings.filter((warning) => warning.includes('peersFrom'))).toEqual([]);
  });

  test('says which files it does not read', () => {
    const { warnings } = load(text, files({ 'a.yaml': PEER_OF('a', 1), 'b.yaml.bak': 'x', README: 'x' }));
    expect(warnings).toContainEqual(
      expect.stringContaining('not read in peers.d, as their names end in neither .yaml, .yml nor .json: README, b.yaml.bak'),
    );
  });

  test('a fault has its file, line and path in it', () => {
    const bad = PEER_OF('b', 2).replace('198.51.100.2:10162', 'spoke.example:10162');
    const list = `- ${PEER_OF('c', 3).trimEnd().replaceAll('\n', '\n  ')}\n- nmae: d\n`;
    expect(
      told(text, files({ 'a.yaml': PEER_OF('a', 1), 'b.yaml': bad, 'c.yaml': list, 'd.yaml': 'just text', 'e.yaml': 'a: [' })),
    ).toEqual(
      [
        expect.stringMatching(/^peers\.d\/b\.yaml, send\[0\] \(line 3\) = "spoke\.example:10162": /),
        expect.stringMatching(/^peers\.d\/c\.yaml, \[1\]\.nmae \(line 8\): unknown key; did you mean name\?/),
        expect.stringMatching(/^peers\.d\/c\.yaml, \[1\]\.name: is missing/),
        expect.stringMatching(/^peers\.d\/c\.yaml, \[1\]\.cryptoAddresses: is missing/),
        expect.stringMatching(/^peers\.d\/c\.yaml, \[1\]\.snmp: .*missing/),
        expect.stringMatching(/^peers\.d\/d\.yaml \(line 1\): one peer is expected/),
        expect.stringMatching(/^peers\.d\/e\.yaml \(line 1\): /),
      ].map((one) => one),
    );
  });

  test('a folder that is not there, or a file in its place', () => {
    expect(told(text, withFiles({}))).toEqual([
      expect.stringContaining('peersFrom.directory (line 7) = "peers.d": /etc/spitrap/peers.d can not be read: no such file'),
    ]);
    expect(told(hub('peersFrom: { directory: auth }'), withFiles({}))).toEqual([
      expect.stringContaining('it is a file, not a folder'),
    ]);
  });

  test('names, addresses and engine ids are compared across all sources', () => {
    const inline = `peers: [ { ${PEER_OF('a', 1).trimEnd().replace('snmp:\n  version: 3\n  user: a\n  auth: { protocol: sha256, key: { file: auth } }', 'snmp: { version: 3, user: a, auth: { protocol: sha256, key: { file: auth } } }').replaceAll('\n', ', ')}, engineId: "8000000901" } ]\n`;
    const on = withFiles({
      '/etc/spitrap/peers.d/b.yaml': `${PEER_OF('a', 2)}engineId: "80:00:00:09:01"\n`,
      '/etc/spitrap/spokes.csv': 'name,tunnel,agent,carrier\nspoke1,10.1.0.0/29,198.51.100.9,\n',
    });
    expect(told(hub(`${inline}${TEMPLATE.replace('peersFrom:', 'peersFrom:\n  directory: peers.d')}`), on)).toEqual([
      expect.stringMatching(/^peers\.d\/b\.yaml, name \(line 1\) = "a": another peer has this name/),
      expect.stringMatching(/^peers\.d\/b\.yaml, engineId \(line 8\) = "80:00:00:09:01": peer a has this engine id/),
      expect.stringMatching(
        /^spokes\.csv row 1, column tunnel, cryptoAddresses\[0\] \(line 2\) = "10\.1\.0\.0\/29": overlaps 10\.1\.0\.1 of peer a/,
      ),
    ]);
  });
});

describe('a table', () => {
  test('makes a peer of each row; an empty cell leaves its value out', () => {
    const { config, peerOrigins } = load(hub(TEMPLATE), withTable(TABLE));
    expect(config.peers).toMatchObject([
      {
        name: 'spoke1',
        cryptoAddresses: [{ base: '10.1.0.1' }],
        send: [{ address: '198.51.100.1', port: 10_162 }],
        tags: { carrier: 'acme' },
      },
      { name: 'spoke2', snmp: { user: 'spoke2', auth: { key: 'key-of-spoke2' } }, tags: {} },
    ]);
    expect(peerOrigins).toEqual(['spokes.csv row 1', 'spokes.csv row 2']);
  });

  test('quotes, CRLF, a byte order mark, blank lines and spaces are what spreadsheets leave', () => {
    const table =
      '\ufeff"name" , tunnel,agent,carrier\r\n\r\nspoke1,10.1.0.1, 198.51.100.1 ,"Acme, ""North"" Ltd"\r\n"spoke2",10.1.0.2,198.51.100.2,x';
    expect(load(hub(TEMPLATE), withTable(table)).config.peers.map(({ tags }) => tags['carrier'])).toEqual([
      'Acme, "North" Ltd',
      'x',
    ]);
  });

  test('{{ and }} are braces', () => {
    const text = hub(TEMPLATE.replace('"{carrier}"', '"{{x}}-{carrier}"'));
    expect(load(text, withTable(TABLE)).config.peers.map(({ tags }) => tags['carrier'])).toEqual(['{x}-acme', '{x}-']);
  });

  test.each<[what: string, table: string, says: RegExp]>([
    ['empty', '', /^spokes\.csv \(line 1\): is empty/],
    ['without a row', 'name,tunnel,agent,carrier\n', /^spokes\.csv \(line 1\): has a header and no row/],
    ['with semicolons', TABLE.replaceAll(',', ';'), /separated by semicolons/],
    ['a column without a name', TABLE.replace('agent,', ',agent,'), /column 3 has no name/],
    ['a column twice', TABLE.replace('carrier', 'name'), /the column name stands twice/],
    ['braces in the header', TABLE.replace('carrier', '{carrier}'), /is no name of a column/],
    [
      'a row too short',
      TABLE.replace(',acme', ''),
      /^spokes\.csv row 1 \(line 2\): has 3 cells where the header names 4 columns/,
    ],
    [
      'a quote that does not close',
      TABLE.replace('acme', '"acme'),
      /^spokes\.csv \(line 2\): a quoted cell begins here and its closing quote is missing/,
    ],
    ['text after a quote', TABLE.replace('acme', '"ac"me'), /between a closing quote and the next comma/],
    ['a quote inside', TABLE.replace('acme', 'ac"me'), /a double quote inside of a cell without quotes/],
    [
      'a line break in a cell',
      TABLE.replace('acme', '"ac\nme"'),
      /^spokes\.csv row 1 \(line 2\): column carrier holds a control character or a line break/,
    ],
    [
      'a cell too long',
      TABLE.replace('acme', 'x'.repeat(limits.peerTableCellCharsMax + 1)),
      /column carrier has 1025 characters/,
    ],
    ['not UTF-8', TABLE.replace('acme', 'caf\ufffd'), /is not UTF-8/],
    [
      'an empty cell that is needed',
      TABLE.replace('10.1.0.1', ''),
      /^spokes\.csv row 1, column tunnel, cryptoAddresses \(line 2\): is missing/,
    ],
    [
      'a bad address',
      TABLE.replace('10.1.0.1', '10.1.0'),
      /^spokes\.csv row 1, column tunnel, cryptoAddresses\[0\] \(line 2\) = "10\.1\.0": /,
    ],
    [
      'a name twice',
      TABLE.replace('spoke2', 'spoke1'),
      /^spokes\.csv row 2, column name, name \(line 3\) = "spoke1": another peer has this name/,
    ],
    [
      'an address twice',
      TABLE.replace('198.51.100.2', '198.51.100.1').replace('spoke2', 'spoke1'),
      /could not be told from those of spoke1/,
    ],
    [
      'an agent of two tunnels',
      TABLE.replace('10.1.0.2', '10.1.0.0/24'),
      /row 2, column tunnel, .* overlaps 10\.1\.0\.1 of peer spoke1/,
    ],
    [
      'a path in a cell',
      TABLE.replace('spoke1', '../spoke1'),
      /row 1, column name, snmp\.auth\.key\.file \(line 2\): .*"\.\.\/spoke1": it becomes part of a path/,
    ],
    [
      'a key that is not there',
      TABLE.replace('spoke1', 'spoke3'),
      /^spokes\.csv row 1, column name, snmp\.auth\.key \(line 2\): \/etc\/spitrap\/keys\/spoke3 can not be read: no such file/,
    ],
  ])('%s is told with its place', (_what, table, says) => {
    expect(told(hub(TEMPLATE), withTable(table)).join('\n')).toMatch(new RegExp(says.source, 'm'));
  });

  test.each<[what: string, from: string, to: string, says: RegExp]>([
    [
      'an unknown column',
      '"{tunnel}"',
      '"{tunel}"',
      /^peersFrom\.template\.cryptoAddresses\[0\] \(line 11\) = .*the table has no column \{tunel\}; did you mean \{tunnel\}\?/,
    ],
    [
      'a brace that does not close',
      '"{tunnel}"',
      '"{tunnel"',
      /^peersFrom\.template\.cryptoAddresses\[0\].*a \{ without the name of a column/,
    ],
    ['a brace that does not open', '"{tunnel}"', '"tunnel}"', /a \} without its \{/],
    [
      'a constant that is wrong, once for all rows',
      'protocol: sha256',
      'protocol: sha3',
      /^peersFrom\.template\.snmp\.auth\.protocol \(line 13\) = "sha3": one of/,
    ],
    ['an unknown key, once', 'tags:', 'tgas:', /^peersFrom\.template\.tgas \(line 14\): unknown key; did you mean tags\?/],
    [
      'what every row lacks, once',
      '    cryptoAddresses: ["{tunnel}"]\n',
      '',
      /^peersFrom\.template\.cryptoAddresses: is missing/,
    ],
    [
      'a secret in a cell, once',
      '{ file: "keys/{name}" }',
      '"{name}"',
      /^peersFrom\.template\.snmp\.auth\.key \(line 13\) = <masked>: a secret in plain text/,
    ],
    ['no table', '  table: spokes.csv\n', '', /^peersFrom\.template \(line 8\).*: a template without a table/],
  ])('%s stands at the template', (_what, from, to, says) => {
    expect(told(hub(TEMPLATE.replace(from, to)), withTable(TABLE))).toEqual([expect.stringMatching(says)]);
  });

  test('a table without a template, and peersFrom with nothing in it', () => {
    expect(told(hub('peersFrom: { table: spokes.csv }'), withTable(TABLE))).toEqual([
      expect.stringMatching(/^peersFrom\.template: is missing/),
    ]);
    expect(told(hub('peersFrom: {}'), host())).toEqual([expect.stringMatching(/^peersFrom \(line 7\).*: says nothing/)]);
    expect(told(hub('peersFrom: { table: gone.csv, template: { name: x } }'), host())).toEqual([
      expect.stringMatching(/^peersFrom\.table \(line 7\) = "gone\.csv": gone\.csv can not be read: no such file/),
    ]);
  });

  test('every cell that may not stand in a path is refused, whatever it is called by', () => {
    for (const cell of ['a/b', '/etc/hostname', '..', 'a..b', '.ssh', '\0x'])
      expect(told(hub(TEMPLATE), withTable(TABLE.replace('spoke1', `"${cell}"`))).join('\n')).toMatch(
        /it becomes part of a path|control character/,
      );
  });

  test('thousands of faults: all are counted, twenty are shown', () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => `s${index},10.1.0,198.51.100.1,a`);
    const error = errorOf(hub(TEMPLATE), withTable(`name,tunnel,agent,carrier\n${rows.join('\n')}\n`));
    expect(faultsOf(error).length).toBeGreaterThanOrEqual(5_000);
    const lines = error.message.split('\n').slice(1);
    expect(lines).toHaveLength(limits.configFaultsShownMax + 1);
    expect(lines.at(-1)).toMatch(/^ {2}and \d+ more in what peersFrom reads/);
    expect(lines[0]).toContain('row 1,');
  });

  test('5,000 rows are 5,000 peers, each with its own key', () => {
    const address = (index: number): string => `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    const rows = Array.from(
      { length: 5_000 },
      (_, index) => `s${index},${address(index)},172${address(index).slice(2)},c${index % 7}`,
    );
    const keys = Object.fromEntries(rows.map((_, index) => [`/etc/spitrap/keys/s${index}`, `key-number-${index}`]));
    const { config, warnings } = load(
      hub(TEMPLATE),
      withFiles({ ...keys, '/etc/spitrap/spokes.csv': `name,tunnel,agent,carrier\n${rows.join('\n')}\n` }),
    );
    expect(config.peers).toHaveLength(5_000);
    expect(config.peers[4_999]).toMatchObject({
      name: 's4999',
      snmp: { auth: { key: 'key-number-4999' } },
      tags: { carrier: 'c1' },
    });
    expect(warnings.length).toBeLessThanOrEqual(limits.configWarningsMax + 1);
  });

  test('more peers than an agent takes', () => {
    const rows = Array.from({ length: limits.peersMax + 1 }, (_, index) => `s${index},10.1.0.1,198.51.100.1,`);
    expect(told(hub(TEMPLATE), withTable(`name,tunnel,agent,carrier\n${rows.join('\n')}\n`))).toEqual([
      expect.stringContaining(`more than ${limits.peersMax} rows`),
    ]);
  });
});
