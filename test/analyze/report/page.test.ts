import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { reportHtml } from '../../../shared/analyze/report/page.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { limits } from '../../../shared/limits.ts';
import type { Told } from '../../support/diagnosis/build.ts';
import { failover } from '../../support/diagnosis/failover.ts';
import { cannotTell, hostile, oneEnded, storm, transient } from '../../support/diagnosis/others.ts';

const page = ({ diagnosis, bundles }: Told): string => reportHtml(diagnosis, bundles);
const all: [string, () => Told][] = [
  ['failover', failover],
  ['one end', oneEnded],
  ['storm', () => storm()],
  ['transient', transient],
  ['cannot tell', cannotTell],
  ['hostile', hostile],
];

describe.each(all)('%s', (_, told) => {
  const text = page(told());

  test('holds nothing that acts or fetches', () => {
    const tags = new Set([...text.matchAll(/<([a-z0-9]+)/g)].map((match) => match[1]));
    for (const tag of ['script', 'img', 'link', 'iframe', 'object', 'embed', 'form', 'image', 'use', 'base'])
      expect(tags.has(tag)).toBe(false);
    const names = text.replace(/="[^"]*"/g, '=""');
    expect(/<[^>]*\s(?:on\w+|style|src|srcset|action)=/.test(names)).toBe(false);
    expect([...text.matchAll(/href="([^"]*)"/g)].every((match) => match[1]!.startsWith('#'))).toBe(true);
    expect(/url\((?!#)|@import/.test(text)).toBe(false);
  });

  test('its policy allows its own style and nothing else', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!;
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
  });

  test('every link has its place, once', () => {
    const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of text.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    for (const [, label] of text.matchAll(/aria-labelledby="([^"]*)"/g))
      for (const id of label!.split(' ')) expect(ids).toContain(id);
  });

  test('no control character, no override and no lone surrogate is in it', () => {
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(text)).toBe(false);
  });
});

test('one heading of the first level, and no level is jumped over', () => {
  const levels = [...page(failover()).matchAll(/<h([1-6])/g)].map((match) => Number(match[1]));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  for (const [index, level] of levels.entries()) if (index > 0) expect(level - levels[index - 1]!).toBeLessThanOrEqual(1);
});

test('the verdict, both ends, what to do and what to change stand before the picture', () => {
  const text = page(failover());
  const [before] = text.split('<svg');
  for (const words of [
    'hub-b took over without the SAs',
    'certain',
    'black hole',
    'no such SA',
    '+412 packets',
    'QM_IDLE',
    'off, verified',
    '15 of 16',
    'clear crypto sa peer 213.163.222.7',
    'crypto isakmp keepalive 10 3 periodic',
    'mGRE with dynamic NHRP',
  ])
    expect(before).toContain(words);
});

test('a quote leads to its line among the raw outputs, under the number it has in the file', () => {
  const text = page(failover());
  const [, id] = /<a href="#([^"]*)">hub-b, device\.log line 82<\/a>/.exec(text)!;
  expect(text).toContain(`<mark id="${id}" tabindex="-1" data-n="82">Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI`);
  const [, outbound] =
    /<a href="#([^"]*)">spoke1, 03-first-show-crypto-ipsec-sa-peer-213\.163\.222\.7-detail\.txt line 20<\/a>/.exec(text)!;
  expect(text).toMatch(new RegExp(`<mark id="${outbound}"[^>]*> *current outbound spi`));
});

test('with one end only the other is said to be unknown, never absent', () => {
  const text = page(oneEnded());
  expect(text).toContain('not known: its bundle is not here');
  expect(text).toContain('No bundle of this end is here');
  expect(text).toContain('one end captured');
});

test('bundles may come in any order', () => {
  const { diagnosis, bundles } = failover();
  const swapped = reportHtml(diagnosis, [...bundles].reverse());
  expect(swapped.replace(/Made by[^<]*/, '')).toBe(reportHtml(diagnosis, bundles).replace(/Made by[^<]*/, ''));
});

test('a long output is cut, said to be, and keeps its quoted lines', () => {
  const { diagnosis, bundles } = failover();
  const filler = Array.from({ length: 60_000 }, (_, i) => `IPSEC(key_engine): filler ${i}`);
  const hub: BundleText = { ...bundles[0]!, log: [...bundles[0]!.log, ...filler] };
  const text = reportHtml(diagnosis, [hub, bundles[1]!]);
  expect(text.length).toBeLessThan(limits.reportRawCharsMax);
  expect(text).toMatch(/\d+ lines left out here; device\.log in the bundle has them/);
  expect(text).toContain('data-n="82">Mar 12 18:22:10.706');
  expect(text).not.toContain('filler 30000');
});

test('a damaged bundle says so before the picture', () => {
  const { diagnosis, bundles } = failover();
  const text = reportHtml(diagnosis, [{ ...bundles[0]!, problems: ['device.log: is not what the manifest says'] }, bundles[1]!]);
  expect(text.split('<svg')[0]).toContain('device.log: is not what the manifest says');
});

test('500 flows of 40 senders: the first are shown, the rest is folded, nothing is lost', () => {
  const text = page(storm());
  expect(text).toContain('500 flows from 40 senders');
  expect(text).toContain('34 more senders');
  expect(text.match(/<li><code>0x/g)!.length).toBe(500);
});
