/** What `spitrap fleet …` prints, in 80 columns: incidents, counts, groups, one incident, the fleet as it is. Names are of the network, and escaped. Pure. */
import {
  type FleetEnd,
  type FleetGroup,
  type FleetIncident,
  type FleetState,
  fleetStates,
  type IndexState,
  type TimeBucket,
  type TopRow,
} from '../../../shared/fleet/view.ts';
import { printable } from '../../../shared/model/printable.ts';
import { formatDuration } from '../../../shared/model/time.ts';
import { columns, type Paint, type Tone, wrapped } from '../../status/text-layout.ts';

const stateTones: Readonly<Record<FleetState, Tone>> = {
  'black-holed': 'bad',
  open: 'warn',
  'not-known': 'quiet',
  healed: 'good',
};
const stateWords: Readonly<Record<FleetState, string>> = {
  'black-holed': 'black-holed',
  open: 'open',
  'not-known': 'not known',
  healed: 'healed',
};

const name = (text: string, charactersMax = 40): string => printable(text, charactersMax);

/** `2026-11-22 03:12:07Z` */
export const moment = (atMs: number): string =>
  Math.abs(atMs) > 8.64e15
    ? '?'
    : new Date(atMs)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
const minute = (atMs: number): string => moment(atMs).replace(/:\d\dZ$/, 'Z');

/** Two lines each. */
export function incidentsText(incidents: readonly FleetIncident[], more: boolean, paint: Paint): string {
  if (incidents.length === 0) return 'no incident of this kind in that time';
  const lines = incidents.flatMap((one) => [
    `${one.id}  ${moment(one.openedAtMs)}  ${paint(stateTones[one.state], stateWords[one.state])}`,
    ...wrapped(`${pairOf(one)}: ${one.cause === 'not-judged' ? 'no report yet' : name(one.title || one.cause, 120)}`, '    '),
  ]);
  return [...lines, ...(more ? ['', 'there are more: --limit N, a shorter --since, or --where'] : [])].join('\n');
}

export function pairOf({ hub, spoke, hubs, spokes }: FleetIncident): string {
  const many = (one: string | null, all: readonly string[], what: string): string => {
    if (one === null) return all.length > 0 ? `${all.length} ${what}s` : '?';
    return all.length > 1 ? `${name(one)} and ${all.length - 1} more` : name(one);
  };
  return `${many(hub, hubs, 'hub')} - ${many(spoke, spokes, 'spoke')}`;
}

const NUMBERS = ['incidents', 'black-holed', 'open', 'not known', 'healed'] as const;
/** Of the first column; a value that is longer has a line of its own. */
const VALUE_WIDTH = columns - NUMBERS.reduce((sum, head) => sum + Math.max(head.length, 7) + 2, 0);

export function topText(dimension: string, rows: readonly TopRow[], paint: Paint): string {
  if (rows.length === 0) return 'no incident of this kind in that time';
  const lines = rows.flatMap((row) => valueLines(row.value === '' ? '(not told)' : name(row.value, 200), numbersOf(row), paint));
  return [paint('strong', headLine(dimension)), ...lines].join('\n');
}

/** Steps without an incident are left out where there are many. */
export function overTimeText(buckets: readonly TimeBucket[], paint: Paint): string {
  const shown = buckets.filter(({ incidents }) => incidents > 0);
  return [
    paint('strong', headLine('from')),
    ...shown.flatMap((one) => valueLines(minute(one.fromMs), numbersOf(one), paint)),
  ].join('\n');
}

const headLine = (first: string): string =>
  first.padEnd(VALUE_WIDTH) + NUMBERS.map((head) => head.padStart(Math.max(head.length, 7) + 2)).join('');

const numbersOf = ({ incidents, byState }: Pick<TopRow, 'incidents' | 'byState'>) =>
  [
    [incidents, 'plain'],
    [byState['black-holed'], 'bad'],
    [byState.open, 'warn'],
    [byState['not-known'], 'plain'],
    [byState.healed, 'plain'],
  ] as const;

function valueLines(value: string, numbers: ReturnType<typeof numbersOf>, paint: Paint): string[] {
  const cells = numbers
    .map(([number, tone], index) => {
      const cell = String(number).padStart(Math.max(NUMBERS[index]!.length, 7) + 2);
      return number > 0 && tone !== 'plain' ? paint(tone, cell) : cell;
    })
    .join('');
  if (value.length < VALUE_WIDTH) return [value.padEnd(VALUE_WIDTH) + cells];
  return [...wrapped(value, ''), ' '.repeat(VALUE_WIDTH) + cells];
}

export function groupsText(groups: readonly FleetGroup[], paint: Paint): string {
  if (groups.length === 0) return 'no incidents that make one event in that time; spitrap fleet incidents lists all';
  return groups
    .flatMap((group) => {
      const worst = fleetStates.filter((state) => group.byState[state] > 0);
      const tone = worst.includes('black-holed') ? 'bad' : worst.includes('open') ? 'warn' : 'good';
      const lines = wrapped(printable(group.headline, 400), `${minute(group.fromMs)}  `);
      return [
        ...lines.map((line, index) => (index === 0 ? paint(tone, line) : line)),
        `                   ${printable(group.id, 200)}`,
      ];
    })
    .join('\n');
}

export function groupText(group: FleetGroup, incidents: readonly FleetIncident[], more: boolean, paint: Paint): string {
  return [groupsText([group], paint), '', incidentsText(incidents, more, paint)].join('\n');
}

const row = (head: string, text: string): string[] => wrapped(text, head.padEnd(14));

export function showText(one: FleetIncident, paint: Paint): string {
  const lines = [
    paint('strong', `${one.id}  ${pairOf(one)}`),
    ...row('opened', moment(one.openedAtMs)),
    ...wrapped(stateWords[one.state], 'state'.padEnd(14)).map((line) => paint(stateTones[one.state], line)),
    ...(one.healsAtMs === null ? [] : row('heals', moment(one.healsAtMs))),
    ...row(
      'cause',
      one.cause === 'not-judged'
        ? 'no report yet'
        : `${name(one.title, 200)} (${name(one.cause)}${one.confidence === null ? '' : `, ${name(one.confidence, 20)}`})`,
    ),
    ...(one.sentence === null ? [] : row('verdict', printable(one.sentence, 1_000))),
    ...row('harm', one.harm),
    ...row('flows', String(one.flows)),
    ...(one.hubs.length > 1 ? row('hubs', namesText(one.hubs)) : []),
    ...(one.spokes.length > 1 ? row('spokes', namesText(one.spokes)) : []),
    ...(one.aliases.length > 0 ? row('also', one.aliases.map((id) => name(id)).join(', ')) : []),
  ];
  return [...lines, ...one.ends.slice(0, ENDS_SHOWN).flatMap((end) => ['', ...endLines(end, paint)]), ...moreEnds(one)].join(
    '\n',
  );
}

const ENDS_SHOWN = 12;
const moreEnds = ({ ends }: FleetIncident): string[] =>
  ends.length > ENDS_SHOWN ? ['', `and ${ends.length - ENDS_SHOWN} more ends: --json has them`] : [];

const namesText = (names: readonly string[]): string =>
  `${names.length}: ${names
    .slice(0, 20)
    .map((one) => name(one))
    .join(', ')}${names.length > 20 ? ' …' : ''}`;

function endLines(end: FleetEnd, paint: Paint): string[] {
  const tags = Object.entries(end.tags).map(([key, value]) => `${name(key)}=${name(value)}`);
  return [
    paint('strong', `${end.role} ${name(end.device)} (${name(end.site)})`),
    ...row('  by itself', stateWords[end.state]),
    ...row(
      '  verdict',
      end.verdict === null
        ? 'none yet'
        : `${name(end.verdict.title, 200)}, ${name(end.verdict.confidence, 20)}, of ${end.verdict.twoEnded ? 'both ends' : 'one end'}`,
    ),
    ...row('  sealed', end.sealedAtMs === null ? 'not yet' : `${moment(end.sealedAtMs)}, ${name(end.outcome ?? '?')}`),
    ...row('  debugs off', name(end.debugsOff)),
    ...row('  device', name(end.software ?? 'software not told', 100)),
    ...row('  agent', name(end.agentVersion)),
    ...(tags.length > 0 ? row('  tags', tags.join(', ')) : []),
    ...row(
      '  bundle',
      end.bundle === null
        ? 'not in the object store (yet)'
        : `${Math.ceil(end.bundle.bytes / 1024)} KiB, ${name(end.bundle.object, 200)}`,
    ),
  ];
}

/** What the index knows, and what not. */
export function indexLines(index: IndexState, paint: Paint): string[] {
  const behind =
    index.behind === null
      ? 'not known how far behind the stream'
      : index.behind === 0
        ? 'nothing is missing'
        : `${index.behind} messages behind`;
  return [
    ...row(
      'index',
      `${index.incidents} incidents, ${index.records} records, ${Math.ceil(index.bytes / 1024 ** 2)} MiB; ${behind}`,
    ),
    ...(index.unreadable > 0
      ? wrapped(`${index.unreadable} messages were no records and are set aside`, 'unreadable'.padEnd(14)).map((line) =>
          paint('warn', line),
        )
      : []),
    ...index.gaps.slice(0, 10).flatMap(({ device, gap }) => {
      const dropped = Object.entries(gap.dropped)
        .map(([kind, count]) => `${count} ${name(kind, 20)}`)
        .join(', ');
      return wrapped(`${name(device)} could not tell ${dropped}, ${gap.from} to ${gap.to}`, 'gap'.padEnd(14)).map((line) =>
        paint('warn', line),
      );
    }),
    ...(index.gaps.length > 10 ? row('', `and ${index.gaps.length - 10} more gaps: --json has them`) : []),
  ];
}

/** How long ago, in words. */
export const ago = (atMs: number, nowMs: number): string =>
  nowMs - atMs < 1_000 ? 'just now' : `${formatDuration(Math.floor((nowMs - atMs) / 1_000) * 1_000)} ago`;
