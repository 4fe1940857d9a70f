/** The table of `spitrap check`: 80 columns, text of the device escaped, lines to enter kept whole. */
import { expect, test } from 'vitest';
import type { CheckRow } from '../../agent/check/row.ts';
import { attentionLines, countRows, countsText, rowText } from '../../agent/cli/check-text.ts';
import { ansiPaint, noPaint } from '../../agent/status/text-layout.ts';

const row = (change: Partial<CheckRow>): CheckRow => ({
  ...{ section: 'device', title: 'login', state: 'ok', detail: 'as spitrap', remedy: null, enter: [] },
  ...change,
});

test('a section once, a tick, the detail beside its title', () => {
  expect(rowText(row({}), null, noPaint)).toBe('device\n  ✓ login             as spitrap');
  expect(rowText(row({}), 'device', noPaint)).toBe('  ✓ login             as spitrap');
  expect(rowText(row({}), 'this host', noPaint)).toBe('\ndevice\n  ✓ login             as spitrap');
  expect(rowText(row({ state: 'skipped' }), 'device', noPaint)).toMatch(/^ {2}– /);
});

test('a failure: remedy, then the lines to enter, whole', () => {
  const enter = [`snmp-server user pair spitrap remote 198.51.100.1 udp-port 10162 ${'x'.repeat(60)}`];
  const text = rowText(
    row({ state: 'fail', detail: 'no '.repeat(40).trim(), remedy: 'do '.repeat(40).trim(), enter }),
    'device',
    noPaint,
  );
  expect(text).toContain(`\n      ${enter[0]}`);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([`      ${enter[0]}`]);
  expect(text).toMatch(/ → do do/);
});

test('a long title has a line of its own', () => {
  expect(rowText(row({ title: 'spoke1 [2001:db8::9]:10162' }), 'device', noPaint)).toBe(
    `  ✓ spoke1 [2001:db8::9]:10162\n${' '.repeat(22)}as spitrap`,
  );
});

test('what a device said can not move the cursor, and is bounded', () => {
  const text = rowText(
    row({ title: 'a\u001b[2J', detail: `b\u001b]0;x\u0007${'c'.repeat(5_000)}`, remedy: 'd\r', enter: ['e\nf'] }),
    'device',
    noPaint,
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f]/);
  expect(text.length).toBeLessThan(2_000);
  expect(text).toContain('e\\nf');
});

test('colours mark the tick alone', () => {
  expect(rowText(row({ state: 'fail' }), 'device', ansiPaint)).toBe('  \u001b[31m✗\u001b[0m login             as spitrap');
});

test('counts', () => {
  const rows = [row({}), row({ state: 'warn' }), row({ state: 'fail' }), row({ state: 'skipped' }), row({ state: 'warn' })];
  expect(countsText(countRows(rows))).toBe('1 in order, 2 warnings, 1 failed, 1 not looked at');
});

test('which rows failed or warn, once more at the end', () => {
  const rows = [row({ title: 'login', state: 'fail' }), row({ title: 'paging' }), row({ title: 'alarms', state: 'warn' })];
  expect(attentionLines(rows)).toEqual(['failed:   login', 'warnings: alarms']);
  expect(attentionLines([row({})])).toEqual([]);
  const many = Array.from({ length: 30 }, (_, at) => row({ title: `topic ${at}`, state: 'warn' }));
  expect(attentionLines(many).every((line) => line.length <= 80)).toBe(true);
});
