/**
 * What an end went through: did it restart, take over from another, was it cleared, does it have an IKE SA with the other end. Absence in a
 * log counts only where the log reaches far enough back and has no holes. Asked by the rules in causes/.
 */

import { formatDuration } from '../model/time.ts';
import { type Answer, no, unknown, yes } from './answer.ts';
import type { DatedEvent, End, Instant, Quote } from './case.ts';
import { once } from './once.ts';
import { clockTime, gap, type Moment, near, order, shifted } from './order.ts';
import { lineIn } from './quote.ts';
import { existedBefore, marksOf, TOGETHER_MS } from './sa-questions.ts';
import { eventsOf, isBefore, latest, messageFor, nameOf, namesPeer, nearMessage, type View } from './view.ts';

/**
 * Before the first message, as far back as a cause of it is looked for when nothing says how old the SA is: what `evidence.before` keeps by
 * default, and a minute.
 */
export const LOOK_BACK_MS = 11 * 60_000;
/** A lost SA shows with the next packet: what has no trace in this long before the message was not there. */
export const COVERED_MS = 60_000;

/** The log reaches from `beforeMs` before the moment to it, and nothing is missing. */
export function logCovers(end: End | null, moment: Instant | null, beforeMs: number): boolean {
  const window = end?.logWindow;
  if (!window || window.holes > 0 || moment === null) return false;
  const before = gap(window.from, moment);
  const behind = gap(moment, window.to);
  return before !== null && before.minMs >= beforeMs && behind !== null && behind.maxMs >= 0;
}

/**
 * As a rival of what rests on debugs of several lines: where lines are lost, the head of one block may stand before the words of another, and an SA
 * is taken for made that was deleted.
 */
export function linesMissing(end: End | null): Answer {
  if (end === null || end.logWindow === null) return no('no log is read for it');
  return end.logWindow.holes === 0
    ? no(`the log of ${nameOf(end)} has no holes`)
    : unknown(`lines are missing from the log of ${nameOf(end)}: what is left of its debugs may be misread`);
}

/** When it came up; null: nothing says. */
export function bootOf(
  end: End | null,
): (Moment & { readonly quotes: readonly Quote[]; readonly upSeconds: number | null }) | null {
  const restart = latest(eventsOf(end, ['restart'], null));
  const uptime = end?.uptime ?? null;
  if (end === null || (restart === null && uptime === null)) return null;
  const quotes: Quote[] = [];
  if (restart) quotes.push(restart.quote);
  if (uptime) {
    const { line, text, seconds, reason } = uptime.value;
    quotes.push({
      end: end.index,
      file: uptime.file,
      line: lineIn(uptime, line),
      text: `${text}${reason ? `\n${reason}` : ''}`,
    });
    const step = uptime.value.resolutionSeconds * 1_000;
    // Printed in whole units: it may be up for one more.
    const at = shifted(uptime.at, -seconds * 1_000 - step / 2, step / 2);
    return { at, quote: null, quotes, upSeconds: seconds + uptime.value.resolutionSeconds };
  }
  return { at: restart!.at, quote: restart!.quote, quotes, upSeconds: null };
}

/** Did the receiver come up after the SA was made, and before the message? */
export const restarted = once((view: View): Answer => {
  const { receiver, receiverName, message } = view;
  if (receiver === null) return unknown(`there is no bundle of ${receiverName}: whether it restarted is not known`);
  const boot = bootOf(receiver);
  if (boot === null)
    return logCovers(receiver, view.heard.at, COVERED_MS)
      ? no(`${receiverName} did not restart: no line of its log says so`)
      : unknown(`whether ${receiverName} restarted is not known`);
  const when = boot.at === null ? '' : ` at ${clockTime(boot.at)}`;
  const up = boot.upSeconds;
  if (order(boot, message) === 'after') return unknown(`${receiverName} restarted${when}, after the message`, boot.quotes);
  const older = existedBefore(view, boot, `the restart of ${receiverName}`);
  if (older.known === 'yes') return yes(`${receiverName} restarted${when}`, [...boot.quotes, ...older.quotes]);
  if (older.known === 'no')
    return no(`${receiverName} has been up since before the SA was made`, [...boot.quotes, ...older.quotes]);
  const since = gap(boot.at, message.at);
  if (since !== null && since.minMs <= LOOK_BACK_MS)
    return yes(`${receiverName} restarted${when}, shortly before the message`, boot.quotes);
  if (up !== null && up > DAY_SECONDS) return no(`${receiverName} has been up for ${formatDuration(up * 1_000)}`, boot.quotes);
  if (since !== null && since.minMs > 2 * LIFETIME_USUAL_MS)
    return no(`${receiverName} has been up for longer than an SA usually lives`, boot.quotes);
  return unknown(`whether the SA is older than the restart of ${receiverName}${when} is not known`, boot.quotes);
});

const DAY_SECONDS = 86_400;
/** IOS's default for IPsec SAs. */
const LIFETIME_USUAL_MS = 3_600_000;

/** The line of a takeover before the message; null: none. */
export const takeover = ({ receiver, message }: View): DatedEvent | null =>
  latest(eventsOf(receiver, ['ha-active'], null).filter((event) => isBefore(event, message)));

/** Did the receiver take over from another box, after the SA was made? */
export const failedOver = once((view: View): Answer => {
  const { receiver, receiverName } = view;
  if (receiver === null) return unknown(`there is no bundle of ${receiverName}: whether it took over is not known`);
  const event = takeover(view);
  if (event === null)
    return logCovers(receiver, view.heard.at, COVERED_MS)
      ? no(`${receiverName} did not take over from another: no line of its log says so`)
      : unknown(`whether ${receiverName} took over from another is not known`);
  const when = event.at === null ? '' : ` at ${clockTime(event.at)}`;
  const older = existedBefore(view, event, `the takeover of ${receiverName}`);
  if (older.known === 'no') return no(`the SA was made after ${receiverName} took over`, [event.quote, ...older.quotes]);
  if (older.known === 'yes' || nearMessage(view, event, event.end, LOOK_BACK_MS) === 'yes')
    return yes(`${receiverName} became active${when}`, [event.quote]);
  return unknown(`whether the SA is older than the takeover of ${receiverName}${when} is not known`, [event.quote]);
});

/** The last command before the message that cleared SAs at the receiver, of this peer or of all. */
export const clearing = once(({ receiver, flow, message }: View): DatedEvent | null => {
  return latest(eventsOf(receiver, ['cleared'], flow.flow.src).filter((event) => order(event, message) !== 'after'));
});

export const cleared = once((view: View): Answer => {
  const { receiver, receiverName } = view;
  if (receiver === null) return unknown(`there is no bundle of ${receiverName}: whether it was cleared is not known`);
  const event = clearing(view);
  const byCommand = toldByReason(view);
  if (event === null && byCommand !== null)
    return yes(`${view.senderName} was told that a command at ${receiverName} deleted the SA`, [byCommand.quote]);
  if (event === null)
    return logCovers(receiver, view.heard.at, COVERED_MS)
      ? no(`nobody cleared SAs at ${receiverName}, as far as its log says`)
      : unknown(`whether SAs were cleared at ${receiverName} is not known`);
  const older = existedBefore(view, event, `the clearing at ${receiverName}`);
  if (older.known === 'no')
    return no(`${view.spi} was made after the clearing at ${receiverName}`, [event.quote, ...older.quotes]);
  const when = event.at === null ? '' : ` at ${clockTime(event.at)}`;
  const deletion = deletionNear(view, event);
  return yes(`SAs were cleared at ${receiverName}${when}`, [event.quote, ...(deletion ? [deletion] : [])]);
});

// processing DELETE_WITH_REASON payload, message ID = 1319368483, reason: DELETE_BY_USER_COMMAND
/** A DELETE at the sender that says that a person did it. */
export const toldByReason = ({ sender, flow, heard }: View): DatedEvent | null =>
  eventsOf(sender, ['delete-received'], flow.flow.dst).find(
    (event) =>
      /user.?command|operator/i.test(event.event.detail['reason'] ?? '') && near(event.at, heard.at, COVERED_MS) !== 'no',
  ) ?? null;

/** The receiver's own deletion of the SA within seconds of something. */
export function deletionNear(view: View, moment: Moment): Quote | null {
  const mark = marksOf(view, 'receiver', ['deleted']).find((one) => near(one.at, moment.at, TOGETHER_MS) === 'yes');
  return mark?.quote ?? null;
}

/** Somebody changed the configuration of the receiver as the SA went, or shortly before the message. */
export const reconfigured = once((view: View): Answer => {
  const { receiver, receiverName, message } = view;
  // The line comes as somebody leaves configuration mode: it may be after what was done there.
  const lines = eventsOf(receiver, ['configured'], null);
  const gone = marksOf(view, 'receiver', ['deleted']);
  const line = lines.find(
    (event) =>
      gone.some((mark) => near(event.at, mark.at, CONFIGURED_MS) === 'yes') ||
      (gone.length === 0 && near(event.at, message.at, COVERED_MS) === 'yes'),
  );
  if (line)
    return yes(`${receiverName} was configured${line.at ? ` at ${clockTime(line.at)}` : ''}, just as the SA went`, [line.quote]);
  return logCovers(receiver, view.heard.at, COVERED_MS)
    ? no(`nobody configured ${receiverName} as the SA went`)
    : unknown(`whether ${receiverName} was configured is not known`);
});

const CONFIGURED_MS = 15_000;

/** Does `end` have a usable IKE SA with the address? By its last tables of each version. */
export function ikeAlive(end: End | null, peer: string, fallbackName: string, otherEnd: End | null = null): Answer {
  if (end === null) return unknown(`there is no bundle of ${fallbackName}: whether it has an IKE SA is not known`);
  const name = nameOf(end);
  const last = lastTables(end);
  const rows = last.flatMap((sample) =>
    sample.value.sas.filter(({ remote, local }) => remote === peer || local === peer).map((row) => ({ row, sample })),
  );
  const quote = ({ row, sample }: (typeof rows)[number]): Quote => ({
    end: end.index,
    file: sample.file,
    line: lineIn(sample, row.line),
    text: `${row.remote ?? peer} ${row.state}${row.deleted ? ' (deleted)' : ''}`,
  });
  const alive = rows.filter(({ row }) => row.established && !row.deleted);
  if (alive.length > 0) return yes(`${name} has an IKE SA with the other end (${alive[0]!.row.state})`, alive.map(quote));
  const asked = last.filter(({ whole, value }) => whole && (value.peers === null || value.peers.includes(peer)));
  const versions = new Set(asked.map(({ value }) => value.version));
  const spoken = versionsSpoken(end, otherEnd, peer);
  const enough = spoken.size > 0 ? [...spoken].every((version) => versions.has(version)) : versions.has(1) && versions.has(2);
  if (!enough) return unknown(`whether ${name} has an IKE SA with the other end is not known`, rows.map(quote));
  return no(`${name} has no IKE SA with the other end`, [
    ...rows.map(quote),
    ...asked.map(({ file }): Quote => ({ end: end.index, file, line: 1, text: 'no IKE SA of that peer' })),
  ]);
}

/** The last sample of each version that ran to its end. */
function lastTables(end: End): End['ike'][number][] {
  return ([1, 2] as const).flatMap((version) => {
    const all = end.ike.filter(({ value }) => value.version === version);
    const stop = all.filter(({ round }) => round !== 'first');
    const best = (stop.length > 0 ? stop : all).at(-1);
    if (best === undefined) return [];
    // Commands of one round differ in scope: what one of them shows counts.
    return all.filter(({ round }) => round === best.round);
  });
}

/** Which IKE the two use, by their rows and their configurations. */
function versionsSpoken(end: End, otherEnd: End | null, peer: string): Set<1 | 2> {
  const found = new Set<1 | 2>();
  for (const one of [end, otherEnd]) {
    if (one === null) continue;
    for (const { value } of one.ike)
      if (value.sas.some(({ remote, local }) => one !== end || remote === peer || local === peer)) found.add(value.version);
    for (const { peers, ike } of one.configuration?.value.peerings ?? [])
      if (ike !== null && (peers.length === 0 || one !== end || peers.includes(peer))) found.add(ike);
  }
  return found;
}

export const receiverIke = (view: View): Answer => ikeAlive(view.receiver, view.flow.flow.src, view.receiverName, view.sender);
export const senderIke = (view: View): Answer => ikeAlive(view.sender, view.flow.flow.dst, view.senderName, view.receiver);

/** `%CRYPTO-4-IKMP_NO_SA`, or a DELETE that could not leave for want of an IKE SA: of this peer, at the receiver. */
export const ikeMissed = once((view: View): Answer => {
  const { receiver, receiverName, flow, message } = view;
  const lines = eventsOf(receiver, ['ike-no-sa', 'delete-not-sent'], flow.flow.src);
  const here = lines.filter((event) => near(event.at, message.at, LOOK_BACK_MS) !== 'no');
  return here.length > 0
    ? yes(
        `${receiverName} says that it has no IKE SA for it`,
        here.map(({ quote }) => quote),
      )
    : unknown(`${receiverName} logged nothing of a missing IKE SA`);
});

/** Initial contacts and floated ports before the message, those that name the two ends if any does. */
export const cameAnewEvents = once((view: View): DatedEvent[] => {
  const { receiver, sender, flow } = view;
  const all = [
    ...eventsOf(receiver, ['initial-contact', 'port-float'], flow.flow.src),
    ...eventsOf(sender, ['port-float'], flow.flow.dst),
  ].filter((event) => {
    const message = messageFor(view, event.end);
    return order(event, message) !== 'after' && near(event.at, message.at, LOOK_BACK_MS) !== 'no';
  });
  const named = all.filter(({ event }) => namesPeer(event, flow.flow.src) || namesPeer(event, flow.flow.dst));
  return named.length > 0 ? named : all;
});

/** The peer or its NAT came anew: a port that floated, an initial contact that brought down what was there. */
export const cameAnew = once((view: View): Answer => {
  const { receiver } = view;
  const lines = cameAnewEvents(view);
  if (lines.length > 0)
    return yes(
      `${lines.some(({ event }) => event.kind === 'port-float') ? 'the port of the peer changed' : 'an initial contact came'} shortly before`,
      lines.map(({ quote }) => quote),
    );
  return logCovers(receiver, view.heard.at, COVERED_MS) && receiver?.debugsOn === true
    ? no('no initial contact and no change of ports before the message')
    : unknown('whether the peer came anew, or from another port, is not known');
});

/** A new IKE SA between the two around the message: not a rekey, but a new beginning. By a line, or by its age in a table. */
export const ikeIsNew = once((view: View): Answer => {
  const { receiver, sender, flow } = view;
  const lines = [
    ...eventsOf(receiver, ['ike-established'], flow.flow.src),
    ...eventsOf(sender, ['ike-established'], flow.flow.dst),
  ].filter(
    (event) =>
      namesPeer(event.event, event.end === receiver?.index ? flow.flow.src : flow.flow.dst) &&
      nearMessage(view, event, event.end, COVERED_MS) === 'yes',
  );
  if (lines.length > 0)
    return yes(
      'a new IKE SA was made around the message',
      lines.map(({ quote }) => quote),
    );
  const ages = [receiver, sender].flatMap((end) =>
    (end?.ike ?? []).flatMap((sample) =>
      sample.value.sas
        .filter(
          ({ established, ageSeconds, remote, local }) =>
            established &&
            ageSeconds !== null &&
            [remote, local].includes(end!.index === receiver?.index ? flow.flow.src : flow.flow.dst),
        )
        .map((row) => ({
          from: shifted(sample.at, -row.ageSeconds! * 1_000, 1_000),
          quote: {
            end: end!.index,
            file: sample.file,
            line: lineIn(sample, row.line),
            text: `${row.state}, ${row.ageSeconds} s old`,
          },
        })),
    ),
  );
  const young = ages.filter(({ from }) => near(view.heard.at, from, COVERED_MS) === 'yes');
  if (young.length > 0)
    return yes(
      'the IKE SA is no older than the message',
      young.map(({ quote }) => quote),
    );
  const old = ages.filter(({ from }) => (gap(from, view.heard.at)?.minMs ?? 0) > COVERED_MS);
  return old.length > 0
    ? no(
        'the IKE SA is older than the message',
        old.map(({ quote }) => quote),
      )
    : unknown('how old the IKE SA is, is not known');
});

/** What takes SAs away from a whole box or by hand: every quieter cause is held against it. */
export const upheavals = (view: View): Answer[] => [restarted(view), failedOver(view), cleared(view)];
