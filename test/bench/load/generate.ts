/** Starts the generator (generator.ts) as a process and hears what it sent. It is ended by its own process id when it is not wanted any more. */
import { spawn } from 'node:child_process';
import type { LinesOrder, Sent, StrangersOrder } from './generator.ts';

export interface Generating {
  readonly done: Promise<Sent>;
}

export function generate(file: string, order: StrangersOrder | LinesOrder): Generating {
  const child = spawn(process.execPath, [file, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  const done = new Promise<Sent>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', end);
      if (code === 0) resolve(JSON.parse(text) as Sent);
      else reject(new Error(`the generator ended with ${code}`));
    });
  });
  return { done };
}
