/**
 * The host of one agent: its life and death, its clock, its disk. An agent dies by `kill -9` at any moment (between any two lines to the
 * device, writes, syncs and packets; or at any byte of its journal), by power loss, with or without its dataDir. Used by stage.ts.
 */
import type { Moment } from '../../../agent/evidence/window.ts';
import type { World } from '../../../agent/ports.ts';
import type { Clock } from '../../../shared/clock.ts';
import { isSpitrapError } from '../../../shared/errors.ts';
import { monotonic, wall } from '../../../shared/model/time.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { FakeDisk } from '../../support/fake-disk.ts';
import type { Boot } from '../lifeline.ts';
import type { End, Station } from '../sim-pair.ts';

export interface HostSetting {
  /** Its monotonic clock against the night's: 1.0001 gains 0.1 ms a second. */
  readonly rate: number;
  /** Brings the agent up on it; rejects where it does not start. */
  readonly start: () => Promise<void>;
  readonly say: (what: string) => void;
}

interface Countdown {
  readonly of: 'effects' | 'journal';
  left: number;
  /** Of the journal record that was being written, the share that is lost. */
  readonly tear: number;
}

export class Host {
  readonly end: End;
  up = false;
  diedAt: number | null = null;
  startedAt = 0;
  /** Null: it has all that it ever wrote. */
  lostDataDirAt: number | null = null;
  /** Times at which its disk was not well: full, failing, or slow. */
  diskTroubledAt: number | null = null;
  readonly deaths: number[] = [];
  /** When it was told to end. */
  readonly toldToLeave: number[] = [];
  readonly starts: number[] = [];
  /** Times at which a sync of its journal, and of a segment of its ring, was done. */
  readonly synced: Readonly<Record<'journal' | 'ring', number[]>> = { journal: [], ring: [] };
  /** Disks that were thrown away with what was on them. */
  readonly lostDisks: FakeDisk[] = [];
  /** Told to end, and not yet gone. */
  isLeaving = false;
  /** Shells to the device that are open. */
  shells = 0;
  /** Since when each of those that asked for it has what the device logs. */
  readonly monitors = new Map<object, number>();
  shellsMax = 0;
  /** Of logins of this agent's run: when each was begun, and as what it ended; null: it still lasts, or there was no answer. */
  logins: { readonly at: number; end: 'in' | 'refused' | null }[] = [];
  /** Told of each login as it is begun. */
  onLogin: () => void = () => {};
  /** Told of each piece of text as it leaves for the device. */
  onTyping: (text: string) => void = () => {};
  readonly failures: string[] = [];
  /** Steps of its wall clock, and boots of it, each from its time on. */
  readonly #steps: { readonly at: number; readonly aheadMs: number }[] = [{ at: Number.NEGATIVE_INFINITY, aheadMs: 0 }];
  readonly #boots: (Boot & { readonly at: number })[];
  #countdown: Countdown | null = null;
  readonly #clock: FakeClock;
  readonly #station: () => Station;
  readonly #setting: HostSetting;

  constructor(end: End, clock: FakeClock, station: () => Station, setting: HostSetting) {
    this.end = end;
    this.#clock = clock;
    this.#boots = [{ id: clock.bootId, behindMs: 0, at: Number.NEGATIVE_INFINITY }];
    this.#station = station;
    this.#setting = setting;
  }

  get wallAheadMs(): number {
    return this.#steps.at(-1)!.aheadMs;
  }

  set wallAheadMs(aheadMs: number) {
    this.#steps.push({ at: this.#clock.monotonic(), aheadMs });
  }

  /** Under two boots there is only the wall clock to compare moments by, and it was stepped. */
  get hasLostTime(): boolean {
    return this.#boots.length > 1 && this.#steps.length > 1;
  }

  /** A moment of the night as this host's clocks showed it then. */
  momentOf(at: number): Moment {
    const { aheadMs } = this.#steps.findLast((step) => step.at <= at)!;
    const { id, behindMs } = this.#boots.findLast((boot) => boot.at <= at)!;
    return {
      wall: wall(this.#clock.wall() - (this.#clock.monotonic() - at) + aheadMs),
      monotonic: monotonic(at * this.#setting.rate - behindMs),
      bootId: id,
    };
  }

  /** Ports of the agent as this host gives them. */
  ports(world: World): World {
    return {
      ...world,
      clock: this.#hostClock(world.clock),
      shells: this.#shells(world.shells),
      datagrams: this.#datagrams(world),
    };
  }

  #hostClock(clock: Clock): Clock {
    const { rate } = this.#setting;
    // A microsecond at least: a sum that rounds down would be due again at once, for ever. Real timers have a whole millisecond.
    const timer: Clock['timer'] = (name, delayMs, fire) =>
      clock.timer(name, delayMs <= 0 ? 0 : Math.max(0.001, delayMs / rate), fire);
    return {
      bootId: clock.bootId,
      monotonic: () => monotonic(clock.monotonic() * rate),
      wall: () => wall(clock.wall() + this.wallAheadMs),
      timer,
      sleep: (name, delayMs) => new Promise((resolve) => void timer(name, delayMs, resolve)),
    };
  }

  #shells(shells: World['shells']): World['shells'] {
    return {
      open: async (target, options) => {
        this.onLogin();
        const login: (typeof this.logins)[number] = { at: this.#clock.monotonic(), end: null };
        this.logins.push(login);
        const shell = await shells.open(target, options).catch((error: unknown) => {
          if (isSpitrapError(error, 'SSH_AUTH_REFUSED')) login.end = 'refused';
          throw error;
        });
        login.end = 'in';
        this.shells++;
        this.shellsMax = Math.max(this.shellsMax, this.shells);
        let open = true;
        const closed = (): void => {
          if (open) this.shells--;
          open = false;
          this.monitors.delete(shell);
        };
        return {
          ...shell,
          onClose: (handler) =>
            shell.onClose((reason) => {
              closed();
              handler(reason);
            }),
          close: async () => {
            closed();
            await shell.close();
          },
          write: (text) => {
            this.onTyping(text);
            shell.write(text);
            if (/^terminal monitor$/m.test(text)) this.monitors.set(shell, this.#clock.monotonic());
            this.#acted();
          },
        };
      },
    };
  }

  #datagrams(world: World): World['datagrams'] {
    return {
      bind: async (endpoint, options) => {
        const socket = await world.datagrams.bind(endpoint, options);
        return {
          ...socket,
          send: (bytes, to) => {
            socket.send(bytes, to);
            this.#acted();
          },
        };
      },
    };
  }

  watchDisk(): void {
    this.#station().disk.onWritten = (operation, path) => {
      if (operation === 'sync' && path.includes('/journal/')) this.synced.journal.push(this.#clock.monotonic());
      if (operation === 'sync' && path.includes('/ring/')) this.synced.ring.push(this.#clock.monotonic());
      if (operation === 'append' && path.endsWith('/journal.jsonl')) this.#wrote(path);
      this.#acted();
    };
  }

  /** A kill between any two effects: lines to the device, packets, writes and syncs are counted, and after the n-th it is over. */
  #acted(): void {
    if (this.#countdown?.of !== 'effects' || --this.#countdown.left >= 0) return;
    this.die();
  }

  #wrote(path: string): void {
    if (this.#countdown?.of !== 'journal' || --this.#countdown.left >= 0) return;
    const { tear } = this.#countdown;
    this.die();
    const { disk } = this.#station();
    const content = disk.content(path);
    const record = content.length - (content.lastIndexOf(0x0a, content.length - 2) + 1);
    disk.put(path, content.subarray(0, content.length - Math.floor(record * tear)));
  }

  killAfterEffects(left: number): void {
    if (this.up) this.#countdown = { of: 'effects', left, tear: 0 };
  }

  killInJournal(left: number, tear: number): void {
    if (this.up) this.#countdown = { of: 'journal', left, tear };
  }

  spare(): void {
    this.#countdown = null;
  }

  /** False: it was dead. */
  die(): boolean {
    if (!this.up) return false;
    this.up = false;
    this.isLeaving = false;
    this.diedAt = this.#clock.monotonic();
    this.deaths.push(this.diedAt);
    this.#countdown = null;
    const station = this.#station();
    station.agent = null;
    station.lifeline.cut();
    station.shells.dropAll();
    this.monitors.clear();
    this.shells = 0;
    this.#setting.say(`${this.end}'s agent is dead`);
    return true;
  }

  /** What was not synced is gone, but for a share of it; the next boot's clock begins near zero. */
  losePower(share: number): boolean {
    if (!this.die()) return false;
    const station = this.#station();
    station.disk.losePower(share);
    station.boot = { id: `boot-${station.runs}`, behindMs: this.#clock.monotonic() * this.#setting.rate - 5_000 };
    this.#boots.push({ ...station.boot, at: this.#clock.monotonic() });
    return true;
  }

  loseDataDir(): boolean {
    const died = this.die();
    const station = this.#station();
    this.lostDisks.push(station.disk);
    station.disk = new FakeDisk();
    this.lostDataDirAt = this.#clock.monotonic();
    this.watchDisk();
    return died;
  }

  /** SIGTERM: it takes its time, and the night goes on. */
  leave(): boolean {
    const { agent } = this.#station();
    if (agent === null || !this.up) return false;
    this.isLeaving = true;
    this.toldToLeave.push(this.#clock.monotonic());
    void agent.stop('SIGTERM').then(() => {
      if (this.#station().agent === agent) this.die();
    });
    return true;
  }

  async start(): Promise<void> {
    const station = this.#station();
    if (this.up || station.agent !== null) return;
    // No agent starts on a disk that hangs or is full: whoever starts it has looked.
    station.disk.heal();
    this.up = true;
    this.logins = [];
    this.startedAt = this.#clock.monotonic();
    this.starts.push(this.startedAt);
    try {
      await this.#setting.start();
    } catch (error) {
      this.up = false;
      this.failures.push(`${this.end}'s agent does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Its doors are open. */
  get listens(): boolean {
    return this.up && this.#station().agent !== null;
  }
}
