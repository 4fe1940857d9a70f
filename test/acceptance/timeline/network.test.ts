/**
 * The way between the agents cut and mended, at every stage of an incident. Each box is off at its time where its own agent knows of the
 * incident; where the spoke does not, as soon as the way is there again; and what both know of each other's end is in both bundles.
 */
import { describe, test, vi } from 'vitest';
import { DELAY_MS, onStage, PATIENCE_MS, type PlayStage } from './stage.ts';
import { between, Timeline } from './timeline.ts';

vi.setConfig({ maxConcurrency: 8, testTimeout: 240_000 });

/** How long the way comes and goes. */
const SECONDS = 9;
const LOADED = 'journal=degraded';
const later = between(DELAY_MS, PATIENCE_MS);

const wantBothSealed = (timeline: Timeline, stage: PlayStage, ...reasons: (string | RegExp)[]): Timeline =>
  timeline
    .want('the hub’s bundle', later, () => stage.sealed('hub', LOADED, ...reasons))
    .want('the spoke’s bundle', later, () => stage.sealed('spoke', LOADED, ...reasons))
    .want('of one incident', later, () => stage.sameIncident())
    .want('the hub knows that the spoke’s are off', later, () => knowsPeerOff(stage));

/** What the hub's bundle, or the addendum beside it, has of the other end. */
function knowsPeerOff(stage: PlayStage) {
  const done = stage.files('hub')[0]?.done ?? [];
  return done.some(({ off }) => off === 'verified') || `done in the hub's bundle: ${JSON.stringify(done)}`;
}

describe.concurrent('the way between the agents', () => {
  test.concurrent('is cut before the message and mended after the stop: the spoke hears of it then, and stops at once', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'cut both ways', () => stage.cut('hub', 'spoke'))
        .at(0, 'the message', () => stage.message())
        .want('the hub’s box off, and read back', later, () => stage.off('hub'))
        .want('an alarm at the hub: where the spoke’s debugs are', later, () =>
          stage.alarm('hub', /^spoke1 had debugs on and has not been heard for \d+ s$/, stage.peersHand('spoke')),
        )
        .after('an alarm at the hub: where the spoke’s debugs are', 'mended', () => stage.mend())
        .want('the spoke’s box off, and read back', later, () => stage.off('spoke'))
        .want('the alarm is over', later, () => stage.alarmOver('hub', /is over: spoke1 had debugs on and has not been heard/));
      // The spoke's capture shows the time after the stop.
      await wantBothSealed(timeline, stage, /^capture-incomplete:/, /^peer-capture-incomplete:/).play('cut before the message');
    });
  });

  test.concurrent('is cut when the alert has arrived: both stop at their own time, and tell each other when it is mended', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'cut both ways',
          () => stage.answered('hub', 'alert'),
          () => stage.cut('hub', 'spoke'),
        )
        .want('the spoke’s bundle, and nobody has heard of it', later, () => stage.sealed('spoke', LOADED))
        .after('the spoke’s bundle, and nobody has heard of it', 'mended', () => stage.mend())
        .want('the hub’s box off, and read back', later, () => stage.off('hub'))
        .want('the spoke’s box off, and read back', later, () => stage.off('spoke'));
      await wantBothSealed(timeline, stage).play('cut after the alert');
    });
  });

  test.concurrent('loses all that the spoke sends: it hears all, is off on time, and its done arrives when it is mended', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'cut from the spoke', () => stage.cut('spoke'))
        .at(0, 'the message', () => stage.message())
        .want('the spoke’s bundle, and nobody has heard of it', later, () => stage.sealed('spoke', LOADED))
        .after('the spoke’s bundle, and nobody has heard of it', 'mended', () => stage.mend())
        .want('the hub’s box off, and read back', later, () => stage.off('hub'))
        .want('the spoke’s box off, and read back', later, () => stage.off('spoke'));
      await wantBothSealed(timeline, stage).play('cut from the spoke');
    });
  });

  test.concurrent('comes and goes: one second of three is left', async () => {
    await onStage({}, async (stage) => {
      const timeline = new Timeline().at(0, 'the message', () => stage.message());
      for (let second = 0; second < SECONDS; second++)
        timeline.at(second * 1_000, second % 3 === 2 ? 'mended' : 'cut both ways', () =>
          second % 3 === 2 ? stage.mend() : stage.cut('hub', 'spoke'),
        );
      timeline
        .want('the hub’s box off, and read back', later, () => stage.off('hub'))
        .want('the spoke’s box off, and read back', later, () => stage.off('spoke'));
      await wantBothSealed(timeline, stage, /^capture-incomplete:/, /^peer-capture-incomplete:/).play('comes and goes');
    });
  });
});
