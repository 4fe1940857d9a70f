import { expect, test } from 'vitest';
import { openAudit } from '../../agent/device/audit.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { logIn } from '../support/log-in.ts';
import { ScriptedIos } from '../support/scripted-ios.ts';

test('every line sent stands in the file, with time, device and session; a secret by its name', async () => {
  const clock = new FakeClock();
  const disk = new FakeDisk();
  await disk.makeFolder('/data');
  const audit = openAudit({ path: '/data/audit.log', disk, clock });
  const box = new ScriptedIos({ enableSecret: 's3cret', answer: () => '' });
  const { session } = await logIn(box, { clock, audit, enablePassword: 's3cret' });
  const running = session.run('show clock', { timeoutMs: 1_000, bytesMax: 1_000 });
  await clock.advance(100);
  await running;
  await audit.close();
  const text = (await disk.readFile('/data/audit.log')).toString('utf8');
  expect(text).not.toContain('s3cret');
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  expect(records.map((record) => record['line'])).toEqual([
    '',
    'enable',
    '<secret: enable password>',
    'terminal length 0',
    'terminal width 0',
    'show clock',
  ]);
  expect(records[0]).toMatchObject({
    device: 'hub1',
    session: 'capture',
    at: expect.stringMatching(/^2026-03-12T18:22:10\.\d{3}Z$/),
  });
  expect(audit.status()).toEqual({ written: 6, dropped: 0, lastError: null });
});

test('a disk that fails loses lines, counted and told once, and fails no send; its return is told too', async () => {
  const disk = new FakeDisk();
  const open = disk.open.bind(disk);
  disk.open = () => Promise.reject(new SpitrapError('DISK_FAILED', 'ENOSPC'));
  const told: string[] = [];
  const log = {
    error: (_: object, text?: string) => told.push(text ?? ''),
    warn: (_: object, text?: string) => told.push(text ?? ''),
  };
  const audit = openAudit({ path: '/data/audit.log', disk, clock: new FakeClock(), log: log as never });
  for (let line = 0; line < 3; line++) {
    audit.sent('hub1', 'control', 'undebug all');
    await settle();
  }
  expect(audit.status()).toEqual({ written: 0, dropped: 3, lastError: 'ENOSPC' });
  disk.open = open;
  await disk.makeFolder('/data');
  audit.sent('hub1', 'control', 'show debugging');
  await audit.close();
  expect(audit.status()).toEqual({ written: 1, dropped: 3, lastError: null });
  expect(told).toEqual([
    'audit: lines sent to the device are not recorded: ENOSPC; going on without them, tried again with the next line',
    'audit: on disk again',
  ]);
});
