/** `spitrap signal send|listen` over loopback, against the production receiver and sender. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ephemeralEngine, openEngine, parseEngineId } from '../../agent/net/engine.ts';
import type { SnmpCredentials, SnmpReceiver } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import { createWorld } from '../../agent/world.ts';
import { encodeSignalText } from '../../shared/wire/signal.ts';
import { Inbox, peer, stop, v3 } from '../support/snmp-peers.ts';
import { type CliRun, cli } from './cli-run.ts';

const world = createWorld();
const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
/** Never in any output. */
const SECRETS = { community: 'c0mmunity-secret', auth: 'auth-password-secret', priv: 'priv-password-secret' };
const KNOWN = v3();
const CREDENTIALS: SnmpCredentials = {
  ...KNOWN,
  user: 'pair',
  auth: { protocol: 'sha256', key: SECRETS.auth },
  priv: { protocol: 'aes128', key: SECRETS.priv },
};

let folder: string;
let inbox: Inbox;
let receiver: SnmpReceiver;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-signal-'));
  for (const [name, secret] of Object.entries(SECRETS)) writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'other'), 'another-password\n', { mode: 0o600 });
  inbox = new Inbox();
});
afterEach(async () => {
  await receiver?.close();
  rmSync(folder, { recursive: true, force: true });
});

const TRAP_ENGINE = '80007ed905cafecafe';
/** What an agent would have at that port. */
async function open(): Promise<string> {
  receiver = await openSnmpReceiver({
    listen: { address: '127.0.0.1', port: 0 },
    peers: [
      peer('by-v3', CREDENTIALS, { engineId: TRAP_ENGINE }),
      peer('by-2c', { version: '2c', community: SECRETS.community }),
      peer('by-1', { version: '1', community: SECRETS.community }),
    ],
    engine: ephemeralEngine(null, world),
    world,
    ...inbox,
  });
  return `127.0.0.1:${receiver.local.port}`;
}

const file = (name: keyof typeof SECRETS | 'other'): string => join(folder, name);
const asV3 = (over: { user?: string; auth?: string; priv?: string | null } = {}): string[] => [
  ...['--snmp', '3', '--user', over.user ?? 'pair', '--auth-key-file', over.auth ?? file('auth')],
  ...(over.priv === null ? [] : ['--priv-key-file', over.priv ?? file('priv')]),
];
const asCommunity = (version: '1' | '2c', name: 'community' | 'other' = 'community'): string[] => [
  ...['--snmp', version, '--community-file', file(name)],
];
async function send(...args: string[]): Promise<CliRun> {
  const run = await cli(['signal', 'send', ...args]);
  for (const secret of Object.values(SECRETS)) expect(run.stdout + run.stderr).not.toContain(secret);
  return run;
}
/** The terminal's lines joined again. */
const flat = (text: string): string => text.replace(/\n {10}/g, ' ');

describe('send', () => {
  test('hello over v3: acknowledged, with the engine found and dated on the way, and every octet on request', async () => {
    const to = await open();
    const { code, stdout } = await send('--to', to, ...asV3(), '--phase', 'hello', '--hex');
    expect(code).toBe(0);
    const said = flat(stdout);
    expect(said).toMatch(/^signal +hello to 127\.0\.0\.1:\d+, as v3 inform of user "pair", authPriv$/m);
    expect(said).toMatch(/^says +IntData1 2323230, IntData2 0, notification 1\.3\.6\.1\.4\.1\.9\.10\.91\.0\.2$/m);
    expect(said).toMatch(/^text +1 hello - ver=0\.0\.0-test by=hand t=\d+$/m);
    expect(said).toMatch(/^to +127\.0\.0\.1:\d+ from 0\.0\.0\.0:\d+, \d+ and \d+ and \d+ octets$/m);
    expect(said).toContain(`Report unknownEngineIDs`);
    expect(said).toContain(`its engine id is ${receiver.engineId}`);
    expect(said).toContain('Report notInTimeWindows');
    expect(said).toMatch(/^answer +acknowledged by 127\.0\.0\.1:\d+ after \d+\.\d ms/m);
    expect(said).not.toMatch(/^do /m);
    expect(stdout).toMatch(/^sent {6}30[0-9a-f]{62}$/m);
    expect(stdout).toMatch(/^heard {5}30[0-9a-f]+$/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(inbox.notifications).toMatchObject([{ peer: 'by-v3', confirmed: true, intData1: 2323230 }]);
  });

  test.each(['1', '2c'] as const)('a router’s bare stop over v%s, as trap', async (version) => {
    const to = await open();
    const args = ['--to', to, ...asCommunity(version), '--phase', 'stop', '--bare', '--trap', '--root', '134', '--yes'];
    const { code, stdout } = await send(...args);
    expect(code).toBe(0);
    expect(flat(stdout)).toContain('sent; a trap has no acknowledgement');
    await inbox.until(1);
    expect(inbox.notifications).toMatchObject([{ version, confirmed: false, root: 134, intData1: 2323232, strData: '' }]);
  });

  test.each([
    ['alert', ['--in', '3s', '--id', ID], 3_000, `1 alert ${ID} t=`],
    ['stop', ['--id', ID], 0, `1 stop ${ID} t=`],
    ['done', ['--id', ID], 0, `1 done ${ID} off=unverified`],
    ['arm', ['--lease', '10m'], 600, '1 arm - t='],
    ['disarm', [], 0, '1 disarm - t='],
  ] as const)('%s', async (phase, args, intData2, text) => {
    const to = await open();
    const { code } = await send('--to', to, ...asCommunity('2c'), '--phase', phase, ...args, '--yes');
    expect(code).toBe(0);
    expect(inbox.notifications).toMatchObject([{ peer: 'by-2c', confirmed: true, intData2 }]);
    expect(inbox.notifications[0]!.strData.startsWith(text)).toBe(true);
  });

  test.each<[what: string, args: () => string[], stat: string, remedy: string]>([
    ['another password', () => asV3({ auth: file('other') }), 'wrongDigests', 'authentication key at both ends'],
    ['an unknown user', () => asV3({ user: 'nobody' }), 'unknownUserNames', 'compare snmp.user at both ends'],
    ['another level', () => asV3({ priv: null }), 'unsupportedSecLevels', 'give snmp.priv at both ends'],
    ['another privacy password', () => asV3({ priv: file('other') }), 'decryptionErrors', 'compare snmp.priv.protocol'],
  ])('%s: the Report and its remedy, exit 1', async (_what, args, stat, remedy) => {
    const to = await open();
    const { code, stdout } = await send('--to', to, ...args(), '--phase', 'hello', '--timeout', '300ms');
    expect(code).toBe(1);
    const said = flat(stdout);
    expect(said).toContain(`Report ${stat}`);
    expect(said).toContain(remedy);
    expect(said).toContain('answer    not acknowledged: SNMP_REFUSED');
    expect(inbox.notifications).toEqual([]);
  });

  test('silence has its own advice: over v2c the community, over v3 the path', async () => {
    const to = await open();
    const wrong = await send('--to', to, ...asCommunity('2c', 'other'), '--phase', 'hello', '--timeout', '200ms');
    expect(wrong.code).toBe(1);
    expect(flat(wrong.stdout)).toContain('a wrong community is never answered');
    expect(inbox.reasons).toEqual(['community']);
    await receiver.close();
    const nobody = await send('--to', to, ...asV3(), '--phase', 'hello', '--timeout', '200ms');
    expect(nobody.code).toBe(1);
    expect(flat(nobody.stdout)).toContain('does an agent run');
  });

  test('a trap over v3 has an engine of its own, which the receiver must know', async () => {
    const to = await open();
    const strange = await send('--to', to, ...asV3(), '--phase', 'hello', '--trap');
    expect(flat(strange.stdout)).toMatch(/^engine +80007ed905[0-9a-f]{24}: a trap over SNMPv3 is dated by its sender's engine/m);
    await inbox.until(1);
    expect(inbox.reasons).toEqual(['engine']);
    await send('--to', to, ...asV3(), '--phase', 'hello', '--trap', '--engine-id', TRAP_ENGINE);
    await inbox.until(2);
    expect(inbox.notifications).toMatchObject([{ peer: 'by-v3', confirmed: false }]);
  });

  test.each([['--hex'], ['--hex', '--json']])('over v2c the community is hidden in the octets too: %j', async (...how) => {
    const to = await open();
    const { stdout } = await send('--to', to, ...asCommunity('2c'), '--phase', 'hello', ...how);
    const joined = stdout.replace(/\s+/g, '');
    expect(joined).not.toContain(Buffer.from(SECRETS.community).toString('hex'));
    expect(joined).toContain(`0410${'xx'.repeat(16)}a6`);
    expect(inbox.notifications).toHaveLength(1);
  });

  test('as JSON', async () => {
    const to = await open();
    const { stdout } = await send('--to', to, ...asV3(), '--phase', 'hello', '--json', '--hex');
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ phase: 'hello', version: 3, confirmed: true, intData1: 2323230, engineId: null });
    expect(said.paths).toMatchObject([
      { to, outcome: 'acknowledged', heard: [{ stat: 'unknownEngineIDs', ordinary: true }, {}, {}] },
    ]);
    expect(said.paths[0].datagrams[0]).toMatchObject({ direction: 'sent', hex: expect.stringMatching(/^30/) });
  });
});

describe('what acts is said and asked for', () => {
  const stopTo = (to: string): string[] => ['signal', 'send', '--to', to, ...asCommunity('2c'), '--phase', 'stop'];

  test('nobody there to ask: nothing is sent without --yes', async () => {
    const { code, stderr, stdout } = await cli(stopTo(await open()));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^spitrap: USAGE: this is a real stop: .* ends the debugs of its device at once; say --yes/);
    expect(inbox.notifications).toEqual([]);
  });

  test.each<[answer: string | null, code: number, sent: number]>([
    ['yes', 0, 1],
    [' Y ', 0, 1],
    ['', 2, 0],
    ['no', 2, 0],
    [null, 130, 0],
  ])('at a terminal, the answer %j', async (answer, code, sent) => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return answer;
    };
    expect((await cli(stopTo(await open()), { ask })).code).toBe(code);
    expect(asked).toMatchObject([expect.stringContaining('this is a real stop')]);
    expect(inbox.notifications).toHaveLength(sent);
  });

  test('a hello asks nothing', async () => {
    const to = await open();
    const ask = async () => 'no';
    expect((await cli(['signal', 'send', '--to', to, ...asCommunity('2c'), '--phase', 'hello'], { ask })).code).toBe(0);
  });
});

describe('usage', () => {
  test.each<[args: string[], words: string]>([
    [['--phase', 'hello'], 'to whom?'],
    [['--phase', 'hello', '--peer', 'x'], '--peer is a name in a configuration'],
    [['--phase', 'hello', '--to', 'host:162'], 'is no endpoint'],
    [['--phase', 'hello', '--to', '127.0.0.1:162'], 'which version?'],
    [['--phase', 'hello', '--to', '127.0.0.1:162', '--snmp', '2c'], 'needs the community'],
    [['--phase', 'hello', '--to', '127.0.0.1:162', '--snmp', '3'], 'needs --user NAME and its key'],
    [
      ['--phase', 'hello', '--to', '127.0.0.1:162', '--snmp', '2c', '--community-env', 'SPITRAP_NO_SUCH'],
      'the environment variable SPITRAP_NO_SUCH is not set; nothing was sent',
    ],
    [['--phase', 'shout'], 'Allowed choices are'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await cli(['signal', 'send', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test.each<[args: string[], words: string]>([
    [['--phase', 'hello', '--inform', '--trap'], 'either --inform or --trap'],
    [['--phase', 'hello', '--bare'], "a router's applet knows the stop alone"],
    [['--phase', 'stop', '--in', '3s'], '--in is how long until the stop'],
    [['--phase', 'stop', '--lease', '3m'], '--lease goes with --phase arm'],
    [['--phase', 'stop', '--id', '17'], 'is no incident id'],
    [['--phase', 'hello', '--id', ID], 'belongs to no incident'],
    [['--phase', 'done'], 'give its --id'],
    [['--phase', 'hello', '--engine-id', TRAP_ENGINE], 'goes with a trap over SNMPv3'],
    [['--phase', 'hello', '--engine-id', 'xyz'], 'is not 5 to 32 octets of hex'],
  ])('with whom it is all right: %j', async (args, words) => {
    const { code, stderr } = await cli(['signal', 'send', '--to', '127.0.0.1:9', ...asCommunity('2c'), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('v1 and informs', async () => {
    const { code, stderr } = await cli([
      'signal',
      'send',
      '--to',
      '127.0.0.1:9',
      ...asCommunity('1'),
      '--phase',
      'hello',
      '--inform',
    ]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'spitrap: USAGE: SNMPv1 has no informs; leave --inform out\n' });
  });
});

/** A spoke whose hub is at `to`. */
function writeConfig(to: string, listen = '127.0.0.1:0'): string {
  const path = join(folder, 'spoke.yaml');
  writeFileSync(
    path,
    `role: spoke
dataDir: data
device: { address: 192.0.2.2, platform: cisco-ios, user: u, password: { file: other }, cryptoAddresses: [11.1.1.3] }
signal: { listen: "${listen}", allowInsecure: true, values: { hello: 77 } }
peers:
  - name: hub1
    cryptoAddresses: [213.163.222.7]
    send: ["${to}"]
    from: [127.0.0.1]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } } }
  - name: router
    kind: eem
    cryptoAddresses: [213.163.222.8]
    send: ["${to}"]
    from: [127.0.0.1]
    snmp: { version: 1, community: { file: community } }
`,
    { mode: 0o600 },
  );
  return path;
}

describe('send with a configuration', () => {
  test('as the agent would, with its values; and nothing in its dataDir is made or changed', async () => {
    const config = writeConfig(await open());
    const { code, stdout } = await send('-c', config, '--peer', 'hub1', '--phase', 'hello');
    expect(code).toBe(0);
    expect(flat(stdout)).toMatch(/from 127\.0\.0\.1:\d+/);
    expect(inbox.notifications).toMatchObject([
      { peer: 'by-v3', intData1: 77, strData: expect.stringMatching(/^1 hello - ver=\S+ by=hand t=\d+$/) },
    ]);
    expect(readdirSync(folder)).not.toContain('data');
  });

  test('a router of kind eem gets a bare trap', async () => {
    const config = writeConfig(await open());
    expect((await send('-c', config, '--peer', 'router', '--phase', 'stop', '--yes')).code).toBe(0);
    await inbox.until(1);
    expect(inbox.notifications).toMatchObject([{ peer: 'by-1', version: '1', strData: '' }]);
  });

  test('the agent’s own engine is refused for a trap, and told why', async () => {
    const config = writeConfig(await open());
    const { idHex } = await openEngine(join(folder, 'data'), null, world);
    const args = ['-c', config, '--peer', 'hub1', '--phase', 'hello', '--trap', '--engine-id', idHex];
    const { code, stderr } = await send(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('its peers would take this command');
  });

  test('which peer', async () => {
    const config = writeConfig('127.0.0.1:9');
    expect((await send('-c', config, '--phase', 'hello')).stderr).toContain('one of: hub1, router');
    expect((await send('-c', config, '--peer', 'x', '--phase', 'hello')).stderr).toContain('there is: hub1, router');
  });
});

describe('listen', () => {
  /** Starts it, and gives its port to what sends; resolves when `--count` is reached. */
  async function listening(args: string[], act: (to: { address: string; port: number }) => Promise<void>): Promise<CliRun> {
    let begin: (port: number) => void = () => {};
    const begun = new Promise<number>((resolve) => {
      begin = resolve;
    });
    const running = cli(['signal', 'listen', ...args], {
      stopSignal: () => new Promise(() => {}),
      onOutput: (text) => {
        const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (port !== undefined) begin(Number(port));
      },
    });
    // An error before it listens must not be waited for.
    await Promise.race([running, begun.then((port) => act({ address: '127.0.0.1', port }))]);
    const run = await running;
    for (const secret of Object.values(SECRETS)) expect(run.stdout + run.stderr).not.toContain(secret);
    return run;
  }
  async function sender(credentials: SnmpCredentials) {
    return openSnmpSender({
      peers: [peer('them', credentials)],
      engine: ephemeralEngine(parseEngineId(TRAP_ENGINE), world),
      world,
    });
  }
  const community = (version: '1' | '2c'): SnmpCredentials => ({ version, community: SECRETS.community });

  test('without a configuration: what can be seen, hostile text escaped, nothing answered', async () => {
    const socket = await world.datagrams.bind({ address: '127.0.0.1', port: 0 }, { receiveBufferBytes: 65_536 });
    const heard: Buffer[] = [];
    socket.onMessage((bytes) => heard.push(bytes));
    const [one, two, three] = [await sender(community('1')), await sender(community('2c')), await sender(CREDENTIALS)];
    const run = await listening(['--listen', '127.0.0.1:0', '--count', '5'], async (to) => {
      const hostile = { ...stop, confirmed: false, strData: '\u001b]0;owned\u0007\nforged line' };
      await one.send('them', to, { ...hostile, root: 134 }, { timeoutMs: 100 });
      await two.send('them', to, stop, { timeoutMs: 100 });
      await three.send('them', to, { ...stop, confirmed: false }, { timeoutMs: 100 });
      await three.send('them', to, stop, { timeoutMs: 100 });
      socket.send(Buffer.from('GET / HTTP/1.0\n'), to);
    });
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(run.stdout).not.toContain('\u001b');
    expect(lines[0]).toMatch(
      / v1 trap \(community of 16 octets\) agent-addr 127\.0\.0\.1 2323232 0 root 134 "\\u001b\]0;owned\\u0007\\nforged line"/,
    );
    expect(lines[1]).toMatch(/ v2c inform \(community of 16 octets\) 2323232 0 root 91 "1 stop 01JD/);
    expect(lines[2]).toContain(` v3 user "pair" authPriv, engine ${TRAP_ENGINE}, boots `);
    expect(lines[3]).toContain('asks for our engine id (discovery), and is not answered');
    expect(lines[4]).toContain('not SNMP');
    expect(heard).toEqual([]);
    expect(run.code).toBe(0);
    await Promise.all([one.close(), two.close(), three.close(), socket.close()]);
  });

  test('with one: judged as the agent would, not answered', async () => {
    const config = writeConfig('127.0.0.1:9');
    const known = await sender(CREDENTIALS);
    const router = await sender(community('1'));
    const run = await listening(['-c', config, '--count', '5', '--json'], async (to) => {
      const signal = (intData1: number, strData: string) => ({ ...stop, intData1, strData });
      // The first finds the engine: a clock that is asked for is one line (refused), as in the agent.
      const text = encodeSignalText({ phase: 'stop', incident: ID, keys: {} });
      expect(await known.send('them', to, signal(2323232, text), { timeoutMs: 200 })).toMatchObject({ kind: 'failed' });
      await known.send('them', to, signal(2323299, text), { timeoutMs: 200 });
      await router.send('them', to, { ...stop, confirmed: false, strData: '' }, { timeoutMs: 200 });
      const stranger = await sender({ version: '1', community: 'nobody-knows' });
      await stranger.send('them', to, { ...stop, confirmed: false }, { timeoutMs: 200 });
      await stranger.close();
    });
    const told = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told).toMatchObject([
      { accepted: false, reason: 'not-in-time-window' },
      { peer: 'hub1', accepted: true, phase: 'stop', version: '3', confirmed: true, answered: false },
      { peer: 'hub1', accepted: false, reason: 'value' },
      { peer: 'router', accepted: true, phase: 'stop', version: '1', strData: '' },
      { peer: null, accepted: false, reason: 'community' },
    ]);
    await Promise.all([known.close(), router.close()]);
  });

  test('--answer answers, and says what that means', async () => {
    const config = writeConfig('127.0.0.1:9');
    const known = await sender(CREDENTIALS);
    const run = await listening(['-c', config, '--count', '2', '--answer'], async (to) => {
      const text = encodeSignalText({ phase: 'stop', incident: ID, keys: {} });
      expect(await known.send('them', to, { ...stop, strData: text }, { timeoutMs: 5_000 })).toMatchObject({
        kind: 'acknowledged',
      });
    });
    expect(run.stderr).toContain('informs are ANSWERED');
    expect(run.stdout).toMatch(/ hub1 v3 inform 2323232 0 root 91 "1 stop 01KK\w+" accepted: stop$/m);
    await known.close();
  });

  test('a flood is printed at a pace, the rest counted', async () => {
    const run = await listening(['--listen', '127.0.0.1:0', '--for', '900ms'], async (to) => {
      const socket = await world.datagrams.bind({ address: '127.0.0.1', port: 0 }, { receiveBufferBytes: 65_536 });
      for (let n = 0; n < 300; n++) socket.send(Buffer.from(`junk ${n}`), to);
      await socket.close();
    });
    expect(run.stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
    expect(run.stderr).toMatch(/more came faster than 100 a second/);
  });

  test('a port that is taken, and usage', async () => {
    const to = await open();
    expect(await cli(['signal', 'listen', '-c', writeConfig('127.0.0.1:9', to)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the agent itself may have it: listen beside it with --listen'),
    });
    expect(await cli(['signal', 'listen'])).toMatchObject({ code: 2, stderr: expect.stringContaining('where?') });
    expect((await cli(['signal', 'listen', '--listen', to, '--answer'])).stderr).toContain('--answer needs -c FILE');
    expect((await cli(['signal', 'listen', '--listen', to, '--count', '0'])).stderr).toContain('a whole number from 1');
  });
});
