/**
 * A hub whose two hundred peers come from a table and a folder, reloaded while it runs: who is new is greeted, who is gone is forgotten, the
 * session to the router stays, a bad row changes nothing; and the tags of the table stand in the bundle. The built executable, real sockets.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runSpitrap } from '../support/run-spitrap.ts';
import { SoloAgent } from '../support/solo-agent.ts';

const COUNT = 200;
/** The first address of the lab's net that nobody has. */
const FIRST = 20;
const HEADER = 'name,tunnel,agent,carrier';

let solo: SoloAgent;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await solo?.close();
});

/** Of the table; the first is the lab's own spoke. */
const row = (index: number, carrier = `c${index % 5}`): string =>
  `s${index},${index === 0 ? '11.1.1.3' : `11.9.0.${index}`},${solo.address(FIRST + index)},${carrier}`;
const writeTable = (rows: readonly string[]): void =>
  writeFileSync(join(solo.folder, 'spokes.csv'), [HEADER, ...rows, ''].join('\r\n'));
const rows = (count: number): string[] => Array.from({ length: count }, (_, index) => row(index));

const peersFrom = (of: SoloAgent): string => {
  of.secret('community', 'public');
  return `peersFrom:
  directory: peers.d
  table: spokes.csv
  template:
    name: "{name}"
    cryptoAddresses: ["{tunnel}"]
    send: ["{agent}:10162"]
    snmp: { version: 2c, community: { file: secrets/community } }
    kind: eem
    tags: { carrier: "{carrier}" }
`;
};
/** An agent, so that it is said hello to. */
const inFolder = (name: string, last: number, tunnel: string): string =>
  `name: ${name}\ncryptoAddresses: [${tunnel}]\nsend: ["${solo.address(last)}:10162"]\nsnmp: { version: 2c, community: { file: secrets/community } }\n`;

/** Resolves when something comes. */
async function greeted(last: number): Promise<void> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.bind(10_162, solo.address(last), resolve));
  await new Promise<void>((resolve) => socket.once('message', () => resolve()));
}

test('two hundred peers from a table and a folder, changed while an agent runs', async () => {
  solo = new SoloAgent({ role: 'hub', peers: () => '  []\n', more: peersFrom });
  await solo.prepare();
  mkdirSync(join(solo.folder, 'peers.d'));
  writeTable(rows(COUNT));
  const folder = join(solo.folder, 'peers.d');
  writeFileSync(join(folder, 'a.yaml'), inFolder('a', 240, '11.8.0.1'));
  await solo.run();
  await solo.loggedIn();
  const before = await solo.status();
  expect(before.peers.map(({ name }) => name)).toEqual(['a', ...Array.from({ length: COUNT }, (_, index) => `s${index}`)]);
  const logins = (): number =>
    solo.box.commandLog.filter(({ line, expanded }) => line >= 0 && expanded === 'terminal length 0').length;
  const loginsBefore = logins();
  const reload = () => runSpitrap(['reload', '-c', solo.configFile]);

  // A bad row among the two hundred, and a peer in the folder that has the name of another: nothing is taken over.
  writeTable([...rows(COUNT - 1), row(COUNT - 1).replace(/11\.9\.0\.\d+/, '11.9.0')]);
  writeFileSync(join(folder, 'b.yaml'), inFolder('a', 241, '11.8.0.2'));
  const refused = await reload();
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain(`spokes.csv row ${COUNT}, column tunnel, cryptoAddresses[0] (line ${COUNT + 1}) = "11.9.0"`);
  expect(refused.stderr).toContain('peers.d/b.yaml, name (line 1) = "a": another peer has this name');
  expect((await solo.status()).peers).toHaveLength(COUNT + 1);

  // Fifty go, one changes its carrier, one comes in the folder, and is greeted.
  writeTable(rows(COUNT - 50).map((text, index) => (index === 0 ? row(0, 'other') : text)));
  writeFileSync(join(folder, 'b.yaml'), inFolder('b', 241, '11.8.0.2'));
  const hello = greeted(241);
  expect(await reload()).toMatchObject({ code: 0 });
  await hello;
  const after = await solo.status();
  expect(after.peers.map(({ name }) => name)).toEqual([
    'a',
    'b',
    ...Array.from({ length: COUNT - 50 }, (_, index) => `s${index}`),
  ]);
  expect(after.alarms.filter(({ key }) => key === 'reload-refused')).toEqual([]);
  expect([after.pid, logins()]).toEqual([before.pid, loginsBefore]);
  const listed = await runSpitrap(['check', '--peers', '-c', solo.configFile]);
  expect(listed.stdout).toMatch(/^s0 +eem +11\.1\.1\.3 +\S+ +carrier=other +spokes\.csv row 1$/m);

  // The folder is emptied and taken away: refused, and the peers of before are there.
  rmSync(folder, { recursive: true });
  expect((await reload()).stderr).toContain('peersFrom.directory');
  expect((await solo.status()).peers).toHaveLength(COUNT - 50 + 2);

  // The next message is an incident with that peer, and its tag stands in the bundle.
  solo.debugsOn();
  solo.pair.desync();
  await expect
    .poll(async () => (await solo.status()).incidents.map(({ phase }) => phase), { timeout: 60_000 })
    .toEqual(['sealed']);
  const [incident] = (await solo.status()).incidents;
  const file = JSON.parse(readFileSync(join(incident!.bundle!, 'incident.json'), 'utf8')) as { peers: object[] };
  expect(file.peers).toMatchObject([{ name: 's0', tags: { carrier: 'other' } }]);
  expect(solo.stops()).toBe(1);
});
