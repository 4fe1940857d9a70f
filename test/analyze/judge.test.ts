/** What the verdict makes of the rules' findings: order, contradictions, storms, harm, "cannot tell", commands to type. */
import { describe, expect, test } from 'vitest';
import { judge } from '../../shared/analyze/judge.ts';
import { limits } from '../../shared/limits.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { at, type CaseOptions, caseOf, HUB, LOST, NEXT, SPOKE } from '../support/case.ts';
import { textbook } from '../support/textbook-cases.ts';
import { said, verdictOf, without } from '../support/verdict-of.ts';

describe('cannot tell', () => {
  test('is a finding, says what is missing and what is possible', () => {
    const verdict = verdictOf(without(textbook.failover, /no bundle of the spoke/, /one message/));
    expect(said(verdict)).toBe('cannot-tell');
    expect(verdict.sentence).toBe(
      'It cannot be told why hub-b did not know SPI 0x68842105 of 11.1.1.3; possible: failover, ike-sa-gone.',
    );
    expect(verdict.findings[0]!.against.map(({ text }) => text)).toContain(
      'there is no bundle of 11.1.1.3: whether it still encrypts with 0x68842105 is not known',
    );
    expect(verdict.unknowns.join(' ')).toContain('There is no bundle of 11.1.1.3');
    // What takes SAs down is not told first where nothing is sure, and of no known platform.
    const [first, second] = verdict.findings[0]!.doNow;
    expect([first!.command, first!.text]).toEqual([null, expect.stringMatching(/^First see whether traffic .* is lost/)]);
    expect([second!.end, second!.command, second!.text]).toEqual([
      null,
      `clear crypto sa peer ${HUB}`,
      'At 11.1.1.3, the sender: clear its SAs with hub-b (the command is of Cisco IOS). Traffic returns with the next packet.',
    ]);
  });

  test('an empty case', () => {
    const verdict = judge(caseOf({ hub: {}, spoke: null, sas: [], flows: [] }));
    expect([said(verdict), verdict.harm, verdict.healing.kind]).toEqual(['cannot-tell', 'unknown', 'unknown']);
  });
});

describe('contradictions', () => {
  test('two stories that are as sure as each other: neither is', () => {
    // It took over, and was cleared, both after the SA was made.
    const { hub } = textbook.failover;
    const both: CaseOptions = {
      ...textbook.failover,
      hub: { ...hub, events: [...(hub?.events ?? []), at(-9, 'cleared'), at(-8.9, 'sa-deleted', { spis: [LOST] })] },
    };
    const { findings } = verdictOf(both);
    expect(findings.filter(({ confidence }) => confidence === 'certain').map(({ cause }) => cause)).toEqual(['receiver-lost-sa']);
    expect(findings.map(({ cause }) => cause)).toEqual(expect.arrayContaining(['failover', 'cleared-one-side']));
    expect(findings.find(({ cause }) => cause === 'failover')!.against.length).toBeGreaterThan(0);
  });

  test('each says that the other fits as well, and is less sure for it', () => {
    const crossed = textbook['crossing-rekeys'];
    const restarted = textbook['receiver-restarted'];
    const events = (end: 'hub' | 'spoke') => [...(restarted[end]?.events ?? []), ...(crossed[end]?.events ?? [])];
    const { findings } = verdictOf({
      ...crossed,
      ...restarted,
      hub: { ...crossed.hub, ...restarted.hub, events: events('hub') },
      spoke: { ...crossed.spoke, ...restarted.spoke, events: events('spoke') },
    });
    const told = (wanted: string) => {
      const { confidence, against } = findings.find(({ cause }) => cause === wanted)!;
      return [confidence, against.map(({ text }) => text).filter((text) => text.endsWith(' fits as well'))];
    };
    expect(told('crossing-rekeys')).toEqual(['possible', ['ike-sa-gone fits as well']]);
    expect(told('ike-sa-gone')).toEqual(['possible', ['crossing-rekeys fits as well']]);
  });

  test('a consequence is no contradiction', () => {
    expect(verdictOf(textbook['receiver-restarted']).findings.map(({ cause }) => cause)).toEqual(['receiver-restarted']);
  });
});

describe('harm', () => {
  test.each<[string, CaseOptions, string]>([
    ['came again', textbook.failover, 'persistent'],
    ['in use at one end and gone at the other', without(textbook.failover, /one message/), 'persistent'],
    ['came twice within the minute of its limit', { hub: {}, spoke: null, flows: [{ seen: [0, 30], count: 2 }] }, 'unknown'],
    ['came again with nothing else known', { hub: {}, spoke: null, flows: [{ seen: [0, 60], count: 2 }] }, 'persistent'],
    ['a rekey', textbook['rekey-transient'], 'transient'],
    [
      'a rekey, and a black hole beside it',
      {
        ...textbook['rekey-transient'],
        sas: [...(textbook['rekey-transient'].sas ?? []), { spi: 0x99, current: 'yes', inbound: 'no' }],
        flows: [{ judged: 'transient' }, { spi: 0x99 }],
      },
      'persistent',
    ],
    ['a replayed packet loses nothing', textbook['middlebox-replay'], 'transient'],
    ['nothing known', { hub: {}, spoke: null }, 'unknown'],
  ])('%s', (_what, options, harm) => {
    expect(verdictOf(options).harm).toBe(harm);
  });
});

describe('steps', () => {
  const steps = (options: CaseOptions) => verdictOf(options).findings[0]!.doNow.map(({ command }) => command);

  test('name the addresses and the connection, on the sender', () => {
    expect(steps(textbook.failover).slice(0, 2)).toEqual([`clear crypto sa peer ${HUB}`, 'clear crypto isakmp 1004']);
    expect(verdictOf(textbook.failover).findings[0]!.doNow[0]!.end).toBe(1);
  });

  test('IKEv2', () => {
    const { spoke } = textbook.failover;
    expect(steps({ ...textbook.failover, spoke: { ...spoke, ikeVersion: 2 } })[1]).toBe(`clear crypto ikev2 sa remote ${HUB}`);
  });

  test('strongSwan', () => {
    const { spoke } = textbook.failover;
    expect(steps({ ...textbook.failover, spoke: { ...spoke, platform: 'linux-strongswan' } })[0]).toBe(
      'swanctl --terminate --ike-id 1004 --force',
    );
  });

  test('a platform of which no commands are known gets words', () => {
    const { spoke } = textbook.failover;
    expect(
      steps({ ...textbook.failover, spoke: { ...spoke, platform: 'something' } }).filter((command) => command !== null),
    ).toEqual([]);
  });

  test('never a command that would end the IKE SAs of all peers', () => {
    for (const options of Object.values(textbook))
      for (const finding of verdictOf(without(options, /spoke: no IKE table/)).findings)
        for (const { command } of [...finding.doNow, ...finding.change])
          expect(command ?? '').not.toMatch(/^clear crypto (?:isakmp|sa|session)$/);
  });

  test('DPD that is periodic already is not asked for', () => {
    const { spoke, hub } = textbook.failover;
    const dpd = { mode: 'periodic', intervalSeconds: 10, line: 3 } as const;
    const changes = verdictOf({ ...textbook.failover, hub: { ...hub, dpd }, spoke: { ...spoke, dpd } }).findings[0]!.change;
    expect(changes.map(({ command }) => command).filter((command) => command !== null)).toEqual([]);
  });
});

describe('hostile and huge', () => {
  test('a name with control characters is made harmless in sentences', () => {
    const { hub } = textbook.failover;
    const { sentence, findings } = verdictOf({ ...textbook.failover, hub: { ...hub, name: 'hub\u001b[2Jb\u202e' } });
    const all = JSON.stringify([
      sentence,
      findings.map(({ evidence, against, doNow, change }) => [
        evidence.map(({ text }) => text),
        against.map(({ text }) => text),
        doNow,
        change,
      ]),
    ]);
    expect(all).not.toMatch(/\\u001b|\u202e/);
  });

  test('a storm beyond the limit says how many flows were not judged', () => {
    const flows = Array.from({ length: limits.verdictFlowsMax + 3 }, (_, index) => ({
      spi: 0x1000 + index,
      seen: [0, 60] as const,
    }));
    const sas = flows.map(({ spi }) => ({ spi, current: 'yes' as const, inbound: 'no' as const }));
    const verdict = verdictOf({ ...textbook['receiver-restarted'], sas, flows });
    expect([said(verdict), verdict.findings[0]!.flows.length]).toEqual(['receiver-restarted certain', limits.verdictFlowsMax]);
    expect(verdict.unknowns.at(-1)).toMatch(/^3 more flows were not judged/);
  });

  test('every quote is of an end of the case', () => {
    for (const options of Object.values(textbook)) {
      const about = caseOf(options);
      const { findings, healing, recovery } = judge(about);
      const quotes = [
        ...findings.flatMap(({ evidence, against }) => [...evidence, ...against].flatMap((one) => one.quotes)),
        ...healing.quotes,
        ...recovery.quotes,
      ];
      expect(quotes.length).toBeGreaterThan(0);
      for (const quote of quotes) expect(about.ends[quote.end]).toBeDefined();
    }
  });

  test('the ends may stand alone: the spoke’s bundle tells less, and throws at nothing', () => {
    for (const options of Object.values(textbook))
      expect(verdictOf({ ...options, hub: null }).findings.length).toBeGreaterThan(0);
  });
});

test('a second kind of flow has a finding of its own', () => {
  const { findings } = verdictOf({
    ...textbook['cleared-one-side'],
    sas: [...(textbook['cleared-one-side'].sas ?? []), { spi: NEXT, current: 'yes', inbound: 'yes' }],
    flows: [{ seen: [0, 60] }, { spi: 0x55, src: '192.0.2.77', foreign: 'yes' }, { spi: 0x56, src: SPOKE }],
  });
  expect(findings.map(({ cause, flows }) => `${cause} ${flows.length}`).slice(0, 2)).toEqual([
    'cleared-one-side 1',
    'unconfigured-peer 1',
  ]);
});

describe('a storm', () => {
  test('in a storm the flow of which both ends are here is judged, wherever it stands, and the others are counted', () => {
    const strangers = Array.from({ length: limits.verdictFlowsMax + 3 }, (_, index) => ({
      spi: 0x1000 + index,
      src: `203.0.113.${index % 250}`,
    }));
    const known = textbook['receiver-restarted'];
    const verdict = verdictOf({ ...known, flows: [...strangers, ...(known.flows ?? [{}])] });
    expect(verdict.findings[0]!.flows.some(({ src, spi }) => src === SPOKE && spi === LOST)).toBe(true);
    expect(verdict.sentence).toContain(formatSpi(LOST));
  });

  test('of a storm without the bundle of any peer the first flow is named, and how many met the same', () => {
    const flows = Array.from({ length: limits.verdictFlowsMax + 3 }, (_, index) => ({
      spi: 0x1000 + index,
      src: `203.0.113.${index % 100}`,
    }));
    const { sentence } = verdictOf({ hub: {}, spoke: null, sas: [], flows });
    expect(sentence).toMatch(/ 130 more SPIs of 100 peers met the same, without a bundle of theirs\.$/);
  });
});
