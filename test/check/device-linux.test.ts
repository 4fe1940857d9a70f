/** `spitrap check` at a Linux gateway: what it says where charon, its log or sudo's rules are not there; nothing in the words of IOS. */
import { expect, test } from 'vitest';
import { checkDevice, type DeviceRoom } from '../../agent/check/device.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import * as lines from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { load, SMALLEST } from '../config/smallest-pair.ts';

const RULES = `User spitrap may run the following commands on hub1:
    (root) NOPASSWD: /usr/bin/ln -sfn off.levels /etc/strongswan.d/spitrap/levels
    (root) NOPASSWD: /usr/sbin/swanctl --reload-settings
`;
const PROBED = "2026-11-22T08:38:06.123 09[CFG] vici rekey CHILD_SA 'spitrap-probe'\noff.levels\n";

async function rowsAt(answers: Readonly<Record<string, string>>): Promise<CheckRow[]> {
  const said: Record<string, string> = { [lines.SUDO_RULES]: RULES, [lines.SHOW_DEBUGS]: PROBED, ...answers };
  const run = async (command: string) => ({
    ...{ command, status: 'ok', output: said[command] ?? '', detail: null, sentAt: 0, sentAtWall: 0, tookMs: 1 },
  });
  const session = { hostname: 'hub1', hostKeyFingerprint: '', run };
  const { config } = load(SMALLEST);
  const room = { config, platform: linuxStrongswan, device: { openSession: async () => session }, isAgentUp: false };
  const rows: CheckRow[] = [];
  await checkDevice(
    room as unknown as DeviceRoom,
    rowsOf('device', (row) => rows.push(row)),
  );
  return rows;
}
const row = (rows: readonly CheckRow[], title: string): CheckRow => rows.find((one) => one.title === title)!;

test('a charon that logs nothing of our request has shown no debug to be off', async () => {
  expect(row(await rowsAt({}), 'debugs')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^none is on/) });
  const silent = row(await rowsAt({ [lines.SHOW_DEBUGS]: 'off.levels\n' }), 'debugs');
  expect(silent).toMatchObject({ state: 'fail', detail: expect.stringContaining('charon has not logged our request') });
  expect(silent.remedy).toContain('docs/linux.md');
});

test('the rules of sudo, in their own words', async () => {
  expect(row(await rowsAt({}), 'privilege')).toMatchObject({ state: 'ok', detail: 'the stop is among what sudo allows' });
  const root = 'User root may run the following commands on hub1:\n    (ALL : ALL) ALL\n';
  expect(row(await rowsAt({ [lines.SUDO_RULES]: root }), 'privilege').state).toBe('ok');
  for (const other of ['User spitrap may run the following commands on hub1:\n    (ALL : ALL) ALL\n', 'nothing']) {
    const refused = row(await rowsAt({ [lines.SUDO_RULES]: other }), 'privilege');
    expect(refused.state).not.toBe('ok');
    expect(refused.remedy).toContain('docs/linux.md');
    expect(refused.enter).toEqual([]);
  }
});
