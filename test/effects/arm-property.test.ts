/** Arming under any single mishap at any line: no debug without a condition, no false word about what is on, no end of time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { armDevice } from '../../agent/effects/arm-debugs.ts';
import { disarmDevice } from '../../agent/effects/disarm-debugs.ts';
import type { Box } from '../../agent/lab/contract.ts';
import type { ArmPlan } from '../../shared/model/arming.ts';
import { ArmedBox, SPOKE } from '../support/armed-box.ts';

const LINE = [
  'debug crypto condition peer ipv4 11.1.1.3',
  'debug crypto condition peer ipv4 11.1.1.4',
  'show crypto debug-condition',
  'event manager applet spitrap-deadman',
  'show debugging',
  'debug crypto isakmp',
  'debug crypto ipsec',
  'no debug crypto isakmp',
  'no debug crypto ipsec',
  'no debug crypto condition peer ipv4 11.1.1.3',
  'no debug crypto condition peer ipv4 11.1.1.4',
  'no event manager applet spitrap-deadman',
] as const;
const MISHAPS = ['refuse', 'stall', 'drop', 'their-debug', 'their-undebug', 'their-reset', 'lost-for-a-while'] as const;

const plan = (deadMan: boolean): ArmPlan => ({
  conditions: [SPOKE, '11.1.1.4'],
  debugs: ['isakmp', 'ipsec'],
  deadManS: deadMan ? 1_800 : null,
});
const OURS = /^Crypto (?:ISAKMP|IPSEC) debugging$/;
const TIME = { arm: 90_000, disarm: 60_000, wayOut: 4_000 };

interface Story {
  readonly line: (typeof LINE)[number];
  readonly mishap: (typeof MISHAPS)[number];
  /** Which time the line comes. */
  readonly nth: number;
  readonly deadMan: boolean;
}

function happen(lab: ArmedBox, { line, mishap }: Story): void {
  const pattern = new RegExp(`^${line.replace(/\./g, '\\.')}`);
  const { box, shells } = lab;
  switch (mishap) {
    case 'refuse':
    case 'stall':
    case 'drop':
      box.behave({ [mishap]: [pattern] });
      return;
    case 'their-debug':
      box.console('debug crypto engine');
      return;
    case 'their-undebug':
      box.console('undebug all');
      return;
    case 'their-reset':
      // Another person at the console, who answers the question with yes.
      box.console('debug crypto condition reset');
      return;
    case 'lost-for-a-while':
      shells.dropAll();
      shells.refuseWith('SSH_UNREACHABLE');
      lab.clock.timer('test', 15_000, () => shells.refuseWith(null));
  }
}

/** Ours is on and the router shows it for every peer: the wreck. */
const isWreck = (lab: ArmedBox, box: Box): boolean => {
  const on = box.debugsOn().some((text) => OURS.test(text.replace(/ is on$/, '')));
  return on && lab.conditions.length === 0;
};

const story: fc.Arbitrary<Story> = fc.record({
  line: fc.constantFrom(...LINE),
  mishap: fc.constantFrom(...MISHAPS),
  nth: fc.integer({ min: 1, max: 2 }),
  deadMan: fc.boolean(),
});

test('whatever goes wrong, once, while it is armed and disarmed', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      let seen = 0;
      let theirReset = false;
      let wreck: string | null = null;
      const lab = await ArmedBox.ready();
      lab.meddle = (command, box) => {
        if (!theirReset && isWreck(lab, box)) wreck ??= command;
        if (!command.startsWith(told.line) || ++seen !== told.nth) return;
        if (told.mishap === 'their-reset') theirReset = true;
        happen(lab, told);
      };
      const ours = plan(told.deadMan);
      const armFrom = lab.clock.monotonic();
      const armed = await lab.finish(armDevice(lab.device, lab.clock, ours, { timeoutMs: TIME.arm }));
      expect(lab.clock.monotonic() - armFrom).toBeLessThan(TIME.arm + TIME.wayOut + 1_000);
      const on = lab.debugs.filter((text) => OURS.test(text));
      if (armed.result === 'armed') {
        // Somebody's `undebug all` may come behind our last look at them; the next hello sees it.
        if (told.mishap !== 'their-undebug')
          expect([...on].sort()).toEqual(['Crypto IPSEC debugging', 'Crypto ISAKMP debugging']);
        expect(lab.conditions).toEqual(ours.conditions);
      }
      if (armed.result === 'undone') {
        expect(on).toEqual([]);
        expect(lab.conditions).toEqual([]);
        expect(lab.applets).not.toContain('spitrap-deadman');
      }
      const order = { via: 'control' as const, ...ours, deadMan: told.deadMan, all: false, timeoutMs: TIME.disarm };
      const disarmFrom = lab.clock.monotonic();
      const attempt = await lab.finish(disarmDevice(lab.device, lab.clock, order));
      expect(lab.clock.monotonic() - disarmFrom).toBeLessThan(TIME.disarm + TIME.wayOut + 1_000);
      if (attempt.debugs === 'off') expect(lab.debugs.filter((text) => OURS.test(text))).toEqual([]);
      else expect(attempt.conditions).toBe('failed');
      if (attempt.conditions === 'removed') expect(lab.conditions).toEqual([]);
      if (attempt.conditions === 'left') expect(lab.debugs).toContain('Crypto Engine debugging');
      if (attempt.deadMan === 'removed') expect(lab.applets).not.toContain('spitrap-deadman');
      expect(wreck).toBeNull();
      lab.box.behave({ refuse: [], stall: [], drop: [] });
      await lab.close();
    }),
    { numRuns: 100 },
  );
}, 60_000);
