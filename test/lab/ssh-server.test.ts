import { connect } from 'node:net';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { createBox } from '../../agent/lab/box.ts';
import { type LabSshServer, startSshServer } from '../../agent/lab/ssh-server.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { type EchoBox, echoBox } from '../support/echo-box.ts';
import { openShell } from '../support/ssh-client.ts';

const ADDRESS = '127.0.0.1';
const user = { user: 'spitrap', password: 'lab secret' };
const open: LabSshServer[] = [];

async function serve(box: EchoBox, legacy = false): Promise<LabSshServer> {
  const server = await startSshServer({
    box,
    clock: createClock(),
    listen: { address: ADDRESS, port: 0 },
    users: [user],
    legacy,
  });
  open.push(server);
  return server;
}

const login = (server: LabSshServer, change: ssh2.ConnectConfig = {}): ssh2.ConnectConfig => ({
  host: ADDRESS,
  port: server.local.port,
  username: user.user,
  password: user.password,
  ...change,
});

/** The error with which a login ends; fails the test when it succeeds. */
async function refusal(config: ssh2.ConnectConfig): Promise<Error & { code?: string }> {
  return openShell(config).then(
    (shell) => {
      shell.end();
      throw new Error('the login succeeded');
    },
    (error: Error) => error,
  );
}

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

describe('a simulated box behind SSH', () => {
  test('password login: what the box said before the shell, then both directions', async () => {
    const shell = await openShell(login(await serve(echoBox(5))));
    await shell.until('echo>');
    shell.type('show clock');
    await shell.until('show clock');
    shell.end();
    await shell.closed;
  });

  test('keyboard-interactive login', async () => {
    const server = await serve(echoBox(5));
    const asked: string[] = [];
    const shell = await new Promise<string>((resolve, reject) => {
      const client = new ssh2.Client();
      client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => {
        asked.push(...prompts.map((each) => each.prompt));
        answer([user.password]);
      });
      client.on('error', reject);
      client.on('ready', () => {
        resolve('in');
        client.end();
      });
      client.connect({ host: ADDRESS, port: server.local.port, username: user.user, tryKeyboard: true });
    });
    expect(shell).toBe('in');
    expect(asked).toEqual(['Password: ']);
  });

  test('the host key is the announced one', async () => {
    const server = await serve(echoBox(5));
    const seen: string[] = [];
    const shell = await openShell(
      login(server, {
        hostHash: 'sha256',
        hostVerifier: (hash: string) => {
          seen.push(`SHA256:${Buffer.from(hash, 'hex').toString('base64').replace(/=+$/, '')}`);
          return true;
        },
      }),
    );
    shell.end();
    expect(seen).toEqual([server.hostKeyFingerprint]);
  });

  test('a wrong password is refused and its line is free again', async () => {
    const box = echoBox(1);
    const server = await serve(box);
    expect((await refusal(login(server, { password: 'lab secre' }))).message).toMatch(/authentication/i);
    await expect.poll(() => box.linesOpen()).toBe(0);
    (await openShell(login(server))).end();
  });

  test('a user that is not there is refused', async () => {
    expect((await refusal(login(await serve(echoBox(1)), { username: 'admin' }))).message).toMatch(/authentication/i);
  });

  test('all VTY lines taken: the connection is reset before any SSH', async () => {
    const server = await serve(echoBox(1));
    const first = await openShell(login(server));
    expect((await refusal(login(server))).message).toMatch(/ECONNRESET|closed/);
    first.end();
    await first.closed;
    await expect.poll(() => server.connections()).toBe(0);
    (await openShell(login(server))).end();
  });

  test('a second shell on the same connection is refused, and so is exec', async () => {
    const server = await serve(echoBox(5));
    const outcome = await new Promise<string[]>((resolve, reject) => {
      const client = new ssh2.Client();
      const seen: string[] = [];
      client.on('error', reject);
      client.on('ready', () => {
        client.exec('show clock', (execError) => {
          seen.push(execError ? 'exec refused' : 'exec accepted');
          client.shell((error) => {
            seen.push(error ? 'shell refused' : 'shell accepted');
            client.shell((again) => {
              seen.push(again ? 'shell refused' : 'shell accepted');
              client.end();
              resolve(seen);
            });
          });
        });
      });
      client.connect(login(server));
    });
    expect(outcome).toEqual(['exec refused', 'shell accepted', 'shell refused']);
  });

  test('`exit` on the box ends the connection, after its last words', async () => {
    const box = echoBox(5);
    const shell = await openShell(login(await serve(box)));
    shell.type('exit');
    await shell.until('exit');
    await shell.closed;
    await expect.poll(() => box.linesOpen()).toBe(0);
  });

  test('output beyond the SSH window arrives whole', async () => {
    const shell = await openShell(login(await serve(echoBox(5))));
    shell.type('big');
    const text = await shell.until('END', 10_000);
    expect(text.split('x').length - 1).toBe(3_000_000);
    shell.end();
  });

  test('dropped sessions: the client sees the connection end and the line is free', async () => {
    const box = echoBox(5);
    const server = await serve(box);
    const shell = await openShell(login(server));
    server.dropSessions();
    await shell.closed;
    await expect.poll(() => box.linesOpen()).toBe(0);
  });

  test('a hung box: a login is never answered and a session is silent; when it is back, what was typed arrives', async () => {
    const box = echoBox(5);
    const server = await serve(box);
    const shell = await openShell(login(server));
    await shell.until('echo>');
    box.hang(true);
    shell.type('show clock');
    expect((await refusal(login(server, { readyTimeout: 300 }))).message).toMatch(/timed out/i);
    expect(shell.text()).not.toContain('show clock');
    box.hang(false);
    await shell.until('show clock');
    const second = await openShell(login(server));
    await second.until('echo>');
    second.end();
    shell.end();
  });

  test('a box that goes down says no goodbye; when it is back it knows nothing of the old session', async () => {
    const clock = createClock();
    const box = createBox({
      hostname: 'hub',
      platform: 'cisco-ios',
      clock,
      seed: 1,
      cryptoAddress: '192.0.2.1',
      enableSecret: null,
      vtyLines: 2,
      messageIntervalMs: 60_000,
      consoleLevel: null,
    });
    const server = await startSshServer({ box, clock, listen: { address: ADDRESS, port: 0 }, users: [user], legacy: false });
    open.push(server);
    const shell = await openShell(login(server));
    await shell.until('hub#');
    let over = false;
    void shell.closed.then(() => {
      over = true;
    });
    box.reload(700);
    expect((await refusal(login(server, { readyTimeout: 300 }))).message).toMatch(/timed out/i);
    expect(over).toBe(false);
    await shell.closed;
    const second = await openShell(login(server));
    await second.until('hub#');
    second.end();
    await second.closed;
    box.close();
  });

  test('garbage instead of SSH is hung up on', async () => {
    const box = echoBox(1);
    const server = await serve(box);
    await new Promise<void>((resolve) => {
      const socket = connect(server.local.port, ADDRESS, () => socket.write(Buffer.alloc(70_000, 0xff)));
      socket.on('error', () => {});
      socket.resume();
      socket.on('close', () => resolve());
    });
    await expect.poll(() => box.linesOpen()).toBe(0);
  });

  test('a legacy box: no common algorithm for a client of today, a login with the old ones', async () => {
    const server = await serve(echoBox(5), true);
    expect((await refusal(login(server))).message).toMatch(/no matching key exchange/i);
    const shell = await openShell(
      login(server, {
        algorithms: {
          kex: ['diffie-hellman-group14-sha1'],
          serverHostKey: ['ssh-rsa'],
          cipher: ['aes128-cbc'],
          hmac: ['hmac-sha1'],
        },
      }),
    );
    await shell.until('echo>');
    shell.end();
  });

  test('a port that is taken is LISTEN_REFUSED with its name', async () => {
    const { local } = await serve(echoBox(1));
    const error = await startSshServer({
      box: echoBox(1),
      clock: createClock(),
      listen: local,
      users: [user],
      legacy: false,
    }).catch((refused: unknown) => refused);
    expect(isSpitrapError(error, 'LISTEN_REFUSED') && error.message).toContain(`${local.address}:${local.port}`);
  });
});
