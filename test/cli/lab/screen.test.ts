import { describe, expect, test } from 'vitest';
import type { Style } from '../../../agent/cli/lab/lanes.ts';
import { findScenario } from '../../../agent/cli/lab/scenarios.ts';
import { closing, opening } from '../../../agent/cli/lab/screen.ts';
import type { LabVerdict } from '../../../agent/cli/lab/verdict.ts';

const style: Style = { width: 80, colour: false };
const whole: LabVerdict = {
  result: {
    incident: '01KA0000000000000000000000',
    outcome: 'complete',
    skewMs: 1.84,
    ends: {
      hub: { debugsOff: 'verified', captured: ['show clock', 'show dmvpn detail'], bundle: '/lab/hub-data/incidents/01KA' },
      spoke: { debugsOff: 'verified', captured: ['show clock'], bundle: '/lab/spoke-data/incidents/01KA' },
    },
    verdict: { cause: 'receiver-lost-sa', confidence: 'likely', sentence: 'hub1 lost the SA.' },
  },
  faults: [],
  reportOf: ['/lab/hub-data/incidents/01KA', '/lab/spoke-data/incidents/01KA'],
};

test('the opening names scenario, story and delay', () => {
  const text = opening(findScenario('lost-stop'), 18_000, style).join('\n');
  expect(text).toContain('Scenario lost-stop. The hub loses its SAs; every stop signal is lost');
  expect(text).toContain('due 18s after the message');
});

describe('the closing', () => {
  test('complete: how far apart, what was captured, where to look first', () => {
    const lines = closing(whole, '/lab', [{ from: 'hub', phase: 'alert', lost: 1, attempts: 3 }], style);
    expect(lines).toEqual(
      expect.arrayContaining([
        'Lost on the way from the hub: alert, 1 of 3 attempts.',
        'Complete. The two boxes received `undebug all` 1.8 ms apart; both are quiet.',
        '  hub    no debug is on, says the box; 2 commands captured with output',
        '  less /lab/hub-data/incidents/01KA/hub.txt',
        '  less /lab/spoke-data/incidents/01KA/spoke.txt',
        'Diagnosis: receiver-lost-sa, likely. hub1 lost the SA.',
        '  spitrap report /lab/hub-data/incidents/01KA /lab/spoke-data/incidents/01KA --html /lab/report.html',
        "Configurations, agents' logs and bundles stay in /lab",
      ]),
    );
    for (const line of lines) if (!line.includes('spitrap report')) expect([...line].length).toBeLessThanOrEqual(80);
  });

  test('not complete: every fault, and no bundle to look at where there is none', () => {
    const spoke = { debugsOff: 'on', captured: [], bundle: null } as const;
    const verdict: LabVerdict = {
      result: { ...whole.result, outcome: 'partial', ends: { ...whole.result.ends, spoke } },
      faults: ['spoke: debugs are still on', 'spoke: there is no sealed bundle'],
    };
    const text = closing(verdict, '/lab', [], style).join('\n');
    expect(text).toContain('Not complete (partial):\n  - spoke: debugs are still on\n  - spoke: there is no sealed bundle');
    expect(text).toContain('  spoke  DEBUGS ARE STILL ON, says the box; no bundle');
    expect(text).not.toContain('spoke.txt');
    expect(text).not.toContain('Complete.');
  });
});
