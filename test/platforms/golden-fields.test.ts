/** The comparison with goldens can fail: a field that differs, one that we do not read, one that the golden lacks. */
import { expect, test } from 'vitest';
import { clockText, compareGolden } from '../support/golden-fields.ts';

test('spelling is no difference; a value, a missing field, an empty table are', () => {
  const golden = {
    Interface: {
      'Tunnel1 ': {
        peer: '2001:DB8:0:0::1',
        vrf: '(none)',
        settings: 'Tunnel, ',
        flow: 'permit  ip any',
        pfs: 'Y',
        sas: {},
        odd: 1,
      },
    },
  };
  const ours = {
    interface: {
      tunnel1: { peer: '2001:db8::1', vrf: 'none', settings: 'Tunnel', flow: 'permit ip any', pfs: 'N', sas: {}, more: [1, 2] },
    },
  };
  expect(compareGolden(ours, golden)).toEqual({
    compared: 6,
    differing: ['interface/tunnel1/pfs: golden y, ours n'],
    notRead: ['odd'],
    goldenLacks: ['more'],
  });
  expect(compareGolden({ a: { b: 1 } }, { a: {} })).toMatchObject({ compared: 0, notRead: ['a'], goldenLacks: ['b'] });
  expect(compareGolden({ a: undefined, b: null }, { a: 1, b: 'null' })).toMatchObject({ compared: 1, notRead: ['a'] });
});

test('durations of less than a day', () => {
  expect([107, 85_269, 0].map(clockText)).toEqual(['00:01:47', '23:41:09', '00:00:00']);
});
