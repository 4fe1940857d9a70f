/**
 * What each end holds, in a few rows for the first screen: its SA for the flow, its SAs with the other end, IKE, debugs, what was
 * captured, its clock. Pure; used by the page and the text. Unknown is said as unknown, never as absent.
 */

import type { BundleText } from '../../bundle/bundle-text.ts';
import { formatSpi } from '../../model/flow.ts';
import { formatDuration } from '../../model/time.ts';
import type { Case, End, FlowCase, Sample, SideState } from '../case.ts';
import { told } from './html.ts';
import { clockTime, remaining } from './moments.ts';
import { type Party, partiesOf } from './names.ts';

export type Tone = 'bad' | 'good' | 'warn' | 'plain';

export interface StateRow {
  readonly label: string;
  readonly value: string;
  readonly tone: Tone;
  /** Why, or more of it; null: nothing to add. */
  readonly detail: string | null;
}

export interface EndState {
  readonly party: Party;
  readonly rows: readonly StateRow[];
}

const row = (label: string, value: string, tone: Tone = 'plain', detail: string | null = null): StateRow => ({
  label,
  value,
  tone,
  detail,
});

/** `benign`: what is missing was meant to be, and is no fault. */
export function endStates(about: Case, bundles: readonly BundleText[], benign: boolean): readonly [EndState, EndState] {
  const [hub, spoke] = partiesOf(about, bundles);
  return [stateOf(hub, spoke, about, benign), stateOf(spoke, hub, about, benign)];
}

function stateOf(party: Party, other: Party, about: Case, benign: boolean): EndState {
  const { end, bundle } = party;
  if (end === null) return { party, rows: [row('Its SAs', 'not known: its bundle is not here', 'warn'), ...debugsByDone(other)] };
  return {
    party,
    rows: [
      ...flowRows(end, about).map((one) => (benign && one.tone === 'bad' ? { ...one, tone: 'plain' as const } : one)),
      sasWith(end, other),
      ikeWith(end, other),
      ...(bundle === null ? [] : [debugs(bundle), captured(bundle, end)]),
      ...clock(end),
    ],
  };
}

/** What it knows of the SPIs of the message, as their receiver or their sender. */
function flowRows(end: End, about: Case): StateRow[] {
  const received = about.flows.filter((flow) => flow.receiver === end.index);
  const sent = about.flows.filter((flow) => flow.sender === end.index);
  return [...(received.length > 0 ? [inboundRow(received)] : []), ...(sent.length > 0 ? [outboundRow(sent)] : [])];
}

function inboundRow(flows: readonly FlowCase[]): StateRow {
  const [only] = flows;
  if (flows.length === 1) {
    const side = only!.sa?.inboundAtReceiver;
    const spi = formatSpi(only!.flow.spi);
    if (side?.last === 'no')
      return row(
        'Receives with',
        `not with ${spi}: no such SA`,
        'bad',
        side.first === 'yes' ? 'it had it at the first look' : null,
      );
    if (side?.last === 'yes')
      return row('Receives with', `${spi}, it has it now`, 'good', side.first === 'no' ? 'not at the first look' : null);
    return row('Receives with', `${spi} refused; its table is not known`, 'warn');
  }
  const missing = flows.filter(({ sa }) => sa?.inboundAtReceiver.last === 'no').length;
  const peers = new Set(flows.map(({ flow }) => flow.src)).size;
  const refused = `${flows.length} SPIs of ${peers} peer${peers === 1 ? '' : 's'} refused`;
  return row(
    'Receives with',
    missing === 0 ? refused : `${refused}, ${missing === flows.length ? 'none' : `${missing} not`} in its tables`,
    'bad',
  );
}

function outboundRow(flows: readonly FlowCase[]): StateRow {
  const [only] = flows;
  if (flows.length === 1) {
    const side = only!.sa?.outboundAtSender;
    const spi = formatSpi(only!.flow.spi);
    if (side === undefined || (side.last === 'unknown' && side.current === 'unknown'))
      return row('Sends with', `not known; ${spi} was refused`, 'warn');
    if (side.current === 'yes' || side.last === 'yes')
      return row(
        'Sends with',
        `${spi}${side.packets === null ? '' : `, +${side.packets} packets`}`,
        side.current === 'yes' ? 'bad' : 'warn',
        lifetimeWords(side),
      );
    return row('Sends with', `no longer with ${spi}`, 'good');
  }
  const current = flows.filter(({ sa }) => sa?.outboundAtSender.current === 'yes').length;
  return row('Sends with', `${current} of the ${flows.length} SPIs that were refused`, current > 0 ? 'bad' : 'plain');
}

const lifetimeWords = ({ lifetimeSeconds }: SideState): string | null =>
  lifetimeSeconds === null ? null : `${remaining(lifetimeSeconds)} left`;

/** The last sample that was not cut off, and that shows this peer. */
const lastWhole = <T>(samples: readonly Sample<T>[], shows: (value: T) => boolean): Sample<T> | undefined =>
  samples.filter(({ whole, value }) => whole && shows(value)).at(-1);

const about = (peers: readonly string[] | null, addresses: readonly string[]): boolean =>
  peers === null || addresses.some((address) => peers.includes(address));

function sasWith(end: End, other: Party): StateRow {
  const label = `SAs with ${other.name}`;
  const { addresses } = addressesOf(other);
  const sample = lastWhole(end.ipsec, ({ peers }) => about(peers, addresses));
  if (sample === undefined) return row(label, 'not known', 'warn');
  const idents = sample.value.idents.filter(({ peer }) => addresses.length === 0 || (peer !== null && addresses.includes(peer)));
  const sas = idents.flatMap((ident) => ident.sas).filter(({ protocol, spi }) => protocol === 'esp' && spi !== null);
  if (sas.length === 0) return row(label, 'none', 'bad');
  const words = (['inbound', 'outbound'] as const).map((direction) => {
    const spis = sas.filter((one) => one.direction === direction).map(({ spi }) => formatSpi(spi!));
    return `${direction === 'inbound' ? 'in' : 'out'} ${spis.length === 0 ? 'none' : spis.length > 2 ? `${spis.length}` : spis.join(' ')}`;
  });
  const lopsided = words.some((word) => word.endsWith('none'));
  return row(label, words.join(', '), lopsided ? 'bad' : 'plain');
}

function ikeWith(end: End, other: Party): StateRow {
  const { addresses } = addressesOf(other);
  const shown = end.ike.filter(({ whole, value }) => whole && about(value.peers, addresses));
  // A stop may overtake the commands of the first round that were still to be asked.
  const last = shown.filter(({ round }) => round !== 'first').at(-1) ?? shown.at(-1);
  if (last === undefined) return row('IKE SA', 'not known', 'warn');
  // IKEv1 and IKEv2 stand in two tables of one round.
  const rows = shown
    .filter(({ round }) => round === last.round)
    .flatMap(({ value }) => value.sas)
    .filter(({ remote, local }) => addresses.length === 0 || addresses.includes(remote ?? '') || addresses.includes(local ?? ''));
  // `(deleted)` may stand in a line below, which a filter for the address takes away: no time is left then.
  const isOver = ({ deleted, established, remainingSeconds }: (typeof rows)[number]): boolean =>
    deleted || (!established && remainingSeconds === 0);
  const live = rows.filter((one) => !isOver(one));
  const best = live.find(({ established }) => established) ?? live[0];
  if (best === undefined) return row('IKE SA', rows.length > 0 ? 'none, one just deleted' : 'none', 'bad');
  const age = best.ageSeconds === null ? '' : `, ${remaining(best.ageSeconds)} old`;
  // Tables and sessions show the same one.
  const others = new Set(live.map(({ connectionId }) => connectionId)).size - 1;
  const more = others > 0 ? `, and ${others} more` : '';
  return row('IKE SA', `${told(best.state, 30)}${age}${more}`, best.established ? 'plain' : 'warn');
}

const addressesOf = ({ end, addresses }: Party): { readonly addresses: readonly string[] } => ({
  addresses: end?.addresses ?? addresses,
});

function debugs({ incident }: BundleText): StateRow {
  const { stop } = incident;
  if (stop.nothingOn) return row('Debugs', 'none were on', 'good');
  switch (stop.off) {
    case 'verified':
      return row(
        'Debugs',
        `off, verified${stop.verified === null ? '' : ` ${clockTime(Date.parse(stop.verified.at)).slice(0, 8)}`}`,
        'good',
      );
    case 'unverified':
      return row('Debugs', 'off sent, NOT verified', 'bad', stop.detail === null ? null : told(stop.detail, 200));
    case 'failed':
      return row('Debugs', 'MAY STILL BE ON', 'bad', stop.detail === null ? null : told(stop.detail, 200));
    case 'not-planned':
      return row('Debugs', 'left as they were', 'plain', stop.detail === null ? null : told(stop.detail, 200));
  }
}

/** What the end that is here heard of the other one's debugs. */
function debugsByDone({ bundle }: Party): StateRow[] {
  const done = bundle?.incident.done ?? [];
  if (done.length === 0) return [];
  const verified = done.filter(({ off }) => off === 'verified').length;
  if (done.length > 1)
    return [
      row('Debugs', `off, verified at ${verified} of ${done.length}`, verified === done.length ? 'good' : 'bad', 'as they said'),
    ];
  const off = done[0]!.off;
  return [
    row(
      'Debugs',
      off === null ? 'nothing heard of it' : off === 'verified' ? 'off, verified' : `off ${off}`,
      off === 'verified' ? 'good' : 'bad',
      off === null ? null : 'as it said',
    ),
  ];
}

function captured({ incident: { captures } }: BundleText, end: End): StateRow {
  const whole = captures.filter(({ status }) => status === 'ok').length;
  const [first] = end.missing;
  const more = end.missing.length > 1 ? ` and ${end.missing.length - 1} more` : '';
  const why = first === undefined ? null : `without ${told(first.command, 60)}${more}`;
  return row('Captured', `${whole} of ${captures.length}`, whole === captures.length ? 'plain' : 'warn', why);
}

/** Only where it matters: a clock that is right needs no words. */
function clock({ deviceClock }: End): StateRow[] {
  if (deviceClock === null) return [row('Its clock', 'offset not known', 'warn')];
  const off = formatDuration(Math.abs(deviceClock.offsetMs));
  const words = Math.abs(deviceClock.offsetMs) < 1_000 ? '' : `${off} ${deviceClock.offsetMs < 0 ? 'behind' : 'ahead'}`;
  if (deviceClock.mark === '*') return [row('Its clock', `never set (*)${words && `, ${words}`}`, 'warn')];
  if (deviceClock.mark === '.') return [row('Its clock', `not in sync (.)${words && `, ${words}`}`, 'warn')];
  return words === '' ? [] : [row('Its clock', words, 'warn')];
}
