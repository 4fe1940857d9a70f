/**
 * What we hold to be another engine's boots and time (RFC 3414 §2.3): snmp-receiver.ts dates incoming v3 traps by it, snmp-sender.ts
 * its own informs. Also the window for messages that name our own engine.
 * It is not kept on disk, as in RFC 3414: after our restart the first authentic trap of an engine sets its clock, so an old captured
 * *trap* could pass until then. Informs have no such gap, since they are dated by our own clock: prefer them.
 */
import { elapsedMs, type Monotonic } from '../../shared/model/time.ts';
import type { EngineStamp } from '../../shared/wire/usm.ts';
import { ENGINE_BOOTS_MAX } from './engine.ts';

/** RFC 3414 §2.2.3. */
export const TIME_WINDOW_S = 150;

/** §3.2 (7a): the message names our engine, we are authoritative. */
export function inOurWindow(ours: EngineStamp, message: EngineStamp): boolean {
  return ours.boots < ENGINE_BOOTS_MAX && message.boots === ours.boots && Math.abs(message.timeS - ours.timeS) <= TIME_WINDOW_S;
}

export class EngineNotion {
  private boots = 0;
  private timeS = 0;
  private latestReceivedS = 0;
  private learnedAt: Monotonic;

  constructor(now: Monotonic) {
    this.learnedAt = now;
  }

  at(now: Monotonic): EngineStamp {
    // Nothing learned yet: 0 and 0 ask the engine for its clock (§4, discovery).
    if (this.boots === 0 && this.timeS === 0) return { boots: 0, timeS: 0 };
    const timeS = this.timeS + Math.floor(elapsedMs(this.learnedAt, now) / 1_000);
    return { boots: this.boots, timeS: Math.min(timeS, 0x7fff_ffff) };
  }

  /** §3.2 (7b) for an *authentic* message of that engine: learns from it when it is newer, then says whether it is in the window. */
  accept(message: EngineStamp, now: Monotonic): boolean {
    if (message.boots > this.boots || (message.boots === this.boots && message.timeS > this.latestReceivedS))
      this.learn(message, now);
    const notion = this.at(now);
    if (notion.boots === ENGINE_BOOTS_MAX || message.boots < notion.boots) return false;
    return message.timeS >= notion.timeS - TIME_WINDOW_S;
  }

  /**
   * Takes the stamp even when it goes back: an engine that lost its state restarts with lower boots. Only for an authentic Report that
   * answers one of our own random message ids, which proves it fresh as no clock could.
   */
  resynchronise(message: EngineStamp, now: Monotonic): void {
    this.learn(message, now);
  }

  private learn(message: EngineStamp, now: Monotonic): void {
    this.boots = message.boots;
    this.timeS = message.timeS;
    this.latestReceivedS = message.timeS;
    this.learnedAt = now;
  }
}
