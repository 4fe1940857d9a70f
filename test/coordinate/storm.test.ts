/** A storm: thousands of spokes after a reload are one incident, bounded, and cost little per flow (pair-protocol.md, "Timeline"). */
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { Input } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { step } from '../../shared/coordinate/step.ts';
import { monotonic } from '../../shared/model/time.ts';
import {
  at,
  attempted,
  CRYPTO,
  debugsRead,
  delivery,
  done,
  flowOf,
  hubRules,
  id,
  kinds,
  only,
  run,
  sealedAs,
  sighting,
  timer,
} from './given.ts';

const address = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
const stormRules = (peers: number): Rules => ({
  ...hubRules,
  peers: Array.from({ length: peers }, (_, n) => ({ name: `p${n}`, kind: 'spitrap', where: address(n) })),
});
const storm = (flows: number, spoofable = false) =>
  Array.from({ length: flows }, (_, n) =>
    at(n / 10, sighting({ id: id(n), flow: flowOf(n, address(n)), peers: [`p${n}`], spoofable })),
  );

/** To the incident that the storm's first flow opened. */
const of0 = (input: Input): Input => ({ ...input, incident: id(0) }) as Input;

function lifeOf(flows: number): {
  readonly book: Book;
  readonly tookMs: number;
  readonly stopMs: number;
  readonly effects: string;
} {
  const rules = stormRules(flows);
  const inputs = storm(flows);
  const began = performance.now();
  // Not `run`, which keeps every step: 5,000 books of 5,000 flows.
  let book = emptyBook;
  for (const input of [...inputs, of0(at(1_000, debugsRead(CRYPTO)))]) book = step(rules, book, input).book;
  const stopBegan = performance.now();
  const { last } = run(rules, [of0(at(18_000, timer('stop')))], book);
  const over = performance.now();
  return { book: last.book, tookMs: over - began, stopMs: over - stopBegan, effects: kinds(last.effects) };
}

describe('a storm of 5,000 flows of as many peers', () => {
  test('is one incident: every flow counted, ten captured, everybody told once', () => {
    const { book } = lifeOf(5_000);
    const incident = only(book);
    expect(incident.flows).toHaveLength(5_000);
    expect(incident.captureScope).toHaveLength(10);
    expect(incident.peers.filter((peer) => peer.stop.kind === 'sending')).toHaveLength(5_000);
    expect(book.held).toHaveLength(5_000);
  });

  test('is worked off in no more than 200 times what it takes to write the book down once', () => {
    // Relative to this machine, now: with a key of text built for each comparison it is thousands of times.
    lifeOf(500);
    const many = lifeOf(5_000);
    const began = performance.now();
    JSON.stringify(many.book);
    const onceMs = performance.now() - began;
    expect(many.tookMs / onceMs).toBeLessThan(200);
    expect(many.stopMs / onceMs, 'the tick of the stop').toBeLessThan(20);
  });

  test('each peer’s done, and the verdict of each flow after it, cost no more than the flows themselves', () => {
    const flows = 2_000;
    const rules = stormRules(flows);
    const { book, tookMs } = lifeOf(flows);
    const began = performance.now();
    let after = book;
    const say = (input: Input): void => {
      after = step(rules, after, input).book;
    };
    for (let n = 0; n < flows; n++)
      say(at(20_000 + n, done({ id: id(0), peer: `p${n}`, keys: { off: 'verified', spi: 'none' } })));
    say(of0(at(30_000, attempted(0, 'verified'))));
    say(of0(at(138_000, timer('seal-deadline'))));
    say(of0(at(139_000, sealedAs('partial'))));
    say(of0(at(400_000, timer('judge'))));
    const afterMs = performance.now() - began;
    expect(after.closed[0]?.judged).toEqual({ verdict: 'unknown', flows });
    // The stop named the first flow to every peer; of the others no alert was acknowledged, and nobody speaks of them.
    expect(after.held.filter(({ judged }) => judged?.verdict === 'transient')).toHaveLength(1);
    expect(after.recurrences).toHaveLength(flows);
    expect(afterMs).toBeLessThan(tookMs * 15);
  });

  test('all of them black-holed: each minute’s messages cost no more than a few times the first ones', () => {
    const flows = 2_000;
    const rules = stormRules(flows);
    const { book, tookMs } = lifeOf(flows);
    const closing = [
      ...Array.from({ length: flows }, (_, n) =>
        of0(at(19_000, { ...delivery('stop', 'acknowledged'), peer: `p${n}` } as Input)),
      ),
      of0(at(30_000, attempted(0, 'verified'))),
      of0(at(138_000, timer('seal-deadline'))),
      of0(at(139_000, sealedAs('partial'))),
    ];
    let after = book;
    const say = (input: Input): void => {
      after = step(rules, after, input).book;
    };
    closing.forEach(say);
    expect(after.closed).toHaveLength(1);
    const again = storm(flows).map((input) => ({ ...input, at: monotonic(input.at + 200_000) }));
    const began = performance.now();
    again.forEach(say);
    again.map((input) => ({ ...input, at: monotonic(input.at + 60_000) })).forEach(say);
    const afterMs = performance.now() - began;
    expect(after.held.every(({ judged }) => judged?.verdict === 'persistent')).toBe(true);
    expect(after.alarms.map(({ text }) => /and \d+ more flows/.exec(text)?.[0])).toContain(`and ${flows - 1} more flows`);
    expect(afterMs).toBeLessThan(tookMs * 30);
  });

  test('beyond the bound flows are counted, not kept', () => {
    const { book } = run({ ...stormRules(50), flowsPerIncidentMax: 20 }, storm(50));
    expect(only(book).flows).toHaveLength(20);
    expect(only(book).flowsNotKept).toBe(30);
  });

  test('hold-down forgets the oldest and counts them', () => {
    const { book } = run({ ...stormRules(50), heldFlowsMax: 20 }, [...storm(50), of0(at(18_000, timer('stop')))]);
    expect(book.held).toHaveLength(20);
    expect(book.dropped.heldFlowsMax).toBe(30);
  });
});
