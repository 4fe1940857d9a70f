/** The main job, end to end: `spitrap lab` of the built executable, two agent processes and all. Judged by its JSON, its bundles and what it leaves behind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLab } from '../../agent/cli/lab/run.ts';
import { findScenario } from '../../agent/cli/lab/scenarios.ts';
import type { LabResult } from '../../agent/cli/lab/verdict.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import type { Endpoint, World } from '../../agent/ports.ts';
import { createWorld } from '../../agent/world.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { binPath, type LabExit, LabProcess, processesNaming, socketsOn } from '../support/lab-process.ts';

let out = '';
const started: LabProcess[] = [];
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'spitrap-lab-test-'));
});
afterEach(async () => {
  for (const lab of started.splice(0)) {
    lab.kill('SIGTERM');
    await lab.ended;
  }
  rmSync(out, { recursive: true });
});

function start(...args: string[]): LabProcess {
  const lab = new LabProcess(['--out', out, ...args]);
  started.push(lab);
  return lab;
}

const resultOf = ({ stdout }: LabExit): LabResult => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as LabResult;

/** The net that this lab chose, as its screen shows it: `127.1.2.`. */
const netOf = ({ stdout }: { stdout: string }): string =>
  /ssh at (127\.\d+\.\d+\.)\d+:/.exec(stdout)?.[1] ?? 'no net on the screen';

function nothingIsLeft(lab: { stdout: string }): void {
  expect(processesNaming(out)).toEqual([]);
  expect(socketsOn(netOf(lab))).toEqual([]);
}

/** Note A's four, which every complete bundle of this small pair must hold. */
const NOTE_A = ['show crypto sockets', 'show crypto isa sa', 'show crypto ipsec sa detail', 'show dmvpn detail'];

describe.each(['desync', 'lost-stop', 'lost-alert'])('spitrap lab --scenario %s', (scenario) => {
  test('both boxes quiet, both bundles whole, nothing left running', async () => {
    const lab = start('--scenario', scenario, '--delay', '2s', '--json');
    const exit = await lab.ended;
    expect(exit.stderr).toBe('');
    expect(exit.code, exit.stdout).toBe(0);
    const result = resultOf(exit);
    expect(Object.keys(result)).toEqual(['incident', 'outcome', 'skewMs', 'ends', 'verdict']);
    expect(result).toMatchObject({
      outcome: 'complete',
      ends: { hub: { debugsOff: 'verified' }, spoke: { debugsOff: 'verified' } },
    });
    expect(result.incident).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(result.skewMs).toBeGreaterThanOrEqual(0);
    // The network here is one relay on one machine: what is left is scheduling, generous for a loaded one.
    expect(result.skewMs).toBeLessThan(1_000);

    for (const end of ['hub', 'spoke'] as const) {
      const { bundle, captured } = result.ends[end];
      expect(bundle).toBe(join(out, `${end}-data`, 'incidents', result.incident ?? ''));
      const { whole, problems, incident } = await verifyBundle(bundle ?? '', createDisk());
      expect(problems).toEqual([]);
      expect(whole).toBe(true);
      expect(incident?.stop).toMatchObject({ off: 'verified', nothingOn: false });
      expect(captured).toEqual(expect.arrayContaining(NOTE_A));
      const text = readFileSync(join(bundle ?? '', `${end}.txt`), 'utf8');
      for (const command of captured) expect(text).toContain(command);
      const log = readFileSync(join(bundle ?? '', 'device.log'), 'utf8');
      // Debugs from before the event are the point of it all.
      expect(log).toMatch(/ISAKMP.*IKE_QM_PHASE2_COMPLETE|New State = IKE_QM_PHASE2_COMPLETE/);
      if (end === 'hub') expect(log).toMatch(/%CRYPTO-4-RECVD_PKT_INV_SPI: decaps:/);
      const late = incident?.captures.filter((capture) => capture.round !== 'stop').map((capture) => capture.late);
      expect(new Set(late)).toEqual(new Set([end === 'spoke' && scenario === 'lost-alert']));
    }
    nothingIsLeft(exit);
  });
});

test('the screen tells the incident at both ends, in 80 columns and in order of time', async () => {
  const exit = await start('--delay', '500ms').ended;
  expect(exit.code, exit.stdout).toBe(0);
  const times = [...exit.stdout.matchAll(/^ +([+-]\d+\.\d{3}) s {2}/gm)].map((match) => Number(match[1]));
  expect(times.length).toBeGreaterThan(15);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  for (const words of [
    '%CRYPTO-4-RECVD_PKT_INV_SPI',
    'alert ──▶',
    'stop ──▶',
    '◀── done',
    'DONE ON HUB',
    'DONE ON SPOKE',
    'Complete.',
  ])
    expect(exit.stdout).toContain(words);
  for (const line of exit.stdout.split('\n')) if (!line.includes(out)) expect([...line].length, line).toBeLessThanOrEqual(80);
  expect(exit.stdout).not.toContain('\x1b');
});

test('two labs at the same time do not meet', async () => {
  const second = mkdtempSync(join(tmpdir(), 'spitrap-lab-test-'));
  try {
    const other = new LabProcess(['--out', second, '--delay', '1s', '--json']);
    started.push(other);
    const exits = await Promise.all([start('--delay', '1s', '--json').ended, other.ended]);
    expect(exits.map((exit) => exit.code)).toEqual([0, 0]);
    expect(netOf(exits[0]!)).not.toBe(netOf(exits[1]!));
    expect(resultOf(exits[0]!).incident).not.toBe(resultOf(exits[1]!).incident);
  } finally {
    rmSync(second, { recursive: true });
  }
});

test('a system with 127.0.0.1 alone (macOS): boxes and agents share it and differ by port', async () => {
  const { streams, datagrams, ...rest } = createWorld();
  const only = <T>(endpoint: Endpoint, bind: () => Promise<T>): Promise<T> =>
    endpoint.address === '127.0.0.1' ? bind() : Promise.reject(new SpitrapError('LISTEN_REFUSED', 'EADDRNOTAVAIL'));
  const world: World = {
    ...rest,
    streams: { listen: (endpoint, onConnection) => only(endpoint, () => streams.listen(endpoint, onConnection)) },
    datagrams: { bind: (endpoint, options) => only(endpoint, () => datagrams.bind(endpoint, options)) },
  };
  const screen: string[] = [];
  const verdict = await runLab(
    { folder: out, scenario: findScenario('desync'), delayMs: 500, seed: 1, lossPercent: 0, nodePath: process.execPath, binPath },
    world,
    { style: { width: 80, colour: false }, print: (line) => screen.push(line) },
    new AbortController().signal,
  );
  expect(screen.join('\n')).toMatch(/ssh at 127\.0\.0\.1:\d+ +│ ssh at 127\.0\.0\.1:\d+/);
  expect(verdict?.faults).toEqual([]);
});

test('a bad line between the agents: a third of all datagrams lost, and still complete', async () => {
  const exit = await start('--loss', '33', '--seed', '5', '--delay', '2s', '--json').ended;
  expect(exit.code, exit.stdout).toBe(0);
  expect(resultOf(exit).outcome).toBe('complete');
});

describe('an end before the end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s in the middle of an incident leaves nothing', async (signal) => {
    const lab = start('--delay', '60s');
    await lab.shows(/alert ──▶/);
    expect(processesNaming(out).length).toBeGreaterThanOrEqual(2);
    lab.kill(signal);
    const exit = await lab.ended;
    expect(exit.code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(exit.stderr).toContain(`stopped by ${signal}`);
    nothingIsLeft(exit);
  });

  test('Ctrl-C while the agents are starting leaves nothing', async () => {
    const lab = start();
    await lab.shows(/undebug all/);
    lab.kill('SIGINT');
    expect((await lab.ended).code).toBe(130);
    expect(processesNaming(out)).toEqual([]);
  });

  test('a lab that is killed takes its agents with it', async () => {
    const lab = start('--delay', '60s');
    await lab.shows(/alert ──▶/);
    lab.kill('SIGKILL');
    await lab.ended;
    // Their boxes died with it: what they undertook to stop they try for as long as their orderly end allows.
    await expect.poll(() => processesNaming(out), { timeout: 60_000 }).toEqual([]);
  });

  test('an agent that dies is named, with where to look, and the other one is stopped', async () => {
    const lab = start('--delay', '60s', '--json');
    await lab.shows(/alert ──▶/);
    const pid = Number(/agent: process \d+, watching +│ agent: process (\d+)/.exec(lab.stdout)?.[1]);
    process.kill(pid, 'SIGKILL');
    const exit = await lab.ended;
    expect(exit.code).toBe(1);
    expect(exit.stdout).toMatch(/the spoke's agent ended \(signal SIGKILL\)/);
    expect(resultOf(exit).ends.spoke.bundle).toBeNull();
    nothingIsLeft(exit);
  });
});

describe('what it is told wrongly', () => {
  const refused = async (...args: string[]): Promise<LabExit> => {
    const lab = new LabProcess(args);
    started.push(lab);
    return lab.ended;
  };

  test.each([
    [['--scenario', 'tsunami'], /USAGE: there is no scenario "tsunami"; there are desync, lost-stop, lost-alert/],
    [['--delay', 'soon'], /USAGE: --delay "soon"/],
    [['--delay', '10m'], /USAGE: --delay "10m"/],
    [['--loss', '101'], /USAGE: --loss "101"/],
    [['--seed', 'x'], /USAGE: --seed "x"/],
  ])('%j', async (args, words) => {
    const exit = await refused(...args);
    expect(exit.code).toBe(2);
    expect(exit.stderr).toMatch(words);
    expect(exit.stdout).toBe('');
  });

  test('a folder that holds something', async () => {
    writeFileSync(join(out, 'notes.txt'), 'mine');
    const exit = await refused('--out', out);
    expect(exit.code).toBe(2);
    expect(exit.stderr).toMatch(/is not empty/);
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });
});
