/** shared/detect/unknown-flows.ts: what a device counts against the SAs that it has, look by look; the looks that tell nothing stand too. */
import { describe, expect, test } from 'vitest';
import { firstLook, type Look, type LookState, look } from '../../shared/detect/unknown-flows.ts';
import { monotonic } from '../../shared/model/time.ts';

const OLD = 0xb6811b10;
const NEW = 0xc0ffee01;
const flow = (spi: number) => ({ src: '198.51.100.2', dst: '198.51.100.1', spi });
const at = (counts: Record<number, number>, known: number[] | null, atMs: number): Look => ({
  seen: Object.entries(counts).map(([spi, packets]) => ({ flow: flow(Number(spi)), packets })),
  known,
  at: monotonic(atMs),
});

/** What each look tells: `spi+since`. */
function play(...looks: Look[]): string[][] {
  let state: LookState = firstLook;
  return looks.map((one) => {
    const step = look(state, one);
    state = step.state;
    return step.unknown.map(({ flow: { spi }, packets, since }) => `${spi === OLD ? 'old' : 'new'} ${packets}+${since}`);
  });
}

describe('unknown flows', () => {
  test.each<[name: string, looks: Look[], told: string[][]]>([
    [
      'a lost SA: told at the second look without it, with what came since',
      [at({ [OLD]: 5 }, [OLD], 0), at({ [OLD]: 8 }, [], 1_000), at({ [OLD]: 11 }, [], 2_000)],
      [[], [], ['old 11+3']],
    ],
    [
      'a normal rekey: packets on the way as the old SA goes are not told',
      [
        at({ [OLD]: 5 }, [OLD], 0),
        at({ [OLD]: 9, [NEW]: 1 }, [OLD, NEW], 1_000),
        at({ [OLD]: 10, [NEW]: 4 }, [NEW], 2_000),
        at({ [OLD]: 10, [NEW]: 9 }, [NEW], 3_000),
      ],
      [[], [], [], []],
    ],
    ['what stands there at the first look is old', [at({ [OLD]: 500 }, [], 0), at({ [OLD]: 500 }, [], 1_000)], [[], []]],
    ['a flow that is new and unknown', [at({}, [], 0), at({ [NEW]: 2 }, [], 1_000)], [[], ['new 2+2']]],
    [
      'SAs that could not be read prove nothing, and neither does the look after',
      [at({}, [], 0), at({ [NEW]: 2 }, null, 1_000), at({ [NEW]: 4 }, [], 2_000), at({ [NEW]: 5 }, [], 3_000)],
      [[], [], [], ['new 5+1']],
    ],
    [
      'told once a minute, however often it comes',
      [at({}, [], 0), at({ [NEW]: 2 }, [], 1_000), at({ [NEW]: 4 }, [], 2_000), at({ [NEW]: 9 }, [], 61_000)],
      [[], ['new 2+2'], [], ['new 9+5']],
    ],
    [
      'an element that left the set and came back counts from nothing',
      [at({ [OLD]: 50 }, [], 0), at({}, [], 1_000), at({ [OLD]: 3 }, [], 2_000)],
      [[], [], ['old 3+3']],
    ],
    ['fewer than before, without a look between', [at({ [OLD]: 50 }, [], 0), at({ [OLD]: 3 }, [], 1_000)], [[], ['old 3+3']]],
  ])('%s', (_name, looks, told) => {
    expect(play(...looks)).toEqual(told);
  });
});
