import { expect, test } from 'vitest';
import { causes } from '../../shared/analyze/verdict.ts';
import { headlineOf } from '../../shared/fleet/headline.ts';
import type { FleetGroup } from '../../shared/fleet/view.ts';

const group = (of: Partial<FleetGroup> & { states?: Partial<FleetGroup['byState']> }): FleetGroup => ({
  id: '',
  headline: '',
  device: 'hub-2',
  role: 'hub',
  cause: 'failover',
  title: '',
  fromMs: Date.UTC(2026, 10, 20, 3, 12, 59),
  toMs: 0,
  incidents: 412,
  others: 412,
  byState: { open: 0, healed: 0, 'black-holed': 0, 'not-known': 0, ...of.states },
  ...of,
});

test.each<[Parameters<typeof group>[0], string]>([
  [
    { states: { healed: 409, 'black-holed': 3 } },
    'hub-2 failed over at 03:12 UTC: 412 spokes, 409 healed by themselves, 3 still black-holed',
  ],
  [{ incidents: 1, others: 1, states: { healed: 1 } }, 'hub-2 failed over at 03:12 UTC: 1 spoke, 1 healed by itself'],
  [
    { cause: 'receiver-restarted', incidents: 1_500, others: 1_234, states: { healed: 1_498, 'not-known': 2 } },
    'hub-2 lost its SAs (restart) at 03:12 UTC: 1,234 spokes in 1,500 incidents, 1,498 healed by themselves, 2 not known',
  ],
  [
    { device: 'branch-7', role: 'spoke', cause: 'receiver-restarted', incidents: 4, others: 2, states: { open: 4 } },
    'branch-7 met peers that lost their SAs in a restart at 03:12 UTC: 2 hubs in 4 incidents, 4 open',
  ],
  [
    { cause: 'not-judged', incidents: 3, others: 3, states: { open: 3 } },
    'hub-2 had incidents that are not judged yet at 03:12 UTC: 3 spokes, 3 open',
  ],
  [{ cause: 'solar-flare', incidents: 3, others: 3 }, 'hub-2 had incidents of solar-flare at 03:12 UTC: 3 spokes'],
  [{ cause: 'constructor', incidents: 3, others: 3 }, 'hub-2 had incidents of constructor at 03:12 UTC: 3 spokes'],
])('%#', (of, headline) => {
  expect(headlineOf(group(of))).toBe(headline);
});

test('every cause has words of its own', () => {
  const told = causes.map((cause) => [cause, headlineOf(group({ cause }))] as const);
  expect(new Set(told.map(([, headline]) => headline)).size).toBe(causes.length);
  for (const [cause, headline] of told) expect(headline).not.toContain(`had incidents of ${cause}`);
});
