/**
 * dataDir full before, during and after an incident (a small tmpfs): both boxes are off on time all the same, an alarm says what is missing
 * and what to do, room heals it. Needs root; without it, and not under CI, it is skipped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, vi } from 'vitest';
import { DELAY_MS, type End, onStage, otherEnd, PATIENCE_MS, type PlayStage } from './stage.ts';
import { between, Timeline } from './timeline.ts';

vi.setConfig({ maxConcurrency: 8, testTimeout: 240_000 });

const isRoot = process.getuid?.() === 0;
const inCi = process.env['CI'] !== undefined;
const DISK_BYTES = 24 * 1024 * 1024;
/** A seal that failed is tried again after so long. */
const SEAL_RETRY_MS = 30_000;

class SmallDisk {
  readonly #folder: string;

  /** Over the end's dataDir, before its agent starts. */
  constructor(stage: PlayStage, end: End) {
    this.#folder = stage.pair.dataDir(end);
    mkdirSync(this.#folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0700`, 'tmpfs', this.#folder], { stdio: 'pipe' });
    stage.pair.closing({ close: () => execFileSync('umount', ['-l', this.#folder]) });
  }

  get #ballast(): string {
    return join(this.#folder, 'ballast');
  }

  fill(): void {
    for (const bytes of [2 * DISK_BYTES, 4_096, 4_096, 1]) {
      try {
        writeFileSync(this.#ballast, Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // ENOSPC: that is the point.
      }
    }
  }

  free(): void {
    if (existsSync(this.#ballast)) rmSync(this.#ballast);
  }
}

async function withFullDisk(end: End, run: (stage: PlayStage, disk: SmallDisk) => Promise<void>): Promise<void> {
  let disk: SmallDisk | null = null;
  const before = (stage: PlayStage): void => {
    disk = new SmallDisk(stage, end);
  };
  await onStage({ before }, (stage) => run(stage, disk!));
}

const wantBothOff = (timeline: Timeline, stage: PlayStage): Timeline =>
  timeline
    .want('the hub’s box off, and read back', between(DELAY_MS, PATIENCE_MS), () => stage.off('hub'))
    .want('the spoke’s box off, and read back', between(DELAY_MS, PATIENCE_MS), () => stage.off('spoke'));

const SEALED_WITHIN = between(DELAY_MS, SEAL_RETRY_MS + 2 * PATIENCE_MS);
/** Each says what the disk did not take. */
const NOT_TAKEN = [/^outputs-not-saved:/, /^outputs-missing:/, /^device-log-/, /^capture-list-not-saved$/, 'journal=degraded'];

const notSealed = (stage: PlayStage, end: End) => () =>
  stage.alarm(
    end,
    new RegExp(`^the bundle of \\S+ on ${stage.pair.stage.facts[end].deviceName} could not be sealed: .*ENOSPC`),
    'make room in dataDir; it is tried again every 30 s',
  );

describe.runIf(isRoot || inCi)('dataDir is full (as root, on a small tmpfs)', () => {
  test.concurrent.each<End>(['hub', 'spoke'])('at the %s, from before the message until its bundle was due', async (end) => {
    await withFullDisk(end, async (stage, disk) => {
      const { deviceName } = stage.pair.stage.facts[end];
      const timeline = new Timeline()
        .at(0, 'full', () => disk.fill())
        .at(500, 'the message', () => stage.message())
        .want(
          'the journal says so',
          between(0, PATIENCE_MS),
          async () => /ENOSPC/.test((await stage.pair.statusOrNull(end))?.journal.degraded ?? '') || 'the journal is well',
        )
        .want('an alarm: no bundle, and why', between(DELAY_MS, PATIENCE_MS), notSealed(stage, end))
        .after('an alarm: no bundle, and why', 'room', () => disk.free())
        .want(`the ${end}’s bundle`, SEALED_WITHIN, () => stage.sealed(end, ...NOT_TAKEN))
        .want('the alarm is over', SEALED_WITHIN, () => stage.alarmOver(end, /could not be sealed/));
      wantBothOff(timeline, stage);
      timeline.want(`the ${otherEnd(end)}’s bundle, without waiting for that disk`, between(DELAY_MS, PATIENCE_MS), () =>
        stage.sealed(otherEnd(end), ...NOT_TAKEN),
      );
      await timeline.play(`${deviceName}'s disk full before`);
    });
  });

  test.concurrent('at the hub, in the middle of an incident', async () => {
    await withFullDisk('hub', async (stage, disk) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'full',
          () => stage.hasTyped('hub', /^show crypto ipsec sa/),
          () => disk.fill(),
        )
        .want('an alarm: no bundle, and why', between(DELAY_MS, PATIENCE_MS), notSealed(stage, 'hub'))
        .after('an alarm: no bundle, and why', 'room', () => disk.free())
        .want('the hub’s bundle', SEALED_WITHIN, () => stage.sealed('hub', ...NOT_TAKEN))
        .want('the alarm is over', SEALED_WITHIN, () => stage.alarmOver('hub', /could not be sealed/));
      await wantBothOff(timeline, stage).play('disk full during');
    });
  });

  test.concurrent('at the spoke, between the stop and the seal; then killed: the new start finds the bundle to finish', async () => {
    await withFullDisk('spoke', async (stage, disk) => {
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'full',
          () => stage.hasTyped('spoke', /^undebug all$/),
          () => disk.fill(),
        )
        .want('an alarm: no bundle, and why', between(DELAY_MS, PATIENCE_MS), notSealed(stage, 'spoke'))
        .after('an alarm: no bundle, and why', 'room, and kill -9, and a new start', async () => {
          disk.free();
          await stage.killAndRestart('spoke', 500);
        })
        .want('the spoke’s bundle', SEALED_WITHIN, () => stage.sealed('spoke', ...NOT_TAKEN, /^capture-incomplete:/));
      await wantBothOff(timeline, stage).play('disk full after');
    });
  });
});

describe.runIf(isRoot || inCi)('dataDir is full when its agent dies', () => {
  test.concurrent('it cannot start again, and says why; the other end says where to log in; with room it finishes the stop', async () => {
    await withFullDisk('hub', async (stage, disk) => {
      let refusal = 'it is not tried yet';
      const timeline = new Timeline()
        .at(0, 'the message', () => stage.message())
        .once(
          'full, kill -9, and a new start',
          () => stage.answered('hub', 'alert'),
          async () => {
            disk.fill();
            await stage.pair.kill('hub');
            refusal = await stage.pair.start('hub').then(
              () => 'it started',
              (error: Error) => error.message,
            );
          },
        )
        .want('the spoke’s box off, and read back', between(DELAY_MS, PATIENCE_MS), () => stage.off('spoke'))
        .want('refused', between(0, PATIENCE_MS), () => /exit code [^0].*ENOSPC/s.test(refusal) || refusal)
        .want('an alarm at the spoke', between(0, PATIENCE_MS), () =>
          stage.alarm('spoke', /^hub1 had debugs on and has not been heard for \d+ s$/, stage.peersHand('hub')),
        )
        .after('an alarm at the spoke', 'room, and a new start', async () => {
          disk.free();
          await stage.pair.start('hub');
        })
        .want('the hub’s box off, and read back', between(DELAY_MS, PATIENCE_MS), () => stage.off('hub'))
        .want('the hub’s bundle', SEALED_WITHIN, () => stage.sealed('hub', ...NOT_TAKEN, /capture-incomplete:/));
      await timeline.play('disk full at the start');
    });
  });
});

test.skipIf(isRoot || inCi)('a full dataDir: skipped, only root may mount a small tmpfs', () => {
  throw new Error('skipped above');
});
