/** Hostile bytes on every socket of a living pair, and then the real event. Registered by ../bad-input-living.test.ts. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../../agent/ports.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventVarbinds } from '../../../shared/wire/event-manager.ts';
import { defaultValues } from '../../../shared/wire/signal.ts';
import { encodeCommunityMessage } from '../../../shared/wire/snmp-message.ts';
import { type LivingPair, withPair } from '../../support/living-pair.ts';
import { runSpitrap } from '../../support/run-spitrap.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const noise = (seed: number, bytes: number): Buffer => seededRandom(seed).bytes(bytes);

/** Datagrams from an address of our choice. */
async function sendUdp(from: string, to: Endpoint, datagrams: readonly Buffer[]): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  // The kernel may drop what a busy receiver has not read: each goes out when the one before it has left.
  for (const datagram of datagrams)
    await new Promise<void>((resolve) => socket.send(datagram, to.port, to.address, () => resolve()));
  await new Promise<void>((resolve) => socket.close(resolve));
}

/** Closed or reset, whichever the listener chose: what a stranger sent may wait unread when he is turned away, and then it is a reset. */
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().once('close', () => resolve());
  });

/** An address of the lab's own net that nobody has. */
const stranger = (pair: LivingPair): string => pair.stage.facts.hub.boxAddress.replace(/\d+$/, '99');

const EVENT =
  "<188>4711: Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=Ethernet0/0\n";

/** The hub also hears syslog by UDP, at the port beside. */
const withUdp = (text: string, end: string): string =>
  end === 'hub'
    ? text.replace(
        /( {2}- \{ kind: syslog-tcp, listen: "(.*):(\d+)", allow: (.*) \}\n)/,
        '$1  - { kind: syslog-udp, listen: "$2:6515", allow: $4 }\n',
      )
    : text;

export function doorCases(): void {
  test('a 10 MB line over TCP, and the event right behind it in the same stream: cut, counted, and the event found', async () => {
    await withPair({}, async (pair) => {
      await pair.start('hub', 'spoke');
      await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
      pair.debugsOn('hub', 'spoke');
      const { hub: facts } = pair.stage.facts;
      const socket = await pair.connect('hub', facts.syslog);
      const line = Buffer.alloc(10 * 1024 * 1024, 'A');
      socket.write(Buffer.concat([line, Buffer.from(`\n${EVENT}`)]));
      const [hub, spoke] = await Promise.all([pair.sealed('hub'), pair.sealed('spoke')]);
      expect(hub.flows.map(({ spi, src }) => `${src} ${spi}`)).toEqual(['11.1.1.3 0x68842105']);
      expect([hub.outcome.kind, spoke.outcome.kind]).toEqual(['complete', 'complete']);
      pair.quiet('hub', 'spoke');
      const status = await pair.status('hub');
      expect(status.refusals['line-too-long']).toBe(1);
      expect(status.drops['sourceBytes']).toBeGreaterThan(9_000_000);
      expect(pair.said('hub', /^turned away: line-too-long; further ones are counted in status$/)?.level).toBe('warn');
      await pair.alive('hub', 'spoke');
    });
  });

  test('binary garbage and strangers on syslog TCP and UDP, the SNMP port and the control socket; then the event goes through', async () => {
    await withPair({ edit: withUdp }, async (pair) => {
      await pair.start('hub', 'spoke');
      await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
      const { hub } = pair.stage.facts;
      const syslogUdp = { address: hub.syslog.address, port: 6515 };

      // Syslog over TCP: noise, a frame that promises 99 MB, a close in the middle of a line; and a stranger.
      const garbage = await pair.connect('hub', hub.syslog);
      for (const bytes of [noise(1, 1_000_000), Buffer.from('\n99999999 <1>half a frame')]) garbage.write(bytes);
      garbage.end();
      await gone(garbage);
      const foreign = createConnection({ host: hub.syslog.address, port: hub.syslog.port, localAddress: stranger(pair) });
      foreign.on('error', () => {});
      foreign.write(EVENT);
      await gone(foreign);
      await pair.refused('hub', 'source-address');

      // Syslog over UDP: nothing, noise, the largest datagram there is; and a stranger's event.
      await sendUdp(hub.boxAddress, syslogUdp, [Buffer.alloc(0), noise(2, 1_400), noise(3, 65_507), Buffer.alloc(65_507, '%')]);
      await sendUdp(stranger(pair), syslogUdp, [Buffer.from(EVENT)]);
      await pair.refused('hub', 'empty-datagram');
      await pair.refused('hub', 'source-address', 2);

      // The SNMP port: noise from the peer's address and from a stranger's, and messages torn at each byte.
      const torn = encodeCommunityMessage({
        version: '2c',
        community: Buffer.from('public'),
        pdu: { type: 'trap', requestId: 1, errorStatus: 0, errorIndex: 0, varbinds: stopVarbinds('', 0) },
      });
      const pieces = Array.from({ length: torn.length }, (_, end) => torn.subarray(0, end));
      for (const end of ['hub', 'spoke'] as const) {
        const { signal } = pair.stage.facts[end];
        const hostile = [
          Buffer.alloc(0),
          noise(4, 1),
          noise(5, 1_400),
          noise(6, 65_507),
          Buffer.alloc(60_000, 0x30),
          ...pieces,
          torn,
        ];
        await sendUdp(pair.stage.relay.front.hub.address, signal, hostile);
        await sendUdp(stranger(pair), signal, [noise(7, 300), torn]);
        await pair.refused(end, 'malformed', 10);
        await pair.refused(end, 'version');
        await pair.refused(end, 'source-address', end === 'hub' ? 4 : 2);
      }
      expect(pair.said('spoke', /^signal refused: source-address, from \S+\.99;/)).toMatchObject({
        level: 'warn',
        detail: 'no peer sends from this address',
      });

      // The control socket: noise, a request without an end, one that asks for what is not there, and many who say nothing.
      const control = join(pair.dataDir('hub'), 'control.sock');
      for (const bytes of [noise(8, 200_000), Buffer.alloc(200_000, '{'), Buffer.from('{"request":"format"}\nnull\n[]\n"x"\n')]) {
        const client = createConnection(control);
        client.on('error', () => {});
        client.end(bytes);
        await gone(client);
      }
      const silent = Array.from({ length: 40 }, () => createConnection(control).on('error', () => {}));
      await Promise.all(silent.map((client) => once(client, 'connect').catch(() => {})));
      for (const client of silent) client.destroy();

      // What a person sees.
      const shown = await runSpitrap(['status', '-c', pair.config('hub')]);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toMatch(/malformed \d+/);
      expect(shown.stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      const asJson = await runSpitrap(['status', '-c', pair.config('hub'), '--json']);
      expect(JSON.parse(asJson.stdout).refusals).toMatchObject({
        'source-address': expect.any(Number),
        malformed: expect.any(Number),
      });
      expect((await pair.status('hub')).incidents).toEqual([]);
      expect((await pair.status('spoke')).incidents).toEqual([]);

      await pair.goesThrough();
    });
  });

  test('an authentic peer that sends nonsense: each refused or clamped with its reason, the box left alone; then its stop is followed', async () => {
    const communities = (text: string): string =>
      text
        .replace(/( {2}hello: \S+)/, '$1\n  allowInsecure: true')
        .replace(
          / {6}version: 3\n {6}user: .*\n {6}auth: .*\n {6}priv: .*\n/,
          '      version: 2c\n      community: { file: secrets/community }\n',
        );
    await withPair({ edit: communities }, async (pair) => {
      writeFileSync(pair.secretFile('community'), 'pair\n');
      await pair.start('spoke');
      await pair.ready('spoke', true);
      pair.debugsOn('spoke');
      let requestId = 100;
      const signal = async (
        intData1: number,
        intData2: number,
        strData: string,
        trapOid = policyEventTrapOid(91),
      ): Promise<void> => {
        const varbinds = notificationVarbinds(
          1,
          trapOid,
          policyEventVarbinds(91, 1, { policyPath: '', policyName: 'x', intData1, intData2, strData }),
        );
        const pdu = { type: 'inform', requestId: requestId++, errorStatus: 0, errorIndex: 0, varbinds } as const;
        const bytes = encodeCommunityMessage({ version: '2c', community: Buffer.from('pair'), pdu });
        await sendUdp(pair.stage.relay.front.spoke.address, pair.stage.facts.spoke.signal, [bytes]);
      };
      const { stop, alert, done, arm } = defaultValues;
      const id = '01JD00000000000000000000AA';
      await signal(2_323_299, 0, '1 stop');
      await signal(stop, 0, noise(9, 255).toString('latin1'));
      await signal(stop, 0, `1 alert ${id}`);
      await signal(stop, 0, '');
      await signal(stop, 0, '1 stop ../../../etc/passwd');
      await signal(arm, 0, `1 arm ${id}`);
      await signal(done, -1, `1 done ${id} off=yes\u0000\u001b[2J cap=9999999999/0`);
      await signal(stop, 0, `1 stop ${id}`, '1.3.6.1.6.3.1.1.5.3');
      for (const reason of ['value', 'strdata-missing', 'phase-differs', 'remote-arm', 'not-a-signal'])
        await pair.refused('spoke', reason);
      const { refusals, incidents } = await pair.status('spoke');
      expect(refusals['strdata-malformed']).toBeGreaterThanOrEqual(1);
      expect(incidents).toEqual([]);
      expect(pair.stage.boxes.spoke.commandLog.map(({ expanded }) => expanded)).not.toContain('undebug all');

      // A delay of nonsense is our own delay, and hostile keys reach no command.
      await signal(alert, -2_147_483_648, `1 alert ${id} spi=0xZZ src=11.1.1.3;reload dst=$(id)`);
      const spoke = await pair.sealed('spoke');
      expect(spoke.stop.off).toBe('verified');
      expect(spoke.plannedStop?.delayMs).toBeLessThanOrEqual(1_000);
      for (const { typed } of pair.stage.boxes.spoke.commandLog) expect(typed).not.toMatch(/reload|\$\(/);
      pair.quiet('spoke');
      await pair.alive('spoke');
    });
  });
}

const stopVarbinds = (strData: string, intData2: number) =>
  notificationVarbinds(
    1,
    policyEventTrapOid(91),
    policyEventVarbinds(91, 1, { policyPath: '', policyName: 'x', intData1: defaultValues.stop, intData2, strData }),
  );
