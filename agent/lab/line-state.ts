/** What the commands may know and change about the line they were typed on (`terminal …`, `enable`, `configure`). */
import type { Monotonic } from '../../shared/model/time.ts';
import type { BoxCore } from './box-core.ts';
import type { AppletDraft } from './commands/event-manager.ts';

export interface LineState {
  /** Null: the console. */
  readonly vty: number | null;
  user: string;
  readonly from: string;
  readonly connectedAt: Monotonic;
  lastInputAt: Monotonic;
  privilege: 1 | 15;
  /** Rows of a page; 0: no paging. */
  length: number;
  /** Columns; 0: unlimited. */
  width: number;
  monitor: boolean;
  promptTimestamp: boolean;
  /** `config`, `config-line`, …: inside `configure terminal`. */
  configMode: string | null;
  /** The applet that `(config-applet)#` is about. */
  applet: AppletDraft | null;
  /** AAA is not asked about this line's commands. */
  authorizationBypass: boolean;
  readonly history: string[];
  busy: string | null;
}

export interface ExecContext {
  readonly core: BoxCore;
  readonly line: LineState;
  /** All lines in use, this one among them. */
  readonly lines: () => readonly LineState[];
}

export const newLineState = (vty: number | null, user: string, from: string, at: Monotonic, privilege: 1 | 15): LineState => ({
  vty,
  user,
  from,
  connectedAt: at,
  lastInputAt: at,
  privilege,
  length: 24,
  width: 80,
  monitor: false,
  promptTimestamp: false,
  configMode: null,
  applet: null,
  authorizationBypass: false,
  history: [],
  busy: null,
});
