/**
 * Two equal simulated head-ends, for the acceptance tests of the guards: at one a person types, over real SSH, what people type; at the
 * other stands the built agent. Whatever happens around them happens to both.
 */
import { createClock } from '../../agent/clock.ts';
import type { Box, BoxOptions, LabPair } from '../../agent/lab/contract.ts';
import { type LabSshServer, startSshServer } from '../../agent/lab/ssh-server.ts';
import type { Endpoint } from '../../agent/ports.ts';
import type { AlarmStatus } from '../../agent/status/status.ts';
import { runSpitrap, type SpitrapExit } from './run-spitrap.ts';
import { boxLogin, CRYPTO_ADDRESS, SoloAgent, soloPair } from './solo-agent.ts';
import { SshPerson } from './ssh-person.ts';

const clock = createClock();
const LOOK_EVERY_MS = 25;
const DEBUG_LINE = /ISAKMP|IPSEC\(|IKEv2|crypto_engine/;

export interface TwinOptions {
  readonly box?: Partial<BoxOptions>;
  /** Default `manual`: by `spitrap arm`. */
  readonly arm?: 'manual' | 'always';
  /** Of the configuration's `arming`. */
  readonly arming?: string;
  /** Default 1s: at each, the agent looks whether it is to arm, and reads what is on. */
  readonly hello?: string;
}

/** One of the two, as it is seen from outside: the box itself is what tells. */
export class HeadEnd {
  readonly pair: LabPair;
  /** As long as it is watched: the busiest five seconds. */
  mostCpuPercent = 0;
  /** Debug lines that it sent to its collector, or tried to. */
  debugLines = 0;
  readonly #stop: () => void;

  constructor(pair: LabPair) {
    this.pair = pair;
    this.box.onSyslog((message) => {
      if (DEBUG_LINE.test(message)) this.debugLines += 1;
    });
    let watching = true;
    const look = (): void => {
      if (!watching) return;
      this.mostCpuPercent = Math.max(this.mostCpuPercent, this.box.cpuPercent());
      clock.timer('look at a box', LOOK_EVERY_MS, look);
    };
    look();
    this.#stop = () => {
      watching = false;
    };
  }

  get box(): Box {
    return this.pair.hub;
  }

  get debugs(): readonly string[] {
    return this.box.debugsOn();
  }

  has(condition: string): boolean {
    return this.box.console('show crypto debug-condition').includes(condition);
  }

  /** What came over its lines and turns something on or off, in order. */
  get acts(): string[] {
    const isAct = /^(?:no debug|undebug|debug|configure|event manager)/;
    return this.box.commandLog.flatMap(({ line, expanded }) => (line >= 0 && isAct.test(expanded) ? [expanded] : []));
  }

  stopWatching(): void {
    this.#stop();
  }
}

export class TwinBoxes {
  readonly solo: SoloAgent;
  readonly #closes: (() => unknown)[] = [];
  #naive: HeadEnd | null = null;
  #guarded: HeadEnd | null = null;
  #ssh: LabSshServer | null = null;

  private constructor({ box = {}, arm = 'manual', arming = '', hello = '1s' }: TwinOptions) {
    const more = () => `arm: ${arm}\n${arming === '' ? '' : `arming: ${arming}\n`}`;
    this.solo = new SoloAgent({ role: 'hub', peers: routerAlone, more, box, hello });
  }

  /** Both boxes are up; the agent is logged in to its own. */
  static async ready(options: TwinOptions = {}): Promise<TwinBoxes> {
    const twins = await TwinBoxes.boxes(options);
    await twins.startAgent();
    return twins;
  }

  /** The agent is yet to be started. */
  static async boxes(options: TwinOptions = {}): Promise<TwinBoxes> {
    const twins = new TwinBoxes(options);
    try {
      await twins.#raise(options);
    } catch (error) {
      await twins.close();
      throw error;
    }
    return twins;
  }

  async #raise({ box = {} }: TwinOptions): Promise<void> {
    const { solo } = this;
    this.#closes.push(() => solo.close());
    const pair = soloPair(box);
    this.#closes.push(() => pair.close());
    const ssh = await startSshServer({
      box: pair.hub,
      clock,
      listen: { address: '127.0.0.1', port: 0 },
      users: [boxLogin],
      legacy: false,
    });
    this.#closes.push(() => ssh.close());
    pair.start();
    await solo.prepare();
    this.#ssh = ssh;
    this.#naive = new HeadEnd(pair);
    this.#guarded = new HeadEnd(solo.pair);
  }

  async startAgent(): Promise<void> {
    await this.solo.run();
    await this.solo.loggedIn();
  }

  get naive(): HeadEnd {
    return this.#naive!;
  }

  get guarded(): HeadEnd {
    return this.#guarded!;
  }

  /** Where the naive box takes logins; the guarded one's: `solo.ssh`. */
  get ssh(): Endpoint {
    return this.#ssh!.local;
  }

  /** Another person at the naive box. */
  login(): Promise<SshPerson> {
    return SshPerson.at(this.ssh);
  }

  /** Somebody else's hands, or fate. */
  both(act: (box: Box, pair: LabPair) => void): void {
    for (const { box, pair } of [this.naive, this.guarded]) act(box, pair);
  }

  /** `spitrap arm`, `spitrap disarm`. */
  spitrap(...words: readonly string[]): Promise<SpitrapExit> {
    return runSpitrap([...words, '-c', this.solo.configFile]);
  }

  /** The alarm of this key, once it stands. */
  async alarm(key: string): Promise<AlarmStatus> {
    let found: AlarmStatus | undefined;
    await until(`alarm ${key}`, async () => {
      found = (await this.solo.status()).alarms.find((alarm) => alarm.key === key);
      return found !== undefined;
    });
    return found!;
  }

  async close(): Promise<void> {
    for (const end of [this.#naive, this.#guarded]) end?.stopWatching();
    for (const close of this.#closes.splice(0).reverse()) await close();
  }
}

/** The condition of the peer that debugs are wanted of. */
export const CONDITION = `debug crypto condition peer ipv4 ${CRYPTO_ADDRESS.spoke}`;

/** Its peer is a router: nobody there has to be heard for debugs to go on. */
const routerAlone = (solo: SoloAgent): string => {
  solo.secret('community', 'public');
  return `  - name: spoke1
    kind: eem
    cryptoAddresses: [${CRYPTO_ADDRESS.spoke}]
    send: ["${solo.address(99)}:10162"]
    snmp: { version: "2c", community: { file: secrets/community } }
`;
};

/** Waits for all, however each ends; rejects as the first that failed. */
export async function bothOf(...halves: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(halves)) if (end.status === 'rejected') throw end.reason;
}

/** Looks again and again; rejects when it did not come true in time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 40_000): Promise<void> {
  const deadline = clock.monotonic() + withinMs;
  while (!(await holds())) {
    if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs / 1_000} s in vain for: ${what}`);
    await clock.sleep('look', LOOK_EVERY_MS);
  }
}
