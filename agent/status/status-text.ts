/**
 * `spitrap status` for a person at three in the morning: alarms first, then what runs, then counters. 80 columns; text from the
 * network is escaped. Pure: called by cli/status.ts.
 */
import { printable } from '../../shared/model/printable.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type {
  AgentStatus,
  AlarmChannelStatus,
  AlarmStatus,
  IncidentSummary,
  PeerStatus,
  SessionSummary,
  SourceStatus,
} from './status.ts';
import { type Paint, time, wrapped } from './text-layout.ts';

/** `rates`: lines a second by source, where somebody has looked twice. */
export function statusText(status: AgentStatus, paint: Paint, rates?: ReadonlyMap<string, number>): string {
  return [
    ...headLines(status, paint),
    ...alarmLines(status.alarms, paint),
    ...channelLines(status, paint),
    ...incidentLines(status.incidents, paint),
    ...deviceLines(status, paint),
    ...armingLines(status, paint),
    ...sourceLines(status.sources, paint, rates),
    ...peerLines(status.peers, paint),
    ...storeLines(status, paint),
    ...pageLines(status.page, paint),
    ...fleetLines(status.fleet ?? null, paint),
    ...counterLines('refused', status.refusals, paint),
    ...counterLines('dropped', status.drops, paint),
  ].join('\n');
}

const INDENT = '          ';

function headLines(status: AgentStatus, paint: Paint): string[] {
  const { hold } = status;
  const head = `${status.role} in mode ${status.mode}, up ${formatDuration(status.upMs)}, pid ${status.pid}, spitrap ${printable(status.version, 20)}`;
  const lines = [paint('strong', head)];
  if (hold.on)
    lines.push(
      paint(
        'bad',
        `HOLD until ${hold.until === null ? 'taken off' : time(hold.until)} (${printable(hold.by ?? '?', 30)}): no new incident acts`,
      ),
    );
  const { readAt, waits } = status.configuration ?? { readAt: null, waits: [] };
  if (readAt !== null) lines.push(`configuration read anew ${time(readAt)}`);
  for (const change of waits)
    lines.push(
      ...wrapped(`waits until no incident is open: ${printable(change, 300)}`, 'RELOAD    ').map((line) => paint('warn', line)),
    );
  if (status.mode !== 'act') lines.push(paint('warn', `mode ${status.mode}: debugs are not turned off by this agent`));
  return lines;
}

/** What nobody has taken over first, critical before warnings; the older one first, as they come. */
const urgency = ({ acknowledged, severity }: AlarmStatus): number => (acknowledged ? 2 : 0) + (severity === 'critical' ? 0 : 1);

/** Also by cli/alarms.ts and cli/ack.ts. */
export function alarmLines(alarms: readonly AlarmStatus[], paint: Paint): string[] {
  if (alarms.length === 0) return [row('alarms', 'none', paint)];
  return [...alarms]
    .sort((one, other) => urgency(one) - urgency(other))
    .flatMap((alarm) => {
      const tone = alarm.acknowledged ? 'quiet' : 'bad';
      const note = alarm.acknowledged ? ' (acknowledged)' : '';
      const head = `${label('ALARM')}${alarm.id}  ${alarm.severity} since ${time(alarm.since)}${note}`;
      const remedy = alarm.remedy === null ? [] : wrapped(`do: ${printable(alarm.remedy, 600)}`, INDENT);
      return [paint(tone, head), ...wrapped(printable(alarm.text, 600), INDENT).map((line) => paint(tone, line)), ...remedy];
    });
}

/** Also by cli/alarms.ts. */
export function channelLines(
  { alarmChannels, alarmsDegraded }: Pick<AgentStatus, 'alarmChannels' | 'alarmsDegraded'>,
  paint: Paint,
): string[] {
  return [...alarmChannels.flatMap((channel) => channelLine(channel, paint)), ...degraded(alarmsDegraded, paint)];
}

function channelLine(channel: AlarmChannelStatus, paint: Paint): string[] {
  const last = channel.lastDeliveredAt === null ? 'nothing told yet' : `last told ${time(channel.lastDeliveredAt)}`;
  const waiting = channel.waiting === 0 ? '' : `, ${channel.waiting} waiting (${channel.state})`;
  const only = channel.severity === 'critical' ? ', critical alarms only' : '';
  const text = `${printable(channel.name, 40)} (${channel.kind}) ${printable(channel.target, 200)}${only}: ${last}${waiting}`;
  const tone = channel.lastError === null ? 'plain' : 'bad';
  return [
    ...wrapped(text, label('tells')).map((line) => paint(tone, line)),
    ...(channel.lastError === null ? [] : wrapped(printable(channel.lastError, 600), INDENT).map((line) => paint('bad', line))),
  ];
}

function incidentLines(incidents: readonly IncidentSummary[], paint: Paint): string[] {
  if (incidents.length === 0) return [row('incidents', 'none', paint)];
  return incidents.flatMap((incident) => {
    const stop = incident.stopInMs !== null && incident.stopInMs > 0 ? `stop in ${formatDuration(incident.stopInMs)}; ` : '';
    const outcome = incident.outcome ?? printable(incident.phase, 20);
    const tone = incident.outcome === null ? 'warn' : incident.outcome === 'partial' ? 'bad' : 'good';
    const what = `${incident.firstFlow ?? openedWords(incident)}${incident.flows > 1 ? ` and ${incident.flows - 1} more` : ''}`;
    return [
      `${label('incident')}${incident.id}  ${time(incident.openedAt)}  ${paint(tone, outcome)}`,
      ...wrapped(
        `${printable(what, 200)}; ${incident.outcome === null ? stop : ''}debugs off: ${printable(incident.debugsOff, 20)}; judged ${incident.verdict}`,
        INDENT,
      ),
      ...(incident.reasons.length > 0 ? wrapped(printable(incident.reasons.join(', '), 600), INDENT) : []),
    ];
  });
}

/** A sealed incident's flows stand in its bundle; of one that is open there may be none. */
function openedWords({ openedBy, peers }: IncidentSummary): string {
  const by = {
    message: 'opened by a message',
    alert: 'opened by an alert',
    stop: 'a stop without a flow',
    symptom: 'opened by a symptom',
    person: 'a capture that was asked for',
  }[openedBy];
  return openedBy === 'stop' || peers.length === 0 ? by : `${by}, with ${peers.join(', ')}`;
}

function pageLines(page: AgentStatus['page'], paint: Paint): string[] {
  // Absent: of an agent of before the page.
  if (page === null || page === undefined) return [];
  const looking = page.streams === 0 ? 'nobody looks' : page.streams === 1 ? '1 looks' : `${page.streams} look`;
  return [
    ...wrapped(`${printable(page.url, 100)}, ${looking}, ${page.answered} requests answered`, label('page')),
    ...(page.problem === null ? [] : wrapped(printable(page.problem, 600), INDENT).map((line) => paint('bad', line))),
  ];
}

function fleetLines(fleet: NonNullable<AgentStatus['fleet']> | null, paint: Paint): string[] {
  if (fleet === null) return [];
  const waiting = fleet.waitingRecords === 0 ? 'nothing waits' : `${fleet.waitingRecords} records wait on disk`;
  const last = fleet.lastSentAt === null ? 'nothing told yet' : `last told ${time(fleet.lastSentAt)}`;
  const bundles = fleet.bundlesWaiting === 0 ? '' : `, ${fleet.bundlesWaiting} bundles to put`;
  const where = fleet.state === 'connected' ? printable(fleet.server ?? '?', 100) : `away (${printable(fleet.why ?? '?', 300)})`;
  const lost = Object.values(fleet.dropped).reduce((sum, count) => sum + count, 0);
  const troubles = [
    ...(fleet.refusing === null ? [] : [`refused: ${fleet.refusing}`]),
    ...(fleet.degraded === null ? [] : [`what is to be told does not reach the disk: ${fleet.degraded}`]),
    ...(lost === 0 ? [] : [`dropped, as the disk had no room: ${lost} records`]),
    ...(fleet.refused === 0 ? [] : [`refused for good, kept in fleet/refused.jsonl: ${fleet.refused} records`]),
  ];
  const tone = fleet.state === 'connected' ? 'plain' : 'warn';
  return [
    ...wrapped(`${where}: ${last}, ${waiting}${bundles}`, label('fleet')).map((line) => paint(tone, line)),
    ...troubles.flatMap((trouble) => wrapped(printable(trouble, 600), INDENT).map((line) => paint('warn', line))),
  ];
}

function deviceLines({ device, mode }: AgentStatus, paint: Paint): string[] {
  const host = device.hostname === null ? 'never logged in' : `prompt ${printable(device.hostname, 40)}`;
  const debugs =
    device.debugsOn === null
      ? device.debugsReadAt === null
        ? `not read ${mode === 'observe' ? 'in mode observe' : 'yet'}`
        : 'could not be read'
      : device.debugsOn.length === 0
        ? 'none on'
        : device.debugsOn.map((flag) => printable(flag, 60)).join(', ');
  const readAt =
    device.debugsReadAt === null ? '' : ` (${device.debugsOn === null ? 'tried' : 'read'} ${time(device.debugsReadAt)})`;
  return [
    row('device', `${printable(device.name, 40)} ${device.address}:${device.port} ${device.platform}, ${host}`, paint),
    ...(['capture', 'control'] as const).flatMap((name) => sessionLines(name, device.sessions[name], paint)),
    ...wrapped(`crypto debugs: ${debugs}${readAt}`, INDENT),
    ...(device.clock === null
      ? []
      : wrapped(
          `clock: ${printable(device.clock.text, 60)}${device.clock.trusted ? '' : ', not in sync: its stamps order nothing'}`,
          INDENT,
        )),
  ];
}

function armingLines({ arming }: AgentStatus, paint: Paint): string[] {
  const { state, when } = arming;
  const head = state === 'armed' ? `ARMED since ${time(arming.since ?? '')} by ${printable(arming.by ?? '?', 20)}` : state;
  const tone = state === 'armed' ? 'good' : state === 'disarmed' ? 'plain' : 'warn';
  const next = arming.armInMs === null ? '' : `, arms in ${formatDuration(arming.armInMs)}`;
  const blocked = arming.blocked === null ? '' : `, does not arm by itself: ${printable(arming.blocked, 40)}`;
  const lines = wrapped(`${head} (arm: ${when})${next}${blocked}`, label('arming')).map((line) => paint(tone, line));
  if (state === 'armed') {
    const cpu = arming.cpu === null ? '' : `, CPU ${arming.cpu.fiveSeconds}% / ${arming.cpu.oneMinute}%`;
    const left = `lease ${formatDuration(arming.leaseLeftMs ?? 0)}, ends for good in ${formatDuration(arming.debugLeftMs ?? 0)}${cpu}`;
    lines.push(...wrapped(left, INDENT));
    const deadMan =
      arming.deadManS === null
        ? 'no dead-man on the router: were this host gone, nothing would turn them off'
        : `dead-man on the router: undebug all in at most ${formatDuration(arming.deadManS * 1_000)}`;
    lines.push(...wrapped(deadMan, INDENT));
    lines.push(
      ...arming.warnings.flatMap((warning) =>
        wrapped(`warning: ${printable(warning, 400)}`, INDENT).map((line) => paint('warn', line)),
      ),
    );
  }
  if (arming.conditions.length > 0) lines.push(...wrapped(`conditions: ${arming.conditions.join(', ')}`, INDENT));
  const { last } = arming;
  if (state !== 'armed' && last !== null)
    lines.push(...wrapped(`last: ${printable(last.text === '' ? last.reason : last.text, 600)} (${time(last.at)})`, INDENT));
  return lines;
}

function sessionLines(name: string, session: SessionSummary, paint: Paint): string[] {
  const tone = session.state === 'ready' || session.state === 'busy' ? 'good' : 'warn';
  // A session that is ready has been so since its last command, not since its login.
  const since =
    session.state === 'ready' ? `, last used ${formatDuration(session.sinceMs)} ago` : ` for ${formatDuration(session.sinceMs)}`;
  const head = `${INDENT}session ${name}: ${paint(tone, session.state)}${since}`;
  return [head, ...(session.lastError === null ? [] : wrapped(printable(session.lastError, 600), `${INDENT}  `))];
}

function sourceLines(sources: readonly SourceStatus[], paint: Paint, rates?: ReadonlyMap<string, number>): string[] {
  return sources.flatMap((source) => {
    if (POLLED.has(source.kind)) return polledLines(source);
    const last = source.lastLineAt === null ? paint('warn', 'no line yet') : `last ${time(source.lastLineAt)}`;
    const odd = [
      source.unparsed > 0 ? `${source.unparsed} not parsed` : '',
      source.refused > 0 ? `${source.refused} refused` : '',
      source.foreign > 0 ? `${source.foreign} lines of other devices` : '',
      source.cutMessages > 0 ? `${source.cutMessages} cut before their srcaddr` : '',
      source.symptoms > 0 ? `${source.symptoms} symptoms without a flow` : '',
      source.behindBytes > 0 ? `${source.behindBytes} bytes behind` : '',
      source.state === 'open' ? waitingFor(source) : `${source.state.toUpperCase()}: ${printable(source.detail, 300)}`,
    ].filter((text) => text !== '');
    return [
      `${label('source')}${printable(source.name, 40)} ${source.listen ?? ''}: ${source.lines} lines${rateOf(source, rates)}, ${last}`,
      ...wrapped([`${source.candidates} candidates`, ...odd].join(', '), INDENT),
    ];
  });
}

function rateOf({ name }: SourceStatus, rates?: ReadonlyMap<string, number>): string {
  const rate = rates?.get(name);
  return rate === undefined ? '' : ` (${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s)`;
}

/** They ask, and bring no lines. */
const POLLED: ReadonlySet<string> = new Set(['qfp-drops', 'snmp-counter', 'eem-history']);

function polledLines({ name, kind, state, detail, symptoms, refused, lastLineAt }: SourceStatus): string[] {
  const told = lastLineAt === null ? '' : `, last ${time(lastLineAt)}`;
  const counts = [
    kind === 'eem-history' ? '' : `${symptoms} times above what is normal${told}`,
    refused > 0 ? `${refused} refused` : '',
    state === 'open' ? printable(detail, 300) : `${state.toUpperCase()}: ${printable(detail, 300)}`,
  ].filter((text) => text !== '');
  return [`${label('source')}${printable(name, 40)} ${kind}`, ...wrapped(counts.join(', '), INDENT)];
}

/** A file that is not there is no interruption, and yet worth a word. */
const waitingFor = (source: SourceStatus): string =>
  source.kind === 'file' && source.detail !== source.listen ? printable(source.detail, 300) : '';

/** Of hundreds the ones that something is wrong with come first, and the rest is counted. */
const PEERS_SHOWN_MAX = 20;

function peerLines(peers: readonly PeerStatus[], paint: Paint): string[] {
  if (peers.length <= PEERS_SHOWN_MAX) return peers.flatMap((peer) => linesOfPeer(peer, paint));
  const ill = peers.filter(
    ({ kind, lastHelloAt, missedHellos, differences }) =>
      differences.length > 0 || missedHellos > 0 || (kind === 'spitrap' && lastHelloAt === null),
  );
  const shown = (ill.length > 0 ? ill : peers).slice(0, PEERS_SHOWN_MAX);
  const unheard = peers.filter(({ kind, lastHelloAt }) => kind === 'spitrap' && lastHelloAt === null).length;
  const counted = `${peers.length} in all, ${ill.length} with something wrong${unheard > 0 ? `, ${unheard} never heard` : ''}`;
  return [
    ...wrapped(counted, label('peers')).map((line) => paint(ill.length > 0 ? 'warn' : 'plain', line)),
    ...shown.flatMap((peer) => linesOfPeer(peer, paint)),
    ...(shown.length < ill.length ? [`${INDENT}and ${ill.length - shown.length} more with something wrong: --json has all`] : []),
  ];
}

function linesOfPeer(peer: PeerStatus, paint: Paint): string[] {
  const silent = peer.kind === 'spitrap' && peer.lastHelloAt === null;
  const hello = silent
    ? paint('warn', 'no hello yet')
    : peer.lastHelloAt === null
      ? 'sends no hello'
      : `hello ${time(peer.lastHelloAt)}`;
  const trip = peer.roundTripMs === null ? '' : `, round trip ${formatDuration(peer.roundTripMs)}`;
  const offset =
    peer.offsetMs === null
      ? ''
      : `, clock ${peer.offsetMs < 0 ? 'behind' : 'ahead'} by ${formatDuration(Math.abs(peer.offsetMs))}`;
  const says = [
    peer.role,
    peer.mode && `mode ${peer.mode}`,
    peer.armed && `armed ${peer.armed}${peer.leaseEndsAt === null ? '' : ` until ${time(peer.leaseEndsAt)}`}`,
  ]
    .filter(Boolean)
    .join(', ');
  return [
    `${label('peer')}${printable(peer.name, 40)} (${peer.kind}): ${hello}`,
    ...(says || trip || offset ? wrapped(`${printable(says, 80)}${trip}${offset}`.replace(/^, /, ''), INDENT) : []),
    ...(peer.missedHellos > 0 ? [paint('bad', `${INDENT}${peer.missedHellos} hellos missing in a row`)] : []),
    ...recurrenceLines(peer, paint),
    ...peer.differences.flatMap((text) => wrapped(printable(text, 200), INDENT).map((line) => paint('bad', line))),
    ...peer.paths.flatMap((path) =>
      wrapped(
        `${path.endpoint}: ${path.acknowledged} of ${path.sent} acknowledged${path.lastError === null ? '' : `; ${printable(path.lastError, 400)}`}`,
        INDENT,
      ),
    ),
  ];
}

function recurrenceLines({ recurrence }: PeerStatus, paint: Paint): string[] {
  if (recurrence === null) return [];
  const { incidentsInDay, incidentsInWeek, flowsInWeek } = recurrence;
  const text = `incidents: ${incidentsInDay} in 24 hours, ${incidentsInWeek} in 7 days, ${flowsInWeek} flows`;
  return wrapped(text, INDENT).map((line) => paint(incidentsInWeek > 1 ? 'warn' : 'plain', line));
}

function storeLines({ ring, journal, dataDir, engineId, signalListen }: AgentStatus, paint: Paint): string[] {
  const span = ring.oldestAt === null ? 'empty' : `since ${time(ring.oldestAt)}`;
  const lost = ring.droppedLines > 0 ? paint('bad', `, ${ring.droppedLines} lines lost`) : '';
  return [
    `${label('ring')}${megabytes(ring.bytes)} in ${ring.segments} segments, ${span}${lost}`,
    ...degraded(ring.degraded, paint),
    row('journal', `${journal.records} records, ${megabytes(journal.bytes)}`, paint),
    ...degraded(journal.degraded, paint),
    ...wrapped(printable(dataDir, 400), label('data')),
    row('signals', `on ${signalListen}, engine ${engineId}`, paint),
  ];
}

const degraded = (reason: string | null, paint: Paint): string[] =>
  reason === null ? [] : wrapped(`DEGRADED: ${printable(reason, 400)}`, INDENT).map((line) => paint('bad', line));

function counterLines(name: string, counters: Readonly<Record<string, number>>, paint: Paint): string[] {
  const counted = Object.entries(counters).filter(([, count]) => count > 0);
  if (counted.length === 0) return [];
  const text = counted.map(([reason, count]) => `${printable(reason, 40)} ${count}`).join(', ');
  return wrapped(text, label(name)).map((line) => paint('plain', line));
}

const label = (text: string): string => text.padEnd(INDENT.length);
const row = (name: string, text: string, paint: Paint): string =>
  wrapped(text, label(name))
    .map((line) => paint('plain', line))
    .join('\n');
const megabytes = (bytes: number): string =>
  bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
