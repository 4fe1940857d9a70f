/**
 * The VTY that an applet's `cli command` actions run on: a line like any other, but with nobody's fingers on it. box.ts opens it for
 * the event manager when enough lines are free; what commands mean is exec.ts's, and AAA refuses here as it does a user.
 */
import { prepare } from '../exec.ts';
import type { ExecContext, LineState } from '../line-state.ts';
import type { CliSession } from './applet-run.ts';

export interface CliSessionOwner {
  readonly context: ExecContext;
  logCommand(line: LineState, typed: string, expanded: string): void;
  closed(session: EemCliSession): void;
}

export class EemCliSession implements CliSession {
  readonly state: LineState;
  private readonly owner: CliSessionOwner;
  private open = true;

  constructor(owner: CliSessionOwner) {
    this.owner = owner;
    this.state = owner.context.line;
  }

  run(command: string): 'done' | 'waits' | 'gone' {
    if (!this.open) return 'gone';
    const { context } = this.owner;
    const prepared = prepare(context, command);
    if (prepared.expanded === '') return 'done';
    this.state.lastInputAt = context.core.clock.monotonic();
    this.owner.logCommand(this.state, command, prepared.expanded);
    const result = prepared.run();
    switch (result.kind) {
      case 'output':
      case 'mode':
        return 'done';
      case 'password':
        // Nobody asks EEM for the enable secret.
        this.state.privilege = 15;
        return 'done';
      case 'question':
        return 'waits';
      case 'close':
        this.close();
        return 'done';
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.owner.closed(this);
  }
}
