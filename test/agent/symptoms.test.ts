/** agent/symptoms.ts: floods of what names no flow, and who may cause what. Whole incidents of it are test/sim/symptoms.test.ts. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import type { Logger } from '../../agent/log.ts';
import { Symptoms } from '../../agent/symptoms.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { CutMessage, LineChunk, Symptom } from '../../shared/model/observation.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDevice } from '../support/fake-device.ts';

const peer = (name: string, address: string) => ({ name, cryptoAddresses: [parseRange(address)!] });
const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let clock: FakeClock;
let device: FakeDevice;
let taken: { cause: string; opens: boolean; peers: readonly string[]; detail: string }[];
let lines: LineChunk[];

function desk(peers: readonly ReturnType<typeof peer>[], mode: Config['mode'] = 'act'): Symptoms {
  return new Symptoms({
    config: { mode, peers } as unknown as Config,
    device,
    clock,
    log,
    newId: () => '01KAM000000000000000000001',
    input: (input) => void taken.push(input),
    onLine: (chunk) => void lines.push(chunk),
  });
}
beforeEach(() => {
  clock = new FakeClock();
  device = new FakeDevice(clock);
  taken = [];
  lines = [];
});
const symptom = (more: Partial<Symptom> = {}): Symptom => ({
  ...{ kind: 'symptom', source: 's', cause: 'no-sa', opens: true, remote: null, detail: 'cipSecNoSa' },
  ...{ at: clock.monotonic(), wall: clock.wall() },
  ...more,
});
const cut = (more: Partial<CutMessage> = {}): CutMessage => ({
  ...{ kind: 'cut-message', source: 's', trust: 'spoofable', bytes: Buffer.from('…*\n'), from: '192.0.2.1' },
  whole:
    "<188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669)",
  spi: '0x68842105',
  ...{ at: clock.monotonic(), wall: clock.wall() },
  ...more,
});
const two = [peer('spoke1', '11.1.1.3'), peer('spoke2', '11.1.1.4')];

test('a flood of one symptom is one in ten seconds; another cause, or another peer, is another', async () => {
  const desk_ = desk(two);
  for (let n = 0; n < 1_000; n++) desk_.take(symptom());
  desk_.take(symptom({ cause: 'bad-sa' }));
  desk_.take(symptom({ remote: '11.1.1.4' }));
  expect(taken.map(({ cause, peers }) => [cause, ...peers])).toEqual([['no-sa'], ['bad-sa'], ['no-sa', 'spoke2']]);
  await clock.advance(10_000);
  desk_.take(symptom());
  expect(taken).toHaveLength(4);
});

test('one that is only noted does not keep out one that opens', () => {
  const desk_ = desk(two);
  desk_.take(symptom({ opens: false }));
  desk_.take(symptom());
  expect(taken.map(({ opens }) => opens)).toEqual([false, true]);
});

describe('the IKE twin in a line', () => {
  const twin = (remote: string) => symptom({ cause: 'ikmp-no-sa', remote });
  test('of nobody that is configured: noted, and nothing is asked', async () => {
    const desk_ = desk(two);
    for (let n = 0; n < 100; n++) desk_.takeLine(twin(`203.0.113.${n}`), 'spoofable');
    await settle();
    expect(taken).toMatchObject([{ opens: false, peers: [] }]);
    expect(device.commands).toEqual([]);
  });
  test.each([
    ['it stands in the log', '*Mar 12: %CRYPTO-4-IKMP_NO_SA: IKE message from 11.1.1.3 has no SA', true],
    ['another one does: 11.1.1.30 is not 11.1.1.3', '*Mar 12: %CRYPTO-4-IKMP_NO_SA: IKE message from 11.1.1.30 has no SA', false],
    ['nothing does', '', false],
  ])('over UDP: %s', async (_name, output, opens) => {
    device.answer = () => output;
    desk(two).takeLine(twin('11.1.1.3'), 'spoofable');
    await settle();
    expect(device.commands).toEqual(['capture: show logging | include IKMP_NO_SA']);
    expect(taken).toMatchObject([{ opens, peers: ['spoke1'] }]);
  });
  test('mode observe asks nothing', async () => {
    desk(two, 'observe').takeLine(twin('11.1.1.3'), 'spoofable');
    await settle();
    expect(device.commands).toEqual([]);
  });
});

describe('a cut message', () => {
  test('one peer: its address, said to be the configuration’s; what came is kept', () => {
    desk([two[0]!]).takeCut(cut());
    expect(lines[0]!.bytes.toString()).toMatch(/, srcaddr=11\.1\.1\.3 \[its end was cut off: the address is from peers\]\n$/);
    expect(lines[0]).toMatchObject({ asCame: Buffer.from('…*\n'), trust: 'spoofable' });
    expect(taken).toEqual([]);
  });
  test.each<[string, CutMessage['trust'], string, boolean]>([
    ['absent, with a community', 'spoofable', '', false],
    ['absent, authenticated', 'connected', '', true],
    ['a debug line alone', 'spoofable', 'IPSEC: spi=0x68842105(1753489669)', false],
  ])('several peers, the log: %s', async (_name, trust, output, opens) => {
    device.answer = () => output;
    desk(two).takeCut(cut({ trust }));
    await settle();
    expect(taken).toMatchObject([{ cause: 'cut-message', opens }]);
    expect(lines).toHaveLength(1);
  });
  test.each([
    ['connected', true],
    ['spoofable', false],
  ] as const)(
    'a range of peers and no SPI: nothing can be filled in or asked; an event if it is authentic (%s)',
    async (trust, opens) => {
      desk([peer('many', '11.1.0.0/16')]).takeCut(cut({ spi: null, trust }));
      await settle();
      expect(device.commands).toEqual([]);
      expect(taken).toMatchObject([{ cause: 'cut-message', opens }]);
    },
  );
  test('a thousand of them ask the device once in two seconds; each is kept as evidence', async () => {
    const desk_ = desk(two);
    for (let n = 0; n < 1_000; n++) desk_.takeCut(cut({ spi: `0x${(n + 1).toString(16)}` }));
    await settle();
    expect(device.commands).toHaveLength(1);
    expect(lines).toHaveLength(1_000);
  });
});
