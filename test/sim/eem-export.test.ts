/**
 * What `spitrap eem export` prints, entered on a router that has no agent, against an agent at the other end, in virtual time: our hub's
 * and our spoke's applet, over each version of SNMP. Two routers, and Note A's: test/lab/eem-export.test.ts.
 */
import { afterEach, expect, test } from 'vitest';
import { routerPlans } from '../../agent/cli/eem/export-plan.ts';
import type { SimulatedBox } from '../../agent/lab/box.ts';
import type { SnmpCredentials } from '../../agent/net/signalling.ts';
import { exportRouter } from '../../shared/eem/export.ts';
import { type Seat, SimFleet } from './sim-fleet.ts';

const HUB = '213.163.222.7';
const SPOKE = '11.1.1.3';
const ENGINE = '80007ed905a1b2c3d4e5f6';

const credentials: readonly (readonly [version: string, SnmpCredentials])[] = [
  ['1', { version: '1', community: 'pair-community' }],
  ['2c', { version: '2c', community: 'pair-community' }],
  [
    '3',
    {
      version: 3,
      user: 'hub-spoke1',
      auth: { protocol: 'sha1', key: 'auth-key-of-the-pair' },
      priv: { protocol: 'aes128', key: 'priv-key-of-the-pair' },
    },
  ],
];

let fleet: SimFleet;
afterEach(() => fleet?.stop());

/** The router at the other end of `agent`, as its configuration has it written. */
const linesFor =
  (agent: string) =>
  (all: SimFleet): string[] => {
    const [plan] = routerPlans(all.at(agent).config!, {
      ends: null,
      router: null,
      withSecrets: true,
      agentAddress: null,
      engineIdHex: null,
    });
    return exportRouter(plan!)
      .filter(({ part }) => part === 'configure')
      .flatMap(({ lines }) => lines)
      .filter((line) => line !== 'configure terminal' && line !== 'end')
      .map((line) => line.replace(/<address of [^>]+>/, '192.0.2.200').replace(/<user [^>]+>/, 'eem'));
  };

const withEngine: NonNullable<Seat['config']> = (config) => ({ ...config, signal: { ...config.signal, engineId: ENGINE } });

test.each(credentials)(
  'agent at the hub, our export at the spoke, over v%s: its debugs end with the hub’s',
  async (_version, snmp) => {
    fleet = new SimFleet([
      { name: 'hub', role: 'hub', crypto: HUB, peers: ['spoke1'], config: withEngine },
      { name: 'spoke1', role: 'eem', crypto: SPOKE, peers: ['hub'], snmp, lines: linesFor('hub') },
    ]);
    await fleet.start();
    await fleet.arm();
    fleet.see('hub', 'spoke1');
    await fleet.clock.advance(60_000);
    expect([fleet.debugsOn('hub'), fleet.debugsOn('spoke1')]).toEqual([0, 0]);
    expect(Math.abs(fleet.undebugs('spoke1')[0]! - fleet.undebugs('hub')[0]!)).toBeLessThan(1_000);
    const { box } = fleet.at('spoke1');
    expect(box.appletRuns[0]).toMatchObject({ applet: 'spitrap_spoke_hub', ended: { how: 'done' } });
    expect(box.readFile('disk0:spoke.txt')).toContain('Crypto Session Details');
    expect((await fleet.incidentOf('hub')).outcome).toEqual({ kind: 'complete-one-ended', reasons: [] });
    expect(fleet.alarms('hub')).toEqual([]);
  },
);

test.each(credentials)(
  'our export at the hub, agent at the spoke, over v%s: the trap stops it, verified',
  async (_version, snmp) => {
    fleet = new SimFleet([
      { name: 'spoke1', role: 'spoke', crypto: SPOKE, peers: ['hub'], config: withEngine },
      { name: 'hub', role: 'eem', crypto: HUB, peers: ['spoke1'], snmp, lines: linesFor('spoke1') },
    ]);
    await fleet.start();
    await fleet.arm();
    const box = fleet.at('hub').box as SimulatedBox;
    box.core.receiveUnknownSpi(SPOKE, 0x68842105, 1, 100);
    await fleet.clock.advance(60_000);
    expect([fleet.debugsOn('hub'), fleet.debugsOn('spoke1')]).toEqual([0, 0]);
    expect(Math.abs(fleet.undebugs('spoke1')[0]! - fleet.undebugs('hub')[0]!)).toBeLessThan(1_000);
    expect(box.appletRuns[0]).toMatchObject({ applet: 'spitrap_hub_spoke1', ended: { how: 'done' } });
    const incident = await fleet.incidentOf('spoke1');
    expect(incident.openedBy).toBe('stop');
    expect(incident.outcome).toEqual({ kind: 'complete-one-ended', reasons: [] });
    expect(fleet.status('spoke1').refusals).toEqual({});
  },
);
