/** A group of incidents in one sentence, and in the words that stand for each cause. Called by agent/fleet/index/; docs/fleet.md, "Groups". */
import type { Cause } from '../analyze/verdict.ts';
import { NOT_JUDGED } from './merge.ts';
import type { FleetGroup } from './view.ts';

/** What the end that they share did, or what befell it. `hub-2` … `at 03:12 UTC`. */
const words: Readonly<Record<Cause | typeof NOT_JUDGED, string>> = {
  'rekey-transient': 'had rekey transients',
  'receiver-restarted': 'met peers that lost their SAs in a restart',
  'cleared-one-side': 'met SAs that were cleared on one side',
  failover: 'failed over',
  'ike-sa-gone': 'had IPsec SAs without their IKE SA',
  'lifetime-mismatch': 'met lifetimes that differ',
  'kilobyte-lifetime': 'had SAs end by kilobytes',
  'delete-lost': 'lost DELETEs on the way',
  'crossing-rekeys': 'had rekeys that crossed',
  'early-new-spi': 'used new SPIs too early',
  'keys-differ': 'had SAs whose keys differ',
  replay: 'had packets replayed or reordered',
  'nat-change': 'met changed NAT addresses or ports',
  'stale-peer': 'met stale or cloned peers',
  'middlebox-replay': 'had old packets replayed by a middlebox',
  'unconfigured-peer': 'met peers that are not configured',
  'tunnel-key-mismatch': 'met tunnel keys that differ',
  'platform-cannot-say': 'had incidents whose cause its platform cannot say',
  'receiver-lost-sa': 'met SAs that the receiver had lost',
  'cannot-tell': 'had incidents whose cause cannot be told',
  [NOT_JUDGED]: 'had incidents that are not judged yet',
};

/** When the end that they share is not the one that restarted, the words above are of its peers; a hub of many is the one itself. */
const ofHub: ReadonlyMap<string, string> = new Map([
  ['receiver-restarted', 'lost its SAs (restart)'],
  ['cleared-one-side', 'had its SAs cleared'],
  ['receiver-lost-sa', 'lost SAs'],
]);

export function headlineOf(group: Omit<FleetGroup, 'id' | 'headline'>): string {
  const { device, role, cause, fromMs, others, incidents, byState } = group;
  const did =
    (role === 'hub' && others > 1 ? ofHub.get(cause) : undefined) ??
    (Object.hasOwn(words, cause) ? words[cause as Cause] : `had incidents of ${cause}`);
  const met = role === 'hub' ? count(others, 'spoke') : count(others, 'hub');
  const often = incidents === others ? '' : ` in ${count(incidents, 'incident')}`;
  const states = [
    byState.healed > 0 && `${grouped(byState.healed)} healed by ${byState.healed === 1 ? 'itself' : 'themselves'}`,
    byState['black-holed'] > 0 && `${grouped(byState['black-holed'])} still black-holed`,
    byState['not-known'] > 0 && `${grouped(byState['not-known'])} not known`,
    byState.open > 0 && `${grouped(byState.open)} open`,
  ].filter((one) => one !== false);
  return `${device} ${did} at ${clock(fromMs)}: ${met}${often}${states.map((one) => `, ${one}`).join('')}`;
}

const count = (number: number, one: string): string => `${grouped(number)} ${number === 1 ? one : `${one}s`}`;

/** 1,234 */
const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

/** The day is said by what shows it. */
const clock = (atMs: number): string => `${new Date(atMs).toISOString().slice(11, 16)} UTC`;
