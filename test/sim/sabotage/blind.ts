/**
 * SHELF. Sabotages chosen from the production code and the promises of the pair protocol alone, without a look at what the simulation
 * checks: when one of them is not caught, a promise is not checked. Never replace one because the simulation does not see it.
 */
import type { Sabotage } from './sabotage.ts';

export const blindSabotages: readonly Sabotage[] = [
  // shared/coordinate
  {
    name: 'both ends see the message at once: the id of the other is forgotten in the merge, and its stop opens a second incident',
    file: 'shared/coordinate/spoke.ts',
    find: 'hasId(incident, id) ? incident : { ...incident, aliases: [...incident.aliases, id] };',
    replace: 'hasId(incident, id) ? incident : { ...incident, aliases: [...incident.aliases] };',
    night: 127,
  },
  {
    name: 'an agent that is restarted before the stop counts the whole delay anew: its debugs stay on after those of the other end',
    file: 'shared/coordinate/recovery.ts',
    find: "{ kind: 'wake', incident: incident.id, name: 'stop', at: incident.stopAt }",
    replace: "{ kind: 'wake', incident: incident.id, name: 'stop', at: after(input.at, rules.delayMs) }",
    night: 13860,
  },
  {
    name: 'debugs are not verified off and nobody is woken for 15 minutes: the alarm stands so much later than its bound',
    file: 'shared/coordinate/stopping.ts',
    find: "name: 'stop-bound', at: after(at, timing.stopBoundMs) },",
    replace: "name: 'stop-bound', at: after(at, timing.stopUnacknowledgedMs) },",
    night: 56,
  },
  {
    name: 'stop: own sends undebug all at once: the debugs of whoever else is at work on that router end with ours',
    file: 'shared/coordinate/stopping.ts',
    find: "const byName = rules.stopMode === 'own' || wasEmpty(incident);",
    replace: 'const byName = wasEmpty(incident);',
    night: 6,
  },
  {
    name: 'done says verified as soon as the line was sent: the hub alarms nobody about a spoke whose debugs are still on',
    file: 'shared/coordinate/sealing.ts',
    find: '(verified ? doneBits.verified : 0) |',
    replace: '(verified || sent ? doneBits.verified : 0) |',
    night: 152,
  },
  {
    name: 'hold-down outlives re-arming: debugs are on again, and the next event of that peer records and stops nothing',
    file: 'shared/coordinate/hold-down.ts',
    find: 'return { ...book, held: book.held.filter((entry) => !isNews(entry)).map((entry) => ({ ...entry, peers: [] })) };',
    replace: 'return book;',
    night: 7,
  },
  // agent/coordinator, agent/journal
  {
    name: 'after a reboot of the host the monotonic times of the old boot are believed: a stop that is due now waits for days',
    file: 'agent/coordinator.ts',
    find: 'const resumable = lastBootId === null || lastBootId === this.#room.world.clock.bootId;',
    replace: "const resumable = lastBootId !== 'none';",
    night: 242,
  },
  {
    name: 'nothing waits for its record: a crash forgets what was already put on the device, or told to the peer',
    file: 'agent/coordinator.ts',
    find: 'const outcome = await this.#room.journal.wait(entry);',
    replace: "const outcome: string = 'synced';",
    night: 303,
  },
  {
    name: 'a torn last line costs the whole journal: the agent comes back and knows of no stop, no debugs and no done that it owes',
    file: 'agent/journal/recover.ts',
    find: 'const found = { records: reading.records, torn,',
    replace: 'const found = { records: torn ? [] : reading.records, torn,',
    night: 1380,
  },
  // agent/effects
  {
    name: 'every attempt of an alert tells the whole delay: a spoke that heard but a late one, and no stop, stops late by as much',
    file: 'agent/effects/perform.ts',
    find: 'return Math.max(0, Math.round(current - at));',
    replace: 'return this.#room.rules.delayMs;',
    night: 8089,
  },
  {
    name: 'a line that the device does not have in its buffer is let through: one forged datagram ends the debugs of both ends',
    file: 'agent/effects/corroborate.ts',
    find: "    result: 'absent',",
    replace: "    result: 'undecided',",
    night: 299,
  },
  // agent/evidence, shared/redact
  {
    name: 'the time in which no agent ran is no hole: a bundle passes for complete without the lines that came meanwhile',
    file: 'agent/evidence/ring.ts',
    find: 'if (from !== null) {',
    replace: 'if (from !== null && ranFrom === undefined) {',
    night: 103,
  },
  {
    name: 'lines with the word key are taken for harmless: pre-shared keys of the running configuration stand in the bundle',
    file: 'shared/redact/patterns.ts',
    find: '/key|secret|passw|communit',
    replace: '/secret|passw|communit',
    night: 4,
  },
  // agent/device
  {
    name: 'after three refused logins the wait is 300 ms and not 5 min: the AAA server locks the user out, and the stop with it',
    file: 'agent/device/login-gate.ts',
    find: 'const HELD_BACK_MS: DurationMs = 5 * 60_000;',
    replace: 'const HELD_BACK_MS: DurationMs = 5 * 60;',
    night: 29,
  },
  {
    name: 'a line that hangs counts as answered: no output of show debugging reads as nothing is on, half a capture as whole',
    file: 'agent/device/session.ts',
    find: "this.#abandon(job, 'timeout', `no prompt within",
    replace: "this.#abandon(job, 'ok', `no prompt within",
    night: 15,
  },
  // agent/net
  {
    name: 'a restarted peer is never resynchronised with: after the restart of one end no inform of the other is believed there',
    file: 'agent/net/inform-exchange.ts',
    find: 'entry.authority.notion.resynchronise(message.stamp, this.ports.clock.monotonic());',
    replace:
      'if (entry.authority.notion.at(this.ports.clock.monotonic()).boots === 0) entry.authority.notion.resynchronise(message.stamp, this.ports.clock.monotonic());',
    night: 15,
  },
  // shared/detect
  {
    name: 'seconds for milliseconds in the age of a line: a live message that was some 60 ms on its way is stale, and opens nothing',
    file: 'shared/detect/gate.ts',
    find: 'if (lagMs !== null && lagMs > context.maxEventAgeMs)',
    replace: 'if (lagMs !== null && lagMs * 1_000 > context.maxEventAgeMs)',
    night: 1,
  },
  // Hello, lease, breaker
  {
    name: 'a peer with debugs on may be silent for 3 h before anybody is told which device to log in to, and what to type',
    file: 'shared/coordinate/hello.ts',
    find: 'if (silentMs > helloMs * timing.missingHellosMax)',
    replace: 'if (silentMs > helloMs * timing.missingHellosMax * 60)',
    night: 83307,
  },
  {
    name: 'the lease is renewed though the peer is gone: debugs stay on for hours at an end that would stop alone',
    file: 'agent/arm-keeper.ts',
    find: "if (state.kind === 'armed' && this.#isWell())",
    replace: "if (state.kind === 'armed')",
    night: 16865,
  },
  {
    name: 'the third busy sample is never counted: debugs stay on while the CPU of the router is at its end',
    file: 'shared/arming/breaker.ts',
    find: 'const high = [...state.high, cpu.fiveSeconds].slice(-cpuSamples);',
    replace: 'const high = [...state.high, cpu.fiveSeconds].slice(1 - cpuSamples);',
    night: 2420,
  },
];
