/** The fuzzer finds what it is for: a throw behind several conditions, a hang, growth; and finds nothing where there is nothing. */
import { describe, expect, test } from 'vitest';
import { berInteger, berOctets, berSequence } from '../../shared/wire/ber.ts';
import { Dice } from '../support/dice.ts';
import { type FuzzOptions, fuzz, GROWTH_BYTES_MAX, HANG_MS } from './fuzz.ts';
import { mutateBer } from './mutate-ber.ts';
import { mutateText } from './mutate-text.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

const target = (run: (input: Buffer) => void): Target => ({
  name: 'planted',
  kind: 'text',
  mutate: mutateText,
  seeds: [Buffer.from('peer 192.0.2.1 port 500\n spi: 0x68842105\n')],
  run,
});
const options = (more: Partial<FuzzOptions> = {}): FuzzOptions => ({
  inputs: 3_000,
  seed: 1,
  coverage: null,
  now: () => 0,
  memory: () => 0,
  ...more,
});

describe('a find', () => {
  test('that throws is made small, and told once', async () => {
    const run = (input: Buffer): void => {
      if (input.includes('4294967296')) throw new RangeError('too large');
    };
    const { finds } = await fuzz(target(run), options());
    expect(finds).toHaveLength(1);
    expect([finds[0]!.what, finds[0]!.input.toString()]).toEqual(['throw', '4294967296']);
    expect(finds[0]!.detail).toContain('too large');
  });

  test('that takes too long, three times over', async () => {
    let ms = 0;
    let first = true;
    const run = (input: Buffer): void => {
      // Once slow is the machine's affair.
      if (first) ms += 10 * HANG_MS;
      first = false;
      if (input.includes('NaN')) ms += HANG_MS + 1;
    };
    const { finds } = await fuzz(target(run), options({ now: () => ms }));
    expect(finds.map(({ what, input }) => [what, input.toString()])).toEqual([['hang', 'NaN']]);
  });

  test('that only memory shows', async () => {
    let memory = 0;
    const run = (): void => {
      memory += Math.ceil((2 * GROWTH_BYTES_MAX) / 3_000);
    };
    const { finds } = await fuzz(target(run), options({ memory: () => memory }));
    expect(finds.map(({ what }) => what)).toEqual(['growth']);
  });

  test('is none where there is none', async () => {
    let runs = 0;
    const fuzzed = await fuzz(
      target(() => {
        runs += 1;
      }),
      options(),
    );
    expect([fuzzed.finds, runs]).toEqual([[], 3_001]);
  });
});

test('the same seed makes the same inputs, another one others', async () => {
  const inputsOf = async (seed: number): Promise<string> => {
    const inputs: string[] = [];
    await fuzz(
      target((input) => void inputs.push(input.toString('latin1'))),
      options({ inputs: 500, seed }),
    );
    return inputs.join('\u0000');
  };
  expect(await inputsOf(7)).toBe(await inputsOf(7));
  expect(await inputsOf(7)).not.toBe(await inputsOf(8));
});

test('inputs that reach new code are kept and changed further', async () => {
  // Three doors, one behind the other: as coverage a word for each that was open.
  const words = ['65536', '2001:DB8::1', '__proto__'];
  const open = new Set<string>();
  const seen = new Set<string>();
  const run = (input: Buffer): void => {
    for (const word of words) {
      if (!input.includes(word)) return;
      open.add(word);
    }
  };
  const coverage = {
    fresh: () => {
      const fresh = new Set([...open].filter((word) => !seen.has(word)));
      open.clear();
      return fresh;
    },
    remember: (blocks: Iterable<string>) => {
      for (const block of blocks) seen.add(block);
    },
    blocks: 0,
    close: () => {},
  };
  const guided = await fuzz(target(run), options({ inputs: 20_000, coverage }));
  expect([[...seen], guided.kept]).toEqual([words, 4]);
});

test('changed BER is still BER more often than not, and rarely the same', () => {
  const input = berSequence(
    berInteger(1),
    berOctets(Buffer.from('public')),
    berSequence(berInteger(7), berOctets(berSequence(berInteger(3)))),
  );
  const dice = new Dice(3);
  const changed = Array.from({ length: 1_000 }, () => mutateBer(input, input, dice));
  expect(changed.filter((bytes) => bytes[0] === 0x30).length).toBeGreaterThan(500);
  expect(changed.filter((bytes) => bytes.equals(input)).length).toBeLessThan(100);
});

test('an input is made no smaller than what fails', () => {
  const input = Buffer.from(`${'a'.repeat(300)}X${'b'.repeat(200)}Y`);
  expect(shrink(input, (candidate) => candidate.includes('X') && candidate.includes('Y')).toString()).toBe('XY');
  let tries = 0;
  shrink(
    input,
    () => true,
    () => ++tries > 3,
  );
  expect(tries).toBeLessThan(10);
});
