/**
 * A copy of the code in which it may be made wrong: compiled, played, and put back. The tree itself is never touched. Types are checked once,
 * with every sabotage in its place; then one file after the other is replaced, stripped of its types alone. Used by main.ts.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import type { Sabotage } from './sabotage.ts';

/** Of one list of worlds; a sabotage that hangs every world is caught by the watchdog of the simulation long before. */
const RUN_MS_MAX = 20 * 60_000;
const COMPILE_MS_MAX = 3 * 60_000;
const WHOLE = '.whole';
const WRONG = '.wrong';
/** As the compiler writes them: `from './x.js'`. */
const TS_IMPORT = /((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g;
/** What world/main.ts says of a night that broke a promise; a simulation that itself broke proves nothing. */
const FAILED = /^seed (\d+) failed: (.*)$/gm;
const BROKE_ITSELF = /^(?:the simulation runs:|a night comes to its end: its worker ended)/;

export interface Breach {
  readonly seed: number;
  /** The checker, and what it saw. */
  readonly what: string;
}

export interface Run {
  readonly worlds: number;
  readonly breach: Breach | null;
  /** Why nothing can be said: it does not compile, start, or end. */
  readonly fault: string | null;
}

export class Stand {
  readonly #root: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'spitrap-sabotage-'));
  readonly #jobs: string;
  /** Breaches of nights by the code as it is; null: none. */
  readonly #healthy = new Map<number, Breach | null>();

  constructor(root: string, jobs: string) {
    this.#root = root;
    this.#jobs = jobs;
    for (const part of ['agent', 'shared', 'test', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(this.#folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
    const fault = this.#compile(WHOLE);
    if (fault !== null) throw new Error(`the code as it is does not compile: ${fault}`);
    cpSync(join(this.#folder, WHOLE), join(this.#folder, WRONG), { recursive: true });
  }

  /** Null: the code compiles with all of them at once, and so with each. */
  faultOfTypes(sabotages: readonly Sabotage[]): string | null {
    const before = new Map<string, string>();
    for (const { file, find, replace } of sabotages) {
      const path = join(this.#folder, file);
      const text = readFileSync(path, 'utf8');
      if (!before.has(path)) before.set(path, text);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
    const fault = this.#compile(null);
    for (const [path, text] of before) writeFileSync(path, text);
    return fault;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Plays the code as it is. */
  playWhole(seed: number, worlds: number): Run {
    return this.#play(WHOLE, seed, worlds);
  }

  /** With the sabotage, each list of seeds after the other until a breach that the code as it is does not have in the same night. */
  async playWrong({ file, find, replace }: Sabotage, lists: readonly (readonly [seed: number, worlds: number])[]): Promise<Run> {
    const whole = readFileSync(join(this.#folder, file), 'utf8');
    if (whole.split(find).length !== 2) throw new Error(`${file} is not what it was: ${find}`);
    const wrong = whole.replace(find, () => replace);
    const { code } = await transformWithOxc(wrong, file, { sourcemap: false });
    const compiled = file.replace(/\.ts$/, '.js');
    writeFileSync(join(this.#folder, WRONG, compiled), code.replace(TS_IMPORT, '$1.js$2'));
    try {
      return this.#search(lists);
    } finally {
      cpSync(join(this.#folder, WHOLE, compiled), join(this.#folder, WRONG, compiled));
    }
  }

  #search(lists: readonly (readonly [seed: number, worlds: number])[]): Run {
    let worlds = 0;
    for (const [first, count] of lists) {
      for (let seed = first; seed < first + count; ) {
        const run = this.#play(WRONG, seed, first + count - seed);
        worlds += run.worlds;
        if (run.fault !== null) return { ...run, worlds };
        if (run.breach === null) break;
        if (this.#breachOfWhole(run.breach.seed) === null) return { ...run, worlds };
        seed = run.breach.seed + 1;
      }
    }
    return { worlds, breach: null, fault: null };
  }

  #breachOfWhole(seed: number): Breach | null {
    let breach = this.#healthy.get(seed);
    if (breach === undefined) {
      const run = this.playWhole(seed, 1);
      if (run.fault !== null) throw new Error(`the code as it is: ${run.fault}`);
      breach = run.breach;
      this.#healthy.set(seed, breach);
    }
    return breach;
  }

  /** Null: it did. Names that nobody uses any more are no fault; types that no longer fit are. `to` null: only looked at. */
  #compile(to: string | null): string | null {
    const output = to === null ? { noEmit: true } : { noEmit: false, outDir: to, rootDir: '.', sourceMap: false };
    const project = {
      extends: './tsconfig.json',
      compilerOptions: { ...output, noUnusedLocals: false, noUnusedParameters: false },
      files: ['test/sim/world/main.ts'],
      include: [],
    };
    writeFileSync(join(this.#folder, 'tsconfig.sabotage.json'), JSON.stringify(project));
    const compiler = join(this.#root, 'node_modules/typescript/bin/tsc');
    const { status, stdout, error } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.sabotage.json'], {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: COMPILE_MS_MAX,
    });
    return status === 0 ? null : `${error?.message ?? stdout}`.slice(0, 600);
  }

  #play(code: string, seed: number, worlds: number): Run {
    const args = [
      `${code}/test/sim/world/main.js`,
      '--first',
      '--worlds',
      `${worlds}`,
      '--seed',
      `${seed}`,
      '--jobs',
      this.#jobs,
    ];
    const played = spawnSync(process.execPath, args, {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: RUN_MS_MAX,
      maxBuffer: 64 * 1024 ** 2,
    });
    const last = /(\d+) passed, (\d+) failed\s*$/.exec(played.stdout);
    if (last === null)
      return {
        worlds: 0,
        breach: null,
        fault: `the simulation did not end: ${played.error?.message ?? played.stderr.slice(-600)}`,
      };
    const failed = [...played.stdout.matchAll(FAILED)].map(([, at, what]) => ({ seed: Number(at), what: what! }));
    const [breach] = failed.filter(({ what }) => !BROKE_ITSELF.test(what)).sort((a, b) => a.seed - b.seed);
    const [broken] = failed;
    return {
      worlds: Number(last[1]) + Number(last[2]),
      breach: breach ?? null,
      fault:
        breach === undefined && broken !== undefined ? `the simulation itself broke, seed ${broken.seed}: ${broken.what}` : null,
    };
  }
}
