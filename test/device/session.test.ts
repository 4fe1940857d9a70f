import { describe, expect, test } from 'vitest';
import { noAudit } from '../../agent/device/audit.ts';
import { openSession } from '../../agent/device/open-session.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type LoggedIn, logIn, target } from '../support/log-in.ts';
import { ScriptedIos, type ScriptedOptions } from '../support/scripted-ios.ts';

const CLOCK = '*18:22:10.706 UTC Thu Mar 12 2026\n';

async function run({ clock, session }: LoggedIn, command: string, advanceMs = 500, budget = {}): Promise<CommandResult> {
  const running = session.run(command, { timeoutMs: 10_000, bytesMax: 100_000, ...budget });
  await clock.advance(advanceMs);
  return await running;
}

const tenLines = Array.from({ length: 10 }, (_, i) => `line ${i} of ten`)
  .join('\n')
  .concat('\n');

describe.each(['bytes', 'whole'] as const)('delivered in %s', (delivery) => {
  const ios = (options: ScriptedOptions = {}) => new ScriptedIos({ delivery, answer: () => CLOCK, ...options });

  test('learns the prompt behind a banner that ends in something like one', async () => {
    const box = ios({ banner: 'Authorised access only\nmenu#\nNotice to all users#' });
    const { session } = await logIn(box);
    expect(session.hostname).toBe('hub');
    expect(session.mode).toBe('enable');
  });

  test('enable with its password; the output is without echo and prompt', async () => {
    const box = ios({ enableSecret: 's3cret' });
    const logged = await logIn(box, { enablePassword: 's3cret' });
    expect(logged.session.mode).toBe('enable');
    const result = await run(logged, 'show clock');
    expect(result).toMatchObject({ status: 'ok', output: CLOCK, detail: null, command: 'show clock' });
    expect(box.typed).toEqual(['', 'enable', 'terminal length 0', 'terminal width 0', 'show clock']);
  });

  test('a wrong enable password is ENABLE_REFUSED and quotes the device; the password is tried once', async () => {
    const box = ios({ enableSecret: 's3cret' });
    await expect(logIn(box, { enablePassword: 'wrong' })).rejects.toMatchObject({
      code: 'ENABLE_REFUSED',
      message: expect.stringContaining('% Bad secrets'),
    });
    expect(box.last.written.split('wrong')).toHaveLength(2);
    expect(box.openLines).toBe(0);
  });

  test('pages are answered and leave no trace, indents included', async () => {
    const output = tenLines.replace(/line 5/, '     spi: 0x11C(284) line 5');
    const box = ios({
      pageLines: 3,
      answer: (command) => (command.startsWith('terminal') ? '% Authorization failed.\n' : output),
    });
    const result = await run(await logIn(box), 'show logging');
    expect(result).toMatchObject({ status: 'ok', output });
  });

  test('a refusal is data: the line right after the echo', async () => {
    const logged = await logIn(ios({ answer: () => undefined }));
    const result = await run(logged, 'show crypto ikev2 sa');
    expect(result).toMatchObject({ status: 'refused', detail: "% Invalid input detected at '^' marker." });
    expect(result.output).toContain('^\n% Invalid input');
  });

  test('the same words further down are output', async () => {
    const output = `Log Buffer (4096 bytes):\n% Invalid input detected at '^' marker.\n% Authorization failed.\n`;
    expect(await run(await logIn(ios({ answer: () => output })), 'show logging')).toMatchObject({ status: 'ok', output });
  });

  test('a refusal behind the exec prompt timestamp preamble, which stays in the output', async () => {
    const output = `Load for five secs: 1%/0%; one minute: 2%; five minutes: 3%\nTime source is NTP, 18:56:04.554 EST Mon Oct 17 2016\n\n% Incomplete command.\n`;
    const result = await run(await logIn(ios({ answer: () => output })), 'show crypto');
    expect(result).toMatchObject({ status: 'refused', detail: '% Incomplete command.', output });
  });

  test.each<[name: string, echo: (command: string) => string]>([
    ['wrapped at a column', (c) => `${c.slice(0, 20)}\r\n${c.slice(20)}`],
    ['scrolled sideways', (c) => `${c.slice(0, 20)}\rhub#$${c.slice(14)}`],
    ['scrolled with backspaces', (c) => `${c.slice(0, 20)}${'\b'.repeat(20)}$${c.slice(-19)}`],
    [
      'cut by a log message',
      (c) => `${c.slice(0, 9)}*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console\r\n${c.slice(9)}`,
    ],
    [
      'after a log message, shown again',
      (c) => `${c.slice(0, 9)}\r\n*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console\r\nhub#${c}`,
    ],
  ])('echo %s', async (_name, echo) => {
    const logged = await logIn(ios({ echo, answer: () => CLOCK }));
    expect(await run(logged, 'show crypto ipsec sa peer 11.1.1.3 detail')).toMatchObject({ status: 'ok', output: CLOCK });
  });

  test('log messages around the prompt do not hide it', async () => {
    const message = '*Mar 12 18:22:11.000: %SYS-5-CONFIG_I: Configured from console by vty0';
    const box = ios({
      answer: (command, line) => {
        if (command !== 'show clock') return '';
        line.say(`*18:22:10.706 UTC Thu Mar 12 2026\r\nhub#${message}\r\n`);
        return null;
      },
    });
    const logged = await logIn(box);
    const before = box.last.written.length;
    const running = logged.session.run('show clock', { timeoutMs: 10_000, bytesMax: 1_000 });
    await logged.clock.advance(450);
    expect(box.last.written.slice(before)).toBe('show clock\r\r');
    box.last.release('\n');
    await logged.clock.advance(100);
    expect(await running).toMatchObject({ status: 'ok', output: CLOCK });
    expect(logged.strays).toContain(message);
  });

  test('time is up: what came is kept, and the next command never reads the rest', async () => {
    const box = ios({
      answer: (command, line) => {
        if (command === 'show crypto ipsec sa detail') {
          line.say('first half\r\nsecond ha');
          return null;
        }
        return command === '^C' ? '' : CLOCK;
      },
    });
    const logged = await logIn(box);
    const late = await run(logged, 'show crypto ipsec sa detail', 10_000);
    expect(late).toMatchObject({ status: 'timeout', output: 'first half\nsecond ha', tookMs: 10_000 });
    box.last.say('lf\r\nleftover\r\nhub#');
    expect(await run(logged, 'show clock')).toMatchObject({ status: 'ok', output: CLOCK });
    expect(box.last.written).toContain('\x03');
  });

  test('a line that does not give its prompt back is closed', async () => {
    const logged = await logIn(ios({ answer: (command) => (command.startsWith('terminal') ? '' : null) }));
    expect(await run(logged, 'show clock', 10_000)).toMatchObject({ status: 'timeout', output: '' });
    const next = logged.session.run('show debugging', { timeoutMs: 10_000, bytesMax: 1_000 });
    await logged.clock.advance(2_000);
    expect(logged.session.closed).toBe(true);
    expect(await next).toMatchObject({ status: 'closed', detail: expect.stringContaining('no prompt within 2000 ms') });
  });

  test('bytes are up: cut at the budget, the session goes on', async () => {
    const box = ios({ answer: (command) => (command.startsWith('show logging') ? null : CLOCK) });
    const logged = await logIn(box);
    const running = logged.session.run('show logging', { timeoutMs: 10_000, bytesMax: 105 });
    await logged.clock.advance(10);
    box.last.say('0123456789012345678\r\n'.repeat(50));
    await logged.clock.advance(100);
    const cut = await running;
    expect(cut).toMatchObject({ status: 'too-long', detail: 'cut at 105 bytes' });
    expect(cut.output).toHaveLength(105);
    expect(await run(logged, 'show clock')).toMatchObject({ status: 'ok', output: CLOCK });
  });

  test('questions are answered no', async () => {
    const box = ios({
      answer: (command, line) => {
        if (command !== 'undebug all') return '';
        line.say('Proceed with removal? [yes/no]: ');
        return null;
      },
    });
    const logged = await logIn(box);
    const running = run(logged, 'undebug all', 200);
    await logged.clock.advance(200);
    expect(box.last.written).toMatch(/undebug all\rno\r$/);
    box.last.release('no\n');
    await logged.clock.advance(100);
    expect(await running).toMatchObject({ status: 'ok' });
    expect(logged.session.counters.questions).toBe(1);
  });

  test('a host name that changes under us is noticed and learned', async () => {
    const box = ios({
      answer: (command) => {
        if (command === 'show version') box.hostname = 'renamed-hub';
        return CLOCK;
      },
    });
    const logged = await logIn(box);
    expect(await run(logged, 'show version', 5_000)).toMatchObject({ status: 'ok', output: CLOCK });
    expect(logged.session.hostname).toBe('renamed-hub');
    expect(logged.session.counters.renames).toBe(1);
    expect(await run(logged, 'show clock')).toMatchObject({ status: 'ok', output: CLOCK });
  });

  test('text that only looks like another prompt stays in the output', async () => {
    const box = ios({
      answer: (command, line) => {
        if (command !== 'show version') return command === '^C' ? '' : CLOCK;
        line.say('core#');
        return null;
      },
    });
    const logged = await logIn(box);
    const running = run(logged, 'show version', 1_600);
    await logged.clock.advance(1_600);
    box.last.release(' is what it says\n');
    await logged.clock.advance(100);
    expect(await running).toMatchObject({ status: 'ok', output: 'core#\n is what it says\n' });
  });

  test('dropped in the middle: what came is kept', async () => {
    const box = ios({
      answer: (command, line) => {
        if (command !== 'show clock') return '';
        line.say('half a li');
        line.drop();
        return null;
      },
    });
    expect(await run(await logIn(box), 'show clock')).toMatchObject({
      status: 'closed',
      output: 'half a li',
      detail: expect.stringContaining('SSH_CLOSED'),
    });
  });

  test('escape sequences, bells and NULs are gone; UTF-8 stays', async () => {
    const box = ios({
      answer: (c) =>
        c === 'show clock' ? Buffer.from('\x1b[1mbold\x1b[0m\x07\0 \x1b]0;title\x07München\n', 'utf8').toString('latin1') : '',
    });
    expect(await run(await logIn(box), 'show clock')).toMatchObject({ output: 'bold München\n' });
  });

  test('logs out with a line, and hangs up when that is not answered', async () => {
    const box = ios();
    const { clock, session } = await logIn(box);
    const closing = session.close();
    await clock.advance(2_000);
    await closing;
    expect(box.typed.at(-1)).toBe('exit');
    expect(box.openLines).toBe(0);
  });
});

test('outside the grammar nothing is sent', async () => {
  const box = new ScriptedIos({ answer: () => '' });
  const { session } = await logIn(box);
  const before = box.last.written;
  for (const line of [
    'clear crypto sa',
    'reload',
    'show clock\nreload',
    'show tech-support',
    'show run | redirect tftp:',
    'configure terminal',
    '',
  ]) {
    await expect(session.run(line, { timeoutMs: 1_000, bytesMax: 1_000 })).rejects.toMatchObject({
      code: 'COMMAND_OUTSIDE_GRAMMAR',
    });
  }
  expect(box.last.written).toBe(before);
});

test('no prompt at all: PROMPT_TIMEOUT quotes what stands there, and Enter was tried', async () => {
  const clock = new FakeClock();
  const box = new ScriptedIos({ banner: 'Press RETURN to get started' });
  box.hostname = '[choose a menu] ';
  const opening = openSession({
    transport: box,
    target,
    platform: ciscoIos,
    clock,
    audit: noAudit,
    device: 'hub1',
    purpose: 'control',
    enablePassword: null,
    loginTimeoutMs: 15_000,
  });
  opening.catch(() => {});
  await clock.advance(20_000);
  await expect(opening).rejects.toMatchObject({
    code: 'PROMPT_TIMEOUT',
    retryable: true,
    message: expect.stringContaining('choose a menu'),
  });
  expect(box.last.written).toBe('\r\r\r');
});

test('all lines taken, said as text', async () => {
  const clock = new FakeClock();
  const box = new ScriptedIos();
  const opening = openSession({
    transport: box,
    target,
    platform: ciscoIos,
    clock,
    audit: noAudit,
    device: 'hub1',
    purpose: 'control',
    enablePassword: null,
    loginTimeoutMs: 15_000,
  });
  opening.catch(() => {});
  await clock.advance(0);
  box.last.say('\r\n% All vty lines are in use\r\n');
  box.last.drop(new SpitrapError('SSH_CLOSED', 'closed by the far end', { retryable: true }));
  await clock.advance(10);
  await expect(opening).rejects.toMatchObject({ code: 'NO_FREE_VTY', retryable: true });
});

test('keepalive: an empty line; no prompt after it closes the session', async () => {
  let dead = false;
  const box = new ScriptedIos({ answer: () => (dead ? null : '') });
  const { clock, session } = await logIn(box);
  const alive = session.keepalive(5_000);
  await clock.advance(100);
  expect(await alive).toBe(true);
  dead = true;
  // The far end is gone without a word.
  box.last.write = () => {};
  const gone = session.keepalive(5_000);
  await clock.advance(5_000);
  expect(await gone).toBe(false);
  expect(session.closed).toBe(true);
});
