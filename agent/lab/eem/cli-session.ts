/**
 * The VTY that an applet's `cli command` actions run on: a line like any other, but with nobody's fingers on it. box.ts opens it for
 * the event manager when enough lines are free; what commands mean is exec.ts's, and AAA refuses here as it does a user.
 */
import { prepare } from '../exec.ts';
import type { CommandResult } from '../keyword-tree.ts';
import type { ExecContext, LineState } from '../line-state.ts';
import { promptOf } from '../prompt.ts';
import type { CliOutcome, CliSession } from './applet-run.ts';

export interface CliSessionOwner {
  readonly context: ExecContext;
  logCommand(line: LineState, typed: string, expanded: string): void;
  closed(session: EemCliSession): void;
}

export class EemCliSession implements CliSession {
  readonly state: LineState;
  private readonly owner: CliSessionOwner;
  private open = true;
  /** What the last command asked, when its action waited for that. */
  private answer: ((text: string) => CommandResult) | null = null;

  constructor(owner: CliSessionOwner) {
    this.owner = owner;
    this.state = owner.context.line;
  }

  run(command: string, pattern: RegExp | null): CliOutcome {
    if (!this.open) return { how: 'gone', output: '' };
    const result = this.entered(command);
    const { context } = this.owner;
    switch (result.kind) {
      case 'question':
        // Without a pattern the prompt is waited for, which does not come.
        if (!pattern?.test(result.prompt)) return { how: 'waits', output: result.prompt };
        this.answer = result.answer;
        return { how: 'done', output: result.prompt };
      case 'password':
        // Nobody asks EEM for the enable secret.
        this.state.privilege = 15;
        return awaited([promptOf(context)], pattern);
      case 'close':
        this.close();
        return { how: 'done', output: '' };
      case 'output':
      case 'mode':
        return awaited([...result.lines, promptOf(context)], pattern);
    }
  }

  private entered(command: string): CommandResult {
    const { context } = this.owner;
    const { answer } = this;
    this.answer = null;
    this.state.lastInputAt = context.core.clock.monotonic();
    if (answer) return answer(command);
    const prepared = prepare(context, command);
    if (prepared.expanded === '') return { kind: 'output', lines: [] };
    this.owner.logCommand(this.state, command, prepared.expanded);
    return prepared.run();
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.owner.closed(this);
  }
}

function awaited(lines: readonly string[], pattern: RegExp | null): CliOutcome {
  const output = lines.join('\r\n');
  return { how: pattern === null || pattern.test(output) ? 'done' : 'waits', output };
}
