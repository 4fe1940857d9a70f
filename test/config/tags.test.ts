/** `site`, `device.tags`, `peers[].tags`: what a fleet counts and names by. */
import { describe, expect, test } from 'vitest';
import { limits } from '../../shared/limits.ts';
import { changed, faults, load, SMALLEST } from './smallest-pair.ts';

describe('tags and site', () => {
  test('stand as they are written, and are nothing by default', () => {
    const { config } = load(`site: dc-1\n${SMALLEST}`);
    expect(config).toMatchObject({ site: 'dc-1', device: { tags: {} }, peers: [{ tags: {} }] });
    expect(load(SMALLEST).config.site).toBe('default');
    const tagged = load(changed('name: spoke1', 'name: spoke1, tags: { carrier: acme, region: "51" }'));
    expect(tagged.config.peers[0]!.tags).toEqual({ carrier: 'acme', region: '51' });
  });

  test.each([
    ['site: "a.b"', 'letters, digits, underscore and hyphen only, at most 64'],
    [`site: ${'x'.repeat(65)}`, 'letters, digits'],
    ['site: "*"', 'letters, digits'],
  ])('%s is no word of a subject', (line, begins) => {
    expect(faults(`${line}\n${SMALLEST}`)).toEqual([expect.stringContaining(begins)]);
  });

  test.each([
    ['{ carrier: 51 }', 'needs quotes'],
    ['{ carrier: "" }', 'has no value'],
    ['{ carrier: }', 'has no value'],
    ['{ "1st": a }', 'is no name of a tag'],
    ['{ "a.b": a }', 'is no name of a tag'],
    ['{ a: "b\\nc" }', 'control character'],
    [`{ a: ${'x'.repeat(limits.tagCharsMax + 1)} }`, `at most ${limits.tagCharsMax}`],
    ['[carrier]', 'a mapping of words'],
    ['acme', 'a mapping of words'],
    [`{ ${Array.from({ length: limits.tagsMax + 1 }, (_, index) => `t${index}: a`).join(', ')} }`, `at most ${limits.tagsMax}`],
  ])('tags: %s is a fault', (tags, says) => {
    expect(faults(changed('name: spoke1', `name: spoke1, tags: ${tags}`))).toEqual([
      expect.stringMatching(new RegExp(`^peers\\[0\\]\\.tags\\|7\\|.*${says}`)),
    ]);
  });
});
