/** A simulated head-end (agent/lab) with a device on it, in virtual time: for tests of what arming does to a router. */
import { noAudit } from '../../agent/device/audit.ts';
import type { Device, RunOptions, SessionRole } from '../../agent/device/device.ts';
import { type DevicePool, openDevice } from '../../agent/device/pool.ts';
import type { Box, BoxOptions, LabPair } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { BoxShells } from '../sim/box-ports.ts';
import { FakeClock } from './fake-clock.ts';
import { fixedRandom } from './fixed-random.ts';

export const SPOKE = '11.1.1.3';

export interface ArmedBoxOptions {
  readonly box?: Partial<BoxOptions>;
  /** Before a line is sent: somebody else's hands, or the network's. */
  readonly meddle?: (command: string, box: Box, shells: BoxShells) => void;
}

export class ArmedBox {
  readonly clock = new FakeClock();
  readonly pair: LabPair;
  readonly box: Box;
  readonly shells: BoxShells;
  readonly pool: DevicePool;
  readonly device: Device;
  meddle: NonNullable<ArmedBoxOptions['meddle']>;

  constructor({ box = {}, meddle = () => {} }: ArmedBoxOptions = {}) {
    this.meddle = meddle;
    const platform = box.platform ?? 'cisco-ios';
    const options = {
      platform,
      clock: this.clock,
      seed: 7,
      enableSecret: null,
      vtyLines: 5,
      messageIntervalMs: 60_000,
      consoleLevel: null,
      ...box,
    };
    this.pair = createLabPair(
      { ...options, hostname: 'hub', cryptoAddress: '213.163.222.7' },
      { ...options, hostname: 'spoke', cryptoAddress: SPOKE, seed: 8 },
    );
    this.pair.start();
    this.box = this.pair.hub;
    this.shells = new BoxShells(this.box, this.clock);
    this.pool = openDevice({
      name: 'hub',
      platform: platformNamed(platform)!,
      target: { address: '192.0.2.1', port: 22, user: 'spitrap', password: 'pw', hostKeys: [], legacy: false, keepaliveMs: 0 },
      enablePassword: null,
      shells: this.shells,
      clock: this.clock,
      random: fixedRandom,
      audit: noAudit,
    });
    this.device = this.#meddled();
  }

  /** Both sessions are logged in. */
  static async ready(options: ArmedBoxOptions = {}): Promise<ArmedBox> {
    const armed = new ArmedBox(options);
    armed.pool.connect();
    await armed.clock.advance(5_000);
    return armed;
  }

  /** Runs it in virtual time, to its end. */
  async finish<T>(work: Promise<T>, withinMs = 200_000): Promise<T> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    for (let ms = 0; ms < withinMs && !done; ms += 50) await this.clock.advance(50);
    return await ended;
  }

  /** Lines that change something, in the order in which the box took them. */
  get acts(): string[] {
    return this.box.commandLog
      .map(({ expanded }) => expanded)
      .filter((line) => /^(?:no |undebug|debug|configure|event|action|end)/.test(line));
  }

  /** Without the ` is on`. */
  get debugs(): string[] {
    return this.box.debugsOn().map((line) => line.replace(/ is on$/, ''));
  }

  get conditions(): string[] {
    const shown = this.box.console('show crypto debug-condition');
    return this.pool.platform.parsers.conditions(shown).value.filters.map(({ value }) => value);
  }

  get applets(): string {
    return this.box.console('show event manager policy registered');
  }

  async close(): Promise<void> {
    await this.finish(this.pool.close());
    this.pair.close();
  }

  #meddled(): Device {
    const { pool } = this;
    const before = (command: string) => this.meddle(command, this.box, this.shells);
    return {
      name: pool.name,
      platform: pool.platform,
      run: (session: SessionRole, command: string, options: RunOptions) => {
        before(command);
        return pool.run(session, command, options);
      },
      configure: (session, lines, options) => {
        before(lines.join(' / '));
        return pool.configure(session, lines, options);
      },
      connect: () => pool.connect(),
      status: () => pool.status(),
      onChange: (listener) => pool.onChange(listener),
      close: () => pool.close(),
    };
  }
}
