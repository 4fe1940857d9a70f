/** A configuration that somebody else wrote: whatever its text, it is refused in words, and the process lives. */
import { describe, expect, test, vi } from 'vitest';
import { readConfigText } from '../../agent/config/config-text.ts';
import { SMALLEST } from './smallest-pair.ts';

const levels = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');

describe('nesting without end', () => {
  test.each([
    ['brackets', '['.repeat(20_000)],
    ['brackets that are closed again', `${'['.repeat(3_000)}${']'.repeat(3_000)}`],
    ['braces', '{a: '.repeat(3_000)],
    ['behind a comment that seems to close them', '[ # ]\n'.repeat(2_000)],
    ['items of items', '- '.repeat(5_000)],
    ['keys of keys', '? '.repeat(5_000)],
    ['indents', levels],
  ])('%s', (_what, text) => {
    const read = readConfigText(text);
    expect(read).toEqual({
      ok: false,
      faults: [{ line: 1, column: 1, remedy: expect.stringContaining('more than 32 levels of nesting') }],
    });
  });
});

test('what is no deeper than settings are is read as ever', () => {
  expect(readConfigText(SMALLEST).ok).toBe(true);
  expect(readConfigText('a: "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["\n').ok).toBe(true);
});

test('a bomb of aliases is refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...[...'bcdefghi'].map((key, i) => `${key}: &${key} [${`*${'abcdefghi'[i]!},`.repeat(9)}]`),
  ];
  expect(readConfigText(bomb.join('\n'))).toMatchObject({ ok: false });
});

test('a mapping as a key makes no word of its own on standard error', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  readConfigText('? { user: x, password: tr0ub4dor }\n: 1\n');
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});
