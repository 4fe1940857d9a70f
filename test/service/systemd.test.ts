/** What systemd is told, and when: order, watchdog, status line, bounds; and the unit, held to the bounds of the program. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../agent/log.ts';
import type { ProgramRun, Spawn } from '../../agent/ports.ts';
import { inOneLine, SystemdService } from '../../agent/service/systemd.ts';
import { limits } from '../../shared/limits.ts';
import { statusSample } from '../status/status-sample.ts';
import { FakeClock } from '../support/fake-clock.ts';

const SOCKET = '/run/systemd/notify';

class Spoken {
  readonly said: string[][] = [];
  readonly programs: ProgramRun[] = [];
  answers = true;
  readonly spawn: Spawn = {
    run: async (program, signal) => {
      this.programs.push(program);
      this.said.push(program.argv.slice(1));
      if (!this.answers) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return { exitCode: this.answers ? 0 : null, killedBy: this.answers ? null : 'SIGTERM', output: Buffer.alloc(0) };
    },
    converse: () => Promise.reject(new Error('nobody talks here')),
  };
  get words(): string[] {
    return this.said.flat();
  }
}

function make(environment: Record<string, string> = { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '77' }) {
  const clock = new FakeClock();
  const spoken = new Spoken();
  const log: string[] = [];
  const service = SystemdService.of({
    environment: (name) => environment[name],
    pid: 77,
    world: { clock, spawn: spoken.spawn },
    log: { ...silentLog, error: (_fields, message) => log.push(message), warn: (_fields, message) => log.push(message) },
  });
  const agent = { ailing: null as string | null, status: statusSample };
  const watched = { status: () => agent.status, ailing: () => agent.ailing };
  return { clock, spoken, service, agent, watched, log };
}

describe('a service of systemd', () => {
  test.each([{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'relative' }])('none without a socket: %j', (environment) => {
    expect(make(environment as Record<string, string>).service).toBeNull();
  });

  test('a fleet process says its line itself', async () => {
    const { clock, spoken, service } = make();
    service!.ready({ status: () => 'fleet: 12 incidents, 0 behind', ailing: () => null });
    await clock.advance(0);
    expect(spoken.said).toEqual([['READY=1', 'STATUS=fleet: 12 incidents, 0 behind']]);
  });

  test('ready with its status, then alive every half of the watchdog, by a program that has nothing of our environment', async () => {
    const { clock, spoken, service, watched } = make();
    service!.ready(watched);
    await clock.advance(0);
    expect(spoken.said).toEqual([['READY=1', `STATUS=${inOneLine(statusSample)}`]]);
    await clock.advance(14_999);
    expect(spoken.said).toHaveLength(1);
    await clock.advance(1);
    expect(spoken.said[1]).toEqual(['WATCHDOG=1']);
    await clock.advance(15_000);
    expect(spoken.said[2]).toEqual(['WATCHDOG=1']);
    expect(spoken.programs[0]).toMatchObject({ argv: ['/usr/bin/systemd-notify', 'READY=1', expect.any(String)] });
    expect(spoken.programs[0]!.environment).toEqual({ NOTIFY_SOCKET: SOCKET });
  });

  test('an agent that is not well is told of nobody, and once in the log; well again it is', async () => {
    const { clock, spoken, service, agent, watched, log } = make();
    service!.ready(watched);
    agent.ailing = 'the coordinator decides nothing';
    await clock.advance(45_000);
    expect(spoken.words).not.toContain('WATCHDOG=1');
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('the coordinator decides nothing');
    agent.ailing = null;
    await clock.advance(15_000);
    expect(spoken.words).toContain('WATCHDOG=1');
  });

  test.each([
    ['another process', { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '78' }],
    ['nobody', { NOTIFY_SOCKET: SOCKET }],
    ['a word', { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: 'soon' }],
  ])('a watchdog of %s is not fed; the status is told when it changes', async (_what, environment) => {
    const { clock, spoken, service, agent, watched } = make(environment);
    service!.ready(watched);
    await clock.advance(60_000);
    expect(spoken.said).toHaveLength(1);
    agent.status = { ...statusSample, mode: 'observe' };
    await clock.advance(15_000);
    expect(spoken.said).toHaveLength(2);
    expect(spoken.said[1]).toEqual([`STATUS=${inOneLine(agent.status)}`]);
  });

  test('a reload stands between RELOADING and READY, in the clock of the kernel, also when it fails', async () => {
    const { clock, spoken, service, watched } = make();
    service!.ready(watched);
    await clock.advance(1_000);
    const usec = Math.floor(clock.monotonic() * 1_000);
    await expect(service!.reloading(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await clock.advance(0);
    expect(spoken.said[1]!.slice(0, 2)).toEqual(['RELOADING=1', `MONOTONIC_USEC=${usec}`]);
    expect(spoken.said[2]![0]).toBe('READY=1');
  });

  test('a stop is said once, and asks for more time, alive, as long as it lasts', async () => {
    const { clock, spoken, service, watched } = make();
    service!.ready(watched);
    await clock.advance(0);
    service!.stopping('SIGTERM');
    await clock.advance(12_000);
    expect(spoken.said.slice(1)).toEqual([
      ['STOPPING=1', 'STATUS=stopping: SIGTERM', 'EXTEND_TIMEOUT_USEC=20000000', 'WATCHDOG=1'],
      ['EXTEND_TIMEOUT_USEC=20000000', 'WATCHDOG=1'],
      ['EXTEND_TIMEOUT_USEC=20000000', 'WATCHDOG=1'],
    ]);
    service!.close();
    await clock.advance(60_000);
    expect(spoken.said).toHaveLength(4);
  });

  test('a systemd that does not listen costs a bounded number of processes, one at a time, each ended', async () => {
    const { clock, spoken, service, watched, log } = make({ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '20000' });
    spoken.answers = false;
    service!.ready(watched);
    await clock.advance(limits.notifyMs);
    expect(spoken.said.length).toBeLessThanOrEqual(2);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('systemd is not told how the agent is');
  });

  test('the status is one line of bounded length, whatever the name of the device', async () => {
    const { clock, spoken, service, agent, watched } = make();
    agent.status = { ...statusSample, device: { ...statusSample.device, name: `r1\nREADY=0\u001b[2J${'x'.repeat(500)}` } };
    service!.ready(watched);
    await clock.advance(0);
    const line = spoken.said[0]![1]!;
    expect(line).not.toMatch(/[\n\u001b]/);
    expect(line.length).toBeLessThanOrEqual('STATUS='.length + 200);
  });
});

describe('docs/systemd/spitrap@.service', () => {
  const unit = readFileSync(new URL('../../docs/systemd/spitrap@.service', import.meta.url), 'utf8');
  const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  const seconds = (name: string): number => Number(/^(\d+)s$/.exec(setting(name))?.[1]);
  const run = readFileSync(new URL('../../agent/cli/run.ts', import.meta.url), 'utf8');

  test('waits for a stop longer than the agent takes at most', () => {
    const withinMs = Number(/STOP_WITHIN_MS = ([\d_]+)/.exec(run)![1]!.replaceAll('_', ''));
    expect(seconds('TimeoutStopSec') * 1_000).toBeGreaterThan(withinMs);
  });

  test('notifies from the processes of the agent, has a watchdog, and is nobody else’s user', () => {
    expect(setting('Type')).toBe('notify');
    expect(setting('NotifyAccess')).toBe('all');
    expect(seconds('WatchdogSec')).toBeGreaterThanOrEqual(2 * (limits.notifyMs / 1_000));
    expect(setting('DynamicUser')).toBe('yes');
    expect(setting('LoadCredential')).toBe('key:/etc/spitrap/%i.keys');
    expect(setting('RestartPreventExitStatus')).toBe('2 3');
  });

  test('leaves V8 its compiler: it could not start otherwise', () => {
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
  });
});
