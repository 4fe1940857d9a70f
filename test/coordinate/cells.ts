/** The cells of the machine's tables: every state class, and every input as it could come in each of them. Used by step-table.test.ts. */
import type { Book } from '../../shared/coordinate/book.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import {
  alert,
  at,
  attempted,
  CRYPTO,
  capture,
  captured,
  corroborated,
  debugsRead,
  delivery,
  done,
  flowOf,
  hubRules,
  id,
  recovered,
  run,
  sealedAs,
  sighting,
  spokeRules,
  stop,
  symptom,
  timer,
} from './given.ts';

export interface StateClass {
  readonly rules: Rules;
  readonly book: Book;
  /** Milliseconds after t0 at which the inputs of its cells come. */
  readonly nowMs: number;
}

const state = (rules: Rules, nowMs: number, ...inputs: Input[]): StateClass => ({ rules, nowMs, book: run(rules, inputs).book });

const opened = [at(0, sighting()), at(300, debugsRead(CRYPTO))];
const running = [...opened, at(2_000, delivery('alert', 'acknowledged')), at(18_000, timer('stop'))];
const failed = [
  ...running,
  at(18_100, attempted(0, 'not-sent')),
  at(18_200, attempted(1, 'not-sent')),
  at(18_300, attempted(2, 'still-on')),
];
const verified = [...running, at(18_400, attempted(0, 'verified'))];
const ended = [...verified, at(19_000, captured('first')), at(20_000, captured('stop'))];
const heard = [...ended, at(20_100, delivery('stop', 'acknowledged'))];
const requested = [...heard, at(21_000, done()), at(28_000, timer('tail'))];
const alerted = [at(0, alert()), at(300, debugsRead(CRYPTO))];

export const states: Readonly<Record<string, StateClass>> = {
  'hub watching': state(hubRules, 1_000),
  'hub planned': state(hubRules, 1_000, ...opened),
  'hub pending': state(hubRules, 1_000, at(0, sighting({ spoofable: true }))),
  'hub waiting': state(hubRules, 18_500, at(0, sighting({ spoofable: true })), at(18_000, timer('stop'))),
  'hub symptom': state(hubRules, 1_000, at(0, symptom({ id: id(1) })), at(300, debugsRead(CRYPTO))),
  'hub symptom running': state(
    hubRules,
    18_050,
    at(0, symptom({ id: id(1) })),
    at(300, debugsRead(CRYPTO)),
    at(18_000, timer('stop')),
  ),
  'hub looked at': state(hubRules, 1_000, at(0, capture({ id: id(1) })), at(300, debugsRead(CRYPTO))),
  'hub capture mode': state({ ...hubRules, mode: 'capture' }, 1_000, ...opened),
  'hub observing': state({ ...hubRules, mode: 'observe' }, 1_000, at(0, sighting())),
  'hub on hold': state(hubRules, 1_000, at(-1, { kind: 'hold', on: true }), at(0, sighting())),
  'hub running': state(hubRules, 18_050, ...running),
  'hub waiting retry': state(hubRules, 43_000, ...failed),
  'hub nothing on': state(hubRules, 18_500, at(0, sighting()), at(300, debugsRead()), at(18_000, timer('stop'))),
  'hub verified': state(hubRules, 19_000, ...verified),
  'hub seal requested': state(hubRules, 28_100, ...requested),
  'hub seal failed': state(
    hubRules,
    29_000,
    ...requested,
    at(28_200, { kind: 'seal-failed', incident: id(1), detail: 'ENOSPC' }),
  ),
  'hub sealed, stop untold': state(
    hubRules,
    139_000,
    ...ended,
    at(138_000, timer('seal-deadline')),
    at(138_100, sealedAs('partial', 'no-done:spoke1')),
  ),
  'hub closed': state(hubRules, 60_000, ...requested, at(28_300, sealedAs('complete'))),
  'spoke watching': state(spokeRules, 1_000),
  'spoke alerted': state(spokeRules, 1_000, ...alerted),
  'spoke capture only': state(spokeRules, 1_000, at(0, alert({ act: false })), at(300, debugsRead(CRYPTO))),
  'spoke looked at': state(spokeRules, 1_000, at(0, capture({ id: id(1) })), at(300, debugsRead(CRYPTO))),
  'spoke observing': state({ ...spokeRules, mode: 'observe' }, 1_000, at(0, alert())),
  'spoke capture mode': state({ ...spokeRules, mode: 'capture' }, 1_000, ...alerted),
  'spoke on hold': state(spokeRules, 1_000, at(-1, { kind: 'hold', on: true }), at(0, alert())),
  'spoke running': state(spokeRules, 18_050, ...alerted, at(18_000, stop())),
  'spoke verified': state(spokeRules, 19_000, ...alerted, at(18_000, stop()), at(18_400, attempted(0, 'verified'))),
  'spoke closed': state(
    spokeRules,
    60_000,
    ...alerted,
    at(18_000, stop()),
    at(18_400, attempted(0, 'verified')),
    at(19_000, captured('first')),
    at(19_500, captured('stop')),
    at(28_000, timer('tail')),
    at(28_100, sealedAs('complete')),
  ),
};

export const inputs: Readonly<Record<string, InputBody>> = {
  'sighting, same flow': sighting({ id: id(2) }),
  'sighting, other flow of the peer': sighting({ id: id(2), flow: flowOf(1) }),
  'sighting, other peer': sighting({ id: id(2), flow: flowOf(2, '11.1.1.4'), peers: ['spoke2'] }),
  symptom: symptom(),
  'symptom, of a peer': symptom({ cause: 'ikmp-no-sa', peers: ['spoke2'], scope: ['11.1.1.4'] }),
  'symptom, noted': symptom({ opens: false }),
  capture: capture(),
  'alert, same id': alert(),
  'alert, other id': alert({ id: id(2), peer: 'hub2', flow: flowOf(3), delayMs: 3_000 }),
  'stop, same id': stop(),
  'stop, other id': stop({ id: id(2), peer: 'hub2' }),
  'stop, no id': stop({ id: null, peer: 'eem1' }),
  done: done(),
  'done, unknown peer': done({ peer: 'hub2' }),
  'corroborated found': corroborated('found'),
  'corroborated absent': corroborated('absent'),
  'debugs-read': debugsRead(CRYPTO),
  'debugs-read, unreadable': { kind: 'debugs-read', incident: id(1), flags: null, detail: 'timeout' },
  'capture-ended': captured('first'),
  'stop-attempted verified': attempted(0, 'verified'),
  'stop-attempted still-on': attempted(0, 'still-on'),
  'delivery acknowledged': delivery('stop', 'acknowledged'),
  'delivery given-up': delivery('stop', 'given-up'),
  'timer stop': timer('stop'),
  'timer stop-bound': timer('stop-bound'),
  'timer stop-retry': timer('stop-retry'),
  'timer stop-hung': timer('stop-hung'),
  'timer tail': timer('tail'),
  'timer seal-deadline': timer('seal-deadline'),
  'timer seal-retry': timer('seal-retry'),
  sealed: sealedAs('complete'),
  'seal-failed': { kind: 'seal-failed', incident: id(1), detail: 'ENOSPC' },
  restarted: { kind: 'restarted', resumable: true },
  recovered: recovered(),
  'recovered, other boot': recovered(false),
  'debugs-seen on': { kind: 'debugs-seen', cryptoOn: true },
  'debugs-seen off': { kind: 'debugs-seen', cryptoOn: false },
  'hold on': { kind: 'hold', on: true },
  'hold off': { kind: 'hold', on: false },
  'acknowledge unknown': { kind: 'acknowledge', alarm: 'a77' },
  raise: { kind: 'raise', key: 'cfg-differs:hub1', text: 'differs', remedy: null },
  'clear unknown': { kind: 'clear', key: 'cfg-differs:hub1' },
  expire: { kind: 'expire' },
};

/** State class to outcome to the inputs that have it. */
export type Table = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
