/**
 * Every scenario of `spitrap lab` by the built executable, judged by its --json, which the lab takes from the boxes and the bundles. The
 * three of lab.test.ts are left to it, unless SPITRAP_LAB_TIMES asks for all of them so many times: SPITRAP_LAB_TIMES=10 is the proof.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scenarios } from '../../agent/cli/lab/scenarios.ts';
import type { LabResult } from '../../agent/cli/lab/verdict.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { LabProcess, processesNaming } from '../support/lab-process.ts';

const TIMES = Number(process.env['SPITRAP_LAB_TIMES'] ?? '1');
const ELSEWHERE = ['desync', 'lost-stop', 'lost-alert'];
/** A run takes 5 to 20 s; a busy machine gets its time. */
const WITHIN_MS = 150_000;
const BOTH = ['hub', 'spoke'] as const;

/** What a scenario's own keys must say, beside what all have in common. */
const expected: Readonly<Record<string, Record<string, unknown>>> = {
  desync: {},
  'lost-stop': {},
  'lost-alert': {},
  'eem-hub': { outcome: 'complete-one-ended', openedBy: 'stop', applet: { end: 'hub', name: 'command_hub', run: 'done' } },
  'eem-spoke': { outcome: 'complete-one-ended', openedBy: 'message', applet: { end: 'spoke', name: 'spoke_app', run: 'done' } },
  'both-detect': { detected: BOTH, doneFromPeer: BOTH, merged: true, incidents: { hub: 1, spoke: 1 } },
  'rekey-transient': {
    judged: 'transient',
    armedAgain: true,
    messages: 1,
    verdict: { cause: 'rekey-transient' },
    truth: { cause: 'rekey-transient' },
  },
  'black-hole': {
    judged: 'persistent',
    alarm: 'black-hole',
    armedAgain: false,
    laterDebugs: 'on',
    incidents: { hub: 1, spoke: 1 },
  },
  'half-armed': { halfArmed: { alarmed: { hub: true, spoke: true }, cleared: true } },
  storm: { flows: 300, flowsRecorded: 300, flowsCountedOnly: 0, incidents: { hub: 1 } },
};

/** Causes are judged by lab-causes.test.ts. */
const plain = scenarios.filter(({ setting }) => setting.cause === undefined);

test('no scenario is left out', () => {
  expect(plain.map(({ name }) => name)).toEqual(Object.keys(expected));
});

let out = '';
let lab: LabProcess | null = null;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'spitrap-lab-test-'));
});
afterEach(async () => {
  lab?.kill('SIGTERM');
  await lab?.ended;
  lab = null;
  rmSync(out, { recursive: true });
});

const runs = plain.filter(({ name }) => TIMES > 1 || !ELSEWHERE.includes(name));

describe.each(runs.map(({ name, setting }) => ({ name, setting })))('spitrap lab --scenario $name', ({ name, setting }) => {
  test.each(Array.from({ length: TIMES }, (_, index) => index + 1))(
    'run %i: all as it asks',
    async () => {
      lab = new LabProcess(['--out', out, '--scenario', name, '--delay', '2s', '--json']);
      const exit = await lab.ended;
      expect(exit.stderr).toBe('');
      expect(exit.code, exit.stdout).toBe(0);
      const result = JSON.parse(exit.stdout.trimEnd().split('\n').at(-1) ?? '') as LabResult;
      expect(Object.keys(result).slice(0, 5)).toEqual(['incident', 'outcome', 'skewMs', 'ends', 'verdict']);
      expect(result).toMatchObject({ outcome: 'complete', ...expected[name] });
      expect(result.incident).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(result.skewMs).toBeLessThan(1_000);
      for (const end of BOTH) {
        const { debugsOff, bundle, captured } = result.ends[end];
        expect(debugsOff).toBe('verified');
        if (setting.eem !== end) {
          expect((await verifyBundle(bundle ?? '', createDisk())).problems).toEqual([]);
        } else if (end === 'hub') {
          // Note A's four, as a real box appends them: their output alone.
          expect(captured).toHaveLength(4);
          expect(readFileSync(bundle ?? '', 'utf8')).toMatch(/dst +src +state +conn-id[\s\S]*interface: Tunnel/);
        } else expect([bundle, captured]).toEqual([null, []]);
        expect(existsSync(join(out, `${end}.yaml`))).toBe(setting.eem !== end);
      }
      for (const line of exit.stdout.split('\n').slice(0, -2))
        if (!line.includes(out)) expect([...line].length, line).toBeLessThanOrEqual(80);
      expect(processesNaming(out)).toEqual([]);
    },
    WITHIN_MS,
  );
});

test('a delay under which the applet would be killed before it stops anything is refused', async () => {
  lab = new LabProcess(['--scenario', 'eem-hub', '--delay', '19s']);
  const exit = await lab.ended;
  expect(exit.code).toBe(2);
  expect(exit.stderr).toMatch(/USAGE: --delay "19s" is longer than 18s: Note A's applet would be killed by its maxrun/);
});
