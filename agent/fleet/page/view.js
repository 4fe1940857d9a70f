/**
 * What the reader looks at, as it stands in the address's fragment, so that a link can be sent: `#since=7d&where=hub%3Dhub-2&group=…`. Pure;
 * test/fleet/page/view.test.ts. A fragment may have been made by anybody: what is none of ours is passed over.
 */

/** @typedef {{ since: string, where: readonly string[], group: string | null, incident: string | null }} View */

export const WINDOWS = ['24h', '7d', '30d', '90d'];
const WHERE_MAX = 8;
const TEXT_MAX = 600;

/** @type {View} */
export const OVERVIEW = { since: '24h', where: [], group: null, incident: null };

/** @param {string} hash @returns {View} */
export function viewOf(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const since = given.get('since') ?? '';
  /** @param {string} name */
  const text = (name) => {
    const value = given.get(name);
    return value === null || value === '' || value.length > TEXT_MAX ? null : value;
  };
  const incident = text('incident');
  return {
    since: WINDOWS.includes(since) ? since : OVERVIEW.since,
    where: [...new Set(given.getAll('where').filter((one) => /^[^=]+=./s.test(one) && one.length <= TEXT_MAX))].slice(
      0,
      WHERE_MAX,
    ),
    group: text('group'),
    incident: incident !== null && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(incident) ? incident : null,
  };
}

/** @param {View} view @returns {string} `#…` */
export function hashOf({ since, where, group, incident }) {
  const params = new URLSearchParams();
  if (since !== OVERVIEW.since) params.set('since', since);
  for (const one of where) params.append('where', one);
  if (group !== null) params.set('group', group);
  if (incident !== null) params.set('incident', incident);
  // Never empty: `#` alone goes to the top of the page, and stays in the way of the next one.
  return `#${params.toString() || `since=${OVERVIEW.since}`}`;
}

/** What of a view the API is asked by. @param {View} view */
export function queryOf({ since, where }) {
  const params = new URLSearchParams({ since });
  for (const one of where) params.append('where', one);
  return params.toString();
}

/** @param {View} view @param {string} dimension @param {string} value @returns {View} */
export function narrowed(view, dimension, value) {
  const where = [...view.where.filter((one) => !one.startsWith(`${dimension}=`)), `${dimension}=${value}`];
  return { ...view, where: where.slice(-WHERE_MAX), group: null, incident: null };
}

/** @param {View} view @param {string} condition @returns {View} */
export const widened = (view, condition) => ({ ...view, where: view.where.filter((one) => one !== condition) });
