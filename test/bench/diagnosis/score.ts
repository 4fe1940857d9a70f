/** Verdicts against truths: the confusion matrix, the shares, and the bars. Used by main.ts and by test/analyze. */
import type { CauseWord, Truth } from '../../../agent/lab/causes/cause.ts';
import type { Verdict } from '../../../shared/analyze/verdict.ts';

export type Evidence = 'full' | 'third-removed';

/** `less specific`: true of the case, though more could be known of it. */
export type Mark = 'right' | 'less specific' | 'wrong' | 'cannot tell';

export interface Scored {
  readonly index: number;
  readonly evidence: Evidence;
  readonly truth: Truth;
  readonly cause: string;
  readonly confidence: Verdict['confidence'];
  readonly mark: Mark;
}

export function mark(truth: Truth, evidence: Evidence, cause: string): Mark {
  if (cause === 'cannot-tell') return 'cannot tell';
  const word = cause as CauseWord;
  if (word === truth.cause || truth.also.includes(word)) return 'right';
  if (!truth.alsoWithLess.includes(word)) return 'wrong';
  return evidence === 'full' ? 'less specific' : 'right';
}

export interface Shares {
  readonly cases: number;
  readonly right: number;
  readonly lessSpecific: number;
  readonly cannotTell: number;
  /** Right among those where a verdict was given. */
  readonly rightOfGiven: number;
  readonly likelyRight: number;
  readonly likely: number;
  readonly wrongCertain: readonly Scored[];
  readonly wrong: readonly Scored[];
}

export function shares(all: readonly Scored[]): Shares {
  const count = (test: (one: Scored) => boolean): number => all.filter(test).length;
  const isTrue = (one: Scored): boolean => one.mark === 'right' || one.mark === 'less specific';
  const given = count((one) => one.mark !== 'cannot tell');
  const likely = count((one) => one.mark !== 'cannot tell' && one.confidence === 'likely');
  const of = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
  return {
    cases: all.length,
    right: of(
      count((one) => one.mark === 'right'),
      all.length,
    ),
    lessSpecific: of(
      count((one) => one.mark === 'less specific'),
      all.length,
    ),
    cannotTell: of(all.length - given, all.length),
    rightOfGiven: of(count(isTrue), given),
    likely,
    likelyRight: of(
      count((one) => isTrue(one) && one.confidence === 'likely'),
      likely,
    ),
    wrongCertain: all.filter((one) => one.mark === 'wrong' && one.confidence === 'certain'),
    wrong: all.filter((one) => one.mark === 'wrong'),
  };
}

export interface Bar {
  readonly text: string;
  readonly met: boolean;
}

/** The issue's: no wrong `certain`; full: 95 % right first, at most 5 % cannot tell; a third removed: 95 % right of those given; `likely` 85 %. */
export function bars(full: Shares, less: Shares): Bar[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const likely = full.likely + less.likely;
  const likelyRight = likely === 0 ? 1 : (full.likelyRight * full.likely + less.likelyRight * less.likely) / likely;
  const wrongCertain = full.wrongCertain.length + less.wrongCertain.length;
  return [
    { text: `wrong \`certain\`: ${wrongCertain} (none)`, met: wrongCertain === 0 },
    { text: `full evidence, right cause first: ${percent(full.right)} (95 %)`, met: full.right >= 0.95 },
    { text: `full evidence, cannot tell: ${percent(full.cannotTell)} (at most 5 %)`, met: full.cannotTell <= 0.05 },
    { text: `a third removed, right among those given: ${percent(less.rightOfGiven)} (95 %)`, met: less.rightOfGiven >= 0.95 },
    { text: `\`likely\` right: ${percent(likelyRight)} of ${likely} (85 %)`, met: likelyRight >= 0.85 },
  ];
}

/** Rows: truths; columns: the verdicts that occur. Marked: `+` right, `~` less specific, `!` wrong. */
export function matrix(all: readonly Scored[]): string[] {
  const columns = [...new Set(all.map((one) => one.cause))].sort();
  const rows = [...new Set(all.map((one) => one.truth.cause))];
  const lines = columns.map((word, index) => `  ${letter(index)} ${word}`);
  const head = `${''.padEnd(22)}${columns.map((_, index) => letter(index).padStart(6)).join('')}`;
  const body = rows.map((row) => {
    const cells = columns.map((column) => {
      const here = all.filter((one) => one.truth.cause === row && one.cause === column);
      if (here.length === 0) return '.'.padStart(6);
      const worst = here.some((one) => one.mark === 'wrong')
        ? '!'
        : here.some((one) => one.mark === 'less specific')
          ? '~'
          : here[0]!.mark === 'right'
            ? '+'
            : ' ';
      return `${here.length}${worst}`.padStart(6);
    });
    return `${row.padEnd(22)}${cells.join('')}`;
  });
  return [...lines, head, ...body];
}

const letter = (index: number): string => String.fromCharCode(97 + index);
