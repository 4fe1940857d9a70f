/** A record is what it says, of the subject that it came on: whatever an account of the engine may have written. */
import { describe, expect, test } from 'vitest';
import {
  encodeRecord,
  type FleetRecordOf,
  messageIdOf,
  RECORD_BYTES_MAX,
  readRecord,
  subjectOf,
  subjectToken,
} from '../../shared/fleet/record.ts';

const alarm: FleetRecordOf<'alarm'> = {
  ...{ v: 1, site: 'east', device: 'hub 1.a', kind: 'alarm', about: 'peer-silent:spoke', revision: 7, version: '1.0.0' },
  at: '2026-03-12T18:22:10.706Z',
  body: { state: 'raised', severity: 'critical', text: 'x', remedy: null, incident: null, since: '2026-03-12T18:22:10.706Z' },
};

const whyOf = (value: unknown, subject = subjectOf(alarm)): string => {
  const read = readRecord(subject, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return read.kind === 'record' ? 'a record' : read.why;
};

describe('a record', () => {
  test('is read as it was written', () => {
    expect(subjectOf(alarm)).toBe('spitrap.east.hub%201%2Ea.alarm');
    expect(messageIdOf(alarm)).toBe('east.hub%201%2Ea.alarm.peer-silent%3Aspoke.7');
    expect(readRecord(subjectOf(alarm), encodeRecord(alarm))).toEqual({ kind: 'record', record: alarm });
  });

  test('of another subject than it names is none: an account speaks for its own device alone', () => {
    for (const subject of [
      'spitrap.east.hub2.alarm',
      'spitrap.west.hub%201%2Ea.alarm',
      'spitrap.east.hub%201%2Ea.incident',
      'spitrap',
    ])
      expect(whyOf(alarm, subject)).toBe(`it is of ${subjectOf(alarm)}, and came as another's`);
  });

  test.each<[what: string, value: unknown]>([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a list', [alarm]],
    ['another version', { ...alarm, v: 2 }],
    ['another kind', { ...alarm, kind: 'arm' }],
    ['no revision', { ...alarm, revision: undefined }],
    ['a revision beyond what a number holds', { ...alarm, revision: 2 ** 60 }],
    ['a moment that is none', { ...alarm, at: 'yesterday' }],
    ['a body of another kind', { ...alarm, kind: 'gap' }],
    ['a text without end', { ...alarm, body: { ...alarm.body, text: 'x'.repeat(2_001) } }],
    ['a name that is not there', { ...alarm, device: '' }],
  ])('%s is none, and nothing throws', (_what, value) => {
    expect(whyOf(value)).not.toBe('a record');
  });

  test('more bytes than one may have are not looked at', () => {
    expect(whyOf('x'.repeat(RECORD_BYTES_MAX + 1))).toBe(
      `${RECORD_BYTES_MAX + 1} bytes; a record has ${RECORD_BYTES_MAX} at most`,
    );
  });
});

describe('a token of a subject', () => {
  test('is one, whatever the name, and no two names share one', () => {
    const names = ['', '%', 'a', 'A', 'a b', 'a.b', 'a*', 'a>', 'ä', 'a_b-c', 'a%20b', '\u0000', '日本'];
    const tokens = names.map(subjectToken);
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_%-]+$/);
    expect(new Set(tokens).size).toBe(names.length);
  });
});
