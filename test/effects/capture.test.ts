/** agent/effects/capture.ts: the plan, its holes and their reasons. The order of the plan itself is tested in test/platforms. */
import { describe, expect, test } from 'vitest';
import { type CaptureOrder, capture } from '../../agent/effects/capture.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { after } from '../../shared/model/time.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Answer, FakeDevice } from '../support/fake-device.ts';

const flow = { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 };
const order = (change: Partial<CaptureOrder> = {}): CaptureOrder => ({
  kind: 'capture',
  incident: '01KKHMKS72E6R0P2GJR4R8GCJ9',
  round: 'first',
  scope: ['11.1.1.3'],
  deviceWide: true,
  flows: [flow],
  ...change,
});
const NOTE_A = ['show crypto sockets', 'show crypto isa sa', 'show crypto ipsec sa detail', 'show dmvpn detail'];
const isakmpRows = (n: number): string =>
  `IPv4 Crypto ISAKMP SA\ndst             src             state          conn-id status\n${Array.from({ length: n }, (_, i) => `213.163.222.7   10.0.${i >> 8}.${i & 255}        QM_IDLE           ${1001 + i} ACTIVE`).join('\n')}\n\nIPv6 Crypto ISAKMP SA\n`;
const ipsecSa = (direction: 'inbound' | 'outbound', spi: string): string => `
interface: Tunnel0
    Crypto map tag: Tunnel0-head-0, local addr 11.1.1.3

   protected vrf: (none)
   local  ident (addr/mask/prot/port): (11.1.1.3/255.255.255.255/47/0)
   remote ident (addr/mask/prot/port): (213.163.222.7/255.255.255.255/47/0)
   current_peer 213.163.222.7 port 500
     PERMIT, flags={origin_is_acl,}
     local crypto endpt.: 11.1.1.3, remote crypto endpt.: 213.163.222.7

     ${direction} esp sas:
      spi: ${spi}
        transform: esp-256-aes esp-sha-hmac ,
        Status: ACTIVE(ACTIVE)
`;

async function run(
  answer: (command: string) => Answer,
  change: Partial<CaptureOrder> = {},
  limitMs = 90_000,
  maxUnscopedSas = 200,
) {
  const clock = new FakeClock();
  const device = new FakeDevice(clock);
  device.answer = async (command) => {
    await clock.advance(10);
    return answer(command);
  };
  const saved: { result: CommandResult; peer: string | null }[] = [];
  const planned: string[] = [];
  const config = { maxUnscopedSas, maxPeersCaptured: 10, commandTimeoutMs: 30_000, commandBytesMax: 1_000_000 };
  const room = { device, config, clock, plan: (command: string) => planned.push(command) };
  const until = after(clock.monotonic(), limitMs);
  const summary = await capture(
    room,
    order(change),
    () => until,
    (result, peer) => void saved.push({ result, peer }),
  );
  return { summary, saved, planned, device };
}

describe('capture', () => {
  test('every planned command is told before the first is sent, runs on session A, and is saved with whose it was', async () => {
    const { summary, saved, planned, device } = await run((command) =>
      command === 'show crypto isakmp sa' ? isakmpRows(3) : 'x',
    );
    expect(saved.map(({ result }) => result.command)).toEqual(planned);
    expect(device.sent.every((line) => line.session === 'capture')).toBe(true);
    expect(saved.find(({ result }) => result.command.includes('ipsec sa peer'))?.peer).toBe('11.1.1.3');
    expect(saved.find(({ result }) => result.command === 'show debugging')?.peer).toBeNull();
    expect(summary.planned).toBe(planned.length);
  });

  test.each<[title: string, isakmp: Answer, ikev2: Answer, sent: boolean, detail: string | null]>([
    ['199 and 1: at the limit', isakmpRows(199), 'x'.replace('x', ''), true, null],
    ['201: over it', isakmpRows(201), '', false, 'skipped: 201 SAs'],
    ['no IKEv2 on this box', isakmpRows(3), { status: 'refused', detail: "% Invalid input detected at '^' marker." }, true, null],
    ['timed out: unknown counts as over', { status: 'timeout' }, '', false, 'skipped: unknown number of SAs'],
  ])("Note A's four, %s", async (_title, isakmp, ikev2, sent, detail) => {
    const { saved, device } = await run((command) =>
      command === 'show crypto isakmp sa' ? isakmp : command === 'show crypto ikev2 sa' ? ikev2 : 'x',
    );
    for (const command of NOTE_A) {
      expect(device.sent.some((line) => line.command === command)).toBe(sent);
      expect(saved.find(({ result }) => result.command === command)?.result.detail).toBe(detail);
    }
  });

  test('refused and skipped for a stated reason leave it whole; a time-out or a lost session does not', async () => {
    const refused = await run(() => ({ status: 'refused', detail: '% Invalid input' }));
    expect(refused.summary.whole).toBe(true);
    const cut = await run((command) => (command.startsWith('show ip nhrp') ? { status: 'timeout', output: 'half' } : 'x'));
    expect(cut.summary.whole).toBe(false);
    const lost = await run((command) => (command.startsWith('show ip nhrp') ? { status: 'closed', sent: false } : 'x'));
    expect(lost.summary.whole).toBe(false);
  });

  test('past its time the rest is skipped with that reason, and it ends', async () => {
    const { summary, saved } = await run(() => 'x', {}, 35);
    expect(saved.at(-1)?.result).toMatchObject({ status: 'skipped', detail: expect.stringContaining('no time left') });
    expect(summary.whole).toBe(false);
    expect(saved).toHaveLength(summary.planned);
  });

  test.each([
    ['outbound', ipsecSa('outbound', '0x68842105(1753489669)'), 'outbound'],
    ['inbound', ipsecSa('inbound', '0x68842105(1753489669)'), 'inbound'],
    ['another SPI only', ipsecSa('outbound', '0x2F0A11C4(789189060)'), 'none'],
  ])('where the bad SPI stands: %s', async (_title, output, spiSeen) => {
    const { summary } = await run((command) => (command.includes('ipsec sa peer') ? output : ''));
    expect(summary.spiSeen).toBe(spiSeen);
  });

  test('without device-wide commands only the scoped set is sent', async () => {
    const { planned } = await run(() => '', { deviceWide: false, round: 'stop' });
    const once = ['show clock', 'show crypto ipsec spi-lookup detail', ciscoIos.logCounters];
    expect(planned.filter((command) => !command.includes('11.1.1.3'))).toEqual(once);
  });
});
