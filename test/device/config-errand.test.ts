/** Lines in configuration mode (agent/device/config-errand.ts, Session.configure): taken whole, or left at once; nothing else gets in between. */
import { describe, expect, test } from 'vitest';
import { limits } from '../../shared/limits.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { type LoggedIn, logIn } from '../support/log-in.ts';
import { ScriptedIos, type ScriptedLine, type ScriptedOptions } from '../support/scripted-ios.ts';

const { deadMan } = ciscoIos.arming;
const LINES = deadMan.set(1_800);
const budget = { timeoutMs: 5_000, bytesMax: limits.bannerBytesMax };

/** A scripted line that knows configuration mode: which lines it takes is the test's. */
function configurable(takes: (line: string) => string | null | undefined, options: ScriptedOptions = {}): ScriptedIos {
  const ios: ScriptedIos = new ScriptedIos({
    ...options,
    answer: (command, line) => {
      if (command === '^C') {
        line.mode = '';
        return '';
      }
      if (line.mode === '') {
        if (command !== 'configure terminal') return command.startsWith('show') ? 'shown\n' : '';
        const said = takes(command);
        if (said === undefined || said === null || said.startsWith('%')) return said;
        line.mode = '(config)';
        return 'Enter configuration commands, one per line.  End with CNTL/Z.\n';
      }
      if (command === 'end') {
        const said = takes('end');
        if (said === '') line.mode = '';
        return said;
      }
      if (command.startsWith('event manager applet')) line.mode = '(config-applet)';
      return takes(command);
    },
  });
  return ios;
}

async function configure(box: ScriptedIos, advanceMs = 20_000) {
  const logged = await logIn(box);
  box.typed.length = 0;
  const running = logged.session.configure(LINES, budget);
  await logged.clock.advance(advanceMs);
  return { ...logged, result: await running };
}

const run = async ({ clock, session }: LoggedIn, command: string) => {
  const running = session.run(command, budget);
  await clock.advance(20_000);
  return await running;
};

const refusing =
  (bad: string, said: string | null = '% Invalid input detected\n') =>
  (line: string) =>
    line.startsWith(bad) ? said : '';

describe('the errand', () => {
  test('every line is taken, and it is back at the privileged prompt', async () => {
    const box = configurable(() => '');
    const { session, result } = await configure(box);
    expect(result).toMatchObject({ status: 'ok', detail: null });
    expect(box.typed).toEqual(['configure terminal', ...LINES, 'end']);
    expect(session.mode).toBe('enable');
    expect(session.closed).toBe(false);
  });

  test.each<[title: string, bad: string, said: string | null, status: string, sent: number]>([
    ['no right to configure', 'configure', '% Authorization failed.\n', 'refused', 1],
    ['the applet is refused', 'event manager', '% Invalid input detected\n', 'refused', 2],
    ['the timer is refused', 'event timer', '% Authorization failed.\n', 'refused', 3],
    ['a complaint that is no refusal of the dialogue', 'action 2.0', '% EEM: too many actions\n', 'refused', 5],
    ['the device says no more in the middle', 'action 1.0', null, 'timeout', 4],
  ])('%s: nothing more is sent but what leads back', async (_title, bad, said, status, sent) => {
    const box = configurable(refusing(bad, said));
    const logged = await configure(box);
    expect(logged.result.status).toBe(status);
    expect(logged.result.detail).toContain(bad);
    expect(box.typed.filter((line) => line !== 'end')).toEqual(['configure terminal', ...LINES].slice(0, sent));
    expect(logged.session.mode).toBe('enable');
    expect(await run(logged, 'show clock')).toMatchObject({ status: 'ok', output: 'shown\n' });
  });

  test('configuration mode is not entered, and nothing is said of it: nothing of the errand is typed at the prompt', async () => {
    const box = new ScriptedIos({ answer: () => '' });
    const { result } = await configure(box);
    expect(result).toMatchObject({ status: 'refused', detail: 'configure terminal: no configuration mode', sentAt: null });
    expect(box.typed).toEqual(['configure terminal']);
  });

  test.each<[title: string, end: string | null]>([
    ['is refused', '% Invalid input detected\n'],
    ['hangs', null],
  ])('`end` %s: the session is hung up, and no line is ever typed there', async (_title, end) => {
    const box = configurable((line) => (line === 'end' ? end : ''));
    box.options.answer;
    const logged = await configure(hungForever(box));
    expect(logged.result).toMatchObject({ status: 'closed', detail: expect.stringContaining('end') });
    expect(logged.session.closed).toBe(true);
    expect((await run(logged, 'undebug all')).status).toBe('closed');
    expect(box.typed).not.toContain('undebug all');
  });

  test('a line that waits comes behind it, never into it', async () => {
    const box = configurable(() => '');
    const logged = await logIn(box);
    box.typed.length = 0;
    const errand = logged.session.configure(LINES, budget);
    const other = logged.session.run('show clock', budget);
    await logged.clock.advance(20_000);
    expect((await errand).status).toBe('ok');
    expect((await other).status).toBe('ok');
    expect(box.typed).toEqual(['configure terminal', ...LINES, 'end', 'show clock']);
  });

  test('a stop that waits ends it at once: the rest is not sent, and the session is usable', async () => {
    let seen: ScriptedLine | null = null;
    const box = configurable((line) => (line.startsWith('action 1.0') ? null : ''));
    const logged = await logIn(box);
    seen = box.last;
    const errand = logged.session.configure(LINES, { ...budget, timeoutMs: 60_000 });
    await logged.clock.advance(1_000);
    logged.session.abort('interrupted: undebug all had to be sent');
    const stop = logged.session.run('undebug all', budget);
    await logged.clock.advance(2_000);
    expect(await errand).toMatchObject({ status: 'timeout', detail: expect.stringContaining('interrupted') });
    expect((await stop).status).toBe('ok');
    expect(seen.mode).toBe('');
    expect(box.typed.at(-1)).toBe('undebug all');
  });

  test('the connection drops in the middle: closed, with the reason', async () => {
    const box = configurable((line) => {
      if (line.startsWith('action 1.0')) queueMicrotask(() => box.last.drop());
      return line.startsWith('action 1.0') ? null : '';
    });
    const { result } = await configure(box);
    expect(result).toMatchObject({ status: 'closed', detail: expect.stringContaining('dropped') });
  });

  test('closing a session in the middle hangs up: `exit` would be typed into the configuration', async () => {
    const box = configurable((line) => (line.startsWith('action 1.0') ? null : ''));
    const logged = await logIn(box);
    const errand = logged.session.configure(LINES, budget);
    await logged.clock.advance(1_000);
    const closing = logged.session.close();
    await logged.clock.advance(5_000);
    await closing;
    expect((await errand).status).not.toBe('ok');
    expect(box.typed).not.toContain('exit');
  });

  test('a line outside the grammar of configuration mode: nothing at all is sent', async () => {
    const box = configurable(() => '');
    const logged = await logIn(box);
    box.typed.length = 0;
    await expect(logged.session.configure([...deadMan.remove, 'no logging console'], budget)).rejects.toMatchObject({
      code: 'COMMAND_OUTSIDE_GRAMMAR',
    });
    await expect(logged.session.configure(['show clock'], budget)).rejects.toMatchObject({ code: 'COMMAND_OUTSIDE_GRAMMAR' });
    expect(box.typed).toEqual([]);
  });
});

test('a session that is found in configuration mode without an errand is hung up', async () => {
  const box = configurable(() => '');
  const logged = await logIn(box);
  box.last.mode = '(config)';
  await run(logged, 'show clock');
  expect(logged.session.mode).toBe('config');
  const result = await run(logged, 'undebug all');
  expect(result).toMatchObject({ status: 'closed', detail: expect.stringContaining('configuration mode') });
  expect(box.typed).not.toContain('undebug all');
});

/** `^C` does not help either. */
function hungForever(box: ScriptedIos): ScriptedIos {
  const answer = box.options.answer!;
  return Object.assign(box, {
    options: {
      ...box.options,
      answer: (command: string, line: ScriptedLine) => (command === '^C' ? null : answer(command, line)),
    },
  });
}
