/**
 * The door for the other agents' signals: what the SNMP receiver lets through is heard (sources/peer-signal.ts), put to the
 * coordinator, and answered once its record is on disk, 250 ms at most (pair-protocol.md, "Delivery"). Refusals are counted by
 * reason and logged once a source. Opened by app.ts.
 */
import { asSpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { Config } from './config/config.ts';
import type { Coordinator } from './coordinator.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Entry, Journal } from './journal/journal.ts';
import type { Logger } from './log.ts';
import type { Notification, Refusal } from './net/signalling.ts';
import { hear } from './sources/peer-signal.ts';

export interface SignalsRoom {
  readonly config: Config;
  readonly coordinator: Pick<Coordinator, 'input' | 'lastEntry' | 'reasonCounts'>;
  readonly heartbeat: Pick<Heartbeat, 'heard'>;
  readonly journal: Pick<Journal, 'wait'>;
  readonly log: Logger;
  readonly newId: () => IncidentId;
}

/** As usm-judge.ts words it. */
const ASKS_FOR_TIME = 'boots 0, time 0 s';

export class Signals {
  readonly #room: SignalsRoom;
  readonly refusals = new Map<string, number>();
  readonly #logged = new Set<string>();

  constructor(room: SignalsRoom) {
    this.#room = room;
  }

  onNotification = (notification: Notification): void => {
    try {
      this.#hear(notification);
    } catch (error) {
      this.#room.log.error(
        { event: 'internal', peer: notification.peer, error: asSpitrapError(error).message },
        'a signal could not be taken, a fault of this program: please report it',
      );
    }
  };

  #hear(notification: Notification): void {
    const { config, coordinator, heartbeat, newId } = this.#room;
    const heard = hear(notification, config.peers, config.signal.values, newId, config.arming.allowRemoteArm);
    switch (heard.kind) {
      case 'refused':
        // Authenticated, so it is answered; it does nothing.
        this.#count(heard.reason, notification.from.address, notification.peer, heard.detail);
        notification.respond();
        return;
      case 'hello':
        notification.respond();
        heartbeat.heard(heard);
        return;
      case 'input': {
        const before = coordinator.reasonCounts.get('not-my-role') ?? 0;
        const entry = coordinator.input(heard.input, { at: notification.at, wall: notification.wall });
        if ((coordinator.reasonCounts.get('not-my-role') ?? 0) > before) {
          this.#count(
            'not-my-role',
            notification.from.address,
            notification.peer,
            `${heard.input.kind} to an agent of role ${config.role}`,
          );
        }
        // A repetition has no record of its own: what the first one did must be on disk before this one is answered.
        this.#respondAfter(entry ?? coordinator.lastEntry, notification);
        return;
      }
    }
  }

  #respondAfter(entry: Entry | null, notification: Notification): void {
    // Nobody waits for the answer to a trap.
    if (entry === null || !notification.confirmed) {
      notification.respond();
      return;
    }
    this.#room.journal
      .wait(entry)
      .then(() => notification.respond())
      .catch((error: unknown) =>
        this.#room.log.error({ event: 'internal', error: asSpitrapError(error).message }, 'a signal could not be answered'),
      );
  }

  onRefusal = (refusal: Refusal): void => {
    // An authentic peer that does not know our time yet asks for it so (RFC 3414 §4): every start does it once, nothing is refused.
    if (refusal.reason === 'not-in-time-window' && refusal.detail === ASKS_FOR_TIME) return;
    this.#count(refusal.reason, refusal.from.address, refusal.peer, refusal.detail);
  };

  #count(reason: string, from: string, peer: string | null, detail: string): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    const source = `${reason} ${from}`;
    if (this.#logged.has(source) || this.#logged.size >= limits.strangersMax) return;
    this.#logged.add(source);
    this.#room.log.warn(
      { event: 'signal-refused', reason, from, peer, detail },
      `signal refused: ${reason}, from ${from}; further ones of it are counted in status`,
    );
  }
}
