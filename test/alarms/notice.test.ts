/** agent/alarms/notice.ts and syslog-message.ts: the JSON and the line of docs/alarms.md, letter by letter; bounds, hostile texts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { environmentOf } from '../../agent/alarms/command.ts';
import { lineOf, type Notice, noticeOf, noticeStatuses } from '../../agent/alarms/notice.ts';
import { syslogMessage, syslogSeverity } from '../../agent/alarms/syslog-message.ts';
import { wall } from '../../shared/model/time.ts';
import { facts, SINCE, speaker } from './standing.ts';

const page = readFileSync(new URL('../../docs/alarms.md', import.meta.url), 'utf8');
const AT = wall(Date.UTC(2026, 2, 12, 18, 32, 41, 20));
const notice = (change: Partial<Notice> = {}): Notice => ({
  ...noticeOf({ status: 'repeated', alarm: facts(), repeats: 2, flapping: false }, speaker, AT),
  ...change,
});
const withText = (text: string, remedy: string | null = facts().remedy): Notice =>
  notice({ alarm: { ...notice().alarm, text, remedy } });

describe('docs/alarms.md', () => {
  test('its JSON is what is sent', () => {
    expect(/```json\n([\s\S]*?)```/.exec(page)?.[1]).toBe(`${JSON.stringify(notice(), null, 2)}\n`);
  });

  test('its syslog line is what is sent', () => {
    expect(/```\n(<\d[\s\S]*?)\n```/.exec(page)?.[1]).toBe(syslogMessage(notice(), 'rfc5424', 'daemon').toString());
  });

  test('its statuses and variables are those of the code', () => {
    for (const status of noticeStatuses) expect(page).toContain(`\`${status}\``);
    const named = [...page.matchAll(/`(SPITRAP_[A-Z_]+)`/g)].map((match) => match[1]);
    expect(named).toEqual(Object.keys(environmentOf(notice())).filter((name) => name.startsWith('SPITRAP_')));
  });
});

test('the id: the same for each attempt, another for each other notice', () => {
  const idOf = (status: Notice['status'], repeats: number, id = 'a3', since = SINCE, at = AT): string =>
    noticeOf({ status, alarm: facts({ id, sinceWall: since }), repeats, flapping: false }, speaker, at).id;
  expect(idOf('raised', 0)).toBe(idOf('raised', 0, 'a3', SINCE, wall(AT + 60_000)));
  const others = [
    idOf('repeated', 1),
    idOf('repeated', 2),
    idOf('cleared', 2),
    idOf('raised', 0, 'a4'),
    idOf('raised', 0, 'a3', AT),
  ];
  expect(new Set([idOf('raised', 0), ...others]).size).toBe(6);
});

test('a damaged time does not throw', () => {
  expect(
    noticeOf({ status: 'raised', alarm: facts({ sinceWall: wall(9e99) }), repeats: 0, flapping: false }, speaker, AT).alarm.since,
  ).toBe('1970-01-01T00:00:00.000Z');
});

describe('one line', () => {
  test('too long: the text gives way, what to type stays', () => {
    const line = lineOf(withText('x'.repeat(1_000)), 600);
    expect(line.length).toBe(600);
    expect(line).toMatch(
      /^ALARM a3 \(critical\) on hub1, repeat 2: x+\.\.\.; do: log in to hub1 \(192\.0\.2\.1\) and type: undebug all \[key /,
    );
  });

  test.each<[status: Notice['status'], head: string, remedy: boolean]>([
    ['raised', 'ALARM a3 (critical) on hub1: ', true],
    ['repeated', 'ALARM a3 (critical) on hub1, repeat 2: ', true],
    ['cleared', 'over a3 (critical) on hub1: ', false],
    ['acknowledged', 'acknowledged a3 (critical) on hub1: ', false],
  ])('%s', (status, head, remedy) => {
    const line = lineOf(notice({ status }), 2_000);
    expect(line.startsWith(head)).toBe(true);
    expect(line.includes('; do: ')).toBe(remedy);
  });
});

describe('syslog', () => {
  test.each<[status: Notice['status'], severity: 'critical' | 'warning', isTest: boolean, code: number]>([
    ['raised', 'critical', false, 2],
    ['repeated', 'critical', false, 2],
    ['raised', 'warning', false, 4],
    ['cleared', 'critical', false, 5],
    ['acknowledged', 'critical', false, 5],
    ['raised', 'critical', true, 5],
  ])('%s %s, test %s: severity %i', (status, severity, isTest, code) => {
    expect(syslogSeverity(notice({ status, test: isTest, alarm: { ...notice().alarm, severity } }))).toBe(code);
  });

  test.each([
    ['user', 10],
    ['daemon', 26],
    ['cron', 74],
    ['local0', 130],
    ['local7', 186],
  ])('facility %s', (facility, priority) => {
    expect(syslogMessage(notice(), 'rfc5424', facility).toString()).toMatch(new RegExp(`^<${priority}>1 `));
  });

  test('RFC 3164: local time, host without its domain', () => {
    const at = new Date(2026, 2, 2, 8, 5, 9).toISOString();
    expect(syslogMessage(notice({ at }), 'rfc3164', 'daemon').toString()).toMatch(
      /^<26>Mar {2}2 08:05:09 agent1 spitrap: ALARM a3 /,
    );
  });

  test.each(['rfc5424', 'rfc3164'] as const)('%s: bounded, one line of ASCII, whatever the text', (format) => {
    for (const text of ['x'.repeat(5_000), '\u0000\n\u001b[2J\u202e'.repeat(300), 'é日😀'.repeat(400), '\ud800'.repeat(600), ''])
      for (const remedy of [null, 'type: undebug all', 'ü'.repeat(900)]) {
        const bytes = syslogMessage(withText(text, remedy), format, 'daemon');
        expect(bytes.length).toBeLessThanOrEqual(format === 'rfc5424' ? 2_048 : 1_024);
        expect(bytes.every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
      }
  });

  test('a host name that is none', () => {
    const { agent } = speaker;
    const from = (host: string) =>
      syslogMessage(notice({ agent: { ...agent, host } }), 'rfc5424', 'daemon')
        .toString()
        .split(' ')[2];
    expect([from(''), from('a b\nc'), from('é')]).toEqual(['-', 'abc', '-']);
  });
});

test('variables: printable ASCII, one line, nothing of ours', () => {
  const environment = environmentOf(withText('a\n$(reboot)\u001b é', null));
  expect(environment['SPITRAP_TEXT']).toBe('a\\n$(reboot)\\x1b \\u{e9}');
  expect(environment).toMatchObject({ SPITRAP_REMEDY: '', SPITRAP_STATUS: 'repeated', SPITRAP_REPEATS: '2', SPITRAP_TEST: '' });
  expect(Object.keys(environment).filter((name) => !name.startsWith('SPITRAP_'))).toEqual(['PATH', 'LANG']);
  for (const value of Object.values(environment)) expect(value).toMatch(/^[\x20-\x7e]*$/);
});
