/**
 * `kill -9` of either agent at each step of an incident, with a new start a second later; and an agent whose host is gone for good. Both
 * boxes end with their debugs off, read back after it, and one incident sealed at each end; or the living end says where to log in.
 */
import { describe, test, vi } from 'vitest';
import { DELAY_MS, type End, onStage, otherEnd, PATIENCE_MS, type PlayStage, type StageOptions } from './stage.ts';
import { between, Timeline } from './timeline.ts';

vi.setConfig({ maxConcurrency: 8, testTimeout: 240_000 });

const DOWN_MS = 1_000;
/** A capture that was cut off is made again, and later: what it was to show is not wholly there. */
const CUT_OFF = [/^capture-incomplete:/, /^peer-capture-incomplete:/, /^outputs-missing:/];
/** The agent was away: lines of that time are missing, and said to be. */
const AWAY = [/^device-log-hole:/];
/** A disk that needed more than 250 ms for a record, as under forty processes at a time: that the act did not wait is said. */
const LOADED = 'journal=degraded';

interface Step {
  readonly name: string;
  readonly options?: StageOptions;
  readonly reached: (stage: PlayStage, end: End) => boolean;
}

const steps: readonly Step[] = [
  {
    name: 'after the alert is sent',
    reached: (stage, end) => (end === 'hub' ? stage.told('hub', 'alert') : stage.answered('hub', 'alert')),
  },
  { name: 'while capturing', reached: (stage, end) => stage.hasTyped(end, /^show crypto ipsec sa/) },
  { name: 'at the stop', reached: (stage) => stage.told('hub', 'stop') },
  {
    name: 'between the stop and its verification',
    // A box that takes its time, or the two are one.
    options: { before: (stage) => stage.slow(150) },
    reached: (stage, end) => stage.hasTyped(end, /^undebug all$/),
  },
  { name: 'while sealing', reached: (stage, end) => stage.isSealing(end) },
];

const wantBothOff = (timeline: Timeline, stage: PlayStage, fromMs = DELAY_MS): Timeline =>
  timeline
    .want('the hub’s box off, and read back', between(fromMs, PATIENCE_MS), () => stage.off('hub'))
    .want('the spoke’s box off, and read back', between(fromMs, PATIENCE_MS), () => stage.off('spoke'));

const wantBothSealed = (timeline: Timeline, stage: PlayStage, fromMs = DELAY_MS): Timeline =>
  timeline
    .want('the hub’s bundle', between(fromMs, PATIENCE_MS), () => stage.sealed('hub', ...CUT_OFF, ...AWAY, LOADED))
    .want('the spoke’s bundle', between(fromMs, PATIENCE_MS), () => stage.sealed('spoke', ...CUT_OFF, ...AWAY, LOADED))
    .want('of one incident', between(fromMs, PATIENCE_MS), () => stage.sameIncident());

describe.concurrent.each<End>(['hub', 'spoke'])('the %s’s agent', (end) => {
  test.concurrent.each(steps.map((step) => [step.name, step] as const))('killed %s, and started again', async (name, step) => {
    await onStage(step.options ?? {}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          `kill -9 ${name}, and a new start`,
          () => step.reached(stage, end),
          () => stage.killAndRestart(end, DOWN_MS),
        );
      wantBothOff(timeline, stage);
      wantBothSealed(timeline, stage);
      await timeline.play(`${end} killed ${name}`);
    });
  });

  test.concurrent('killed before the message, which comes while it is away', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'kill -9, and a new start', () => stage.killAndRestart(end, DOWN_MS))
        .at(500, 'the message', () => stage.message());
      wantBothOff(timeline, stage, 500 + DELAY_MS);
      wantBothSealed(timeline, stage);
      await timeline.play(`${end} killed before the message`);
    });
  });

  test.concurrent.each([
    [
      'after the alert is sent',
      (stage: PlayStage) => (end === 'hub' ? stage.told('hub', 'alert') : stage.answered('hub', 'alert')),
    ],
    ['at the stop', (stage: PlayStage) => stage.told('hub', 'stop')],
  ] as const)('its host gone for good %s: the other end is off, and says where to log in', async (name, reached) => {
    await onStage({}, async (stage) => {
      const alive = otherEnd(end);
      const told = new RegExp(`^${stage.pair.stage.facts[end].deviceName} had debugs on and has not been heard for \\d+ s$`);
      await new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          `the ${end}’s host is gone ${name}`,
          () => reached(stage),
          () => stage.pair.kill(end),
        )
        .want(`the ${alive}’s box off, and read back`, between(DELAY_MS, PATIENCE_MS), () => stage.off(alive))
        .want(`an alarm at the ${alive}`, between(0, PATIENCE_MS), () => stage.alarm(alive, told, stage.peersHand(end)))
        .play(`${end} gone for good ${name}`);
    });
  });
});
