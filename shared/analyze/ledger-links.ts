/**
 * Which SPI took whose place: SAs of one direction and one tunnel, in the order in which they were made. That is seen (a debug), or told by
 * the lifetimes that are left in one table: the older has less. Called by ledger.ts. Pure.
 */
import type { SaLife } from './case.ts';
import { middleOf } from './clocks.ts';
import type { Life } from './ledger-lives.ts';
import type { Tables } from './side-state.ts';

type Links = Pick<SaLife, 'next' | 'previous'>;

/** SAs of a tunnel that are made within it are in no order. */
const SAME_MOMENT_MS = 1_000;
/** Default of IOS, where nothing says how long an SA was to live: it only places SAs that were seen made beside those that were not. */
const LIFETIME_DEFAULT_MS = 3_600_000;

export function linkGenerations(lives: readonly Life[], tables: readonly Tables[]): ReadonlyMap<Life, Links> {
  for (const life of lives) life.bornMs = bornMs(life, tables);
  const links = new Map<Life, Links>();
  for (const group of groupsOf(lives)) {
    const dated = group.filter((life) => life.bornMs !== null).sort((a, b) => a.bornMs! - b.bornMs!);
    for (const [index, life] of dated.entries()) {
      const [before, behind] = [dated[index - 1], dated[index + 1]];
      links.set(life, {
        previous: before && life.bornMs! - before.bornMs! >= SAME_MOMENT_MS ? before.spi : null,
        next: behind && behind.bornMs! - life.bornMs! >= SAME_MOMENT_MS ? behind.spi : null,
      });
    }
  }
  return links;
}

/** One direction of one tunnel. What a debug alone names has no identities: it belongs to the only tunnel between the two, if there is one. */
function groupsOf(lives: readonly Life[]): Life[][] {
  const byParties = new Map<string, Life[]>();
  const partiesOf = new Map<string, Set<string>>();
  for (const { sender, src, receiver } of lives) {
    const party = sender ?? src;
    if (party === null || receiver === null) continue;
    const known = partiesOf.get(String(receiver)) ?? new Set();
    partiesOf.set(String(receiver), known.add(String(party)));
  }
  for (const life of lives) {
    const { sender, src, receiver } = life;
    if (receiver === null) continue;
    // Of an SA whose sender nothing tells: the only one there is.
    const senders = partiesOf.get(String(receiver));
    const only = senders?.size === 1 ? [...senders][0] : null;
    push(byParties, `${sender ?? src ?? only} ${receiver}`, life);
  }
  return [...byParties.values()].flatMap((between) => {
    const byIdent = new Map<string, Life[]>();
    for (const life of between) if (life.ident !== null) push(byIdent, life.ident, life);
    if (byIdent.size <= 1) return [between];
    return [...byIdent.values()];
  });
}

function push(map: Map<string, Life[]>, key: string, life: Life): void {
  const known = map.get(key);
  if (known) known.push(life);
  else map.set(key, [life]);
}

function bornMs(life: Life, tables: readonly Tables[]): number | null {
  const made = life.marks.filter((one) => one.what === 'created' && one.at !== null).map((one) => middleOf(one.at!));
  if (made.length > 0) return Math.min(...made);
  for (const own of tables)
    for (const direction of ['inbound', 'outbound'] as const) {
      const party = direction === 'inbound' ? life.receiver : life.sender;
      if (party !== own.end) continue;
      for (const { sa, sample } of own.find(direction, life.spi))
        if (sa.lifetimeSeconds !== null) return middleOf(sample.at) + sa.lifetimeSeconds * 1_000 - LIFETIME_DEFAULT_MS;
    }
  return null;
}
