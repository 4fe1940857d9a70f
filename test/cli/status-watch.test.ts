/** `spitrap status --watch` against a real control socket: pictures, an agent that goes away and comes back, Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { type ControlSocket, openControlSocket } from '../../agent/control/control-socket.ts';
import type { ControlHandlers } from '../../agent/control/protocol.ts';
import { statusSample } from '../status/status-sample.ts';
import { type CliOptions, cli } from './cli-run.ts';

let folder: string;
let control: ControlSocket;
let asked = 0;

const serve = async (): Promise<void> => {
  control = await openControlSocket(folder, createClock());
  const status = () => {
    asked++;
    return { ...statusSample, upMs: 1_000 * asked };
  };
  control.serve({ status } as unknown as ControlHandlers);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-watch-'));
  asked = 0;
  await serve();
});
afterEach(async () => {
  await control.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Ends as soon as `enough` is true of what was written so far. */
function watch(options: readonly string[], enough: (text: string) => boolean, more: CliOptions = {}) {
  let leave: (signal: string) => void = () => {};
  let text = '';
  return cli(['status', '--data-dir', folder, '--watch', '--every', '10ms', ...options], {
    ...more,
    stopSignal: () => new Promise((resolve) => (leave = resolve)),
    onOutput: (piece) => {
      text += piece;
      if (enough(text)) leave('SIGINT');
    },
  });
}

test('piped, pictures follow each other until Ctrl-C', async () => {
  const { code, stdout } = await watch([], (text) => text.split('as of').length > 3);
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
  expect(stdout.match(/^as of /gm)!.length).toBeGreaterThanOrEqual(3);
});

test('--json: one line each time', async () => {
  const { stdout } = await watch(['--json'], (text) => text.split('\n').length > 3);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('arming');
});

test('on a terminal each stands in the place of the one before, and the last is left behind on the usual screen', async () => {
  const { stdout } = await watch([], (text) => text.split('\u001b[H').length > 3, { tty: true, noColor: true });
  expect(stdout.startsWith('\u001b[?1049h\u001b[?25l\u001b[H')).toBe(true);
  const [, left = ''] = stdout.split('\u001b[?25h\u001b[?1049l');
  expect(left).toContain('ALARM     A1');
  expect(left).not.toContain('\u001b');
});

test('an agent that goes away: the last picture stays with word of it; when it is back, so is the picture', async () => {
  let gone = false;
  let back = false;
  const { code, stdout } = await watch([], (text) => {
    if (!gone && text.includes('as of')) {
      gone = true;
      void control.close();
    }
    if (!back && /NO ANSWER for .*NOT_RUNNING/.test(text)) {
      back = true;
      void serve();
    }
    return back && text.lastIndexOf('as of') > text.lastIndexOf('NO ANSWER');
  });
  expect(code).toBe(0);
  expect(stdout.slice(stdout.indexOf('NO ANSWER'))).toContain('ALARM     A1');
});

test('no agent at all is told as status tells it', async () => {
  await control.close();
  const { code, stderr } = await watch([], () => false);
  expect(code).toBe(3);
  expect(stderr).toContain('NOT_RUNNING');
  await serve();
});

test('--every that is no duration', async () => {
  const { code, stderr } = await watch(['--every', 'often'], () => false);
  expect(code).toBe(2);
  expect(stderr).toContain('--every "often" is no duration');
});
