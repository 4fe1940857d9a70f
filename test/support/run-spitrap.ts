/** The built executable, run to its end: `run` that is refused, `status`, and the like. One that does not end is killed, and says so. */
import { spawn } from 'node:child_process';
import { binPath } from './lab-process.ts';

export interface SpitrapExit {
  /** Null: it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runSpitrap(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  withinMs = 30_000,
): Promise<SpitrapExit> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [binPath, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes: Buffer) => {
      said.stdout += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      said.stderr += bytes.toString();
    });
    const bound = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.once('close', (code) => {
      clearTimeout(bound);
      resolve({ code, ...said });
    });
  });
}
