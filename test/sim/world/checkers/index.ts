/** SHELF: every checker, under the number that issue C gives it; from 10 on what the sabotages asked for. */
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';
import { bounded } from './bounded.ts';
import type { Checker, MakeChecker } from './checker.ts';
import { conditionsFirst } from './conditions-first.ts';
import { debugsEnd } from './debugs-end.ts';
import { knowsItsOwn } from './knows-its-own.ts';
import { leaseHolds } from './lease-holds.ts';
import { linesKept } from './lines-kept.ts';
import { noSecrets } from './no-secrets.ts';
import { onlyOurs } from './only-ours.ts';
import { sealedOnce } from './sealed-once.ts';
import { sparesTheDevice } from './spares-the-device.ts';
import { takesTheNext } from './takes-the-next.ts';
import { together } from './together.ts';

export const checkers: readonly (readonly [name: string, make: MakeChecker])[] = [
  ['1. debugs end within the bound, or a person is told', debugsEnd],
  ['2. nothing armed past its lease', leaseHolds],
  ['3. lines are kept, or their loss is told', linesKept],
  ['4. sealed once, with a true outcome', sealedOnce],
  ['5. both ends act together', together],
  ['6. only what has a cause, and only what is ours', onlyOurs],
  ['7. every queue within its limit', bounded],
  ['8. no secret in any output', noSecrets],
  // The last that does anything at the end: it moves the night on.
  ['9. the next incident is taken', takesTheNext],
  ['10. conditions stand while debugs are on', conditionsFirst],
  ['11. what it turned on is known to it', knowsItsOwn],
  ['12. the device is spared', sparesTheDevice],
];

export const checkersFor = (stage: Stage, truth: Truth, report: (checker: string, what: string) => void): readonly Checker[] =>
  checkers.map(([name, make]) => make(stage, truth, (what) => report(name, what)));
