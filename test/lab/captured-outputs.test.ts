/**
 * What the capture plan brings home of a simulated router: every output is on the shelf of readable commands and read to its last line,
 * the configuration holds no key once it is redacted, and the log becomes the events of what happened.
 */
import { describe, expect, test } from 'vitest';
import type { LogEventKind } from '../../shared/model/evidence.ts';
import { readLogEvents } from '../../shared/platforms/cisco/log-events/log-events.ts';
import { parseRunningConfig } from '../../shared/platforms/cisco/running-config.ts';
import { showReaderFor } from '../../shared/platforms/cisco/shows.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import { login, SPOKE_ADDRESS, stage } from './lab-support.ts';

type Name = 'cisco-ios' | 'cisco-iosxe';
const cases = (['cisco-ios', 'cisco-iosxe'] as const).flatMap((name) =>
  ([1, 2] as const).map((version) => [name, version] as const),
);
const CONFIGURATION = 'show running-config | section crypto|^interface (Tunnel|Virtual-Template)';

async function captured(name: Name, ikeVersion: 1 | 2) {
  const set = stage({ hub: { platform: name }, spoke: { platform: name }, pair: { ikeVersion, dpdSeconds: 10 } });
  await set.clock.advance(5_000);
  const hub = login(set.hub);
  // A hub that debugs every peer answers nobody.
  for (const line of [`condition peer ipv4 ${SPOKE_ADDRESS}`, 'isakmp', 'ikev2', 'ipsec']) hub.run(`debug crypto ${line}`);
  /** A long output takes its time. */
  const shown = async (command: string): Promise<string> => {
    hub.read();
    const begun = hub.type(`${command}\r`);
    await set.clock.advance(10_000);
    return (begun + hub.read()).replaceAll('\r\n', '\n');
  };
  return { ...set, hub, shown };
}

describe.each(cases)('%s, IKEv%i', (name, version) => {
  const platform = platformNamed(name)!;

  test('every output of the plan is read to its last line', async () => {
    const { shown, pair, clock } = await captured(name, version);
    pair.desync();
    await clock.advance(70_000);
    const plan = platform.capturePlan('first', { peers: [SPOKE_ADDRESS], maxUnscopedSas: 200 });
    for (const { command } of plan) {
      const reader = showReaderFor(command);
      expect(reader, command).not.toBeNull();
      const output = await shown(command);
      expect(output.trim().split('\n').length, command).toBeGreaterThan(1);
      expect(reader!.parse(output).unread, command).toEqual([]);
    }
  });

  test('the configuration: tunnels and DPD are told, keys are not', async () => {
    const { hub } = await captured(name, version);
    const shown = hub.run(CONFIGURATION);
    const secrets = [...shown.matchAll(/(?:isakmp key|pre-shared-key|nhrp authentication) (\S+)/g)].map(([, secret]) => secret!);
    expect(secrets.length).toBeGreaterThan(1);
    const { text, count } = createRedactor(Buffer.alloc(32, 7))(shown);
    expect(count).toBeGreaterThanOrEqual(secrets.length);
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(parseRunningConfig(text)).toMatchObject({
      value: {
        dpd: { mode: 'periodic' },
        invalidSpiRecovery: { on: false },
        peerings: [{ kind: 'mGRE with tunnel protection, dynamic NHRP map', where: 'Tunnel0', ike: version }],
      },
      unread: [],
    });
  });

  test('the log of a desync and of its end', async () => {
    const { shown, pair, clock } = await captured(name, version);
    pair.desync();
    await clock.advance(70_000);
    const kinds = new Set(readLogEvents((await shown('show logging')).split('\n')).map(({ kind }) => kind));
    const wanted: LogEventKind[] = ['invalid-spi', 'delete-not-sent', 'ike-no-sa', 'ike-established', 'sa-created'];
    for (const kind of wanted) expect([...kinds], kind).toContain(kind);
  });
});
