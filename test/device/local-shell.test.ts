/** `device.transport: local`, with a real shell of this host: prompt, echo, output, exit, and nothing of the agent's own environment. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { localShells, shellsByTarget } from '../../agent/device/local-shell.ts';
import type { Shell } from '../../agent/ports.ts';
import { nodeSpawn } from '../../agent/spawn.ts';

const has = existsSync('/usr/bin/script') && existsSync('/bin/sh');

async function open() {
  const shell = await localShells(nodeSpawn(createClock())).open({} as never, { timeoutMs: 5_000 });
  let text = '';
  const waiters = new Set<() => void>();
  shell.onData((bytes) => {
    text += bytes.toString();
    for (const wake of waiters) wake();
  });
  const until = (what: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!text.includes(what)) return;
        waiters.delete(look);
        resolve();
      };
      waiters.add(look);
      look();
    });
  return { shell, until, text: () => text };
}

describe.skipIf(!has)('a shell of this host (skipped where there is no script(1))', () => {
  test('prompts, echoes, answers; knows nothing of us; says when it ended by itself', async () => {
    process.env['SPITRAP_TEST_SECRET'] = 'hidden';
    const { shell, until, text } = await open();
    await until('local$ ');
    shell.write('echo "secret=${SPITRAP_TEST_SECRET:-none} tty=$(tty | cut -c1-8)"\r');
    await until('secret=none tty=/dev/pts');
    expect(text()).not.toContain('hidden');
    expect(shell.hostKeyFingerprint).toBe('none: this host');
    const reason = new Promise((resolve) => shell.onClose(resolve));
    shell.write('exit\r');
    expect(await reason).toMatchObject({ code: 'SSH_CLOSED' });
    delete process.env['SPITRAP_TEST_SECRET'];
  });

  test('our own close has no reason, and ends what runs there', async () => {
    const { shell, until } = await open();
    await until('local$ ');
    shell.write('sleep 1000\r');
    const reason = new Promise((resolve) => shell.onClose(resolve));
    await shell.close();
    expect(await reason).toBeNull();
  });
});

test('the target says which transport it is', async () => {
  const opened: string[] = [];
  const transport = (name: string) => ({
    open: async () => {
      opened.push(name);
      return {} as Shell;
    },
  });
  const shells = shellsByTarget(transport('ssh'), transport('local'));
  await shells.open({ local: true } as never, { timeoutMs: 1 });
  await shells.open({} as never, { timeoutMs: 1 });
  expect(opened).toEqual(['local', 'ssh']);
});
