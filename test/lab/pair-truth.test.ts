/** The SA model and what the boxes say about it: both ends agree, then they do not; the message and its limit; debugs and floods. */
import { describe, expect, test } from 'vitest';
import type { Box } from '../../agent/lab/contract.ts';
import { HUB_ADDRESS, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const MESSAGE = /%CRYPTO-4-RECVD_PKT_INV_SPI/;

/** What the two ends say about their SA with each other, read off their screens. */
function sides(hub: Box, spoke: Box) {
  const read = (box: Box, peer: string) => {
    const text = box.console(`show crypto ipsec sa peer ${peer}`);
    const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
    return {
      inbound: number(/inbound esp sas:\n {6}spi: 0x[0-9A-F]+\((\d+)\)/),
      outbound: number(/outbound esp sas:\n {6}spi: 0x[0-9A-F]+\((\d+)\)/),
      current: number(/current outbound spi: 0x[0-9A-F]+\((\d+)\)/),
      encaps: number(/#pkts encaps: (\d+)/),
      decaps: number(/#pkts decaps: (\d+)/),
    };
  };
  return { hub: read(hub, SPOKE_ADDRESS), spoke: read(spoke, HUB_ADDRESS) };
}

describe.each([1, 2] as const)('IKEv%i', (ikeVersion) => {
  test('both ends agree, their counters too, through a rekey', async () => {
    const { clock, hub, spoke } = stage({ pair: { ikeVersion, ipsecLifetimeSeconds: 120 } });
    await clock.advance(10_000);
    const before = sides(hub, spoke);
    expect(before.hub).toMatchObject({
      inbound: before.spoke.outbound,
      outbound: before.spoke.inbound,
      encaps: before.spoke.decaps,
    });
    expect(before.hub.decaps).toBe(before.spoke.encaps);
    expect(before.hub.decaps).toBeGreaterThan(100);
    expect(before.hub.inbound).toBeGreaterThan(0xff);
    await clock.advance(85_000);
    expect(hub.console('show crypto ipsec spi-lookup').match(/ ipsec .* 11\.1\.1\.3 /g)).toHaveLength(2);
    await clock.advance(30_000);
    const rekeyed = sides(hub, spoke);
    expect(rekeyed.hub).toMatchObject({
      inbound: rekeyed.spoke.outbound,
      outbound: rekeyed.spoke.inbound,
      decaps: rekeyed.spoke.encaps,
    });
    expect(rekeyed.hub.inbound).not.toBe(before.hub.inbound);
    expect(hub.console('show crypto ipsec spi-lookup detail')).toContain(
      before.hub.inbound.toString(16).toUpperCase().padStart(8, '0'),
    );
  });

  test('after desync the spoke encrypts into the void and the hub says so, once a minute', async () => {
    const { clock, pair, hub, spoke } = stage({ pair: { ikeVersion } });
    const sent: string[] = [];
    hub.onSyslog((message) => sent.push(message));
    spoke.onSyslog((message) => sent.push(`spoke ${message}`));
    await clock.advance(5_000);
    expect(sent).toEqual([]);
    const before = sides(hub, spoke);
    const spi = pair.desync();
    await clock.advance(130_000);
    const after = sides(hub, spoke);
    expect(spi).toBe(before.spoke.outbound);
    expect(after.spoke).toMatchObject({ current: spi, decaps: before.spoke.decaps });
    expect(after.spoke.encaps).toBeGreaterThan(before.spoke.encaps + 1_000);
    expect(sent).toHaveLength(3);
    const hex = `0x${spi.toString(16).toUpperCase()}(${spi})`;
    expect(sent[0]).toBe(
      `<188>1: *Mar 12 18:22:15.956: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${HUB_ADDRESS}, prot=50, spi=${hex}, srcaddr=${SPOKE_ADDRESS}, input interface=Ethernet0/0`,
    );
    expect(hub.console('show crypto isakmp sa') + hub.console('show crypto ikev2 sa')).not.toContain(SPOKE_ADDRESS);
    expect(spoke.console(ikeVersion === 1 ? 'show crypto isakmp sa' : 'show crypto ikev2 sa')).toMatch(/QM_IDLE|READY/);
    pair.repair();
    await clock.advance(10_000);
    const repaired = sides(hub, spoke);
    expect(repaired.hub).toMatchObject({ inbound: repaired.spoke.outbound, outbound: repaired.spoke.inbound });
    expect(sent).toHaveLength(3);
  });
});

test('the limit on the message scales', async () => {
  const { clock, pair, hub } = stage({ hub: { messageIntervalMs: 2_000 } });
  const sent: string[] = [];
  hub.onSyslog((message) => sent.push(message));
  pair.desync();
  await clock.advance(10_000);
  expect(sent).toHaveLength(5);
});

test('DPD finds the black hole and heals it; without DPD it lasts', async () => {
  const healing = stage({ pair: { dpdSeconds: 10 } });
  const sent: string[] = [];
  healing.hub.onSyslog((message) => sent.push(message));
  const spi = healing.pair.desync();
  await healing.clock.advance(40_000);
  expect(sent.some((message) => message.includes(`%CRYPTO-4-IKMP_NO_SA: IKE message from ${SPOKE_ADDRESS} has no SA`))).toBe(
    true,
  );
  const after = sides(healing.hub, healing.spoke);
  expect(after.hub.inbound).toBe(after.spoke.outbound);
  expect(after.hub.inbound).not.toBe(spi);

  const lasting = stage();
  const lost = lasting.pair.desync();
  await lasting.clock.advance(40_000);
  expect(sides(lasting.hub, lasting.spoke).spoke.current).toBe(lost);
});

test.each([
  [1, /DPD\/R_U_THERE_ACK received/, /deleting SA reason "End of ipsec tunnel"/],
  [2, /IKEv2 INFORMATIONAL Exchange RESPONSE/, /Maximum number of retransmissions reached/],
] as const)('DPD of IKEv%i under debug: asked and answered, then asked in vain', async (ikeVersion, answered, given) => {
  const { clock, pair, spoke } = stage({ pair: { ikeVersion, dpdSeconds: 10 } });
  for (const line of [`debug crypto condition peer ipv4 ${HUB_ADDRESS}`, 'debug crypto isakmp', 'debug crypto ikev2'])
    spoke.console(line);
  await clock.advance(25_000);
  expect(spoke.console('show logging')).toMatch(answered);
  expect(spoke.console('show logging')).not.toMatch(given);
  pair.desync();
  await clock.advance(30_000);
  expect(spoke.console('show logging')).toMatch(given);
});

test('IOS XE counts the drops that Note B looks at', async () => {
  const { clock, pair, hub } = stage({ hub: { platform: 'cisco-iosxe' } });
  await clock.advance(1_000);
  const drops = (): string => hub.console('show platform hardware qfp active feature ipsec datapath drops all | in SPI');
  expect(drops().split('\n')).toEqual([
    expect.stringMatching(/^ {8}4 {2}IN_US_V4_PKT_SA_NOT_FOUND_SPI +0$/),
    expect.stringMatching(/^ {8}7 {2}IN_TRANS_V4_IPSEC_PKT_NOT_FOUND_SPI +0$/),
    expect.stringMatching(/^ {7}12 {2}IN_US_V6_PKT_SA_NOT_FOUND_SPI +0$/),
  ]);
  expect(hub.console('show platform hardware qfp active statistics drop | inc Ipsec')).toBe('');
  pair.desync();
  await clock.advance(5_000);
  expect(drops()).toMatch(/SA_NOT_FOUND_SPI +[1-9]\d+$/m);
  expect(hub.console('show platform hardware qfp active statistics drop | inc Ipsec')).toMatch(/^IpsecInput +[1-9]\d+ +\d+ *$/);
});

describe('debugs', () => {
  const debugLines = (box: Box): string[] =>
    box.console('show logging | include ISAKMP|IPSEC\\(|IKEv2|crypto_engine').split('\n').filter(Boolean);

  test('unconditioned they flood and drive the CPU up; off, it is quiet again', async () => {
    const { clock, hub } = stage();
    const hand = login(hub);
    expect(hand.run('debug crypto isakmp')).toBe('Crypto ISAKMP debugging is on\n');
    await clock.advance(10_000);
    expect(debugLines(hub).length).toBeGreaterThan(1_000);
    expect(hub.cpuPercent()).toBe(99);
    expect(hub.console('show processes cpu | include CPU utilization')).toMatch(
      /^CPU utilization for five seconds: 99%\/\d+%; one minute: \d+%; five minutes: \d+%$/,
    );
    // A box with nothing left answers late.
    expect(hand.run('u all')).toBe('');
    await clock.advance(5_000);
    expect(hand.read()).toBe('All possible debugging has been turned off\r\nhub#');
    expect(hub.debugsOn()).toEqual([]);
    hub.console('clear logging');
    await clock.advance(20_000);
    expect(debugLines(hub)).toEqual([]);
    expect(hub.cpuPercent()).toBeLessThan(10);
  });

  test('with a peer condition only that peer is heard, and the conditions survive `undebug all`', async () => {
    const { clock, pair, hub } = stage({ pair: { ipsecLifetimeSeconds: 120 } });
    const hand = login(hub);
    hand.run(`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`);
    hand.run('debug crypto isakmp');
    hand.run('debug crypto ipsec');
    await clock.advance(5_000);
    expect(debugLines(hub)).toEqual([]);
    await clock.advance(100_000);
    const rekey = debugLines(hub);
    expect(rekey.length).toBeGreaterThan(5);
    expect(
      rekey
        .filter((line) => /\d+\.\d+\.\d+\.\d+/.test(line))
        .every((line) => line.includes(SPOKE_ADDRESS) || line.includes(HUB_ADDRESS)),
    ).toBe(true);
    expect(hub.cpuPercent()).toBeLessThan(20);
    pair.desync();
    await clock.advance(1_000);
    expect(debugLines(hub).at(-1)).toMatch(
      /^\*Mar 12 .*: ISAKMP-ERROR: \(0\):ignoring request to send delete notify \(no ISAKMP sa\) src 213\.163\.222\.7 dst 11\.1\.1\.3 for SPI 0x[0-9A-F]+$/,
    );
    hand.run('undebug all');
    expect(hand.run('show debugging')).toBe('');
    expect(hand.run('show crypto debug-condition')).toContain(`IKE peer IP address filters:\n${SPOKE_ADDRESS}\n`);
  });

  test.each(['cisco-ios', 'cisco-iosxe'] as const)(
    'on %s the debug lines name the conn id and SPI that the tables show',
    async (platform) => {
      const { clock, pair, hub } = stage({ hub: { platform, trapLevel: 'debugging' }, start: false });
      const sent: string[] = [];
      hub.onSyslog((message) => sent.push(message));
      for (const line of [`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`, 'debug crypto ipsec']) hub.console(line);
      pair.start();
      await clock.advance(1_000);
      const table = hub.console(`show crypto ipsec sa peer ${SPOKE_ADDRESS}`);
      const [, hex, decimal, connId] = /inbound esp sas:\n {6}spi: (\w+)\((\d+)\)\n.*\n.*\n {8}conn id: (\d+),/.exec(table)!;
      expect(hub.console('show logging')).toContain(
        `: IPSEC(create_sa): sa created,\n  (sa) sa_dest= ${HUB_ADDRESS}, sa_proto= 50, \n    sa_spi= ${hex}(${decimal}), \n    sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= ${connId}\n`,
      );
      const created = sent.findIndex((message) => message.includes('IPSEC(create_sa)'));
      expect(sent[created]).toMatch(/^<191>\d+: \*Mar 12 18:22:10\.706: IPSEC/);
      expect(sent[created + 1]).toBe(`<191>${created + 2}:   (sa) sa_dest= ${HUB_ADDRESS}, sa_proto= 50, `);
    },
  );

  test('taking the last condition away under a running debug asks first', async () => {
    const { clock, hub } = stage();
    const hand = login(hub);
    for (const line of [`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`, 'debug crypto isakmp']) hand.run(line);
    expect(hand.type(`no debug crypto condition peer ipv4 ${SPOKE_ADDRESS}\r`)).toMatch(/Proceed with removal\? \[yes\/no\]: $/);
    expect(hand.type('no\r')).toBe('no\r\nhub#');
    await clock.advance(2_000);
    expect(debugLines(hub)).toEqual([]);
    hand.type('debug crypto condition reset\r');
    expect(hand.type('yes\r')).toBe('yes\r\nhub#');
    await clock.advance(2_000);
    expect(debugLines(hub).length).toBeGreaterThan(100);
  });

  test('show debugging on IOS and on IOS XE', () => {
    const { hub, spoke } = stage({ spoke: { platform: 'cisco-iosxe' } });
    for (const box of [hub, spoke]) {
      const hand = login(box);
      for (const line of ['debug crypto engine', 'debug crypto isakmp', 'debug crypto ikev2', 'debug nhrp']) hand.run(line);
    }
    const blocks =
      'Cryptographic Subsystem:\n  Crypto ISAKMP debugging is on\n  Crypto Engine debugging is on\n\nIKEV2:\n  IKEv2 default debugging is on\n\nNHRP:\n  NHRP protocol debugging is on\n';
    expect(hub.console('show debugging')).toBe(blocks);
    expect(spoke.console('show debugging')).toBe(
      `IOSXE Conditional Debug Configs:\n\nConditional Debug Global State: Stop\n\n\nIOSXE Packet Tracing Configs:\n\n\n\n\n${blocks}`,
    );
  });

  test('trap level informational sends the message and no debugs, debugging sends both', async () => {
    const sent = { informational: [] as string[], debugging: [] as string[] };
    for (const trapLevel of ['informational', 'debugging'] as const) {
      const { clock, pair, hub } = stage({ hub: { trapLevel } });
      hub.onSyslog((message) => sent[trapLevel].push(message));
      hub.console(`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`);
      hub.console('debug crypto isakmp');
      pair.desync();
      await clock.advance(1_000);
    }
    expect(sent.informational).toEqual([expect.stringMatching(MESSAGE)]);
    expect(sent.debugging).toEqual([expect.stringMatching(MESSAGE), expect.stringMatching(/^<191>2: \*Mar .*: ISAKMP-ERROR: /)]);
  });
});

describe('terminal monitor', () => {
  test('a message breaks the prompt line, which is not shown again', async () => {
    const { clock, pair, hub } = stage();
    const hand = login(hub);
    hand.run('terminal monitor');
    hand.type('show cl');
    pair.desync();
    await clock.advance(1_000);
    expect(hand.read()).toMatch(/^\r\n\*Mar 12 [^\r\n]*INV_SPI[^\r\n]*\r\n$/);
    expect(hand.type('ock\r')).toMatch(/^ock\r\n\*18:22:11\.706 UTC/);
    expect(hand.run('terminal no monitor')).toBe('');
    await clock.advance(61_000);
    expect(hand.read()).toBe('');
  });

  test('messages fall into the middle of output lines', async () => {
    const { clock, hub } = stage();
    const hand = login(hub);
    hand.run('terminal monitor');
    hub.console('debug crypto isakmp');
    await clock.advance(200);
    hand.read();
    hand.type('show logging\rshow running-config\r');
    await clock.advance(400);
    hub.console('undebug all');
    await clock.advance(100);
    const lines = hand.read().split('\r\n');
    const whole = new Set(hub.console('show running-config').split('\n'));
    const torn = lines.filter(
      (line, index) => /^\*Mar/.test(lines[index + 1] ?? '') && line !== '' && !line.startsWith('*Mar') && !whole.has(line),
    );
    expect(torn.length).toBeGreaterThan(0);
  });
});

test('the same seed and the same script give the same bytes, another seed does not', async () => {
  const play = async (seed: number): Promise<string> => {
    const { clock, pair, hub } = stage({ hub: { seed, behaviour: { noisePerSecond: 7 } } });
    const hand = login(hub);
    let text = hand.type('terminal monitor\rdebug crypto isakmp\r');
    pair.desync();
    await clock.advance(1_500);
    text += hand.type('undebug all\rshow crypto ipsec sa detail\rshow version\rshow processes cpu\r');
    await clock.advance(1_500);
    return text + hand.read();
  };
  const once = await play(42);
  expect(await play(42)).toBe(once);
  expect(await play(43)).not.toBe(once);
  expect(once.length).toBeGreaterThan(10_000);
});

test('nothing keeps running after close', async () => {
  const { clock, pair, hub } = stage({ hub: { behaviour: { noisePerSecond: 5 } }, pair: { dpdSeconds: 10 } });
  login(hub).run('debug crypto isakmp');
  pair.desync();
  await clock.advance(12_000);
  pair.close();
  expect(clock.waiting).toEqual([]);
});
