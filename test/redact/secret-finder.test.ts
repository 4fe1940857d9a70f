/** Which secrets stand in a text: the walk of many finds what a look for each finds. */
import { describe, expect, test } from 'vitest';
import { ownSecretReplacer } from '../../shared/redact/own-secrets.ts';
import { secretFinder } from '../../shared/redact/secret-finder.ts';
import { seededRandom } from '../support/seeded-random.ts';

const many = Array.from({ length: 10_000 }, (_, index) => `key-of-spoke-${index}-${(index * 7_919) % 10_007}`);

describe('among ten thousand', () => {
  test('finds what is there, in their order, wherever it stands', () => {
    const find = secretFinder(many);
    expect(find(`x${many[77]}y ${many[3]}`)).toEqual([many[3], many[77]]);
    expect(find(many[9_999]!)).toEqual([many[9_999]]);
    expect(find(many[9_999]!.slice(0, -1))).toEqual([]);
    expect(find('')).toEqual([]);
    expect(find('key')).toEqual([]);
  });

  test('one that contains another, two with one head, and letters of any alphabet', () => {
    const find = secretFinder([...many, 'gläserner', 'gläsern', '鍵鍵鍵鍵鍵', 'abcd', 'abc']);
    expect(find('ein gläserner Schlüssel')).toEqual(['gläserner', 'gläsern']);
    expect(find('鍵鍵鍵鍵鍵鍵')).toEqual(['鍵鍵鍵鍵鍵']);
    expect(find('abcd abc')).toEqual(['abcd']);
  });

  test('says what a look for each says, for what chance brings', () => {
    const random = seededRandom(11);
    const word = (length: number): string => Array.from(random.bytes(length), (byte) => 'abc'[byte % 3]).join('');
    const secrets = [...new Set(Array.from({ length: 200 }, (_, index) => word(4 + (index % 5))))];
    const find = secretFinder(secrets);
    for (let round = 0; round < 300; round++) {
      const text = word(round);
      expect(find(text)).toEqual(secrets.filter((secret) => text.includes(secret)));
    }
  });

  test('what is replaced is what few would replace', () => {
    const text = `snmp-server user a b v3 auth sha ${many[5]} priv aes 128 ${many[6]}x ${many[5]}`;
    const replaced = ownSecretReplacer(many, (secret) => `<${many.indexOf(secret)}>`)(text);
    expect(replaced).toEqual(ownSecretReplacer([many[5]!, many[6]!], (secret) => `<${many.indexOf(secret)}>`)(text));
    expect(replaced.count).toBe(3);
  });
});
