/**
 * What a head-end does to its agent in the middle of an incident: it reloads, has no line left, refuses or delays the stop, is renamed,
 * hangs up. Its debugs end up off, read back, within the bound; where they cannot, an alarm says where to log in and what to type, and the
 * stop goes on until it is true. The other end is on time in every case.
 */
import { describe, test, vi } from 'vitest';
import type { BoxLine } from '../../../agent/lab/contract.ts';
import { DELAY_MS, type End, onStage, otherEnd, PATIENCE_MS, type PlayStage } from './stage.ts';
import { between, Timeline } from './timeline.ts';

vi.setConfig({ maxConcurrency: 10, testTimeout: 240_000 });

/** pair-protocol.md, promise 1: at this time after the stop time the alarm stands. */
const STOP_BOUND_MS = 30_000;
/** Attempts inside the bound and the next behind it. */
const NEXT_ATTEMPT_MS = 24_000 + 30_000;
const HOLES = [/^capture-incomplete:/, /^peer-capture-incomplete:/, /^device-log-hole:/, 'journal=degraded'];

/** The end that the fault leaves alone. */
const wantOnTime = (timeline: Timeline, stage: PlayStage, end: End): Timeline =>
  timeline.want(`the ${end}’s box off, and read back`, between(DELAY_MS, PATIENCE_MS), () => stage.off(end));

/** The end that has the fault, and what both keep of it. */
const wantRecovered = (timeline: Timeline, stage: PlayStage, end: End): Timeline =>
  wantOnTime(timeline, stage, otherEnd(end))
    .want(`the ${end}’s bundle`, between(DELAY_MS, PATIENCE_MS), () => stage.sealed(end, ...HOLES))
    .want(`the ${otherEnd(end)}’s bundle`, between(DELAY_MS, PATIENCE_MS), () => stage.sealed(otherEnd(end), ...HOLES))
    .want('of one incident', between(DELAY_MS, PATIENCE_MS), () => stage.sameIncident());

describe.concurrent.each<End>(['hub', 'spoke'])('the %s’s box', (end) => {
  test.concurrent('reloads while it is captured: its debugs are gone with it, and that is read before it is said', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'it reloads',
          () => stage.hasTyped(end, /^show crypto ipsec sa/),
          () => stage.box(end).reload(5_000),
        )
        .want('no debug is on', between(0, PATIENCE_MS), () => stage.quiet(end))
        .want('read back when it is up', between(DELAY_MS, PATIENCE_MS), () => readAfterReload(stage, end));
      await wantRecovered(timeline, stage, end).play(`${end}'s box reloads`);
    });
  });

  test.concurrent('hangs up on session B in the middle of the stop: a fresh one ends it', async () => {
    await onStage({}, async (stage) => {
      stage.box(end).behave({ drop: [/^undebug all$/] });
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'it hangs up',
          () => stage.hasTyped(end, /^undebug all$/),
          () => stage.box(end).behave({ drop: [] }),
        );
      wantOnTime(timeline, stage, end);
      await wantRecovered(timeline, stage, end).play(`${end}'s session B dies at the stop`);
    });
  });
});

describe.concurrent('one box', () => {
  test.concurrent('hangs up on session B as the debugs at t0 are read: the stop is on time', async () => {
    await onStage({}, async (stage) => {
      stage.box('hub').behave({ drop: [/^show debugging$/] });
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'it hangs up',
          () => stage.hasTyped('hub', /^show debugging$/),
          () => stage.box('hub').behave({ drop: [] }),
        );
      wantOnTime(timeline, stage, 'hub');
      await wantRecovered(timeline, stage, 'hub').play('session B dies at t0');
    });
  });

  test.concurrent('is renamed while it is captured: the new prompt is a prompt', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'it is renamed',
          () => stage.hasTyped('spoke', /^show crypto ipsec sa/),
          () => stage.box('spoke').configure(['hostname branch-7']),
        );
      wantOnTime(timeline, stage, 'spoke');
      await wantRecovered(timeline, stage, 'spoke').play('the prompt changes');
    });
  });

  test.concurrent('gives every other line to people: the held session ends the debugs', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'people take all lines', () => stage.takeLines('hub'))
        .at(0, 'the message', () => stage.message());
      wantOnTime(timeline, stage, 'hub');
      await wantRecovered(timeline, stage, 'hub').play('all other VTYs taken');
    });
  });

  test.concurrent('has hung up, and people have every line: an alarm says so; when one leaves, the stop gets in', async () => {
    await onStage({ ownSsh: true }, async (stage) => {
      const { boxAddress } = stage.pair.stage.facts.spoke;
      let people: BoxLine[] = [];
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'it hangs up, and people are quicker',
          () => stage.answered('hub', 'alert'),
          async () => {
            people = await stage.crowdOut('spoke');
          },
        )
        .want('an alarm at the bound', between(DELAY_MS + STOP_BOUND_MS - 1_000, STOP_BOUND_MS + PATIENCE_MS), () =>
          stage.alarm(
            'spoke',
            new RegExp(
              `^debugs on spoke1 \\(${boxAddress}\\) are not verified off: SSH_UNREACHABLE: \\S+ port \\d+ could not be reached: ".*ECONNRESET.*"; a router without a free VTY line answers so too\\. `,
            ),
            stage.ownHand('spoke'),
          ),
        )
        .at(DELAY_MS + STOP_BOUND_MS + 5_000, 'two of them leave', () => people.splice(0, 2).forEach((line) => void line.close()))
        .want('the spoke’s box off, and read back', between(DELAY_MS + STOP_BOUND_MS, NEXT_ATTEMPT_MS + PATIENCE_MS), () =>
          stage.off('spoke'),
        )
        .want('the alarm is over', between(DELAY_MS + STOP_BOUND_MS, NEXT_ATTEMPT_MS + PATIENCE_MS), () =>
          stage.alarmOver('spoke', /^alarm \S+ is over: debugs on spoke1 .* are not verified off/),
        );
      await wantOnTime(timeline, stage, 'hub').play('no VTY left');
    });
  });

  test.concurrent('refuses `undebug` (AAA): an alarm says where to type it; a person does, and it is over', async () => {
    await onStage({}, async (stage) => {
      const { boxAddress } = stage.pair.stage.facts.hub;
      stage.box('hub').behave({ refuse: [/^undebug/] });
      const words = new RegExp(
        `^debugs on hub1 \\(${boxAddress}\\) are not verified off: undebug all: refused \\(.*[Aa]uthorization failed.*\\); still on: .*ISAKMP`,
      );
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .want('an alarm at the bound', between(DELAY_MS + STOP_BOUND_MS - 1_000, STOP_BOUND_MS + PATIENCE_MS), () =>
          stage.alarm('hub', words, stage.ownHand('hub')),
        )
        .at(DELAY_MS + STOP_BOUND_MS + 5_000, 'a person types it there', () => stage.box('hub').console('undebug all'))
        .want('no debug is on', between(DELAY_MS + STOP_BOUND_MS, STOP_BOUND_MS + PATIENCE_MS), () => stage.quiet('hub'))
        .want('the alarm is over', between(DELAY_MS + STOP_BOUND_MS, NEXT_ATTEMPT_MS + PATIENCE_MS), () =>
          stage.alarmOver('hub', /^alarm \S+ is over: debugs on hub1 .* are not verified off/),
        );
      await wantOnTime(timeline, stage, 'spoke').play('AAA refuses undebug');
    });
  });

  test.concurrent('answers each line after 4 s (AAA): off at the stop time, read back behind it', async () => {
    // Room for the reading at t0, which the stop does not wait for.
    const delayMs = 10_000;
    await onStage({ delayMs }, async (stage) => {
      await new Timeline()
        .at(0, 'AAA has become slow', () => stage.box('hub').behave({ thinkMs: 4_000 }))
        .at(0, 'the message', () => stage.message())
        .want('the hub’s box off, and read back', between(delayMs, delayMs + STOP_BOUND_MS), () => stage.off('hub'))
        .want('verified', between(delayMs, delayMs + STOP_BOUND_MS), () => stage.verified('hub'))
        .want('the spoke’s box off, and read back', between(delayMs, delayMs + PATIENCE_MS), () => stage.off('spoke'))
        .play('AAA answers after 4 s');
    });
  });
});

/** `show debugging` on a session that began after the reload. */
const readAfterReload = (stage: PlayStage, end: End) => {
  const typed = stage.typed(end);
  const login = typed.lastIndexOf('enable');
  if (login < 0) return 'nobody has logged in since';
  return typed.slice(login).includes('show debugging') || `since its last login: ${typed.slice(login).join(' / ')}`;
};
