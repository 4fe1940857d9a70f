/**
 * What bad input gets (issue A): a clear message or a counted refusal, the agent alive, the incident carried through with the reason in
 * its outcome. Real agents beside simulated boxes. All at once: an incident whose device or peer never answers takes two minutes.
 */
import { describe, vi } from 'vitest';
import { deviceCases } from './bad-input/device.ts';
import { doorCases } from './bad-input/doors.ts';
import { hostCases } from './bad-input/host.ts';
import { peerCases } from './bad-input/peer.ts';

// Two minutes of waiting each, and the agents sleep meanwhile.
vi.setConfig({ maxConcurrency: 32, testTimeout: 240_000 });

describe.concurrent('on the way to the device', deviceCases);
describe.concurrent('between the agents', peerCases);
describe.concurrent('at the doors', doorCases);
describe.concurrent('on this host', hostCases);
