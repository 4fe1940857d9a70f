/**
 * How sure a rule may be: grades that are the same for every cause, so that "certain" always means the same thing.
 *
 *   certain   every need is known to be so, a proof was found (a line or a whole table that no other cause leaves), and each rival is
 *             ruled out by evidence
 *   likely    a sign was found, every need is known to be so (with a proof, every need but one), and no rival stands
 *   possible  a sign was found, and no need is known to be otherwise
 *
 * A need that is not so rules the cause out. Absence of a line is no proof; absence of a row is, in a table that is whole.
 * Called by the rules in causes/.
 */
import type { Answer } from './answer.ts';
import type { Confidence, Reasoned } from './verdict.ts';

export interface Grounds {
  /** Without these the cause can not be. */
  readonly needs: readonly Answer[];
  /** What no other cause leaves behind. */
  readonly proofs: readonly Answer[];
  /** What the cause leaves behind, and others may too. */
  readonly signs: readonly Answer[];
  /** Other causes that would show the same, as questions: `yes` says that the rival may be it. */
  readonly rivals: readonly Answer[];
  /** What only makes the picture whole: told when it is known to be so, never asked for. */
  readonly besides?: readonly Answer[];
}

export interface Weight {
  readonly confidence: Confidence;
  readonly evidence: readonly Reasoned[];
  readonly against: readonly Reasoned[];
}

/** Null: ruled out, or nothing points to it. */
export function weigh({ needs, proofs, signs, rivals, besides = [] }: Grounds): Weight | null {
  if (needs.some(({ known }) => known === 'no')) return null;
  const found = [...proofs, ...signs].filter(isYes);
  if (found.length === 0) return null;
  const open = needs.filter(isUnknown);
  const standing = rivals.filter(isYes);
  const undecided = rivals.filter(isUnknown);
  const proven = proofs.some(isYes);
  const confidence: Confidence =
    proven && open.length === 0 && standing.length === 0 && undecided.length === 0
      ? 'certain'
      : open.length <= (proven ? 1 : 0) && standing.length === 0
        ? 'likely'
        : 'possible';
  return {
    confidence,
    evidence: reasoned([...needs.filter(isYes), ...found, ...besides.filter(isYes), ...rivals.filter(isNo)]),
    against: reasoned([...standing, ...open, ...undecided, ...signs.filter(isNo)]),
  };
}

const isYes = ({ known }: Answer): boolean => known === 'yes';
const isNo = ({ known }: Answer): boolean => known === 'no';
const isUnknown = ({ known }: Answer): boolean => known === 'unknown';

/** The same clause may be a need here and a rival there: once is enough. */
const reasoned = (answers: readonly Answer[]): Reasoned[] => [
  ...new Map(answers.map(({ text, quotes }) => [text, { text, quotes }])).values(),
];
