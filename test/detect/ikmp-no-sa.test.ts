/** The IKE twin of the message, out of whatever stands around it. */
import { expect, test } from 'vitest';
import { findIkmpNoSa } from '../../shared/detect/ikmp-no-sa.ts';
import { Dice } from '../support/dice.ts';

const MESSAGE = '%CRYPTO-4-IKMP_NO_SA: IKE message from 11.1.1.3        has no SA and is not an initialization offer';
const found = (text: string) => findIkmpNoSa(Buffer.from(text, 'latin1'));

test.each([
  ['as IOS sends it', `<188>91: *Mar 12 18:22:10.706: ${MESSAGE}\n`, ['11.1.1.3']],
  ['among others, CRLF', `<189>a\r\n<188>${MESSAGE}\r\n<189>b\r\n`, ['11.1.1.3']],
  ['IPv6, canonical', MESSAGE.replace('11.1.1.3', '2001:DB8:0::3'), ['2001:db8::3']],
  ['twice the same, and another', `${MESSAGE}\n${MESSAGE}\n${MESSAGE.replace('1.3 ', '1.4 ')}\n`, ['11.1.1.3', '11.1.1.4']],
  ['another facility', MESSAGE.replace('CRYPTO-4', 'SYS-4'), []],
  ['no address', MESSAGE.replace('11.1.1.3', 'somebody'), []],
  ['no such address', MESSAGE.replace('11.1.1.3', '11.1.1.300'), []],
  ['another text', MESSAGE.replace('has no SA', 'was processed'), []],
  ['the name in a debug line', 'ISAKMP: IKMP_NO_SA from 11.1.1.3', []],
  ['cut', MESSAGE.slice(0, 50), []],
])('%s', (_name, text, remotes) => {
  expect(found(text).map(({ remote }) => remote)).toEqual(remotes);
  for (const { line } of found(text)) expect(line).not.toMatch(/[\r\n]/);
});

test('a flood in one read is bounded, and mutated lines do nothing', () => {
  expect(
    found(Array.from({ length: 500 }, (_, n) => MESSAGE.replace('1.3 ', `1.${n % 250} `)).join('\n')).length,
  ).toBeLessThanOrEqual(16);
  const dice = new Dice(3);
  for (let n = 0; n < 5_000; n++) {
    const bytes = Buffer.from(`${MESSAGE}\n`);
    for (let hit = 0; hit < 3; hit++) bytes[dice.upTo(bytes.length - 1)] = dice.upTo(255);
    for (const { remote } of findIkmpNoSa(bytes)) expect(remote).toMatch(/^[0-9a-f.:]+$/);
  }
});
