/**
 * What a person is told of an alarm: the documented, versioned JSON of docs/alarms.md (a test holds the page to it), and the same as one
 * line of text for syslog. Made by lane.ts for each delivery, read by every channel. Pure.
 */
import { createHash } from 'node:crypto';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import type { Wall } from '../../shared/model/time.ts';
import type { Severity } from './severity.ts';

/** Raised when a key changes its meaning or goes; new keys may come at any time. */
export const NOTICE_VERSION = 1;

export const noticeStatuses = ['raised', 'repeated', 'cleared', 'acknowledged'] as const;
export type NoticeStatus = (typeof noticeStatuses)[number];

/** An alarm as it is told: bounded, escaped, without our secrets. */
export interface AlarmFacts {
  /** Short, for `spitrap ack`. A later turn of the same key has another. */
  readonly id: string;
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string | null;
  readonly incident: string | null;
  readonly sinceWall: Wall;
}

/** Who speaks: constant for the life of an agent. */
export interface Speaker {
  readonly device: { readonly name: string; readonly address: string };
  readonly agent: { readonly role: string; readonly mode: string; readonly version: string; readonly host: string };
}

export interface Notice extends Speaker {
  readonly version: typeof NOTICE_VERSION;
  /** 32 hex: the same at each attempt of one notice, and after a restart: whoever gets it twice can tell. */
  readonly id: string;
  readonly status: NoticeStatus;
  /** Of `spitrap alarms test`: nothing is wrong. */
  readonly test: boolean;
  readonly alarm: {
    readonly id: string;
    readonly key: string;
    readonly severity: Severity;
    readonly text: string;
    /** What to type, and where; null: nothing to type. */
    readonly remedy: string | null;
    readonly incident: string | null;
    /** ISO 8601, UTC. */
    readonly since: string;
    /** Raised and cleared again and again: its turns are no longer told one by one. */
    readonly flapping: boolean;
  };
  /** Of this alarm on this channel, this one included. */
  readonly repeats: number;
  readonly at: string;
}

export interface Telling {
  readonly status: NoticeStatus;
  readonly alarm: AlarmFacts;
  readonly repeats: number;
  readonly flapping: boolean;
  readonly test?: boolean;
}

export function noticeOf(telling: Telling, speaker: Speaker, at: Wall): Notice {
  const { status, alarm, repeats, flapping } = telling;
  const identity = [speaker.device.name, alarm.id, alarm.key, Math.round(alarm.sinceWall), status, repeats];
  return {
    version: NOTICE_VERSION,
    id: createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32),
    status,
    test: telling.test ?? false,
    alarm: {
      id: alarm.id,
      key: alarm.key,
      severity: alarm.severity,
      text: alarm.text,
      remedy: alarm.remedy,
      incident: alarm.incident,
      since: iso(alarm.sinceWall),
      flapping,
    },
    repeats,
    at: iso(at),
    device: speaker.device,
    agent: speaker.agent,
  };
}

/** A damaged record may hold any number. */
const iso = (wall: number): string => new Date(Math.abs(wall) <= 8.64e15 ? wall : 0).toISOString();

/** Texts quote devices and peers: escaped and bounded, so that a pager shows them as they are meant. */
export const tellable = (text: string): string => printable(text, limits.alarmTextCharsMax);

const WORDS: Readonly<Record<NoticeStatus, string>> = {
  raised: 'ALARM',
  repeated: 'ALARM',
  cleared: 'over',
  acknowledged: 'acknowledged',
};

/** What came, without the text: `ALARM a3 (critical) on hub1, repeat 2`. */
export function headline({ status, alarm, repeats, device, test }: Notice): string {
  const words = `${test ? 'TEST ' : ''}${WORDS[status]} ${alarm.id} (${alarm.severity}) on ${device.name}`;
  return status === 'repeated' ? `${words}, repeat ${repeats}` : words;
}

/** One line of at most `charactersMax`. The text gives way before the remedy does: what to type is what the reader needs. */
export function lineOf(notice: Notice, charactersMax: number): string {
  const { alarm, device, status } = notice;
  const standing = status === 'raised' || status === 'repeated';
  const remedy = standing && alarm.remedy !== null ? `; do: ${alarm.remedy}` : '';
  const tail = `${remedy} [key ${alarm.key}, device ${device.address}, since ${alarm.since}${alarm.incident === null ? '' : `, incident ${alarm.incident}`}]`;
  const head = `${headline(notice)}: `;
  const room = Math.max(0, charactersMax - head.length - tail.length);
  const text = alarm.text.length > room ? `${alarm.text.slice(0, Math.max(0, room - 3))}...` : alarm.text;
  return `${head}${text}${tail}`.slice(0, charactersMax);
}
