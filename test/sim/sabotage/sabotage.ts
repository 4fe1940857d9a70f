/** The contract of a sabotage: one line of production code made wrong on purpose, which the simulation must catch. Applied by main.ts. */
export interface Sabotage {
  /** What is now wrong, in words: `the stop is never repeated`. */
  readonly name: string;
  /** Of production code: under agent/ or shared/. */
  readonly file: string;
  /** Stands exactly once in that file. */
  readonly find: string;
  readonly replace: string;
  /** How many worlds it may take; default in main.ts. */
  readonly worldsMax?: number;
}
