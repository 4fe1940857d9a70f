/** The sentence at the top and the four answers (agent/web/page/words.js). */
import { describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../../agent/status/status.ts';
import { pageModule } from '../../support/page-module.ts';
import { alarms, armed, calm, EVIL, empty, hostile, running } from '../../support/page-states.ts';

const { answers, goneAnswers, goneHeadline, headline } = await pageModule('words');

const NOW = Date.parse('2026-03-12T18:30:00Z');
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const top = (status: AgentStatus): [string, string, string] => {
  const { tone, text, lead } = headline(status, NOW);
  return [tone, plain(text), plain(lead)];
};
const rows = (status: AgentStatus): string[] =>
  answers(status, NOW).map((one: { name: string; tone: string; text: string; more: string; command?: string }) =>
    plain(`${one.name} ${one.tone}: ${one.command ?? one.text}${one.more === '' ? '' : ` | ${one.more}`}`),
  );
const but = (status: AgentStatus, change: Partial<AgentStatus>): AgentStatus => ({ ...status, ...change });

describe('calm', () => {
  const { status } = calm(NOW);
  test('one sentence', () => {
    expect(top(status)).toEqual(['good', 'All quiet at hub1', 'Watching since 12:00:00 UTC (6 h 30 min).']);
  });
  test('four answers', () => {
    expect(rows(status)).toEqual([
      'Wrong good: Nothing',
      'Incident plain: None running | last 3 h ago: a black hole',
      'Debugs good: Off | read 12 s ago',
      'To type plain: Nothing',
    ]);
  });
  test('nothing happened yet', () => {
    expect(rows(empty(NOW).status)[1]).toBe('Incident plain: None');
  });
});

describe('what comes before what', () => {
  const calmly = calm(NOW).status;
  const hold = { on: true, until: '2026-03-12T19:00:00Z', by: 'command' };
  const warning = { ...alarms(NOW).status.alarms[2]!, acknowledged: false };

  test.each<[string, AgentStatus, [string, string]]>([
    [
      'a critical alarm before an incident',
      but(running(NOW).status, { alarms: alarms(NOW).status.alarms }),
      ['bad', 'Debugs on hub1 could not be verified off'],
    ],
    [
      'an incident before a warning',
      but(running(NOW).status, { alarms: [warning] }),
      ['warn', 'Incident with spoke1: debugs stop in 12 s'],
    ],
    [
      'a warning before a hold',
      but(calmly, { alarms: [warning], hold }),
      ['warn', 'The path to spoke1 over 198.51.100.9:10162 does not answer'],
    ],
    ['a hold before what is armed', but(armed(NOW).status, { hold }), ['warn', 'On hold until 19:00:00 UTC']],
    [
      'what is off the usual before what is armed',
      but(armed(NOW).status, { sources: alarms(NOW).status.sources }),
      ['warn', 'hub1: 1 source interrupted'],
    ],
    ['armed', armed(NOW).status, ['good', 'Armed: debugs are on at hub1']],
    [
      'a person’s debugs',
      but(calmly, { device: { ...calmly.device, debugsOn: ['Crypto ISAKMP debugging'] } }),
      ['plain', 'Watching: a person’s debugs are on at hub1'],
    ],
    [
      'what was acknowledged is not shouted',
      but(calmly, { alarms: [{ ...warning, acknowledged: true }] }),
      ['good', 'All quiet at hub1'],
    ],
  ])('%s', (_, status, [tone, text]) => {
    expect(top(status).slice(0, 2)).toEqual([tone, text]);
  });
});

describe('answers', () => {
  test('armed: until when at the latest, the lease, and the peer’s', () => {
    expect(rows(armed(NOW).status)[2]).toBe(
      'Debugs warn: On until 14 Mar 06:30:00 UTC at the latest | lease 14 min, renewed while all is well; on at spoke1 until 18:42:00 UTC',
    );
  });

  test.each([
    ['alerted', 'pending', 'Incident warn: Running: debugs stop in 12 s', 'Debugs warn: On; stop at 18:30:12 UTC'],
    ['stopping', 'pending', 'Incident warn: Running: turning debugs off', 'Debugs warn: On until'],
    ['sealing', 'verified', 'Incident warn: Running: debugs are off, writing the bundle', 'Debugs good: Off, verified'],
    ['sealing', 'failed', 'Incident warn: Running: writing the bundle', 'Debugs bad: Off: failed'],
  ])('running, %s, debugs %s', (phase, off, incident, debugs) => {
    const said = rows(running(NOW, phase, off).status);
    expect(said[1]).toBe(incident);
    expect(said[2]).toContain(debugs);
  });

  test('a capture that a person asked for is no incident to be afraid of', () => {
    const { status } = running(NOW, 'collecting', 'not-sent');
    const [open, ...rest] = status.incidents;
    const asked = but(calm(NOW).status, {
      incidents: [{ ...open!, openedBy: 'person', stopInMs: null, flows: 0, firstFlow: null }, ...rest],
    });
    expect(top(asked)).toEqual([
      'plain',
      'A capture is running with spoke1',
      'Asked by a person 18:29:54 UTC (6 s); debugs are not touched.',
    ]);
    expect(rows(asked).slice(1, 3)).toEqual(['Incident warn: Running: capturing', 'Debugs good: Off | read 12 s ago']);
  });

  test('alarms: how many, what else, what to type first', () => {
    const said = rows(alarms(NOW).status);
    expect(said[0]).toBe(
      'Wrong bad: 2 critical alarms | the disk does not take everything; session control is backing off; 4 more below; 1 alarm acknowledged, not over',
    );
    expect(said[3]).toBe('To type bad: log in to hub1 (192.0.2.1) and type: undebug all | and 1 more below');
  });

  test('debugs that nobody could read are not off', () => {
    const { status } = calm(NOW);
    const unread = but(status, { device: { ...status.device, debugsOn: null, debugsReadAt: null } });
    expect(rows(unread)[2]).toBe('Debugs warn: Not known | the device was not read');
  });
});

describe('the agent is gone', () => {
  const model = {
    status: armed(NOW).status,
    ageMs: 23_000,
    link: { kind: 'lost', retryAt: 0, why: { status: 0, message: 'x' } },
  };

  test('how old the picture is', () => {
    const { tone, text, lead } = goneHeadline(model);
    expect([tone, plain(text), lead]).toEqual([
      'bad',
      'No word from the agent for 23 s',
      'Below is how it was at 18:30:00 UTC; it may be otherwise now. Trying again.',
    ]);
  });

  test('nothing is claimed, and what to type is about what may be on', () => {
    const said = goneAnswers(model.status, NOW);
    expect(said.map(({ tone }: { tone: string }) => tone)).toEqual(['bad', 'warn', 'warn', 'bad']);
    expect(plain(said[2].text)).toBe('Not known; was: on until 14 Mar 06:30:00 UTC at the latest');
    expect(plain(said[2].more)).toBe('the router itself ends them in at most 30 min');
    expect(said[3].command).toBe(
      'on the agent’s host type: spitrap status; if debugs may be on, log in to hub1 (192.0.2.1) and type: undebug all',
    );
    expect(goneAnswers(calm(NOW).status, NOW)[3].command).toBe('on the agent’s host type: spitrap status');
  });
});

test('hostile text is bounded and harmless in every sentence', () => {
  const { status } = hostile(NOW);
  // `kind` is compared, and never shown.
  const { kind: _, ...sentence } = headline(status, NOW);
  const said = JSON.stringify([sentence, answers(status, NOW), goneAnswers(status, NOW)]);
  expect(said.length).toBeLessThan(4_000);
  expect(said).not.toContain('\u202e');
  expect(said).toContain('\\\\u{202e}');
  expect(EVIL).toContain('\u202e');
});
