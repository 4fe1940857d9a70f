/** What the reader looks at, in the address's fragment: there and back, and what somebody else made of it is harmless. */
import { describe, expect, test } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: plain JavaScript, as the browser gets it
const module = async (name: string): Promise<any> =>
  await import(/* @vite-ignore */ new URL(`../../../agent/fleet/page/${name}.js`, import.meta.url).href);
const { hashOf, narrowed, OVERVIEW, queryOf, viewOf, widened } = await module('view');

const ID = '01KAX3R2F8M0T9W5Y1Z4H6J999';

describe('a view', () => {
  test.each([
    OVERVIEW,
    { ...OVERVIEW, since: '30d', where: ['hub=hub-2', 'tag:carrier=a & b = c/ü'] },
    { ...OVERVIEW, group: 'hub.hub-2.failover.20261122T0310Z', incident: ID },
  ])('%j is the same after it was sent', (view) => {
    expect(viewOf(hashOf(view))).toEqual(view);
  });

  test('is a link that the page takes for one of its own', () => {
    const hash = hashOf({ ...OVERVIEW, where: ['spoke=<img src=x onerror=alert(1)>"\'\u202e'], group: 'a.b%20c' });
    expect(hash).toMatch(/^#[\w.~%=&+*-]*$/);
  });

  test('of whatever stands in the fragment is one of ours', () => {
    expect(viewOf('#since=ever&where=x&where==&incident=<script>&group=&incident=..')).toEqual(OVERVIEW);
    expect(viewOf(`#${Array.from({ length: 40 }, (_, n) => `where=hub%3D${n}`).join('&')}`).where).toHaveLength(8);
    expect(viewOf(`#group=${'x'.repeat(5_000)}`).group).toBeNull();
    expect(viewOf('#%E0%A4%A')).toEqual(OVERVIEW);
  });
});

test('narrowing takes the place of a condition of the same kind, and leaves what is open', () => {
  const view = narrowed({ ...OVERVIEW, where: ['hub=a', 'cause=x'], group: 'g' }, 'hub', 'b');
  expect(view).toEqual({ ...OVERVIEW, where: ['cause=x', 'hub=b'] });
  expect(widened(view, 'hub=b').where).toEqual(['cause=x']);
  expect(queryOf(view)).toBe('since=24h&where=cause%3Dx&where=hub%3Db');
});
