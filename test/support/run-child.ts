/**
 * Runs a TypeScript file as a process of its own, for tests that kill one. Node 20 cannot run TypeScript, so vite (which vitest
 * brings) makes one JavaScript file of it first.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { build } from 'vite';

/** `outDir` is the caller's temporary folder. */
export async function runChild(file: string, outDir: string, args: readonly string[]): Promise<ChildProcessWithoutNullStreams> {
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: file,
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: '[name].mjs' } },
    },
  });
  return spawn(process.execPath, [join(outDir, basename(file).replace(/\.ts$/, '.mjs')), ...args]);
}

/** Kills the child (-9) as soon as it has printed a number of at least `enough`, one number a line. Resolves to the last one read. */
export function killAfter(child: ChildProcessWithoutNullStreams, enough: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let last = 0;
    let unread = '';
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString();
    });
    child.stdout.on('data', (bytes: Buffer) => {
      const lines = (unread + bytes.toString()).split('\n');
      unread = lines.pop() ?? '';
      last = Math.max(last, ...lines.map(Number));
      if (last >= enough) child.kill('SIGKILL');
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(last);
      else reject(new Error(`the child ended by itself (${code}): ${errors}`));
    });
  });
}
