import { describe, expect, test } from 'vitest';
import { findScenario } from '../../../agent/cli/lab/scenarios.ts';
import { type EndFinding, type EndResult, judge, turnsDebugsOff } from '../../../agent/cli/lab/verdict.ts';
import type { Box } from '../../../agent/lab/contract.ts';
import type { CaptureEntry, IncidentFile } from '../../../shared/bundle/incident-file.ts';
import { monotonic, wall } from '../../../shared/model/time.ts';

const ID = '01KA0000000000000000000000';
const message = monotonic(1_000);

const typed = (at: number, expanded: string, line = 0): Box['commandLog'][number] => ({
  at: monotonic(at),
  wall: wall(0),
  line,
  typed: expanded,
  expanded,
});

const capture = (command: string, change: Partial<CaptureEntry> = {}): Partial<CaptureEntry> => ({
  command,
  round: 'first',
  status: 'ok',
  detail: null,
  bytes: 10,
  file: `commands/${command}.txt`,
  late: false,
  ...change,
});

function finding(change: {
  on?: string[];
  commands?: Box['commandLog'];
  incident?: Partial<IncidentFile>;
  captures?: Partial<CaptureEntry>[];
  problems?: string[];
  bundle?: null;
  disk0?: EndFinding['disk0'];
  wentQuiet?: boolean;
}): EndFinding {
  const incident = {
    id: ID,
    aliases: [],
    outcome: { kind: 'complete', reasons: [] },
    captures: change.captures ?? [capture('show clock')],
    ...change.incident,
  } as unknown as IncidentFile;
  const problems = change.problems ?? [];
  return {
    box: { debugsOn: () => change.on ?? [], commandLog: change.commands ?? [typed(4_000, 'undebug all')] },
    ...(change.disk0 === undefined ? {} : { disk0: change.disk0 }),
    ...(change.wentQuiet === undefined ? {} : { wentQuiet: change.wentQuiet }),
    bundle:
      change.bundle === null ? null : { folder: '/lab/bundle', verdict: { whole: problems.length === 0, problems, incident } },
  };
}

const desync = findScenario('desync');

describe('the verdict of a lab run', () => {
  test('both off, both whole: the object of --json, and no fault', () => {
    const { result, faults } = judge(desync, message, {
      hub: finding({ commands: [typed(500, 'undebug all'), typed(4_000.25, 'undebug all'), typed(4_100, 'show debugging')] }),
      spoke: finding({ commands: [typed(4_001.75, 'undebug all')] }),
    });
    expect(faults).toEqual([]);
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      incident: ID,
      outcome: 'complete',
      skewMs: 1.5,
      ends: {
        hub: { debugsOff: 'verified', captured: ['show clock'], bundle: '/lab/bundle' },
        spoke: { debugsOff: 'verified', captured: ['show clock'], bundle: '/lab/bundle' },
      },
      verdict: null,
    });
  });

  test.each([
    ['cleared-one-side', []],
    ['delete-lost', []],
    ['receiver-lost-sa', []],
    ['cannot-tell', []],
    ['rekey-transient', ['the diagnosis says rekey-transient (likely), and cleared-one-side was played']],
  ] as const)('where cleared-one-side was played, a diagnosis of %s', (cause, expected) => {
    const quiet = finding({ commands: [typed(4_000, 'undebug all')] });
    const truth = {
      cause: 'cleared-one-side',
      end: 'hub',
      what: 'clear',
      also: ['delete-lost'],
      less: ['receiver-lost-sa'],
    } as const;
    const ending = { facts: {}, faults: [], truth };
    const diagnosed = { cause, confidence: 'likely', sentence: 'It was so.', findings: [] } as const;
    const { result, faults } = judge(desync, message, { hub: quiet, spoke: quiet }, ending, diagnosed);
    expect(faults).toEqual(expected);
    expect(result.verdict).toEqual({ cause, confidence: 'likely', sentence: 'It was so.' });
    expect(result.truth).toEqual({ cause: 'cleared-one-side', end: 'hub', what: 'clear', also: ['delete-lost'] });
  });

  test('captured: commands with output, each once', () => {
    const captures = [
      capture('show clock'),
      capture('show clock', { round: 'stop' }),
      capture('show dmvpn detail', { status: 'refused', detail: '% Invalid input' }),
      capture('show crypto sockets', { bytes: 0 }),
      capture('show crypto ipsec sa detail', { status: 'skipped', file: null, detail: 'skipped: 900 SAs' }),
    ];
    const { result } = judge(desync, message, { hub: finding({ captures }), spoke: finding({}) });
    expect(result.ends.hub.captured).toEqual(['show clock']);
  });

  test.each<[string, Parameters<typeof finding>[0], RegExp]>([
    ['a debug that is still on', { on: ['Crypto ISAKMP debugging is on'] }, /spoke: debugs are still on .*ISAKMP/],
    ['no bundle', { bundle: null }, /spoke: there is no sealed bundle/],
    [
      'a damaged bundle',
      { problems: ['incident.json was changed'] },
      /spoke: the bundle is not whole: incident.json was changed/,
    ],
    [
      'an outcome that is not complete',
      { incident: { outcome: { kind: 'partial', reasons: ['no-done'] } } },
      /spoke: outcome partial: no-done/,
    ],
    ['a box that was never told', { commands: [typed(4_000, 'undebug all', -1)] }, /spoke: its box never received `undebug all`/],
    ['another incident', { incident: { id: '01KA0000000000000000000001' } }, /different incidents/],
  ])('%s is a fault', (_name, change, words) => {
    const { faults } = judge(desync, message, { hub: finding({}), spoke: finding(change) });
    expect(faults).toEqual([expect.stringMatching(words)]);
  });

  test('an alias is the same incident', () => {
    const spoke = finding({ incident: { id: '01KA0000000000000000000001', aliases: [ID] } });
    expect(judge(desync, message, { hub: finding({}), spoke }).faults).toEqual([]);
  });

  test('without its alert the spoke must have captured late', () => {
    const scenario = findScenario('lost-alert');
    const late = finding({ captures: [capture('show clock', { round: 'late', late: true })] });
    expect(judge(scenario, message, { hub: finding({}), spoke: late }).faults).toEqual([]);
    expect(judge(scenario, message, { hub: finding({}), spoke: finding({}) }).faults).toEqual([
      expect.stringMatching(/not marked late/),
    ]);
  });

  test('no message at all is said as such', () => {
    const { result, faults } = judge(desync, null, { hub: finding({ bundle: null }), spoke: finding({ bundle: null }) });
    expect(faults[0]).toMatch(/never logged the message/);
    expect(result).toMatchObject({ incident: null, outcome: 'none' });
  });
});

describe('what a scenario asks beyond it', () => {
  const oneEnded = { outcome: { kind: 'complete-one-ended', reasons: [] } } as Partial<IncidentFile>;

  test('an end without an agent: its disk0 file is its bundle, and complete-one-ended is what is wanted', () => {
    const hub = finding({ bundle: null, disk0: { file: '/lab/hub-disk0-hub.txt', captured: ['show crypto sockets'] } });
    const verdict = judge(findScenario('eem-hub'), message, {
      hub,
      spoke: finding({ incident: oneEnded, captures: [capture('show clock', { late: true })] }),
    });
    expect(verdict.faults).toEqual([]);
    expect(verdict.result).toMatchObject({ outcome: 'complete-one-ended', incident: ID });
    expect(verdict.result.ends.hub).toEqual({
      debugsOff: 'verified',
      captured: ['show crypto sockets'],
      bundle: '/lab/hub-disk0-hub.txt',
    });
    expect(verdict.firstLook).toMatchObject({ hub: '/lab/hub-disk0-hub.txt' });
  });

  test('command_hub without its file is a fault, spoke_app keeps none', () => {
    const late = finding({ incident: oneEnded, captures: [capture('show clock', { late: true })] });
    const ofHub = judge(findScenario('eem-hub'), message, { hub: finding({ bundle: null, disk0: null }), spoke: late });
    expect(ofHub.faults).toEqual([expect.stringMatching(/no file on disk0/)]);
    const none = finding({ bundle: null, disk0: null });
    const ofSpoke = judge(findScenario('eem-spoke'), message, { hub: finding({ incident: oneEnded }), spoke: none });
    expect(ofSpoke.faults).toEqual([]);
    expect(ofSpoke.result.ends.spoke.bundle).toBeNull();
  });

  test('an agent that calls complete what it can not verify is a fault', () => {
    const spoke = finding({ bundle: null, disk0: null });
    const { faults, result } = judge(findScenario('eem-spoke'), message, { hub: finding({}), spoke });
    expect(faults).toEqual([expect.stringMatching(/hub: outcome complete/)]);
    expect(result.outcome).toBe('complete');
  });

  test.each<[string, Parameters<typeof finding>[0], EndResult['debugsOff'], RegExp[]]>([
    ['they are on, and the others were off in between', { on: ['theirs'], wentQuiet: true }, 'verified', []],
    ['the incident’s debug is on too', { on: ['theirs', 'ours'], wentQuiet: true }, 'on', [/still on at its box: ours/]],
    ['they were turned off', { on: [], wentQuiet: true }, 'verified', [/somebody had turned on theirs .* it is off/]],
    ['nothing was ever off', { on: ['theirs'], wentQuiet: false }, 'on', [/never without debugs/]],
  ])('debugs that somebody turns on later: %s', (_name, change, debugsOff, words) => {
    const ending = { facts: {}, faults: [], laterDebugs: { hub: ['theirs'] } };
    const { faults, result } = judge(desync, message, { hub: finding(change), spoke: finding({}) }, ending);
    expect(result.ends.hub.debugsOff).toBe(debugsOff);
    expect(faults).toEqual(words.map((word) => expect.stringMatching(word)));
  });

  test('facts and faults of the play and of the bundles are added', () => {
    const ending = {
      facts: { messages: 3 },
      faults: ['too many'],
      ofBundles: (incidents: Record<'hub' | 'spoke', IncidentFile | null>) => ({
        facts: { id: incidents.hub?.id },
        faults: ['odd'],
      }),
    };
    const { faults, result } = judge(desync, message, { hub: finding({}), spoke: finding({}) }, ending);
    expect(result).toMatchObject({ messages: 3, id: ID });
    expect(faults).toEqual(['too many', 'odd']);
  });
});

test.each([
  ['undebug all', true],
  ['no debug crypto isakmp', true],
  ['undebug crypto ipsec', true],
  ['no debug crypto condition peer ipv4 11.1.1.3', false],
  ['debug crypto isakmp', false],
  ['show debugging', false],
])('%s turns a debug off: %s', (line, is) => {
  expect(turnsDebugsOff(line)).toBe(is);
});
