/** What the agent answers when it is asked, over the control socket and by the page's actions: each request put to the room that knows. Called by app.ts. */
import { SpitrapError } from '../shared/errors.ts';
import type { ArmKeeper } from './arm-keeper.ts';
import { type CaptureRoom, captureNow } from './capture-now.ts';
import type { ControlHandlers } from './control/protocol.ts';
import type { Coordinator } from './coordinator.ts';
import type { Hold } from './hold.ts';
import type { PairTest } from './pair-test.ts';
import type { World } from './ports.ts';
import type { Reloader } from './reload.ts';
import { describeAlarm, incidentSummaries } from './status/collect.ts';
import type { AgentStatus } from './status/status.ts';

export interface AnswersRoom {
  readonly capturing: CaptureRoom;
  readonly pairTest: PairTest;
  readonly status: () => AgentStatus;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Coordinator;
  readonly hold: Hold;
  readonly keeper: ArmKeeper;
  readonly reloader: Reloader;
  readonly dataDir: string;
}

export function answers({
  status,
  world,
  coordinator,
  hold,
  keeper,
  reloader,
  capturing,
  pairTest,
  dataDir,
}: AnswersRoom): ControlHandlers {
  const summaries = () => incidentSummaries(coordinator.book, world.clock.monotonic(), dataDir);
  return {
    status,
    hold: (change, who) => hold.change(change, who),
    incidents: async () => summaries(),
    incident: async (id) => {
      const found = summaries().find((incident) => incident.id === id);
      if (found !== undefined) return found;
      throw new SpitrapError(
        'INCIDENT_UNKNOWN',
        `this agent remembers no incident ${id}; spitrap incidents list shows the bundles on disk`,
      );
    },
    arm: (change) => keeper.arm(change),
    disarm: (change) => keeper.disarm(change),
    reload: (who) => reloader.reload(who),
    capture: async (change) => captureNow(change, capturing),
    test: () => pairTest.run(),
    ack: async (id, who) => {
      coordinator.input({ kind: 'acknowledge', alarm: id, ...(who !== undefined && { who }) });
      const alarm = coordinator.book.alarms.find((known) => known.id === id);
      if (alarm === undefined) throw new SpitrapError('USAGE', `no alarm ${id} stands; spitrap status lists them`);
      return describeAlarm(alarm);
    },
  };
}
