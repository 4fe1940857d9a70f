/** One line of `spitrap check`: what was looked at, what came of it, and what to do about it. Made by the probes of this room, shown by agent/cli/check-text.ts. */
import { asSpitrapError } from '../../shared/errors.ts';

/** `warn`: works, and will be missed at an incident. `skipped`: not looked at, `detail` says why. */
export type CheckState = 'ok' | 'warn' | 'fail' | 'skipped';

export const checkSections = ['configuration', 'this host', 'device', 'peers', 'evidence'] as const;
export type CheckSection = (typeof checkSections)[number];

export interface CheckRow {
  readonly section: CheckSection;
  /** Short: `trap level`, `path 198.51.100.9:10162`. */
  readonly title: string;
  readonly state: CheckState;
  /** What was seen. May hold text of the device or the peer, raw: escaped where it is shown. */
  readonly detail: string;
  /** What a person does; null: nothing to do. */
  readonly remedy: string | null;
  /** Lines to enter on the device, in configuration mode. */
  readonly enter: readonly string[];
}

/** Adds rows of one section, and tells of each as it comes: a slow device is waited for with something on the screen. */
export interface Rows {
  ok(title: string, detail: string): void;
  warn(title: string, detail: string, remedy?: string | null, enter?: readonly string[]): void;
  fail(title: string, detail: string, remedy?: string | null, enter?: readonly string[]): void;
  skip(title: string, detail: string): void;
  /** One that was made before. */
  add(row: CheckRow): void;
}

export function rowsOf(section: CheckSection, add: (row: CheckRow) => void): Rows {
  const put =
    (state: CheckState) =>
    (title: string, detail: string, remedy: string | null = null, enter: readonly string[] = []): void =>
      add({ section, title, state, detail, remedy, enter });
  return { ok: put('ok'), warn: put('warn'), fail: put('fail'), skip: put('skipped'), add };
}

/** What an error says, with its code in front: docs/errors.md has the rest. What an agent would do next is left out: this is none. */
export function told(error: unknown): string {
  const { code, message } = asSpitrapError(error);
  return `${code}: ${message.replace(/\.? Tried again later\.$|; nothing was started$/, '')}`;
}
