/** What cannot be known from this evidence, in sentences that a person understands. Called by build-case.ts. Pure. */
import type { BundleText } from '../bundle/bundle-text.ts';
import { printable } from '../model/printable.ts';
import type { End } from './case.ts';

export interface EndDoubts {
  readonly end: End;
  readonly bundle: BundleText;
  /** False: no reader of its outputs. */
  readonly platformKnown: boolean;
  readonly troubles: readonly string[];
  readonly oddZones: readonly string[];
  readonly eventsLeft: number;
  readonly unreadLeft: number;
}

/** Of one end; the rest is counted. */
const PROBLEMS_MAX = 5;

export function unknownsOf(doubts: readonly EndDoubts[], spisLeft: number, bundlesLeft: number): string[] {
  const sentences = [...ofBoth(doubts, bundlesLeft), ...doubts.flatMap(ofEnd)];
  if (spisLeft > 0) sentences.push(`${spisLeft} SPIs beyond the limit of the ledger were not looked at.`);
  return sentences.map((sentence) => printable(sentence, 400));
}

function ofBoth(doubts: readonly EndDoubts[], bundlesLeft: number): string[] {
  const sentences: string[] = [];
  const [first, second] = doubts;
  if (bundlesLeft > 0) sentences.push(`A case has two ends: ${bundlesLeft} more bundles were not looked at.`);
  if (first === undefined) return [...sentences, 'No bundle was given.'];
  if (second === undefined) {
    const other = first.bundle.incident.peers.map(({ name }) => name).join(', ') || 'the other end';
    sentences.push(
      `Only the bundle of ${first.end.name} is here: which SAs ${other} has, what it logged and when it stopped cannot be known.`,
    );
    return sentences;
  }
  const ids = (one: EndDoubts): string[] => [one.bundle.incident.id, ...one.bundle.incident.aliases];
  if (!ids(first).some((id) => ids(second).includes(id)))
    sentences.push(
      `The bundles are of two incidents (${first.bundle.incident.id} and ${second.bundle.incident.id}): what stands in one need not belong to the other.`,
    );
  const { device } = first.bundle.incident;
  if (device.name === second.bundle.incident.device.name && device.address === second.bundle.incident.device.address)
    sentences.push(`Both bundles are of ${device.name} (${device.address}): the other end is missing.`);
  if (second.end.agentClock === null)
    sentences.push(
      'The clocks of the two agents cannot be compared: no hello was answered and no signal acknowledged, so what happened at one end cannot be ordered against the other.',
    );
  return sentences;
}

function ofEnd({ end, bundle, platformKnown, troubles, oddZones, eventsLeft, unreadLeft }: EndDoubts): string[] {
  const { incident, problems } = bundle;
  const { name } = end;
  const sentences = problems.slice(0, PROBLEMS_MAX).map((problem) => `The bundle of ${name} is damaged: ${problem}.`);
  if (problems.length > PROBLEMS_MAX)
    sentences.push(`The bundle of ${name} has ${problems.length - PROBLEMS_MAX} more problems.`);
  if (!platformKnown) sentences.push(`No reader for outputs of platform ${end.platform}: those of ${name} were not read.`);
  if (platformKnown && end.ipsec.length === 0)
    sentences.push(`No table of IPsec SAs of ${name}: whether it had the SA cannot be told by its tables.`);
  if (end.ipsec.some(({ whole }) => !whole))
    sentences.push(`A table of IPsec SAs of ${name} was cut off: what is not in it may exist.`);
  if (end.deviceClock === null)
    sentences.push(`The clock of ${name} was not read against its agent's: stamps of its log order its own lines alone.`);
  else if (end.deviceClock.mark !== '')
    sentences.push(
      `The clock of ${name} was ${end.deviceClock.mark === '*' ? 'never set' : 'not in sync'}: stamps of its log order its own lines alone.`,
    );
  for (const zone of oddZones)
    sentences.push(`The log of ${name} is stamped in zone ${zone}, its clock shows another: summer time, or a change of zone.`);
  if (end.logWindow === null) sentences.push(`There is no log of ${name}: what it did cannot be known.`);
  else {
    if (end.logWindow.holes > 0)
      sentences.push(`The log of ${name} has ${plural(end.logWindow.holes, 'hole')}: lines may be missing.`);
    if (incident.log.skippedBytes > 0)
      sentences.push(`${incident.log.skippedBytes} bytes of the log of ${name} were left out of the bundle: the oldest.`);
    if (bundle.logRuns.length > 0) sentences.push(`The log of ${name} is large: lines far from the incident were not all read.`);
  }
  if (end.debugsOn === false)
    sentences.push(
      `No crypto debugs were on at ${name} when the message came: how its SAs were made and deleted is not in its log.`,
    );
  if (end.debugsOn === null)
    sentences.push(`Whether crypto debugs were on at ${name} is not known: what is not in its log may have happened.`);
  sentences.push(...troubles);
  if (eventsLeft > 0) sentences.push(`${eventsLeft} further events of ${name} were not looked at.`);
  if (end.unread.length + unreadLeft > 0)
    sentences.push(`${plural(end.unread.length + unreadLeft, 'line')} of the outputs of ${name} could not be read.`);
  return sentences;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
