/** The diagnosis stands whatever a bundle holds: torn, mixed up, hostile, huge. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../shared/analyze/diagnose.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { limits } from '../../shared/limits.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { createSa, invalidSpi, ipsecSa, stampAt } from './outputs.ts';
import { alertSent, HUB, hubBundle, LOST, SPOKE, spokeBundle, T0 } from './two-ends.ts';

/** One change of a text: a cut, a character, lines lost, doubled or in another order. */
const change = fc.record({
  how: fc.constantFrom('cut', 'head', 'replace', 'insert', 'drop', 'double', 'reverse'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  text: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '0x',
      '4294967295',
      '-1',
      ':',
      '\0',
      '\u2028',
      '%CRYPTO-4-',
      '99999999999999999999',
      'NaN',
      '__proto__',
      'Feb 30 99:99:99',
      '}',
    ),
  ),
});

function changed(text: string, { how, at, text: more }: typeof change extends fc.Arbitrary<infer T> ? T : never): string {
  const place = Math.floor(at * text.length);
  const lines = text.split('\n');
  const line = Math.floor(at * lines.length);
  switch (how) {
    case 'cut':
      return text.slice(0, place);
    case 'head':
      return text.slice(place);
    case 'replace':
      return text.slice(0, place) + more + text.slice(place + more.length);
    case 'insert':
      return text.slice(0, place) + more + text.slice(place);
    case 'drop':
      return lines.toSpliced(line, 1).join('\n');
    case 'double':
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
    default:
      return lines.toReversed().join('\n');
  }
}

type Change = Parameters<typeof changed>[1];

const mangled = (bundle: BundleText, changes: readonly { readonly of: number; readonly change: Change }[]): BundleText => {
  let { log, journal, addenda, captures } = bundle;
  for (const { of, change: one } of changes) {
    const index = of % (captures.length + 3);
    if (index === 0) log = changed(log.join('\n'), one).split('\n');
    else if (index === 1) journal = changed(journal.join('\n'), one).split('\n');
    else if (index === 2) addenda = changed(addenda.join('\n'), one).split('\n');
    else
      captures = captures.map((capture, at) => (at === index - 3 ? { ...capture, text: changed(capture.text, one) } : capture));
  }
  return { ...bundle, log, journal, addenda, captures };
};

const judged = {
  record: {
    kind: 'judged',
    verdict: 'persistent',
    flows: [{ flow: { src: SPOKE, dst: HUB, spi: LOST }, verdict: 'persistent' }],
  },
};
const sighting = {
  kind: 'step',
  data: { input: { kind: 'sighting', line: `${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}`, wall: T0 } },
};
const whole = (): BundleText[] => [
  hubBundle({ hubFacts: alertSent(20), hub: { journal: [sighting], addenda: [judged] } }),
  spokeBundle(),
];

describe('never throws, always a verdict', () => {
  test('mangled texts', () => {
    const [hub, spoke] = whole();
    const changes = fc.array(fc.record({ of: fc.nat(20), change }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(changes, changes, fc.constantFrom('both', 'hub', 'spoke'), (atHub, atSpoke, which) => {
        const bundles = [mangled(hub!, atHub), mangled(spoke!, atSpoke)];
        const { verdict, case: about } = diagnose(
          which === 'both' ? bundles : which === 'hub' ? bundles.slice(0, 1) : bundles.slice(1),
          platformNamed,
        );
        expect(verdict.findings.length).toBeGreaterThan(0);
        for (const { at } of about.timeline)
          if (at !== null) expect(Number.isFinite(at.fromMs) && at.fromMs <= at.toMs).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('facts that somebody changed', () => {
    const [hub, spoke] = whole();
    const moment = fc.record({
      at: fc.constantFrom('2026-03-12T18:22:10.706Z', '+275760-09-13T00:00:00.000Z', 'never', '', '1970-01-01T00:00:00Z'),
      monotonicMs: fc.constantFrom(0, -1e300, 1e300, Number.NaN, 1_000_000),
      bootId: fc.constantFrom('boot-of-hub', 'boot-of-spoke', ''),
    });
    const facts = fc.record({
      opened: moment,
      spi: fc.constantFrom('0x00000000', '0xffffffff', 'x'),
      src: fc.constantFrom(SPOKE, HUB, '', '::ffff:1.2.3.4', '../..'),
      tookMs: fc.constantFrom(-5, 0, 1e12, Number.NaN),
      platform: fc.constantFrom('cisco-ios', 'cisco-iosxe', 'linux-strongswan', '__proto__'),
    });
    fc.assert(
      fc.property(facts, facts, (a, b) => {
        const bundles = [hub!, spoke!].map((bundle, index): BundleText => {
          const { opened, spi, src, tookMs, platform } = index === 0 ? a : b;
          const { incident } = bundle;
          const flows = incident.flows.map((flow) => ({ ...flow, spi, src, first: opened }));
          const captures = bundle.captures.map((capture) => ({ ...capture, entry: { ...capture.entry, tookMs, sent: opened } }));
          return { ...bundle, captures, incident: { ...incident, opened, flows, device: { ...incident.device, platform } } };
        });
        expect(diagnose(bundles, platformNamed).verdict.findings.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test('no bundle at all', () => {
    expect(diagnose([], platformNamed).verdict.cause).toBe('cannot-tell');
  });

  test('the same evidence gives the same diagnosis', () => {
    expect(JSON.stringify(diagnose(whole(), platformNamed))).toBe(JSON.stringify(diagnose(whole().toReversed(), platformNamed)));
  });
});

describe('a hub of thousands, and a storm', () => {
  const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const table = (peers: number): string =>
    ipsecSa(
      ...Array.from({ length: peers }, (_, index) => ({
        local: HUB,
        remote: address(index + 1),
        inbound: [{ spi: 0x10000000 + index * 2, connection: index * 2 + 1 }],
        outbound: [{ spi: 0x80000000 + index * 2, connection: index * 2 + 2 }],
      })),
    );
  const hubOf = (peers: number, lines: number): BundleText =>
    hubBundle({
      hub: {
        captures: [
          { command: 'show crypto ipsec sa', text: table(peers) },
          { command: 'show crypto ipsec sa', round: 'stop', text: table(peers) },
        ],
        log: Array.from({ length: lines }, (_, index) => `${stampAt(T0 - 60_000 + index)}: ${createSa(HUB, 0x20000000 + index)}`),
      },
    });

  test('twice as much takes no more than twice as long, and then some', () => {
    const timeOf = (bundle: BundleText): number => {
      const begun = performance.now();
      diagnose([bundle], platformNamed);
      return performance.now() - begun;
    };
    const [small, large] = [hubOf(400, 1_500), hubOf(1_600, 6_000)];
    timeOf(small);
    const ratio = Math.min(timeOf(large), timeOf(large)) / Math.max(1, Math.min(timeOf(small), timeOf(small), timeOf(small)));
    // Four times as much; the square would be sixteen.
    expect(ratio).toBeLessThan(10);
  });

  test('what is beyond the limits is said', () => {
    const lines = Array.from(
      { length: limits.caseEventsMax + 10 },
      (_, index) => `${stampAt(T0 - 60_000 + index)}: ${createSa(HUB, 0x20000000 + index)}`,
    );
    const { case: about } = diagnose([hubBundle({ hub: { captures: [], log: lines } })], platformNamed);
    expect(about.ends[0]!.events).toHaveLength(limits.caseEventsMax);
    expect(about.unknowns.join('\n')).toMatch(/10 further events of hub were not looked at/);
  });
});
