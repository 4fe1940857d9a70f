/** SHELF: sabotages chosen with the checkers in view, for the rooms that blind.ts leaves out. */
import type { Sabotage } from './sabotage.ts';

export const seeingSabotages: readonly Sabotage[] = [
  // shared/coordinate
  {
    name: 'a disarm takes its conditions for the debugs: what the device refuses to turn off stays on, and nobody is told',
    file: 'shared/coordinate/disarming.ts',
    find: 'debugs: isLast ? [] : plan.debugs,',
    replace: 'debugs: isLast ? plan.debugs : [],',
    night: 1282,
  },
  {
    name: 'an arming that a death cut off is forgotten at the start: its debugs are on, and the agent says disarmed',
    file: 'shared/coordinate/arming.ts',
    find: "beginDisarm(book, input, state.unwanted ?? 'restart', 'debugs', 'arm-unresolved'),",
    replace: "stay(withArming(book, { state: { kind: 'disarmed' } }), 'arm-unresolved'),",
    night: 488,
  },
  {
    name: 'the dead-man is set anew after three leases, and counts two: it ends the debugs of an agent that is well',
    file: 'shared/coordinate/lease.ts',
    find: 'input.at - state.deadManSetAt >= rules.arming.leaseMs;',
    replace: 'input.at - state.deadManSetAt >= rules.arming.leaseMs * 3;',
    night: 94,
  },
  {
    name: 'a peer that was told to stop and never said anything counts as done: the bundle is complete, its debugs perhaps on',
    file: 'shared/coordinate/sealing.ts',
    find: 'if (awaitsDone(rules, record)) reasons.push(`no-done:${record.peer}`);',
    replace: 'if (rules.maxPeersCaptured < 0) reasons.push(`no-done:${record.peer}`);',
    night: 45,
  },
  // shared/arming, shared/platforms
  {
    name: "somebody else's conditions refuse no arming: their work and ours come under each other's filters",
    file: 'shared/arming/preflight.ts',
    find: 'if (foreign.length === 0) return [];',
    replace: 'if (foreign.length >= 0) return [];',
    night: 8225,
  },
  {
    name: 'the closed grammar has lost the stop: undebug all may not be sent, by our own rule',
    file: 'shared/platforms/cisco/grammar.ts',
    find: "{ pattern: /^undebug all$/, purpose: 'turns every debug off (the stop)', stops: true },",
    replace: "{ pattern: /^undebug every$/, purpose: 'turns every debug off (the stop)', stops: true },",
    night: 1,
  },
  {
    name: 'a debug that stands behind another in show debugging is not read: verified off, and it is on',
    file: 'shared/platforms/cisco/debugging.ts',
    find: 'value.push({ text: name, crypto: CRYPTO.test(name) });',
    replace: 'if (value.length === 0) value.push({ text: name, crypto: CRYPTO.test(name) });',
    night: 3,
  },
  // agent/device
  {
    name: 'what the device refuses counts as answered: % Authorization failed passes for what it had to show',
    file: 'agent/device/dialogue.ts',
    find: 'const refused = definition.refusals.some((pattern) => pattern.test(text));',
    replace: "const refused = definition.refusals.some(() => text === '');",
    night: 21,
  },
  {
    name: 'fresh sessions are never logged out: an errand keeps its VTY line for ever',
    file: 'agent/device/held-session.ts',
    find: 'if (!held) void session.close();',
    replace: 'if (!held) void session.keepalive(KEEPALIVE_ANSWER_MS);',
    night: 75,
  },
  {
    name: 'the audit file holds the secret that was typed, not its name',
    file: 'agent/device/session.ts',
    find: 'audit.sentSecret(device, purpose, effect.name);',
    replace: "audit.sent(device, purpose, this.#secret ?? '');",
    night: 1,
  },
  // agent/net
  {
    name: 'an inform is timely whatever its age: signals that somebody kept for minutes end the debugs of today',
    file: 'agent/net/usm-judge.ts',
    find: '? inOurWindow(this.engine.stamp(), message.stamp)',
    replace: '? message.stamp.boots === this.engine.stamp().boots && inOurWindow(message.stamp, message.stamp)',
    night: 3398,
  },
  // agent/heartbeat
  {
    name: 'the reading before a hello is not held back when a stop is near: the stop waits behind it on its session',
    file: 'agent/heartbeat.ts',
    find: "if (config.mode === 'observe' || this.#isReading || isDisarming || incidents.some(stopIsAhead)) return;",
    replace:
      "if (config.mode === 'observe' || this.#isReading || isDisarming || (incidents.length < 0 && incidents.some(stopIsAhead))) return;",
    night: 325,
  },
  {
    name: 'a peer that took the stop owes no word of it: when it falls silent, nobody is told that its debugs may be on',
    file: 'agent/heartbeat.ts',
    find: "const isTaken = input.kind === 'delivery' && input.result === 'acknowledged';",
    replace: "const isTaken = input.kind === 'delivery' && input.result === 'acknowledged' && input.attempts < 0;",
    night: 33154,
  },
  // Faults of the code that nights have found, put back.
  {
    name: 'the question about a message waits as long as the line that hangs before it: its stop is held up',
    file: 'agent/effects/corroborate.ts',
    find: 'const withinMs = LOOKS * Math.max(',
    replace: 'const withinMs = 20 * LOOKS * Math.max(',
    night: 312476,
  },
  {
    name: 'a stop for a look that is over is not made: debugs stay on',
    file: 'shared/coordinate/spoke.ts',
    find: "const mayStillStop = rules.mode === 'act' && over.every(isLook);",
    replace: "const mayStillStop = rules.mode === 'capture' && over.every(isLook);",
    night: 13183,
  },
  {
    name: 'a hole stands in the index of the ring after the line that follows it: a power loss keeps the line and loses the hole',
    file: 'agent/evidence/ring.ts',
    find: 'if (this.#holes.unsaved().length > 0) await this.#saveHoles();',
    replace: 'if (this.#holes.unsaved().length < 0) await this.#saveHoles();',
    night: 19185,
  },
];
