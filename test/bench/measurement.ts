/** What one file in measure/ is: a measurement of ours beside what people would use instead. Run by main.ts, shown by report.ts. */

export interface BenchContext {
  /** Fewer and shorter rounds: to develop with, not to publish. */
  readonly quick: boolean;
  /** The measurement's own, empty; removed afterwards. */
  readonly folder: string;
  /** The built executable under measurement, and the bundled load generator (rig/load.ts). */
  readonly bin: string;
  readonly load: string;
  readonly say: (line: string) => void;
}

export interface Bar {
  /** As the issue has it. */
  readonly text: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface Finding {
  /** What was run: mix, sizes, rounds, settings of the others. */
  readonly setting: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly bars: readonly Bar[];
  /** Commands to see it by hand. */
  readonly notes?: readonly string[];
}

export interface Measurement {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<Finding>;
}
