/** Every state class on every input, the cells where nothing happens included. */
import { describe, expect, test } from 'vitest';
import { step } from '../../shared/coordinate/step.ts';
import { inputs, states } from './cells.ts';
import { at, kinds } from './given.ts';
import { hubAfterStop } from './hub-table-after-stop.ts';
import { hubBeforeStop } from './hub-table-before-stop.ts';
import { spokeTable } from './spoke-table.ts';

const table = { ...hubBeforeStop, ...hubAfterStop, ...spokeTable };

test('the table names every state class', () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(states).sort());
});

describe.each(Object.keys(states))('%s', (name) => {
  const { rules, book, nowMs } = states[name]!;
  const outcomes = Object.entries(table[name] ?? {});

  test('has a cell for every input, and one only', () => {
    expect(outcomes.flatMap(([, names]) => names).sort()).toEqual(Object.keys(inputs).sort());
  });

  test.each(outcomes.flatMap(([outcome, names]) => names.map((input) => [input, outcome] as const)))('%s', (input, outcome) => {
    const before = JSON.stringify(book);
    const moved = step(rules, book, at(nowMs, inputs[input]!));
    const done = kinds(moved.effects);
    const same = moved.book === book && done === '' ? ' (nothing)' : '';
    expect(`${moved.reason}${done === '' ? '' : `: ${done}`}${same}`).toBe(outcome);
    expect(JSON.stringify(book), 'the book that came in is never changed').toBe(before);
  });
});
