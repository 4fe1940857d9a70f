/** Whatever a device sends, in whatever pieces: nothing throws, every command ends within its time, and a cut changes nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TerminalLines } from '../../agent/device/terminal-lines.ts';
import { limits } from '../../shared/limits.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { logIn } from '../support/log-in.ts';
import { ScriptedIos } from '../support/scripted-ios.ts';

const PAGER = ciscoIos.definition.pager.shows;
const piece = fc.oneof(
  fc.constantFrom(
    '\r\n',
    '\r',
    '\b',
    '\b\b\b',
    ' --More-- ',
    'hub#',
    'hub>',
    'other#',
    '\x1b[2K',
    '\x1b]0;x\x07',
    '\x1b',
    '\x9b',
    '\0',
    '\x07',
    ' ',
    '% Invalid input',
    '[yes/no]: ',
    '[confirm]',
    'Password: ',
    'show clock',
    '*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: x',
    '^C',
    'x'.repeat(600),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
);
const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('lines do not depend on how the bytes are cut', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
      const whole = new TerminalLines(PAGER);
      const bytes = new TerminalLines(PAGER);
      const parts = new TerminalLines(PAGER);
      const expected = whole.feed(text);
      expect([...text].flatMap((byte) => bytes.feed(byte))).toEqual(expected);
      const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      expect(at.slice(1).flatMap((end, index) => parts.feed(text.slice(at[index], end)))).toEqual(expected);
      expect(bytes.partial).toBe(whole.partial);
      expect(parts.partial).toBe(whole.partial);
    }),
    { numRuns: 1_000 },
  );
});

test('a line without an end is cut at its limit and counted', () => {
  const lines = new TerminalLines(PAGER);
  const out = lines.feed('x'.repeat(limits.lineBytesMax * 3 + 5));
  expect(out.map((line) => line.length)).toEqual([limits.lineBytesMax, limits.lineBytesMax, limits.lineBytesMax]);
  expect(lines.partial).toBe('xxxxx');
  expect(lines.cut).toBe(3);
});

test('an endless line, byte by byte, stays cheap and ends with the time of its command', async () => {
  const box = new ScriptedIos({ delivery: 'bytes', answer: (c) => (c === 'show version' ? null : '') });
  const logged = await logIn(box);
  const running = logged.session.run('show version', { timeoutMs: 2_000, bytesMax: 1_000 });
  await logged.clock.advance(10);
  box.last.say('x'.repeat(2 * limits.lineBytesMax));
  await logged.clock.advance(2_000);
  expect(await running).toMatchObject({ status: 'too-long', output: 'x'.repeat(1_000) });
}, 10_000);

test('arbitrary bytes in the middle of a command: it ends in time, and what follows reads its own output', async () => {
  await fc.assert(
    fc.asyncProperty(stream, fc.constantFrom('bytes' as const, 'whole' as const), async (noise, delivery) => {
      const box = new ScriptedIos({
        delivery,
        answer: (c) => (c === 'show version' ? null : c === 'show clock' ? 'MARK\n' : ''),
      });
      const logged = await logIn(box);
      const running = logged.session.run('show version', { timeoutMs: 2_000, bytesMax: 10_000 });
      await logged.clock.advance(10);
      box.last.say(noise);
      await logged.clock.advance(2_000);
      const result = await running;
      expect(result.output.length).toBeLessThanOrEqual(10_000);
      const next = logged.session.run('show clock', { timeoutMs: 10_000, bytesMax: 10_000 });
      await logged.clock.advance(10_000);
      const after = await next;
      // Closed is an honest end, another's output is not.
      if (after.status === 'ok') expect(after.output).toBe('MARK\n');
      expect(logged.clock.waiting.length).toBeLessThan(6);
    }),
    { numRuns: 60 },
  );
});

test('output cut anywhere and then silence: what came is kept', async () => {
  const output = 'line one\r\n  line two\r\nline three\r\n';
  await fc.assert(
    fc.asyncProperty(fc.nat(output.length), async (cut) => {
      const box = new ScriptedIos({ answer: (c) => (c === 'show version' ? null : '') });
      const logged = await logIn(box);
      const running = logged.session.run('show version', { timeoutMs: 2_000, bytesMax: 10_000 });
      await logged.clock.advance(10);
      box.last.say(output.slice(0, cut));
      await logged.clock.advance(2_000);
      expect(await running).toMatchObject({ status: 'timeout', output: output.slice(0, cut).replace(/\r/g, '') });
    }),
    { numRuns: 30 },
  );
});
