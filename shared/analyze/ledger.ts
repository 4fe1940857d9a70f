/**
 * The SA ledger: for each SPI of either end when it was made, seen, rekeyed, deleted, by whom, where it stands in the tables, what carried it on
 * and what took its place. From tables, messages and events of both ends. Called by build-case.ts. Pure, linear in what it reads but for
 * sorting.
 */
import type { LogEventKind } from '../model/evidence.ts';
import type { Flow } from '../model/flow.ts';
import type { IpsecIdent, IpsecSa } from '../model/sa.ts';
import type { Addresses } from './addresses.ts';
import type { DatedEvent, EndIndex, SaLife, SaMark, SideState } from './case.ts';
import { middleOf } from './clocks.ts';
import { linkGenerations } from './ledger-links.ts';
import { type Life, Lives, mark, type Party } from './ledger-lives.ts';
import type { SaAt, Tables } from './side-state.ts';

export interface LedgerSources {
  readonly addresses: Addresses;
  /** One an end. */
  readonly tables: readonly Tables[];
  readonly events: readonly DatedEvent[];
  /** As the messages named them, with the end that has them inbound where that is known. */
  readonly flows: readonly { readonly flow: Flow; readonly receiver: EndIndex | null; readonly sender: EndIndex | null }[];
}

export interface Ledger {
  readonly lives: readonly SaLife[];
  /** SPIs beyond the limit. */
  readonly left: number;
}

export function ledgerOf(sources: LedgerSources): Ledger {
  const lives = new Lives();
  for (const { flow, receiver, sender } of sources.flows) {
    const life = lives.take(flow.spi, receiver ?? flow.dst, sender ?? flow.src);
    if (life === null) continue;
    life.reported = true;
    life.src ??= flow.src;
    life.dst ??= flow.dst;
  }
  // Inbound first: who has an SPI inbound owns the number, whatever addresses the other end knows it by.
  for (const tables of sources.tables)
    for (const seen of tables.sas()) if (seen[0]?.sa.direction === 'inbound') fromTable(lives, tables, seen, sources);
  for (const tables of sources.tables)
    for (const seen of tables.sas()) if (seen[0]?.sa.direction === 'outbound') fromTable(lives, tables, seen, sources);
  const made: Made[] = [];
  const asked: (DatedEvent | null)[] = [null, null];
  for (const dated of sources.events) {
    if (dated.event.kind === 'delete-received') asked[dated.end] = dated;
    fromEvent(lives, dated, sources, made, asked[dated.end] ?? null);
  }
  pairUp(made);
  const all = lives.all();
  const links = linkGenerations(all, sources.tables);
  return { lives: all.map((life) => told(life, sources, links.get(life) ?? noLinks)), left: lives.left };
}

const noLinks = { next: null, previous: null };

function fromTable(lives: Lives, tables: Tables, seen: readonly SaAt[], { addresses, tables: both }: LedgerSources): void {
  const { end } = tables;
  const [first] = seen;
  if (first === undefined || first.sa.spi === null) return;
  const { sa, ident } = first;
  const remote = ident.remoteEndpoint ?? ident.peer;
  const isInbound = sa.direction === 'inbound';
  const other = partyAt(remote, end, both, addresses);
  const owner = isInbound ? end : (holderOf(sa.spi!, end, both, lives) ?? other);
  const life = lives.take(sa.spi!, owner, isInbound ? other : end);
  if (life === null) return;
  const local = ident.localEndpoint ?? ident.localAddress;
  life.src ??= isInbound ? remote : local;
  life.dst ??= isInbound ? local : remote;
  life.ident ??= isInbound ? `${ident.localIdent} ${ident.remoteIdent}` : `${ident.remoteIdent} ${ident.localIdent}`;
  life.partner ??= partnerOf(ident, sa);
  const rounds = new Set<string>();
  for (const { sa: one, sample } of seen) {
    if (rounds.has(sample.round)) continue;
    rounds.add(sample.round);
    mark(life, { what: 'seen', end, at: sample.at, quote: tables.quote(sample, one.line) });
  }
}

/** The other end of the case by address; with an address that is neither's, that address. */
function partyAt(address: string | null, own: EndIndex, tables: readonly Tables[], addresses: Addresses): Party {
  const other: EndIndex = own === 0 ? 1 : 0;
  if (address === null) return null;
  if (tables.length < 2) return address;
  return addresses.has(other, address) ? other : address;
}

/** The other end, when its own table has that SPI inbound, or a message there named it: behind NAT addresses say nothing. */
function holderOf(spi: number, sender: EndIndex, tables: readonly Tables[], lives: Lives): Party {
  const other: EndIndex = sender === 0 ? 1 : 0;
  if (tables.length < 2) return null;
  if ((tables[other]?.find('inbound', spi).length ?? 0) > 0) return other;
  return lives.of(spi).some((life) => life.receiver === other && (life.sender === sender || life.sender === null)) ? other : null;
}

/** The pair's other direction: ids of connections come in pairs, odd and even; else the same place in an equally long list. */
function partnerOf(ident: IpsecIdent, sa: IpsecSa): number | null {
  const alike = ident.sas.filter((one) => one.protocol === sa.protocol);
  const others = alike.filter((one) => one.direction !== sa.direction);
  const own = alike.filter((one) => one.direction === sa.direction);
  if (sa.connectionId !== null) {
    const paired = others.filter(
      ({ connectionId }) => connectionId !== null && Math.ceil(connectionId / 2) === Math.ceil(sa.connectionId! / 2),
    );
    if (paired.length === 1) return paired[0]!.spi;
  }
  if (own.length !== others.length) return null;
  return others[own.indexOf(sa)]?.spi ?? null;
}

const MARKS: Partial<Record<LogEventKind, SaMark['what']>> = {
  'sa-created': 'created',
  'rekey-started': 'rekeyed',
  'sa-deleted': 'deleted',
  'delete-enqueued': 'deleted',
  'delete-received': 'delete-received',
  'delete-sent': 'delete-sent',
  'delete-not-sent': 'refused',
  'invalid-spi': 'refused',
  'invalid-spi-notify-sent': 'refused',
  'invalid-spi-notify-received': 'refused',
  'lifetime-expired': 'expired',
  // Decrypting was tried: the SPI was known.
  'replay-error': 'seen',
  'mac-error': 'seen',
};

/** Whose SPI the event names, by its kind: a DELETE names SPIs of who sent it. */
const OWN: ReadonlySet<LogEventKind> = new Set([
  'delete-sent',
  'delete-not-sent',
  'invalid-spi',
  'invalid-spi-notify-sent',
  'replay-error',
  'mac-error',
]);
const PEERS: ReadonlySet<LogEventKind> = new Set(['delete-received', 'invalid-spi-notify-received']);
/** `src` and `dst` are those of the notification there, not of the SA. */
const ABOUT_NOTIFY: ReadonlySet<LogEventKind> = new Set([
  'delete-not-sent',
  'invalid-spi-notify-sent',
  'invalid-spi-notify-received',
  'delete-sent',
  'delete-received',
]);

/** An SA of which one end saw the making. */
interface Made {
  readonly life: Life;
  readonly dated: DatedEvent;
}

function fromEvent(
  lives: Lives,
  dated: DatedEvent,
  { addresses, tables }: LedgerSources,
  made: Made[],
  asked: DatedEvent | null,
): void {
  const { event, end, at, quote } = dated;
  const what = MARKS[event.kind];
  if (what === undefined) return;
  for (const spi of new Set(event.spis)) {
    if (spi === 0) continue;
    const life = lives.named(spi, ...partiesOf(dated, addresses, tables));
    if (life === null) continue;
    if (!ABOUT_NOTIFY.has(event.kind)) {
      life.src ??= event.src;
      life.dst ??= event.dst;
    }
    // The payload's own line names no SPI: what is handed to deletion right behind it is what the peer asked for.
    if (event.kind === 'delete-enqueued' && asked !== null && asked.event.spis.length === 0 && isRightBehind(asked, dated))
      mark(life, { what: 'delete-received', end, at: asked.at, quote: asked.quote });
    mark(life, { what, end, at, quote });
    if (event.kind === 'sa-created') made.push({ life, dated });
  }
}

/** Both directions are made in one breath. `create_sa` names who decrypts alone: each tells the other who encrypts. */
const ONE_BREATH_MS = 10;

function pairUp(made: readonly Made[]): void {
  for (const end of [0, 1] as const) {
    const own = made.filter(({ dated }) => dated.end === end);
    for (let index = 0; index + 1 < own.length; index++) {
      const [one, other] = [own[index]!, own[index + 1]!];
      const isPair = (one.life.receiver === end) !== (other.life.receiver === end) && inOneBreath(one.dated, other.dated);
      // Several peers at once: whose is whose cannot be told.
      const [before, behind] = [own[index - 1], own[index + 2]];
      const isCrowded = [before, behind].some((near) => near !== undefined && inOneBreath(near.dated, one.dated));
      if (!isPair || isCrowded) continue;
      for (const [a, b] of [
        [one.life, other.life],
        [other.life, one.life],
      ] as const) {
        a.sender ??= b.receiver;
        a.src ??= b.dst;
        a.partner ??= b.spi;
      }
      // Both are used up: a third one right behind is of another pair.
      index++;
    }
  }
}

const RIGHT_BEHIND_MS = 1_000;

const isRightBehind = ({ at: a, event: one }: DatedEvent, { at: b, event: other }: DatedEvent): boolean =>
  a !== null &&
  b !== null &&
  a.clock === b.clock &&
  b.atClockMs - a.atClockMs <= RIGHT_BEHIND_MS &&
  (one.ike === null || other.ike === null || one.ike === other.ike);

const inOneBreath = ({ at: a }: DatedEvent, { at: b }: DatedEvent): boolean =>
  a !== null &&
  b !== null &&
  a.clock === b.clock &&
  Math.abs(a.atClockMs - b.atClockMs) <= ONE_BREATH_MS + Math.max(a.resolutionMs, b.resolutionMs);

/** Receiver and sender of the SA that an event at `end` names. */
function partiesOf({ event, end }: DatedEvent, addresses: Addresses, tables: readonly Tables[]): [Party, Party] {
  const party = (address: string | null): Party =>
    address !== null && addresses.has(end, address) ? end : partyAt(address, end, tables, addresses);
  const notify = ABOUT_NOTIFY.has(event.kind);
  const far = notify
    ? party(event.peer ?? [event.src, event.dst].find((one) => one !== null && !addresses.has(end, one)) ?? null)
    : null;
  if (OWN.has(event.kind)) return [end, notify ? far : party(event.src ?? event.peer)];
  if (PEERS.has(event.kind)) return [far, end];
  const receiver = party(event.dst);
  const sender = party(event.src);
  // Of an SA of this device one party is this device.
  if (receiver !== null && receiver !== end) return [receiver, end];
  if (receiver === end) return [end, sender === end ? null : (sender ?? party(event.peer))];
  return [null, sender];
}

function told(life: Life, { tables, addresses }: LedgerSources, links: Pick<SaLife, 'next' | 'previous'>): SaLife {
  const receiver = typeof life.receiver === 'number' && life.receiver < tables.length ? life.receiver : null;
  const sender = typeof life.sender === 'number' && life.sender < tables.length ? life.sender : null;
  return {
    spi: life.spi,
    src: life.src,
    dst: life.dst,
    sender,
    receiver,
    reported: life.reported,
    marks: byTime(life.marks),
    outboundAtSender: sideOf(tables, sender, 'outbound', life, [life.dst, ...partyAddresses(life.receiver, addresses)]),
    inboundAtReceiver: sideOf(tables, receiver, 'inbound', life, [life.src, ...partyAddresses(life.sender, addresses)]),
    partner: life.partner,
    ...links,
  };
}

const partyAddresses = (party: Party, addresses: Addresses): readonly string[] =>
  party === null ? [] : typeof party === 'string' ? [party] : addresses.of(party);

const noSide: SideState = {
  first: 'unknown',
  last: 'unknown',
  current: 'unknown',
  lifetimeSeconds: null,
  lifetimeKilobytes: null,
  packets: null,
  errors: null,
  quotes: [],
};

function sideOf(
  tables: readonly Tables[],
  end: EndIndex | null,
  direction: IpsecSa['direction'],
  { spi }: Life,
  others: readonly (string | null)[],
): SideState {
  const own = end === null ? undefined : tables[end];
  return (
    own?.side(
      direction,
      spi,
      others.filter((one) => one !== null),
    ) ?? noSide
  );
}

/** Those without a time where they stood. */
function byTime(marks: readonly SaMark[]): SaMark[] {
  let last = Number.NEGATIVE_INFINITY;
  const keyed = marks.map((one, index) => {
    if (one.at !== null) last = middleOf(one.at);
    return { one, index, key: last };
  });
  return keyed.sort((a, b) => a.key - b.key || a.index - b.index).map(({ one }) => one);
}
