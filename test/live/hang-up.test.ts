/** An agent at a terminal that goes away (SIGHUP of the kernel): it ends in good order, as before there were reloads. The terminal is a real one (pty). */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { binPath } from '../support/lab-process.ts';
import { SoloAgent } from '../support/solo-agent.ts';

const run = promisify(execFile);
const missing = spawnSync('which', ['python3']).status !== 0;

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toBe(false);
});

/** Starts argv at a terminal of its own, waits until it watches, takes the terminal away, says how it ended. */
const TERMINAL = `
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"watching hub1 as hub" not in seen:
    seen += os.read(master, 65536)
os.close(master)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
`;

let solo: SoloAgent | null = null;
afterEach(async () => {
  await solo?.close();
});

test.skipIf(missing)('the terminal goes: the agent stops in good order (skipped without python3)', async () => {
  solo = new SoloAgent({
    role: 'hub',
    peers: (agent) => {
      agent.secret('auth', 'authentication key');
      return `  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["${agent.address(99)}:10162"]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: secrets/auth } } }
`;
    },
  });
  await solo.prepare();
  const ended = await run('python3', ['-c', TERMINAL, process.execPath, binPath, 'run', '-c', solo.configFile], {
    timeout: 60_000,
  });
  // Not by its exit code: Node 20 aborts when it resets a terminal that is gone, after all that we have to do.
  expect(ended.stdout).toMatch(/^-?\d+\n$/);
  expect(readFileSync(`${solo.dataDir}/journal/journal.jsonl`, 'utf8')).toContain(
    '"kind":"agent-stopped","incident":null,"data":{"reason":"SIGHUP"}',
  );
  // The lock is given back last of all.
  expect(existsSync(`${solo.dataDir}/control.sock`)).toBe(false);
});
