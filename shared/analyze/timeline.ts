/** What both ends and both agents did, on one axis, in a few words each. Called by build-case.ts; drawn by report/. Pure. */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { FileMoment } from '../bundle/incident-file.ts';
import type { LogEvent, LogEventKind } from '../model/evidence.ts';
import { formatSpi, type Spi } from '../model/flow.ts';
import { printable } from '../model/printable.ts';
import type { DatedEvent, EndIndex, Quote, TimelineEntry } from './case.ts';
import { type AgentTime, middleOf } from './clocks.ts';
import { quoteIncident } from './quote.ts';

const WORDS: Readonly<Record<LogEventKind, string>> = {
  'invalid-spi': 'packet with an SPI that it does not know',
  'ike-no-sa': 'IKE message for an IKE SA that it does not have',
  'ike-bad-message': 'IKE message that fails its sanity check',
  'not-ipsec': 'packet that should have been encrypted',
  'replay-error': 'replay check failed',
  'mac-error': 'authentication of a packet failed',
  'session-up': 'crypto session up',
  'session-down': 'crypto session down',
  'ike-mode-failure': 'IKE exchange failed',
  'isakmp-on-off': 'ISAKMP turned on or off',
  restart: 'restarted',
  configured: 'configuration changed',
  cleared: 'crypto SAs cleared',
  'ha-active': 'became active',
  'ha-standby': 'went to standby',
  'line-up': 'tunnel line protocol up',
  'line-down': 'tunnel line protocol down',
  'neighbor-up': 'routing neighbor up',
  'neighbor-down': 'routing neighbor down',
  'clock-changed': 'clock set',
  'ike-established': 'IKE SA established',
  'ike-deleted': 'IKE SA deleted',
  'sa-created': 'SA created',
  'sa-deleted': 'SA deleted',
  'delete-received': 'DELETE received',
  'delete-sent': 'DELETE sent',
  'delete-enqueued': 'SA handed to deletion',
  'delete-not-sent': 'no DELETE sent: no IKE SA to send it on',
  'rekey-started': 'rekey begun',
  'lifetime-expired': 'SA lifetime over',
  retransmit: 'IKE retransmission',
  'dpd-sent': 'dead peer detection asked',
  'dpd-answered': 'dead peer detection answered',
  'dpd-failed': 'peer declared dead',
  'initial-contact': 'INITIAL_CONTACT: older SAs of the peer given up',
  'port-float': 'IKE moved to the NAT port',
  'invalid-spi-notify-sent': 'INVALID_SPI notification sent',
  'invalid-spi-notify-received': 'INVALID_SPI notification received',
};

export interface TimelineSources {
  readonly bundles: readonly BundleText[];
  readonly agents: readonly AgentTime[];
  readonly events: readonly DatedEvent[];
}

export function timelineOf({ bundles, agents, events }: TimelineSources): TimelineEntry[] {
  const entries = [
    ...events.map(ofEvent),
    ...bundles.flatMap((bundle, index) => ofAgent(index as EndIndex, bundle, agents[index]!)),
  ];
  let last = Number.NEGATIVE_INFINITY;
  const keyed = entries.map((entry, index) => {
    if (entry.at !== null) last = middleOf(entry.at);
    return { entry, index, key: last };
  });
  return keyed.sort((a, b) => a.key - b.key || a.index - b.index).map(({ entry }) => entry);
}

function ofEvent({ event, end, at, quote }: DatedEvent): TimelineEntry {
  return { at, end, kind: event.kind, text: textOf(event), quote, spis: event.spis };
}

function textOf(event: LogEvent): string {
  const { kind, detail, spis, ike, peer } = event;
  const about = [
    spis.length === 0 ? null : spis.length > 2 ? `${spis.length} SPIs` : spis.map(formatSpi).join(', '),
    ike === null ? null : `IKE ${ike}`,
    detail['unit'] ?? detail['group'] ?? detail['interface'] ?? detail['neighbor'] ?? null,
    detail['user'] === undefined ? null : `by ${detail['user']}`,
    spis.length > 0 || peer === null ? null : `peer ${peer}`,
  ].filter((one) => one !== null);
  return printable([WORDS[kind], ...about].join(', '), 160);
}

function ofAgent(end: EndIndex, bundle: BundleText, agent: AgentTime): TimelineEntry[] {
  const { incident } = bundle;
  const entries: TimelineEntry[] = [];
  const add = (kind: string, at: FileMoment | null, text: string, quote: Quote | null, spis: readonly Spi[] = []): void => {
    if (at !== null) entries.push({ at: agent.instant(at), end, kind, text: printable(text, 160), quote, spis });
  };
  const place = (key: string): number =>
    Math.max(
      0,
      bundle.incidentLines.findIndex((line) => line.startsWith(`  "${key}":`)),
    );
  const inside = (key: string, has: string): Quote | null => quoteIncident(end, bundle, has, place(key));
  if (incident.openedBy === 'message')
    add('message', incident.opened, 'the agent had the message: the incident opens', inside('event', '"line"'));
  // A counter, a trap or the device's history, which name no flow.
  if (incident.openedBy === 'symptom')
    add('symptom', incident.opened, 'the agent had a sign of unknown SPIs: the incident opens', inside('event', '"source"'));
  for (const { direction, phase, peer, first, acknowledged, attempts, detail } of incident.signals) {
    const said = direction === 'sent' ? (acknowledged ? 'acknowledged' : (detail ?? 'not acknowledged')) : null;
    const tries = direction === 'sent' && attempts > 1 ? `, ${attempts} attempts` : '';
    const words = direction === 'sent' ? `${phase} to ${peer}${tries}: ${said}` : `${phase} from ${peer}`;
    add(`${phase === 'stop' ? 'stop-signal' : phase}-${direction}`, first, words, inside('signals', `"phase": "${phase}"`));
  }
  const { stop } = incident;
  add('stop-sent', stop.sent, `debugs off: the command left (${stop.via ?? 'no session'})`, inside('stop', '"sent"'));
  add('off-verified', stop.verified, 'debugs read back as off', inside('stop', '"verified"'));
  for (const round of ['first', 'stop', 'late'] as const) {
    const captures = incident.captures.filter((capture) => capture.round === round && capture.sent !== null);
    const [first] = captures;
    if (first === undefined) continue;
    const when = { first: 'at the message', stop: 'at the stop', late: 'later' }[round];
    add('capture', first.sent, `capture ${when}: ${captures.length} commands`, inside('captures', `"number": ${first.number},`));
  }
  add('sealed', incident.sealed, `bundle sealed, ${incident.outcome.kind}`, inside('sealed', '"at"'));
  return entries;
}
