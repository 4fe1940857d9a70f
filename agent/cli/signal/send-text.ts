/** What `spitrap signal send` prints: what was sent, on each path what came back, and what to do. Text from outside is escaped. */
import { printable, quoted } from '../../../shared/model/printable.ts';
import { formatEndpoint } from '../../config/fields.ts';
import { wrapped } from '../../status/text-layout.ts';
import { communityOf, type PathResult, type Sent } from './send.ts';
import { hexWithout } from './wire-tap.ts';

const LEAD = 10;
const lead = (word: string): string => word.padEnd(LEAD);
const HEX_PER_LINE = 64;

export function sentText({ target, phase, notification, trapOid, engineIdHex }: Sent): string {
  const { credentials } = target;
  const as =
    credentials.version === 3
      ? `v3 ${kind(notification.confirmed)} of user ${quoted(credentials.user)}, ${credentials.priv === null ? 'authNoPriv' : 'authPriv'}`
      : `v${credentials.version} ${kind(notification.confirmed)} with a community of ${Buffer.byteLength(credentials.community)} octets`;
  const text = notification.strData === '' ? 'none, as a router sends it' : printable(notification.strData, 300);
  const lines = [
    ...wrapped(`${phase} to ${printable(target.name, 80)}, as ${as}`, lead('signal')),
    ...wrapped(`IntData1 ${notification.intData1}, IntData2 ${notification.intData2}, notification ${trapOid}`, lead('says')),
    ...wrapped(text, lead('text')),
  ];
  if (credentials.version === 3 && !notification.confirmed)
    lines.push(
      ...wrapped(
        `${engineIdHex}: a trap over SNMPv3 is dated by its sender's engine, and a receiver takes it only from an engine that it was told of (peers[].engineId there; createUser -e with snmptrapd). This one is not the agent's, so that nothing of it is disturbed`,
        lead('engine'),
      ),
    );
  return lines.join('\n');
}

const kind = (confirmed: boolean): string => (confirmed ? 'inform' : 'trap');

export function pathText(sent: Sent, { to, outcome, datagrams, heard }: PathResult, hex: boolean): string {
  const ours = datagrams.filter((datagram) => datagram.direction === 'sent');
  const near = ours[0] === undefined ? '' : ` from ${formatEndpoint(ours[0].near)}`;
  const octets = ours.map((datagram) => datagram.bytes.length).join(' and ');
  const lines = [...wrapped(`${formatEndpoint(to)}${near}${octets === '' ? '' : `, ${octets} octets`}`, lead('to'))];
  if (hex)
    for (const { direction, bytes } of datagrams) {
      const text = hexWithout(communityOf(sent.target.credentials), bytes);
      const rows = text.match(new RegExp(`.{1,${HEX_PER_LINE}}`, 'g')) ?? [];
      rows.forEach((row, index) => {
        lines.push(`${lead(index === 0 ? direction : '')}${row}`);
      });
    }
  for (const { what, afterMs, meaning } of heard)
    lines.push(
      ...wrapped(
        `${printable(what, 200)} after ${afterMs.toFixed(1)} ms${meaning === '' ? '' : `: ${printable(meaning, 400)}`}`,
        lead('heard'),
      ),
    );
  lines.push(...wrapped(outcomeWords(sent, outcome), lead('answer')));
  const advice = adviceOn(sent, outcome, heard);
  if (advice !== null) lines.push(...wrapped(advice, lead('do')));
  return lines.join('\n');
}

function outcomeWords({ notification }: Sent, outcome: PathResult['outcome']): string {
  switch (outcome.kind) {
    case 'acknowledged':
      return `acknowledged by ${formatEndpoint(outcome.from)} after ${outcome.roundTripMs.toFixed(1)} ms: it arrived and is authentic. What was made of it stands in that end's status and log`;
    case 'sent':
      return 'sent; a trap has no acknowledgement, so nothing says that it arrived';
    case 'failed':
      return `${notification.confirmed ? 'not acknowledged' : 'not sent'}: ${outcome.error.code}: ${printable(outcome.error.message, 600)}`;
  }
}

/** Reports carry their remedy; silence has its own. */
function adviceOn({ target }: Sent, outcome: PathResult['outcome'], heard: PathResult['heard']): string | null {
  if (outcome.kind !== 'failed' || outcome.error.code !== 'SNMP_TIMEOUT') return null;
  if (heard.some((one) => !one.ordinary)) return null;
  const silent = heard.length === 0;
  const common =
    'see there: does an agent run (spitrap status), does UDP pass to that port, does peers[].from have our address (its status counts source-address)';
  if (target.credentials.version !== 3)
    return `nothing came back, and a wrong community is never answered; ${common}, and is it the same community (its status counts community)?`;
  return silent
    ? `nothing came back, not even to the question for its engine id; ${common}?`
    : 'it answered the question for its engine and not the signal itself: an agent answers once its journal is on disk, and an agent that was told to listen only (spitrap signal listen) never does; look at its log';
}
