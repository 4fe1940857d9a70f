/** Types of bundle-and-run.mjs, for live tests. */
export const root: string;
export function withBundles<Name extends string, T>(
  entries: Readonly<Record<Name, string>>,
  run: (paths: Readonly<Record<Name, string>>) => Promise<T>,
): Promise<T>;
export function bundleAndRun(entries: Readonly<Record<string, string>>): Promise<void>;
export function buildDist(): void;
