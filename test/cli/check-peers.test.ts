/** The listing of `spitrap check --peers`. */
import { expect, test } from 'vitest';
import { peerListing, peerRows } from '../../agent/cli/check-peers.ts';
import { host, load, SMALLEST } from '../config/smallest-pair.ts';

const TEXT = `${SMALLEST}peersFrom:
  table: spokes.csv
  template:
    name: "{name}"
    cryptoAddresses: ["{tunnel}"]
    from: ["{agent}"]
    kind: eem
    send: ["{agent}:162"]
    snmp: { version: 3, user: "{name}", auth: { protocol: sha256, key: { file: auth } } }
    tags: { carrier: "{carrier}" }
`;
const loaded = () =>
  load(
    TEXT,
    host({
      files: { '/etc/spitrap/spokes.csv': 'name,tunnel,agent,carrier\nlong-name-of-a-spoke,10.1.0.1,198.51.100.1,acme\n' },
    }),
  );

test('each peer with where it came from, and no secret', () => {
  const text = peerListing(peerRows(loaded()), 'hub.yaml');
  expect(text).toBe(`peer                  kind     tunnels   paths               tags          from
spoke1                spitrap  11.1.1.3  198.51.100.9:10162  -             hub.yaml
long-name-of-a-spoke  eem      10.1.0.1  198.51.100.1:162    carrier=acme  spokes.csv row 1

2 peers`);
  expect(JSON.stringify(peerRows(loaded()))).not.toContain('password');
});
