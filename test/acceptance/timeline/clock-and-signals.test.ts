/**
 * The wall clock of an agent's host is stepped in the middle of an incident, and agents are told to end (SIGTERM) in the middle of one.
 * Time left is measured by the monotonic clock: no step moves a stop. An agent that is told to end turns its debugs off before it goes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, test, vi } from 'vitest';
import { DELAY_MS, type End, onStage, otherEnd, PATIENCE_MS, type PlayStage, type StageOptions } from './stage.ts';
import { between, Timeline } from './timeline.ts';

vi.setConfig({ maxConcurrency: 8, testTimeout: 240_000 });

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const hook = pathToFileURL(fileURLToPath(new URL('./wall-step.mjs', import.meta.url)));

/** In the pair's folder, which every agent's configuration is in. */
const stepFile = (configFile: string, end: End): string => join(configFile, '..', `${end}-wall-step`);

const steppable: StageOptions = {
  launch: (end, [node = '', ...rest]) => {
    const at = new URL(hook);
    at.searchParams.set('file', stepFile(rest[rest.indexOf('-c') + 1]!, end));
    return [node, '--import', at.href, ...rest];
  },
};

function step(stage: PlayStage, end: End, aheadMs: number): void {
  writeFileSync(stepFile(stage.pair.config(end), end), String(aheadMs));
  process.kill(stage.pair.agent(end).pid, 'SIGUSR2');
}

/** The agent's own word for the time, against ours. */
async function isStepped(stage: PlayStage, end: End, aheadMs: number) {
  const at = (await stage.pair.statusOrNull(end))?.at;
  return (at !== undefined && Math.abs(Date.parse(at) - Date.now() - aheadMs) < HOUR_MS / 2) || `it says ${at}`;
}

const later = between(DELAY_MS, PATIENCE_MS);
const TOLERATED = ['journal=degraded', /^device-log-hole:/];

const wantBoth = (timeline: Timeline, stage: PlayStage, ...reasons: RegExp[]): Timeline =>
  timeline
    .want('the hub’s box off, and read back', later, () => stage.off('hub'))
    .want('the spoke’s box off, and read back', later, () => stage.off('spoke'))
    .want('the hub’s bundle', later, () => stage.sealed('hub', ...TOLERATED, ...reasons))
    .want('the spoke’s bundle', later, () => stage.sealed('spoke', ...TOLERATED, ...reasons))
    .want('of one incident', later, () => stage.sameIncident());

describe.concurrent('the wall clock', () => {
  test.concurrent('is stepped an hour ahead at the hub and a year back at the spoke while both capture: the stops stay where they were', async () => {
    await onStage(steppable, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'the steps',
          () => stage.answered('hub', 'alert'),
          () => {
            step(stage, 'hub', HOUR_MS);
            step(stage, 'spoke', -YEAR_MS);
          },
        )
        .want('the hub’s is stepped', between(0, PATIENCE_MS), () => isStepped(stage, 'hub', HOUR_MS))
        .want('the spoke’s is stepped', between(0, PATIENCE_MS), () => isStepped(stage, 'spoke', -YEAR_MS));
      await wantBoth(timeline, stage).play('both wall clocks are stepped');
    });
  });

  test.concurrent('is stepped a year ahead at the hub, which is killed and started again: what was under way goes on', async () => {
    await onStage(steppable, async (stage) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'the step, kill -9, and a new start',
          () => stage.answered('hub', 'alert'),
          () => {
            step(stage, 'hub', YEAR_MS);
            return stage.killAndRestart('hub', 200);
          },
        );
      await wantBoth(timeline, stage, /capture-incomplete:/, /^outputs-missing:/).play('a year ahead across a restart');
    });
  });
});

describe.concurrent.each<End>(['hub', 'spoke'])('SIGTERM to the %s’s agent', (end) => {
  test.concurrent('while it captures: its box is off before it is gone, the other at its time; a new start finishes the bundle', async () => {
    await onStage({}, async (stage) => {
      let wasOff = '';
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'SIGTERM, and a new start',
          () => stage.hasTyped(end, /^show crypto ipsec sa/),
          async () => {
            process.kill(stage.pair.agent(end).pid, 'SIGTERM');
            await stage.pair.agent(end).gone;
            wasOff = String(stage.off(end));
            await stage.pair.stop(end);
            await stage.pair.start(end);
          },
        )
        .want(`the ${end}’s box off when its agent was gone`, between(0, PATIENCE_MS), () => wasOff === 'true' || wasOff)
        .want(`the ${otherEnd(end)}’s box off, and read back`, between(0, PATIENCE_MS), () => stage.off(otherEnd(end)))
        .want('the hub’s bundle', between(0, PATIENCE_MS), () =>
          stage.sealed('hub', ...TOLERATED, /capture-incomplete:/, /^outputs-missing:/),
        )
        .want('the spoke’s bundle', between(0, PATIENCE_MS), () =>
          stage.sealed('spoke', ...TOLERATED, /capture-incomplete:/, /^outputs-missing:/),
        )
        .want('of one incident', between(0, PATIENCE_MS), () => stage.sameIncident());
      await timeline.play(`SIGTERM at the ${end}`);
    });
  });
});
