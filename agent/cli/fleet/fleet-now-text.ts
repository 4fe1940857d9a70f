/** `spitrap fleet now` as text, in 80 columns: what is wrong, what is armed, which versions run, and what the index knows. Pure. */
import type { FleetAgent, FleetInstance, FleetNow, IndexState } from '../../../shared/fleet/view.ts';
import { printable } from '../../../shared/model/printable.ts';
import { type Paint, wrapped } from '../../status/text-layout.ts';
import { ago, indexLines, moment } from './fleet-text.ts';

/** Of each list; the numbers are of all. */
const SHOWN = 20;

const name = (text: string): string => printable(text, 60);

export interface NowShown {
  readonly now: FleetNow;
  readonly index: IndexState;
  readonly instances: readonly FleetInstance[];
  readonly nowMs: number;
}

export function nowText({ now, index, instances, nowMs }: NowShown, paint: Paint): string {
  const { gone, armed, versions, silentPairs, halfArmed, alarms } = now;
  const list = (title: string, count: number, lines: readonly (readonly string[])[]): string[] =>
    count === 0
      ? []
      : [
          '',
          paint('strong', `${title}: ${count}`),
          ...lines.slice(0, SHOWN).flat(),
          ...(count > Math.min(SHOWN, lines.length) ? [`  and ${count - Math.min(SHOWN, lines.length)} more: --json`] : []),
        ];
  return [
    agentsLine(now, paint),
    ...indexLines(index, paint),
    ...list(
      'alarms',
      now.alarmsCount,
      alarms.map(({ device, alarm }) => [
        ...wrapped(
          alarm.text.startsWith(`${device}:`) ? printable(alarm.text, 400) : `${name(device)}: ${printable(alarm.text, 400)}`,
          '  ',
        ).map((line) => paint(alarm.severity === 'critical' ? 'bad' : 'warn', line)),
        ...(alarm.remedy === null ? [] : wrapped(printable(alarm.remedy, 400), '    do: ')),
      ]),
    ),
    ...list(
      'agents gone',
      gone.length,
      gone.map((one) =>
        wrapped(
          `${agentWords(one)}, heard of ${ago(one.heardAtMs, nowMs)}${one.heartbeat.armed.state === 'disarmed' ? '' : `; was ${name(one.heartbeat.armed.state)}`}`,
          '  ',
        ),
      ),
    ),
    ...list(
      'pairs armed at one end only',
      now.halfArmedCount,
      halfArmed.map(({ device, peer }) => wrapped(`${name(device)} - ${name(peer)}`, '  ')),
    ),
    ...list(
      'pairs without a heartbeat',
      now.silentPairsCount,
      silentPairs.map(({ device, peer, lastHelloAtMs }) =>
        wrapped(
          `${name(device)} - ${name(peer)}, ${lastHelloAtMs === null ? 'never heard' : `heard ${ago(lastHelloAtMs, nowMs)}`}`,
          '  ',
        ),
      ),
    ),
    ...list(
      'devices with debugs on',
      armed.length,
      armed.map((one) => {
        const { by, leaseEndsAt, state } = one.heartbeat.armed;
        const end = leaseEndsAt === null ? 'no end told' : `until ${moment(Date.parse(leaseEndsAt))}`;
        return wrapped(`${agentWords(one)}: ${name(state)}${by === null ? '' : ` by ${name(by)}`}, ${end}`, '  ');
      }),
    ),
    ...list(
      'versions of spitrap',
      versions.length,
      versions.map((one) => [`  ${name(one.version).padEnd(24)} ${one.agents}`]),
    ),
    ...list(
      'processes that share the work',
      instances.length,
      instances.map((one) =>
        wrapped(
          `${name(one.name)}, pid ${one.pid}, ${one.messages} messages${one.page === null ? '' : `, ${printable(one.page, 120)}`}`,
          '  ',
        ),
      ),
    ),
  ].join('\n');
}

const agentWords = ({ device, site }: FleetAgent): string => `${name(device)} (${name(site)})`;

function agentsLine({ agents, gone }: FleetNow, paint: Paint): string {
  const line = `agents        ${agents === 0 ? 'none has sent a heartbeat yet' : gone.length === 0 ? `${agents}, all heard of` : `${agents}, ${gone.length} of them gone`}`;
  return agents > 0 && gone.length > 0 ? paint('warn', line) : line;
}
