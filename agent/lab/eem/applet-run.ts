/**
 * One run of one applet: its actions one after another in label order, each with the time that a small router takes, until the last
 * is done, one cannot be done, or `maxrun` kills what is left. Started by eem-engine.ts; the durations are those of Note A's run.
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { AppletRunEnd } from '../contract.ts';
import type { Prng } from '../prng.ts';
import { type Applet, type AppletAction, actionText, DEFAULT_MAXRUN_MS, inRunOrder } from './applet.ts';

/** From the event to the first action. */
const START_MS = [12, 16] as const;
/** `syslog`, `snmp-trap`, and the `enable` with which every applet begins: no prompt is waited for. */
const QUICK_MS = [2, 4] as const;
/** A cli command, until the prompt is back. */
const COMMAND_MS = [230, 300] as const;
const ENABLE = /^\s*en(?:a(?:b(?:le?)?)?)?\s*$/i;
const INFORMATIONAL = 6;

/** A VTY that EEM holds for the cli actions of one run. */
export interface CliSession {
  /** `waits`: it asks something, and nobody will answer; `gone`: the line was closed. */
  run(command: string): 'done' | 'waits' | 'gone';
  close(): void;
}

export interface RunWorld {
  readonly clock: Clock;
  readonly prng: Prng;
  /** What the box adds to every command of its users. */
  thinkMs(): number;
  /** Runs it now, or when a box that hangs is back. */
  whenAnswering(act: () => void): void;
  /** Null: no VTY to be had. */
  openCli(): CliSession | null;
  syslog(priority: number, message: string): void;
  trap(action: Extract<AppletAction, { kind: 'snmp-trap' }>): void;
  started(): void;
  acted(label: string, action: string): void;
  ended(how: AppletRunEnd, notRun: readonly string[]): void;
}

export class AppletRun {
  private readonly world: RunWorld;
  private readonly left: (readonly [label: string, action: AppletAction])[];
  private cli: CliSession | null = null;
  private next: Timer | null = null;
  private maxrun: Timer | null = null;
  private over = false;

  constructor(applet: Applet, world: RunWorld) {
    this.world = world;
    this.left = [...inRunOrder(applet)];
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
    const entry = this.left.shift();
    if (!entry) {
      this.end('done');
      return;
    }
    const [label, action] = entry;
    this.world.acted(label, actionText(action));
    switch (action.kind) {
      case 'cli':
        this.command(label, action.command);
        return;
      case 'syslog':
        this.world.syslog(action.priority ?? INFORMATIONAL, action.message);
        this.after(QUICK_MS, 0, () => this.step());
        return;
      case 'snmp-trap':
        this.world.trap(action);
        this.after(QUICK_MS, 0, () => this.step());
        return;
      case 'wait':
        this.after(QUICK_MS, action.seconds * 1_000, () => this.step());
        return;
    }
  }

  private command(label: string, command: string): void {
    this.cli ??= this.world.openCli();
    switch (this.cli?.run(command) ?? 'gone') {
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
    const notRun = this.left.map(([each]) => each);
    this.world.ended(how, label === undefined ? notRun : [label, ...notRun]);
  }
}
