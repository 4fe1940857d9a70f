/**
 * Which SPI took whose place: SAs of one direction and one tunnel, in the order in which they were made. That is seen (a debug), or told by
 * the lifetimes that are left in one table: the older has less. What is in no table any more went before what is. Called by ledger.ts. Pure.
 */
import type { SaLife } from './case.ts';
import { middleOf } from './clocks.ts';
import type { Life } from './ledger-lives.ts';
import type { Tables } from './side-state.ts';

type Links = Pick<SaLife, 'next' | 'previous'>;

/** SAs of a tunnel that are made within it are in no order. */
const SAME_MOMENT_MS = 1_000;
/** A new SA is made before the old one goes, by less than this; or right after. */
const TAKEOVER_MS = 2 * 60_000;
/**
 * What an SA may have had to live where nothing says it: of one group the shortest that all of it fits into. It places SAs that were seen
 * made beside those that were not; among those of one table it makes no difference. Default of IOS, then what people configure.
 */
const LIFETIMES_S = [3_600, 4_000, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800, 2_592_000];

export function linkGenerations(lives: readonly Life[], tables: readonly Tables[]): ReadonlyMap<Life, Links> {
  const links = new Map<Life, Links>();
  for (const group of groupsOf(lives)) {
    date(group, tables);
    const dated = group.filter((life) => life.bornMs !== null).sort((a, b) => a.bornMs! - b.bornMs!);
    for (const [index, life] of dated.entries()) {
      const [before, behind] = [dated[index - 1], dated[index + 1]];
      links.set(life, {
        previous: before && life.bornMs! - before.bornMs! >= SAME_MOMENT_MS ? before.spi : null,
        next: behind && behind.bornMs! - life.bornMs! >= SAME_MOMENT_MS ? behind.spi : null,
      });
    }
    for (const gone of group) {
      const heir = gone.bornMs === null ? heirOf(gone, dated, tables) : null;
      if (heir === null) continue;
      links.set(gone, { previous: null, next: heir.spi });
      const known = links.get(heir)!;
      if (known.previous === null) links.set(heir, { ...known, previous: gone.spi });
    }
  }
  return links;
}

/** One direction of one tunnel. What a debug alone names has no identities: it belongs to the only tunnel between the two, if there is one. */
function groupsOf(lives: readonly Life[]): Life[][] {
  const partiesOf = new Map<string, Set<string>>();
  for (const { sender, src, receiver } of lives) {
    const party = sender ?? src;
    if (party === null || receiver === null) continue;
    const known = partiesOf.get(String(receiver)) ?? new Set();
    partiesOf.set(String(receiver), known.add(String(party)));
  }
  const byParties = new Map<string, Life[]>();
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
    return byIdent.size <= 1 ? [between] : [...byIdent.values()];
  });
}

function push(map: Map<string, Life[]>, key: string, life: Life): void {
  const known = map.get(key);
  if (known) known.push(life);
  else map.set(key, [life]);
}

/** Sets `bornMs` of a group. */
function date(group: readonly Life[], tables: readonly Tables[]): void {
  const left = group.map((life) => remaining(life, tables));
  const longest = Math.max(0, ...left.map((one) => one?.seconds ?? 0));
  const lifetime = LIFETIMES_S.find((one) => one >= longest) ?? longest;
  for (const [index, life] of group.entries()) {
    const made = life.marks.filter((one) => one.what === 'created' && one.at !== null).map((one) => middleOf(one.at!));
    const one = left[index] ?? null;
    life.bornMs = made.length > 0 ? Math.min(...made) : one === null ? null : one.atMs + (one.seconds - lifetime) * 1_000;
  }
}

function remaining(life: Life, tables: readonly Tables[]): { readonly atMs: number; readonly seconds: number } | null {
  for (const own of tables)
    for (const { sa, sample } of seenAt(life, own))
      if (sa.lifetimeSeconds !== null) return { atMs: middleOf(sample.at), seconds: sa.lifetimeSeconds };
  return null;
}

const seenAt = (life: Life, own: Tables) => [
  ...(life.receiver === own.end ? own.find('inbound', life.spi) : []),
  ...(life.sender === own.end ? own.find('outbound', life.spi) : []),
];

/** Of one that went: the newest that was made until then, or the first after it. Of one that nobody saw go: the newest in the tables. */
function heirOf(gone: Life, dated: readonly Life[], tables: readonly Tables[]): Life | null {
  if (tables.some((own) => seenAt(gone, own).length > 0)) return null;
  const went = gone.marks.filter((one) => one.what === 'deleted' && one.at !== null).map((one) => middleOf(one.at!));
  if (went.length === 0) {
    if (!gone.reported) return null;
    return dated.findLast((life) => tables.some((own) => seenAt(life, own).length > 0)) ?? null;
  }
  const goneMs = Math.min(...went);
  const until = dated.findLast((life) => life.bornMs! <= goneMs + SAME_MOMENT_MS && life.bornMs! >= goneMs - TAKEOVER_MS);
  return until ?? dated.find((life) => life.bornMs! > goneMs && life.bornMs! <= goneMs + TAKEOVER_MS) ?? null;
}
