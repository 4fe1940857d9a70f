/** Cells of the machine (cells.ts) that no night can meet, each with its reason. */

const because = (why: string, ...cells: readonly string[]): readonly (readonly [string, string])[] =>
  cells.map((cell) => [cell, why] as const);

export const unreachable: ReadonlyMap<string, string> = new Map([
  ...because('a symptom comes from sources (drop counters, clog traps) that no pair of the simulation has', 'symptom'),
]);
