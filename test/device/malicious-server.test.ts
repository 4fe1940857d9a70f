/** A device, or somebody in its place, that means harm: it ends in time, costs what is bounded, and gets nothing typed that was not asked for. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { sshShells } from '../../agent/device/transport.ts';
import { createHostKey } from '../../agent/lab/host-key.ts';
import type { Shell, ShellTransport } from '../../agent/ports.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { logIn, target } from '../support/log-in.ts';
import { ScriptedIos } from '../support/scripted-ios.ts';

const CLOCK = '*18:22:10.706 UTC Thu Mar 12 2026\n';
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** Listens on loopback; everything still connected is cut off at the end of the test. */
async function listening(server: Server | ssh2.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (!('destroy' in socket)) return;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

const openAt = (port: number, timeoutMs: number): Promise<Shell> =>
  sshShells(createClock()).open({ ...target, address: '127.0.0.1', port, password: 'tr0ub4dor' }, { timeoutMs });

describe('before the login', () => {
  test.each<[what: string, line: string]>([
    ['lines without end before its name', 'Welcome to a server of many words\r\n'],
    ['one line without end', 'x'.repeat(1_000)],
    ['a name without end', 'SSH-2.0-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
  ])('%s: given up in time, its bytes not kept', async (_what, line) => {
    let sent = 0;
    const port = await listening(
      createServer((socket) => {
        const more = (): void => {
          // 64 MiB at most, in case that nobody ever hangs up.
          while (!socket.destroyed && sent < 64 * 1024 * 1024 && socket.write(line.repeat(64))) sent += 64 * line.length;
        };
        socket.on('drain', () => setImmediate(more));
        more();
      }),
    );
    const before = process.memoryUsage();
    await expect(openAt(port, 700)).rejects.toMatchObject({ code: expect.stringMatching(/^SSH_/) });
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(48 * 1024 * 1024);
  });

  test('silence: given up in time', async () => {
    const port = await listening(createServer(() => {}));
    await expect(openAt(port, 300)).rejects.toMatchObject({ code: 'SSH_UNREACHABLE', retryable: true });
  });

  test('another key than the pinned one: refused before any name or password is sent', async () => {
    const asked: string[] = [];
    const server = new ssh2.Server({ hostKeys: [createHostKey('ed25519').privatePem] }, (client) => {
      client.on('error', () => {});
      client.on('authentication', (context) => {
        asked.push(context.method);
        context.reject();
      });
    });
    const port = await listening(server);
    await expect(openAt(port, 5_000)).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REFUSED', retryable: false });
    expect(asked).toEqual([]);
  });
});

/** Says what it is told to, over and over, one turn at a time, until the session is closed. */
class Babbler implements ShellTransport {
  said = 0;
  closed = false;
  readonly #text: string;
  readonly #clock: FakeClock;

  constructor(text: string, clock: FakeClock) {
    this.#text = text;
    this.#clock = clock;
  }

  async open(): Promise<Shell> {
    const closing: ((reason: null) => void)[] = [];
    return {
      hostKeyFingerprint: 'SHA256:scripted',
      onData: (handler) => {
        const more = (): void => {
          if (this.closed) return;
          this.said += this.#text.length;
          handler(Buffer.from(this.#text, 'latin1'));
          this.#clock.timer('babble', 10, more);
        };
        this.#clock.timer('babble', 10, more);
      },
      onClose: (handler) => {
        closing.push(handler);
      },
      write: () => {},
      close: async () => {
        this.closed = true;
        for (const handler of closing) handler(null);
      },
    };
  }
}

describe('at the login', () => {
  test.each<[what: string, text: string]>([
    ['lines', `${'*'.repeat(78)}\r\n`.repeat(50)],
    ['a line without end', '*'.repeat(4_000)],
    ['prompts of ever other hosts', 'a#\r\nb#\r\nc>\r\n'.repeat(300)],
    ['backspaces and escapes', '\u001b[2J\u0008\u0008\r \u001b]0;x'.repeat(300)],
  ])('a banner without end, of %s: closed at the bound, and said so', async (_what, text) => {
    const clock = new FakeClock();
    const box = new Babbler(text, clock);
    await expect(logIn(box, { clock, waitMs: 60_000 })).rejects.toMatchObject({
      code: 'PROMPT_TIMEOUT',
      message: expect.stringContaining(`more than ${limits.bannerBytesMax} bytes came before a prompt`),
    });
    expect(box.closed).toBe(true);
    expect(box.said).toBeLessThan(limits.bannerBytesMax + 2 * text.length);
  });
});

describe('in the answer to a command', () => {
  test('pages without end: answered until its time is up, never a line more than space and q', async () => {
    const box = new ScriptedIos({
      answer: (command, line) => {
        if (command !== 'show version') return CLOCK;
        line.say('one more line\r\n --More-- ');
        return null;
      },
    });
    const logged = await logIn(box);
    const running = logged.session.run('show version', { timeoutMs: 10_000, bytesMax: 100_000 });
    for (let page = 0; page < 2_000; page += 1) {
      await logged.clock.advance(10);
      box.last.say(`${'\b'.repeat(9)}another page ${page}\r\n --More-- `);
    }
    const { status, output } = await running;
    expect(['timeout', 'too-long']).toContain(status);
    expect(output.length).toBeLessThanOrEqual(100_000);
    const typedAfter = box.last.written.split('show version\r')[1]!;
    expect(typedAfter).toMatch(/^[ q\x03\r]*$/);
  });

  test('a prompt in the middle of it ends that command, and what follows is never the answer of the next', async () => {
    const box = new ScriptedIos({
      answer: (command, line) => {
        if (command !== 'show version') return CLOCK;
        line.say('Cisco IOS Software\r\nhub#');
        return null;
      },
    });
    const logged = await logIn(box);
    const running = logged.session.run('show version', { timeoutMs: 10_000, bytesMax: 100_000 });
    await logged.clock.advance(200);
    expect(await running).toMatchObject({ status: 'ok', output: 'Cisco IOS Software\n' });
    // As if the next command had been typed, and answered well.
    box.last.say('show debugging\r\nNothing is on, believe me\r\nhub#');
    await logged.clock.advance(1_000);
    box.last.release('');
    await logged.clock.advance(1_000);
    const next = logged.session.run('show debugging', { timeoutMs: 10_000, bytesMax: 100_000 });
    await logged.clock.advance(1_000);
    expect(await next).toMatchObject({ status: 'ok', output: CLOCK });
    expect(logged.strays.join('\n')).toContain('believe me');
  });

  test('another host name with every command: learned, counted, and never typed', async () => {
    let renames = 0;
    const box = new ScriptedIos({
      answer: () => {
        renames += 1;
        box.hostname = `hub-${renames}`;
        return CLOCK;
      },
    });
    const logged = await logIn(box, { waitMs: 20_000 });
    for (let i = 0; i < 5; i += 1) {
      const running = logged.session.run('show clock', { timeoutMs: 10_000, bytesMax: 1_000 });
      await logged.clock.advance(5_000);
      expect(await running).toMatchObject({ status: 'ok', output: CLOCK });
    }
    expect(logged.session.counters.renames).toBeGreaterThanOrEqual(5);
    expect(box.last.written).not.toMatch(/hub-/);
  });
});
