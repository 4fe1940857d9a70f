/**
 * One run of one applet: its actions one after another in label order, each with the time that a small router takes, until the last
 * is done, one cannot be done, or `maxrun` kills what is left. Started by eem-engine.ts; the durations are those of Note A's run.
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { AppletRunEnd } from '../contract.ts';
import { iosRegex } from '../filters.ts';
import type { Prng } from '../prng.ts';
import { type Applet, type AppletAction, actionText, DEFAULT_MAXRUN_MS, inRunOrder } from './applet.ts';
import type { AppletVariables } from './applet-variables.ts';
import type { Statement } from './statement.ts';
import { StatementRunner } from './statement-run.ts';

/** From the event to the first action. */
const START_MS = [12, 16] as const;
/** `syslog`, `snmp-trap`, the statements, and the `enable` with which every applet begins: no prompt is waited for. */
const QUICK_MS = [2, 4] as const;
/** A cli command, until the prompt is back. */
const COMMAND_MS = [230, 300] as const;
const ENABLE = /^\s*en(?:a(?:b(?:le?)?)?)?\s*$/i;
const INFORMATIONAL = 6;

export interface CliOutcome {
  /** `waits`: what is waited for (the prompt, or the action's pattern) will not come; `gone`: the line was closed. */
  readonly how: 'done' | 'waits' | 'gone';
  /** What the terminal showed, the new prompt included: `$_cli_result`. */
  readonly output: string;
}

/** A VTY that EEM holds for the cli actions of one run. */
export interface CliSession {
  /** `pattern`: waited for instead of the prompt. */
  run(command: string, pattern: RegExp | null): CliOutcome;
  close(): void;
}

export interface RunWorld {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly variables: AppletVariables;
  /** What the box adds to every command of its users. */
  thinkMs(): number;
  /** Runs it now, or when a box that hangs is back. */
  whenAnswering(act: () => void): void;
  /** Null: no VTY to be had. */
  openCli(): CliSession | null;
  syslog(priority: number, message: string): void;
  trap(action: Extract<AppletAction, { kind: 'snmp-trap' }>): void;
  /** It stands in an action, and is none of the event's, the applet's or the environment's. */
  unknownVariable(name: string): void;
  started(): void;
  acted(label: string, action: string): void;
  ended(how: AppletRunEnd, notRun: readonly string[]): void;
}

export class AppletRun {
  private readonly world: RunWorld;
  private readonly order: readonly (readonly [label: string, action: AppletAction])[];
  private readonly statements: StatementRunner;
  /** Place of the action to come. */
  private at = 0;
  private cli: CliSession | null = null;
  private next: Timer | null = null;
  private maxrun: Timer | null = null;
  private over = false;

  constructor(applet: Applet, world: RunWorld) {
    this.world = world;
    this.order = inRunOrder(applet);
    this.statements = new StatementRunner(
      this.order.map(([, action]) => action),
      world.variables,
    );
    this.after(START_MS, 0, () => {
      const maxrunMs = applet.event?.maxrunMs ?? DEFAULT_MAXRUN_MS;
      this.maxrun = world.clock.timer('lab-eem-maxrun', maxrunMs, () => this.answering(() => this.end('maxrun')));
      world.started();
      this.step();
    });
  }

  /** The box goes down: nothing more is done or said. */
  close(): void {
    this.over = true;
    this.next?.cancel();
    this.maxrun?.cancel();
    this.cli?.close();
  }

  private step(): void {
    const entry = this.order[this.at];
    if (!entry) {
      this.end('done');
      return;
    }
    const [label, action] = entry;
    const index = this.at;
    this.at += 1;
    this.world.acted(label, actionText(action));
    switch (action.kind) {
      case 'cli':
        this.command(label, action);
        return;
      case 'syslog':
        this.substituted(label, action.message, (message) => {
          this.world.syslog(action.priority ?? INFORMATIONAL, message);
          this.quick();
        });
        return;
      case 'snmp-trap':
        this.substituted(label, action.strData ?? '', (strData) => {
          this.world.trap({ ...action, strData: action.strData === null ? null : strData });
          this.quick();
        });
        return;
      case 'wait':
        this.quick(action.seconds * 1_000);
        return;
      default:
        this.statement(label, action, index);
    }
  }

  private statement(label: string, statement: Statement, index: number): void {
    const outcome = this.statements.run(statement, index);
    switch (outcome.kind) {
      case 'exit':
        this.end('done');
        return;
      case 'failed':
        if (outcome.unknown !== null) this.world.unknownVariable(outcome.unknown);
        this.end('failed', label);
        return;
      case 'puts':
        // [B] A terminal that waits for `event manager run` would have it; of every other event it is logged.
        this.world.syslog(INFORMATIONAL, outcome.text);
        break;
      case 'next':
    }
    this.at = outcome.at;
    this.quick();
  }

  private command(label: string, action: Extract<AppletAction, { kind: 'cli' }>): void {
    this.substituted(label, action.command, (command) => {
      this.cli ??= this.world.openCli();
      const pattern = action.pattern === null ? null : iosRegex(action.pattern);
      const { how, output } = this.cli?.run(command, pattern) ?? { how: 'gone' as const, output: '' };
      this.world.variables.set('_cli_result', output);
      switch (how) {
        case 'gone':
          this.end('failed', label);
          return;
        case 'waits':
          // A question stands open: only maxrun ends this.
          return;
        case 'done': {
          const quick = ENABLE.test(command);
          this.after(quick ? QUICK_MS : COMMAND_MS, quick ? 0 : this.world.thinkMs(), () => this.step());
        }
      }
    });
  }

  private substituted(label: string, text: string, then: (text: string) => void): void {
    const out = this.world.variables.substitute(text);
    if ('text' in out) {
      then(out.text);
      return;
    }
    this.world.unknownVariable(out.unknown);
    this.end('failed', label);
  }

  private quick(moreMs = 0): void {
    this.after(QUICK_MS, moreMs, () => this.step());
  }

  private after([low, high]: readonly [number, number], moreMs: number, then: () => void): void {
    this.next = this.world.clock.timer('lab-eem-action', this.world.prng.between(low, high) + moreMs, () => this.answering(then));
  }

  private answering(act: () => void): void {
    this.world.whenAnswering(() => {
      if (!this.over) act();
    });
  }

  private end(how: 'done' | 'maxrun'): void;
  private end(how: 'failed', label: string): void;
  private end(how: AppletRunEnd, label?: string): void {
    this.close();
    const notRun = how === 'done' ? [] : this.order.slice(this.at).map(([each]) => each);
    this.world.ended(how, label === undefined ? notRun : [label, ...notRun]);
  }
}
