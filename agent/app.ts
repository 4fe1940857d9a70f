/**
 * The spine: one agent beside one device, every room wired in the order data flows.
 *
 *   sources ──lines──▶ intake ──event──▶ coordinator ──▶ machine ──▶ journal ──▶ performer ──▶ device, peers, bundle
 *                        └──▶ ring            ▲                                      │
 *   peers ──SNMP──▶ signals ──input───────────┘ ◀───────────results──────────────────┘
 *
 * Opened by cli/run.ts. Stops in reverse order, each step bounded.
 */
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { needsControlFree } from '../shared/coordinate/arming-state.ts';
import type { Book } from '../shared/coordinate/book.ts';
import { bestSample } from '../shared/coordinate/hello.ts';
import type { GateContext } from '../shared/detect/gate.ts';
import { SpitrapError } from '../shared/errors.ts';
import { ulid } from '../shared/model/ulid.ts';
import { platformNamed } from '../shared/platforms/index.ts';
import { ownSecretReplacer } from '../shared/redact/own-secrets.ts';
import { createRedactor } from '../shared/redact/redact.ts';
import { AlarmDesk } from './alarms/desk.ts';
import { answers } from './answers.ts';
import { ArmKeeper } from './arm-keeper.ts';
import { ArmWatch } from './arm-watch.ts';
import type { Config } from './config/config.ts';
import type { ControlSocket } from './control/control-socket.ts';
import type { ReloadAnswer } from './control/protocol.ts';
import { Coordinator } from './coordinator.ts';
import { openAudit } from './device/audit.ts';
import { openDevice } from './device/pool.ts';
import { DeviceWatch } from './device-watch.ts';
import { PendingDones } from './effects/pending-dones.ts';
import { Performer } from './effects/perform.ts';
import { Delivery } from './effects/send-signal.ts';
import { type AgentEventMap, AgentEvents } from './events.ts';
import { openBundles } from './evidence/bundles.ts';
import { PeerBundles } from './evidence/peer-bundles.ts';
import { openRing } from './evidence/ring.ts';
import { Heartbeat } from './heartbeat.ts';
import { Hold } from './hold.ts';
import { bearOut, Intake } from './intake.ts';
import { openJournal } from './journal/journal.ts';
import { LEAVING_MS, stopsSettled } from './leaving.ts';
import { LeftOpen } from './left-open.ts';
import { bounded, Cleanup, type StopStep } from './lifecycle.ts';
import { LiveConfiguration } from './live-configuration.ts';
import type { Logger } from './log.ts';
import { openEngine } from './net/engine.ts';
import { startPeers } from './net/snmp-peers.ts';
import { openSnmpReceiver } from './net/snmp-receiver.ts';
import { openSnmpSender } from './net/snmp-sender.ts';
import { PairTest } from './pair-test.ts';
import type { World } from './ports.ts';
import { FleetDesk } from './publish/fleet-desk.ts';
import { Reloader, type ReloadSource } from './reload.ts';
import { Signals } from './signals.ts';
import { openSource } from './sources/index.ts';
import { collectStatus, endpoint } from './status/collect.ts';
import type { AgentStatus } from './status/status.ts';
import { Symptoms } from './symptoms.ts';
import { tellLog, tellReceiveBuffer, tellReplay, tellWatching } from './tell-log.ts';
import { liveTimeline } from './web/live-timeline.ts';
import { openPage, type PageServer } from './web/server.ts';
import {
  deliveryRoom,
  gateContext,
  machineRules,
  ownLines,
  peersTaker,
  retentionOf,
  ringBounds,
  shellTarget,
  sighting,
  signalSource,
  snmpPeer,
} from './wiring.ts';

export interface AgentOptions {
  /** Takes the lock of dataDir and the socket in it. */
  readonly openControl: (dataDir: string, clock: Clock) => Promise<ControlSocket>;
  readonly version: string;
  readonly pid: number;
  /** This host's name, as alarms say it; absent: `-`. */
  readonly host?: string;
  /** For the log and the bundles to hide. */
  readonly secrets: readonly string[];
  /** Only by command-line flag: told the fingerprint of a host key that nothing pins. */
  readonly trustOnFirstUse: ((fingerprint: string) => void) | null;
  /** Where the configuration is read anew; absent: it is not. */
  readonly reload?: ReloadSource;
  /** Told of each decision, with the books before and after it: what the simulation sees of the machine (test/sim/world). */
  readonly onDecided?: (...decided: [...Parameters<AgentEventMap['decided']>, after: Book]) => void;
}

export interface Agent {
  status(): AgentStatus;
  /** Reads the configuration anew. Rejects with why it is refused, and then nothing has changed. */
  reload(who: string): Promise<ReloadAnswer>;
  /** For a watchdog: null, or why it should not be fed. */
  ailing(): string | null;
  /** Orderly and bounded; what is under way is in the journal, and taken up again at the next start. */
  stop(reason: string): Promise<readonly StopStep[]>;
}

/** @throws SpitrapError before anything acts: ALREADY_RUNNING, DATADIR_UNWRITABLE, DISK_FAILED, LISTEN_REFUSED, CONFIG_INVALID. */
export async function startAgent(config: Config, world: World, log: Logger, options: AgentOptions): Promise<Agent> {
  const cleanup = new Cleanup(world.clock);
  try {
    return await wire(config, world, log, options, cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

async function wire(started: Config, world: World, log: Logger, options: AgentOptions, cleanup: Cleanup): Promise<Agent> {
  const { clock, disk, random } = world;
  const startedAt = { at: clock.monotonic(), wall: clock.wall() };
  const newId = () => ulid(clock.wall(), random.bytes(10));
  const live = new LiveConfiguration(started, options.secrets);
  const config = live.view;
  const { dataDir, evidence, signal } = started;
  const { version } = options;

  // This host: the lock, the memory, the evidence.
  const control = cleanup.add('control socket', await options.openControl(dataDir, clock));
  const { journal, records, torn, damagedLines } = await openJournal(join(dataDir, 'journal'), world, log);
  cleanup.add('journal', journal);
  const ranFrom = records.find(({ kind }) => kind === 'agent-started') ?? null;
  const ring = cleanup.add('ring', await openRing(join(dataDir, 'ring'), ringBounds(evidence), world, log, ranFrom));
  const redactionKey = evidence.redactionKey === null ? random.bytes(32) : Buffer.from(evidence.redactionKey);
  const redact = live.of(() => createRedactor(redactionKey, live.secrets));
  const bundles = await openBundles(dataDir, {
    retention: live.viewOf(retentionOf),
    redact: (text) => redact()(text),
    redactionKey: evidence.redactionKey === null ? 'random' : 'shared',
    disk,
    clock,
    log,
    reports: world.reports,
  });

  // The device.
  const audit = cleanup.add('audit', openAudit({ path: join(dataDir, 'audit.log'), disk, clock, log }));
  const platform = platformNamed(config.device.platform);
  if (platform === null)
    throw new SpitrapError('CONFIG_INVALID', `device.platform ${JSON.stringify(config.device.platform)} is not on the shelf`);
  const device = cleanup.add(
    'device',
    openDevice({
      name: config.device.name,
      platform,
      get target() {
        return shellTarget(config.device, options.trustOnFirstUse);
      },
      get enablePassword() {
        return config.device.enablePassword;
      },
      shells: world.shells,
      clock,
      random,
      audit,
    }),
  );

  // The decisions.
  const events = new AgentEvents();
  cleanup.add('events', () => void events.removeAllListeners());
  tellLog(events, config, log);
  const rules = live.viewOf((now) => machineRules(now, platform.debugOff.all, platform.arming.remedies));
  const coordinator = cleanup.add('coordinator', new Coordinator({ rules, journal, events, world, log }));
  events.on('decided', (decision, before) => options.onDecided?.(decision, before, coordinator.book));

  const { name, address } = config.device;
  const clean = live.of(() => ownSecretReplacer(live.secrets, () => '<redacted>'));
  const alarms = cleanup.add(
    'alarms',
    new AlarmDesk({
      ...{ dataDir, channels: config.alarms, world, coordinator, events, log, clean: (text) => clean()(text).text },
      speaker: {
        device: { name, address },
        agent: { role: config.role, mode: config.mode, version, host: options.host ?? '-' },
      },
    }),
  );

  // The peers.
  const engine = await openEngine(dataDir, signal.engineId, world);
  for (const remark of engine.remarks) log.info({ event: 'engine' }, remark);
  const snmpPeers = startPeers(config.peers.map(snmpPeer));
  const sender = cleanup.add(
    'SNMP sender',
    await openSnmpSender({
      peers: snmpPeers.given,
      ready: snmpPeers.ready,
      engine,
      world,
      source: signalSource(signal.listen.address),
    }),
  );
  const delivery = cleanup.add(
    'delivery',
    new Delivery(deliveryRoom({ clock, sender, policyName: `spitrap ${config.role}` }, config)),
  );
  const dones = new PendingDones(delivery, journal, clock, log);
  const heartbeat = cleanup.add(
    'heartbeat',
    new Heartbeat({ config, world, coordinator, delivery, dones, device, events, log, version, onTick: () => keeper.tick() }),
  );
  const performer = new Performer({
    config,
    rules,
    world,
    log,
    coordinator,
    device,
    delivery,
    dones,
    bundles,
    ring,
    version,
    clockOf: (peer) => {
      const link = heartbeat.links.get(peer);
      return link === undefined ? null : bestSample(link);
    },
    peerLeaseLeftMs: (peer) => heartbeat.peerLeaseLeftMs(peer),
    peerMayBeOn: heartbeat.peerMayBeOn,
    journalIsWell: () => journal.degraded === null,
  });
  coordinator.performWith(performer.perform);

  const watch: ArmWatch = new ArmWatch({
    device,
    clock,
    onTrip: (trip, detail) => keeper.onTrip(trip, detail),
    quiet: () => needsControlFree(coordinator.book, clock.monotonic()),
  });
  const keeper: ArmKeeper = cleanup.add(
    'arming',
    new ArmKeeper({ config, rules, world, coordinator, links: heartbeat.links, delivery, events, watch }),
  );

  // What was under way is taken up again before anything new can come in.
  const replayed = coordinator.replay(records);
  dones.restore(records);
  alarms.start(coordinator.book.alarmCount);
  coordinator.noteRules();
  journal.append('agent-started', null, { version, role: config.role, mode: config.mode, device: config.device.name });
  tellReplay(log, { torn, damagedLines, records: records.length, replayed, open: coordinator.book.incidents.length });
  cleanup.add('device watch', new DeviceWatch({ device, address, mode: config.mode, world, coordinator, log }));
  device.connect();
  // Before the hold is looked at: a stop that is due waits for no disk. Not by the newest record of all: a start that died before
  // it came to this has left one of the new boot.
  const lastBootId = records.findLast((record) => record.kind === 'step' || record.kind === 'snapshot')?.bootId ?? null;
  if (records.length > 0) coordinator.resume(lastBootId);
  cleanup.add('left open', new LeftOpen({ config, world, coordinator, bundles, device, ring, log, version })).start();
  const hold = cleanup.add('hold', new Hold({ dataDir, configured: config.hold, world, coordinator, log }));
  await hold.start();

  // The doors: signals, then lines.
  const signals = new Signals({ config, coordinator, heartbeat, journal, log, newId });
  const receiver = cleanup.add(
    'SNMP receiver',
    await openSnmpReceiver({
      listen: signal.listen,
      peers: snmpPeers.given,
      ready: snmpPeers.ready,
      engine,
      world,
      onNotification: signals.onNotification,
      onRefusal: signals.onRefusal,
    }),
  );
  tellReceiveBuffer(log, receiver.receiveBufferBytes);
  const match = live.of((now) => ownLines(now.device));
  const context = (): GateContext => gateContext(config, match(), device.status().clock);
  const symptoms: Symptoms = new Symptoms({
    config,
    device,
    clock,
    log,
    newId,
    input: (input, when) => void coordinator.input(input, when),
    onLine: (chunk) => intake.observe(chunk),
  });
  const intake: Intake = cleanup.add(
    'intake',
    new Intake({
      world,
      log,
      ring,
      context,
      onEvent: (event) =>
        void coordinator.input({ kind: 'sighting', id: newId(), ...sighting(event) }, { at: event.at, wall: event.wall }),
      onConnectedDuplicate: (copy) => bearOut(coordinator, copy, newId),
      onOwnBytes: (bytes) => watch.noteBytes(bytes),
      ...(platform.unknownSpi === undefined ? {} : { unknownSpi: platform.unknownSpi }),
      symptoms,
      get onIkmpNoSa() {
        return config.alsoTrigger.includes('ikmp-no-sa');
      },
    }),
  );
  const listening = new Map<string, string>();
  const intoRing = { emit: intake.observe, whenRoom: ring.whenRoom };
  const openContext = { ...intoRing, world, device, config, engine, onSignal: signals.onNotification };
  for (const source of config.sources) {
    const opened = cleanup.add(source.name, await openSource(source, openContext));
    if (opened.local !== null) listening.set(source.name, endpoint(opened.local));
  }
  heartbeat.start();

  // The other ends' evidence, in no hurry.
  let fleet: FleetDesk | null = null;
  const peerBundles = cleanup.add(
    'peer bundles',
    new PeerBundles({ dataDir, peers: () => config.peers, world, log, onBothEnds: (id) => fleet?.noteBothEnds(id) }),
  );
  events.on('decided', ({ input }) => {
    if (input.kind === 'sealed') void peerBundles.noteSealed(input.incident);
  });
  void peerBundles.start();
  const reloader = cleanup.add(
    'reload',
    new Reloader({
      ...{ source: options.reload ?? null, live, world, coordinator, events, journal, log },
      preparePeers: peersTaker(clock, snmpPeers, [sender, receiver]),
      follow: (changes) => {
        coordinator.noteRules();
        alarms.changeChannels(config.alarms);
        if (changes.some(({ takes }) => takes === 'idle')) heartbeat.reconfigure();
      },
    }),
  );

  let page: PageServer | null = null;
  const rooms = {
    config,
    version,
    pid: options.pid,
    startedAt,
    world,
    coordinator,
    device,
    engine,
    receiver,
    sender,
    heartbeat,
    hold,
    intake,
    signals,
    ring,
    journal,
    audit,
    alarms,
    listening,
    watch,
    page: () => page,
    fleet: () => fleet,
    reloader,
  };
  const status = () => collectStatus(rooms);
  const handlers = answers({
    ...{ status, world, coordinator, hold, keeper, reloader, dataDir },
    capturing: { world, coordinator, rules, newId },
    pairTest: cleanup.add('pair test', new PairTest({ config, clock, heartbeat, events })),
  });
  control.serve(handlers);
  if (config.page !== null) {
    const timelineOf = (id: string) => liveTimeline(config.role, coordinator.recordsOf(id));
    page = await openPage(config.page, { world, log, events, role: config.role, status, dataDir, control: handlers, timelineOf });
    cleanup.add('page', page);
  }
  if (started.fleet !== null) {
    const room = { config, fleet: started.fleet, platform, version, world, coordinator, events, log, status };
    fleet = cleanup.add('fleet', new FleetDesk({ ...room, clean: (text) => clean()(text).text }));
    void fleet.start();
  }
  const signalling = { engineId: engine.idHex, signal: endpoint(receiver.local), cfg: heartbeat.cfg };
  tellWatching(log, config, { ...signalling, at: clock.monotonic() });

  return {
    status,
    reload: (who) => reloader.reload(who),
    ailing: () => coordinator.ailing(),
    async stop(reason) {
      log.info({ event: 'stopping', reason }, `stopping: ${reason}`);
      journal.append('agent-stopped', null, { reason });
      coordinator.input({ kind: 'leaving' });
      const stopped = await bounded(stopsSettled(coordinator, events), LEAVING_MS, clock, 'stop before leaving');
      if (!stopped.inTime)
        log.error(
          { event: 'left-stopping' },
          `debugs on ${config.device.name} are not verified off; the next start goes on with it, until then: ${platform.debugOff.all}`,
        );
      return cleanup.stop();
    },
  };
}
