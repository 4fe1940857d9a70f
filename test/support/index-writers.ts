/** Starts processes of index-writer.ts (or index-consumer.ts), made into JavaScript once: node 20 reads no TypeScript, and LMDB's binary stays where npm put it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface Writer {
  readonly child: ChildProcess;
  /** Records of its piece that were acknowledged to it. */
  acknowledged(): number;
  /** Resolves when it has ended, however; `code` null: by a signal. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
  /** Resolves when it has acknowledged so many, or has ended. */
  reached(records: number): Promise<void>;
}

export interface Writers {
  start(folder: string, ...args: readonly (string | number)[]): Writer;
  remove(): void;
}

export async function makeWriters(file = 'test/support/index-writer.ts'): Promise<Writers> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const outDir = mkdtempSync(join(root, 'node_modules/.index-writer-'));
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: file,
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: '[name].mjs' } },
    },
  });
  return {
    start(folder, ...args) {
      const child = spawn(process.execPath, [join(outDir, basename(file).replace(/\.ts$/, '.mjs')), folder, ...args.map(String)]);
      let acknowledged = 0;
      let errors = '';
      let unread = '';
      let waiting: { readonly records: number; readonly done: () => void }[] = [];
      const look = (all = false): void => {
        for (const one of waiting.filter(({ records }) => all || acknowledged >= records)) one.done();
        waiting = waiting.filter(({ records }) => !all && acknowledged < records);
      };
      child.stderr.on('data', (bytes: Buffer) => {
        errors += bytes.toString();
      });
      child.stdout.on('data', (bytes: Buffer) => {
        const lines = (unread + bytes.toString()).split('\n');
        unread = lines.pop() ?? '';
        acknowledged = Math.max(acknowledged, ...lines.map(Number));
        look();
      });
      const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
        child.on('close', (code) => {
          look(true);
          resolve({ code, errors });
        });
      });
      return {
        child,
        acknowledged: () => acknowledged,
        ended,
        reached: (records) =>
          new Promise((resolve) => {
            waiting.push({ records, done: resolve });
            look(child.exitCode !== null || child.signalCode !== null);
          }),
      };
    },
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}
