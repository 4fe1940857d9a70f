/** The events as they come in pieces (agent/web/page/stream.js), and what is made of them (model.js). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageModule } from '../../support/page-module.ts';
import { calm } from '../../support/page-states.ts';

const { EventParser } = await pageModule('stream');
const { Model } = await pageModule('model');
const NOW = Date.parse('2026-03-12T18:30:00Z');

describe('events', () => {
  const text =
    'retry: 2000\n: spitrap\n\nevent: status\ndata: {"a":1}\n\n: heartbeat\n\nevent:alarm\r\ndata:x\r\ndata: y\r\n\r\ndata: z\n\n';
  const events = [
    { event: 'status', data: '{"a":1}' },
    { event: 'alarm', data: 'x\ny' },
    { event: 'message', data: 'z' },
  ];

  test('comments and what has no data are none', () => {
    expect(new EventParser().feed(text)).toEqual(events);
  });

  test('the same in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
        const parser = new EventParser();
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const got = at.slice(1).flatMap((to, index) => parser.feed(text.slice(at[index], to)));
        expect(got).toEqual(events);
      }),
      { seed: 8 },
    );
  });

  test('one that does not end is given up', () => {
    const parser = new EventParser();
    expect(() => {
      for (let piece = 0; piece < 100; piece++) parser.feed('x'.repeat(100_000));
    }).toThrow('too large');
  });
});

describe('the model', () => {
  const step = (at: string, text: string) => ({ at: `2026-03-12T18:30:${at}Z`, text, reason: 'r' });

  test('steps are in order, each once, and bounded', () => {
    const model = new Model();
    for (const one of [step('02.000', 'b'), step('01.000', 'a'), step('02.000', 'b')]) model.step('I', one);
    expect(model.steps.get('I').map(({ text }: { text: string }) => text)).toEqual(['a', 'b']);
    for (let index = 0; index < 1_000; index++) model.step('I', step('03.000', `${index}`));
    expect(model.steps.get('I')).toHaveLength(400);
    for (let index = 0; index < 50; index++) model.step(`J${index}`, step('01.000', 'a'));
    expect(model.steps.size).toBe(8);
  });

  test('its version is of the first status, and what is no status is refused', () => {
    const model = new Model();
    const { status } = calm(NOW);
    model.take(status);
    model.take({ ...status, version: '9.9.9' });
    expect([model.version, model.status.version]).toEqual([status.version, '9.9.9']);
    expect(() => model.take(null)).toThrow('no status');
    expect(() => model.take({ at: 1 })).toThrow('no status');
    expect(model.status.version).toBe('9.9.9');
  });
});
