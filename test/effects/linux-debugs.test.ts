/** Stop, verification and arming on platform linux-strongswan over a scripted shell: by behaviour alone, and never left on by a syntax error. */
import { describe, expect, test } from 'vitest';
import { noAudit } from '../../agent/device/audit.ts';
import { openDevice } from '../../agent/device/pool.ts';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import { readPreflight } from '../../agent/effects/preflight.ts';
import { attemptStop, readDebugs } from '../../agent/effects/stop-debugs.ts';
import { judgePreflight } from '../../shared/arming/preflight.ts';
import * as lines from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { target } from '../support/log-in.ts';
import { ScriptedIos } from '../support/scripted-ios.ts';

const SYNTAX =
  "/etc/strongswan.d/other.conf:3: syntax error, unexpected '}'\nabort initialization due to invalid configuration\nexit 64\n";

/** charon as far as its levels go: a link, what it was told last, and whether swanctl gets through to it. */
class Charon {
  link: 'on.levels' | 'off.levels' = 'off.levels';
  inForce = false;
  /** Somebody's file does not parse: swanctl ends before it tells charon. */
  broken = false;
  /** Somebody breaks his file just as debugs go on. */
  breaksMeanwhile = false;
  /** It logs nothing at all: rotated away, the disk full, not running. */
  mute = false;
  readonly shell = new ScriptedIos({ answer: (command) => this.#answer(command) });

  #answer(command: string): string {
    if (command === lines.DEBUGS_ON || command === lines.DEBUGS_OFF) {
      this.link = command === lines.DEBUGS_ON ? 'on.levels' : 'off.levels';
      this.broken ||= this.breaksMeanwhile;
      if (this.broken) return SYNTAX;
      this.inForce = this.link === 'on.levels';
      return 'exit 0\n';
    }
    if (command === lines.SHOW_DEBUGS) {
      const probed = "2026-11-22T08:38:06.101 09[CFG] vici rekey CHILD_SA 'spitrap-probe'\n";
      const verbose = '2026-11-22T08:38:06.100 09[CFG] vici client 17 requests: rekey\n';
      // At a syntax error the probe does not get through either.
      const mute = this.mute || this.broken;
      return `${this.inForce && !mute ? verbose : ''}${mute ? '' : probed}${this.link}\n`;
    }
    if (command === lines.SHOW_CLOCK) return '2026-11-22T08:38:06.101 UTC\nyes\n';
    if (command === lines.CPU) return '0.10 0.20 0.30 1/100 1000\nsome avg10=1.00 avg60=1.00 avg300=1.00 total=1\n2\n';
    if (command === lines.MEMORY)
      return 'MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n';
    return '';
  }
}

function gateway(charon = new Charon()) {
  const clock = new FakeClock();
  const device = openDevice({
    name: 'hub1',
    platform: linuxStrongswan,
    target,
    enablePassword: null,
    shells: charon.shell,
    clock,
    random: fixedRandom,
    audit: noAudit,
  });
  return { charon, clock, device };
}

/** Virtual time goes on until it is done. */
async function through<T>(clock: FakeClock, doing: Promise<T>): Promise<T> {
  let isDone = false;
  void doing.finally(() => {
    isDone = true;
  });
  for (let step = 0; step < 600 && !isDone; step++) await clock.advance(50);
  return await doing;
}

const stop = {
  kind: 'attempt-stop',
  incident: '01HV5TK3XQ8M5ZT1C0D9E2F4G6',
  attempt: 1,
  via: 'control',
  timeoutMs: 8_000,
  own: null,
  only: null,
  expectOff: [{ text: 'charon debug levels', crypto: true }],
} as const;

describe('the stop', () => {
  test('levels in force: the link, the reload, and what charon then does not log any more', async () => {
    const { charon, clock, device } = gateway();
    charon.inForce = true;
    charon.link = 'on.levels';
    const attempt = await through(clock, attemptStop(device, clock, stop as never));
    expect(attempt).toMatchObject({ result: 'verified', via: 'control' });
    const sent = charon.shell.typed.filter((line) => line === lines.DEBUGS_OFF || line === lines.SHOW_DEBUGS);
    expect(sent).toEqual([lines.DEBUGS_OFF, lines.SHOW_DEBUGS]);
  });

  test('a syntax error stops swanctl before it tells charon: not off, and why is said; mended, the next attempt does it', async () => {
    const { charon, clock, device } = gateway();
    charon.inForce = true;
    charon.broken = true;
    const attempt = await through(clock, attemptStop(device, clock, stop as never));
    expect(attempt.result).toBe('unreadable');
    expect(attempt.detail).toContain('syntax error');
    expect(attempt.detail).toContain('charon has not logged our request');
    charon.broken = false;
    expect((await through(clock, attemptStop(device, clock, stop as never))).result).toBe('verified');
  });

  test('a charon that logs nothing proves nothing', async () => {
    const { charon, clock, device } = gateway();
    charon.mute = true;
    const attempt = await through(clock, attemptStop(device, clock, stop as never));
    expect(attempt.result).toBe('unreadable');
    const read = await through(clock, readDebugs(device, 'control'));
    expect(read.flags).toBeNull();
    expect(read.detail).toContain('charon has not logged our request');
  });
});

describe('arming', () => {
  const plan = { conditions: [], debugs: ['isakmp'] as const, deadManS: null };

  test('the pre-flight asks what there is, and refuses nothing for what there is not', async () => {
    const { charon, clock, device } = gateway();
    const reading = await through(clock, readPreflight(device, clock, { timeoutMs: 60_000 }));
    expect(reading).toMatchObject({
      memoryFreePercent: 75,
      flags: [],
      conditions: null,
      freeVtys: null,
      clockMark: '',
      unread: [],
    });
    expect(judgePreflight(reading, { plan, ourConditions: [], ourHosts: [] })).toEqual({ refusals: [], warnings: [] });
    expect(charon.shell.typed).not.toContain('show line | include VTY');
  });

  test('on, read back by behaviour, for every peer; off again, verified', async () => {
    const { charon, clock, device } = gateway();
    const armed = await through(clock, armDevice(device, clock, plan, { timeoutMs: 30_000 }));
    expect(armed).toMatchObject({
      result: 'armed',
      flags: [{ text: 'charon debug levels' }],
      detail: 'charon debug levels on, for every peer',
    });
    const order = { via: 'control', debugs: plan.debugs, conditions: [], deadMan: false, all: false, timeoutMs: 8_000 } as const;
    const disarmed = await through(clock, disarmDevice(device, clock, order));
    expect(disarmed).toMatchObject({ debugs: 'off', conditions: 'none', deadMan: 'none' });
    expect(charon.inForce).toBe(false);
  });

  test('a syntax error on the way: nothing is left on, the link neither, and that it could not be read back is no success', async () => {
    const { charon, clock, device } = gateway();
    charon.breaksMeanwhile = true;
    const attempt = await through(clock, armDevice(device, clock, plan, { timeoutMs: 30_000 }));
    expect(attempt.result).toBe('unresolved');
    expect(attempt.detail).toContain('syntax error');
    expect(charon.link).toBe('off.levels');
    expect(charon.inForce).toBe(false);
  });
});
