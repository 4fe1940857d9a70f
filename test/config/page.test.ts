/** `page` of the configuration: what is served where, and what is never served in the clear or to everybody. */
import { describe, expect, test } from 'vitest';
import { loadConfigText } from '../../agent/config/load.ts';
import { changed, faults, host } from './smallest-pair.ts';

const TOKEN = 'a-token-of-more-than-16-characters';
const files = {
  '/etc/spitrap/token': `${TOKEN}\n`,
  '/etc/spitrap/short': 'fifteen-letters\n',
  '/etc/spitrap/spaced': 'a token with spaces in it\n',
  '/etc/spitrap/page.key': 'KEY\n',
};
const withPage = (page: string): string => changed('role: hub', `role: hub\npage: ${page}`);
const load = (page: string) => loadConfigText(withPage(page), '/etc/spitrap/hub.yaml', host({ files }));
const TLS = 'tls: { certificate: page.pem, key: { file: page.key } }';
const wrong = (page: string): string[] => faults(withPage(page), host({ files })).filter((line) => line.startsWith('page'));

test('absent, nothing is served', () => {
  expect(loadConfigText(changed('role: hub', 'role: hub'), '/etc/spitrap/hub.yaml', host({ files })).config.page).toBeNull();
});

test('on loopback it needs nothing', () => {
  expect(load('{}').config.page).toMatchObject({
    listen: { address: '127.0.0.1', port: 7423 },
    ...{ token: null, loopback: 'free', tls: null, names: [] },
  });
});

test('all of it: absolute paths, names in lower case, the token among what the log hides', () => {
  const { config, secrets } = load(
    `{ listen: "192.0.2.10:443", token: { file: token }, loopback: token, names: [Spitrap.Example.net, "[2001:DB8::1]"], tls: { certificate: page.pem, key: { file: page.key }, clientCa: ca.pem, clients: operator1 } }`,
  );
  expect(config.page).toMatchObject({
    listen: { address: '192.0.2.10', port: 443 },
    token: TOKEN,
    loopback: 'token',
    names: ['spitrap.example.net', '2001:db8::1'],
    tls: {
      files: { certificate: '/etc/spitrap/page.pem', key: { file: '/etc/spitrap/page.key' }, clientCa: '/etc/spitrap/ca.pem' },
      clients: [{ kind: 'name', value: 'operator1', as: null }],
    },
  });
  expect(secrets).toContain(TOKEN);
});

describe('from elsewhere never without TLS and a credential', () => {
  const credential = 'is not loopback: whoever reaches it could read everything';
  const clear = 'is not loopback: whoever reaches it could read along';
  test.each<[page: string, ...said: string[]]>([
    ['{ listen: "0.0.0.0:7423" }', clear, credential],
    ['{ listen: "[::]:7423", token: { file: token } }', clear],
    [`{ listen: "192.0.2.10:7423", ${TLS} }`, credential],
    [`{ listen: "192.0.2.10:7423", ${TLS}, token: { file: token } }`],
    [`{ listen: "192.0.2.10:7423", tls: { certificate: c, key: { file: page.key }, clientCa: ca } }`],
    ['{ listen: "127.0.0.53:80" }'],
    ['{ listen: "[::1]:80" }'],
  ])('%s', (page, ...said) => {
    if (said.length === 0) {
      expect(load(page).config.page).not.toBeNull();
      return;
    }
    const found = wrong(page);
    expect(found).toHaveLength(said.length);
    for (const [index, text] of said.entries()) expect(found[index]).toContain(text);
  });
});

test.each<[page: string, said: string]>([
  ['{ token: { file: short } }', 'a token has 16 to 512 characters'],
  ['{ token: { file: spaced } }', 'a token has 16 to 512 characters'],
  ['{ token: secret }', 'a secret in plain text'],
  ['{ loopback: open }', 'one of free, token'],
  ['{ names: ["http://x"] }', 'without http://'],
  ['{ names: ["x:7423"] }', 'without a port'],
  ['{ names: ["*.example.net"] }', 'a host name such as'],
  ['{ listen: "7423" }', 'an address and a port'],
  [
    `{ tls: { certificate: c, key: { file: page.key }, clients: operator1 } }`,
    'a name counts only in a certificate that somebody vouches for',
  ],
  [
    `{ tls: { certificate: c, key: { file: page.key }, clientCa: ca, clients: { certificate: x, as: 192.0.2.1 } } }`,
    '`as` is for senders of log lines',
  ],
  ['{ port: 80 }', 'unknown key'],
])('%s is refused in words', (page, said) => {
  expect(wrong(page).join('\n')).toContain(said);
});

test('no message holds the token', () => {
  const found = faults(withPage('{ token: { file: short } }'), host({ files })).join('\n');
  expect(found).not.toContain('fifteen-letters');
});
