/** Syslog as traps from net-snmp's C programs (Debian package snmp) to source snmp-trap: v1, v2c, v3, informs, and who is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine } from '../../agent/net/engine.ts';
import type { SnmpCredentials } from '../../agent/net/signalling.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import { type SnmpTrapConfig, snmpTrap } from '../../agent/sources/snmp-trap.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { CLOG_MESSAGE_GENERATED } from '../../shared/wire/clog-trap.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { community, communityV1, v3 } from '../support/snmp-peers.ts';
import { run, SnmpFolder, snmpToolsPresent, v3Arguments } from './snmp-tools.ts';

const C_ENGINE = '80001f880411223344';
const ENTRY = '1.3.6.1.4.1.9.9.41.1.2.3.1';
const BODY =
  "decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=Ethernet0/0";
const objects = [
  ...[`${ENTRY}.2.7`, 's', 'CRYPTO', `${ENTRY}.3.7`, 'i', '5', `${ENTRY}.4.7`, 's', 'RECVD_PKT_INV_SPI'],
  ...[`${ENTRY}.5.7`, 's', BODY, `${ENTRY}.6.7`, 't', '4711'],
];
const V2 = ['', CLOG_MESSAGE_GENERATED, ...objects];
const V1 = ['1.3.6.1.4.1.9.9.41.2', '203.0.113.9', '6', '1', '4711', ...objects];

describe.skipIf(!snmpToolsPresent && !process.env['CI'])('syslog as traps (skipped without the Debian package snmp)', () => {
  let folder: SnmpFolder;
  beforeAll(() => {
    folder = new SnmpFolder();
  });
  afterAll(() => folder.remove());

  async function hear(snmp: SnmpCredentials) {
    const world = {
      clock: createClock(),
      random: createRandom(),
      disk: new FakeDisk(),
      datagrams: udpDatagrams,
    } as unknown as World;
    const engine = await openEngine('/live', null, world);
    const seen: Observation[] = [];
    let wake: () => void = () => {};
    const config: SnmpTrapConfig = {
      kind: 'snmp-trap',
      name: 'traps',
      listen: { address: '127.0.0.1', port: 0 },
      from: [parseRange('127.0.0.1')!],
      snmp,
      engineId: C_ENGINE,
      opens: [],
    };
    const emit = (observation: Observation): void => {
      seen.push(observation);
      wake();
    };
    const source = await snmpTrap.open('traps', config, { world, emit, device: null, engine });
    const to = `127.0.0.1:${source.local.port}`;
    const until = async (kind: Observation['kind']): Promise<void> => {
      while (!seen.some((o) => o.kind === kind)) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { seen, source, to, until };
  }

  test.each<[string, SnmpCredentials, tool: string, args: (to: string) => string[], trust: string]>([
    ['v1 trap', communityV1, 'snmptrap', (to) => ['-v1', '-c', 'public', to, ...V1], 'spoofable'],
    ['v2c trap', community, 'snmptrap', (to) => ['-v2c', '-c', 'public', to, ...V2], 'spoofable'],
    ['v2c inform', community, 'snmpinform', (to) => ['-v2c', '-c', 'public', to, ...V2], 'spoofable'],
    ['v3 trap', v3(), 'snmptrap', (to) => [...v3Arguments('sha256', 'aes128'), '-e', `0x${C_ENGINE}`, to, ...V2], 'connected'],
    ['v3 inform', v3(), 'snmpinform', (to) => [...v3Arguments('sha256', 'aes128'), to, ...V2], 'connected'],
  ])('%s: the line that IOS would have sent; an inform is answered', async (_name, snmp, tool, args, trust) => {
    folder.forgetState();
    const { seen, source, to, until } = await hear(snmp);
    const { code, output } = await run(folder, tool, args(to));
    expect(code, output).toBe(0);
    await until('lines');
    const line = seen.find((o) => o.kind === 'lines')!;
    expect(line.bytes.toString()).toBe(`<188>7: %CRYPTO-4-RECVD_PKT_INV_SPI: ${BODY}\n`);
    expect(line).toMatchObject({ trust, from: '127.0.0.1' });
    await source.close();
  });
  test('another community, another password: refused and counted, the inform is not answered', async () => {
    folder.forgetState();
    const plain = await hear(community);
    await run(folder, 'snmptrap', ['-v2c', '-c', 'guessed', plain.to, ...V2]);
    await plain.until('refusal');
    expect(plain.seen.find((o) => o.kind === 'refusal')).toMatchObject({ reason: 'snmp-community' });
    await plain.source.close();
    const secret = await hear(v3());
    const wrong = v3Arguments('sha256', 'aes128', { authKey: 'another-password' });
    const { code } = await run(folder, 'snmpinform', ['-r', '0', '-t', '1', ...wrong, secret.to, ...V2]);
    expect(code).not.toBe(0);
    await secret.until('refusal');
    expect(secret.seen.flatMap((o) => (o.kind === 'refusal' ? [o.reason] : []))).toContain('snmp-hmac');
    expect(secret.seen.some((o) => o.kind === 'lines')).toBe(false);
    await secret.source.close();
  });
});
