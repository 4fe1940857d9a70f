/** Every state of arming on every input, the cells where nothing happens included. */
import { describe, expect, test } from 'vitest';
import type { Book } from '../../shared/coordinate/book.ts';
import { step } from '../../shared/coordinate/step.ts';
import { inputs, states } from './arming-cells.ts';
import { orders } from './arming-given.ts';
import { armingOff } from './arming-table-off.ts';
import { armingOn } from './arming-table-on.ts';
import { at } from './given.ts';

const kindOf = ({ arming: { state, blocked } }: Book): string => `${state.kind}${blocked === null ? '' : ` (${blocked})`}`;
/** Of this machine; those of incidents stand in the other table. */
const ours = (effects: Parameters<typeof orders>[0]): string =>
  orders(effects)
    .map((order) => order.replace(/@.*$/, ''))
    .filter((order) =>
      /^(lease|max-debug|hung|disarm-|off:|preflight|arm-device|attempt-stop|signal-stop|renew-|alarm:|over:)/.test(order),
    )
    .join(' ');

const armingTable = { ...armingOff, ...armingOn };

test('the table names every state', () => {
  expect(Object.keys(armingTable).sort()).toEqual(Object.keys(states).sort());
});

describe.each(Object.keys(states))('%s', (name) => {
  const { rules, book, nowMs } = states[name]!;
  const outcomes = Object.entries(armingTable[name] ?? {});

  test('has a cell for every input, and one only', () => {
    expect(outcomes.flatMap(([, names]) => names).sort()).toEqual(Object.keys(inputs).sort());
  });

  test.each(outcomes.flatMap(([outcome, names]) => names.map((input) => [input, outcome] as const)))('%s', (input, outcome) => {
    const before = JSON.stringify(book);
    const moved = step(rules, book, at(nowMs, inputs[input]!));
    const done = ours(moved.effects);
    const to = moved.book === book ? ' (nothing)' : kindOf(moved.book) === kindOf(book) ? '' : ` → ${kindOf(moved.book)}`;
    expect(`${moved.reason}${done === '' ? '' : `: ${done}`}${to}`).toBe(outcome);
    expect(JSON.stringify(book), 'the book that came in is never changed').toBe(before);
  });
});
