/** When a black hole ends: the earlier of the sender's SA and its DPD, by hand-made cases. facts.md §1, Note B. */
import { describe, expect, test } from 'vitest';
import type { CaseOptions, EndOptions, SaOptions } from '../support/case.ts';
import { LOST, T0 } from '../support/case.ts';
import { textbook } from '../support/textbook-cases.ts';
import { verdictOf, without } from '../support/verdict-of.ts';

const periodic = { mode: 'periodic', intervalSeconds: 10, line: 3 } as const;
const onDemand = { mode: 'on-demand', intervalSeconds: 10, line: 3 } as const;
/** A restarted hub (no IKE SA), and the spoke as given. */
const withSpoke = (spoke: EndOptions, hub: EndOptions = {}, sa: Partial<SaOptions> = {}): CaseOptions => {
  const base = textbook['receiver-restarted'];
  return {
    ...base,
    hub: { ...base.hub, ...hub },
    spoke: { ...base.spoke, ...spoke },
    sas: (base.sas ?? []).map((one) => (one.spi === LOST ? { ...one, ...sa } : one)),
  };
};
const healingOf = (options: CaseOptions) => verdictOf(options).healing;
const secondsTo = (options: CaseOptions): number => Math.round((healingOf(options).at!.toMs - T0) / 1_000);

describe('what ends it first', () => {
  test('the SA of the sender, without DPD', () => {
    const healing = healingOf(withSpoke({ dpd: { mode: 'none', intervalSeconds: null, line: null } }));
    expect([healing.kind, healing.by]).toEqual(['at', 'sa-lifetime']);
    expect(secondsTo(withSpoke({}))).toBe(2_019);
  });

  test('periodic DPD, as the receiver has no IKE SA', () => {
    expect([healingOf(withSpoke({ dpd: periodic })).by, secondsTo(withSpoke({ dpd: periodic }))]).toEqual(['dpd', 180]);
  });

  test('the SA of the sender, when it is gone before DPD acts', () => {
    expect(healingOf(withSpoke({ dpd: { ...periodic, intervalSeconds: 900 } }, {}, { leftSeconds: 60 })).by).toBe('sa-lifetime');
  });

  test('DPD on demand acts while traffic is sent, and not without', () => {
    expect(healingOf(withSpoke({ dpd: onDemand })).by).toBe('dpd');
    expect(healingOf(withSpoke({ dpd: onDemand }, {}, { packets: 0 })).by).toBe('sa-lifetime');
  });

  test('a living IKE SA at the receiver answers DPD: it never acts', () => {
    const healing = healingOf(withSpoke({ dpd: periodic }, { ike: 20 }));
    expect(healing.by).toBe('sa-lifetime');
    expect(healing.text).toContain('answers DPD');
  });

  test('an IKE SA of which nothing is known may answer DPD', () => {
    const healing = healingOf(without(withSpoke({ dpd: periodic }), /hub: no IKE table/));
    expect([healing.by, healing.text.includes('unless DPD acts')]).toEqual(['sa-lifetime', true]);
  });

  test('nothing is claimed without the lifetime and the configuration', () => {
    const healing = healingOf(without(withSpoke({}, {}), /no lifetime$/, /spoke: no configuration/));
    expect([healing.kind, healing.at]).toEqual(['unknown', null]);
  });
});

test('over, never, and nothing to heal', () => {
  expect(healingOf(textbook['rekey-transient']).kind).toBe('healed');
  expect(healingOf(textbook['tunnel-key-mismatch']).kind).toBe('never');
  expect(healingOf(textbook['stale-peer']).kind).toBe('not-applicable');
});
