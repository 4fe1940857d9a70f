/** Who is who in a report: names of ends, of the one whose bundle is missing, and which bundle is whose. */
import type { BundleText } from '../../bundle/bundle-text.ts';
import type { Case, End, EndIndex } from '../case.ts';
import { promptOf } from '../steps.ts';
import type { Step } from '../verdict.ts';
import { told } from './html.ts';

export interface Party {
  readonly name: string;
  readonly role: 'hub' | 'spoke';
  /** At most a few, for people. */
  readonly addresses: readonly string[];
  /** Null: no bundle of it is here. */
  readonly end: End | null;
  readonly bundle: BundleText | null;
}

/** Two, always: an end without a bundle is one of which nothing can be known, and that is said. Hub first. */
export function partiesOf(about: Case, bundles: readonly BundleText[]): readonly [Party, Party] {
  const here = about.ends.map((end): Party => partyOf(end, bundleOf(end, bundles)));
  const [one, two] = here;
  if (one === undefined) return [absent('hub', about, null), absent('spoke', about, null)];
  if (two !== undefined) return [one, two];
  const other = absent(one.role === 'hub' ? 'spoke' : 'hub', about, one.bundle);
  return one.role === 'hub' ? [one, other] : [other, one];
}

const partyOf = (end: End, bundle: BundleText | null): Party => ({
  name: told(end.name, 60),
  role: end.role,
  addresses: end.addresses.slice(0, 3).map((address) => told(address, 45)),
  end,
  bundle,
});

/** Ends are numbered hub first, bundles come as they were given. */
export function bundleOf(end: End, bundles: readonly BundleText[]): BundleText | null {
  const sameRole = bundles.filter(({ incident }) => incident.role === end.role);
  if (sameRole.length === 1) return sameRole[0]!;
  return sameRole.find(({ incident }) => incident.device.name === end.name) ?? bundles[end.index] ?? null;
}

/** The other end, as the one bundle speaks of it. */
function absent(role: 'hub' | 'spoke', about: Case, bundle: BundleText | null): Party {
  const mine = new Set(about.ends.flatMap((end) => end.addresses));
  const addresses = [...new Set(about.flows.map(({ flow }) => (role === 'spoke' ? flow.src : flow.dst)))].filter(
    (a) => !mine.has(a),
  );
  const named = bundle?.incident.peers ?? [];
  const name = addresses.length > 1 ? `${addresses.length} peers` : named.length === 1 ? told(named[0]!.name, 60) : `the ${role}`;
  return { name, role, addresses: addresses.slice(0, 3).map((address) => told(address, 45)), end: null, bundle: null };
}

export const endName = (about: Case, index: EndIndex | null): string =>
  index === null ? '' : told(about.ends[index]?.name ?? 'the other end', 60);

/** `hub1(config)# `, as it stands on that device in front of what is typed; nothing for a device whose bundle is not here. */
export const promptBefore = (about: Case, step: Step): string =>
  step.end === null ? '' : `${endName(about, step.end)}${promptOf(about.ends[step.end]?.platform, step)}`;
