/** What captured outputs say to the diagnosis, on Cisco: which table, limited to whom, and when an output is no table. */
import { describe, expect, test } from 'vitest';
import type { CaptureFacts } from '../../shared/model/evidence.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { ipsecSa } from '../analyze/outputs.ts';

const HUB = '213.163.222.7';
const SPOKE = '11.1.1.3';

function facts(command: string, output: string): CaptureFacts {
  const read = ciscoIos.evidence.capture(command, output);
  if (read === null) throw new Error(`no reader of ${command}`);
  return read;
}

describe('show crypto ipsec sa', () => {
  const text = ipsecSa({ local: HUB, remote: SPOKE, inbound: [{ spi: 0x1234 }] });

  test.each([
    ['show crypto ipsec sa', null],
    ['show cry ips sa det', null],
    [`show crypto ipsec sa peer ${SPOKE} detail`, [SPOKE]],
    ['show crypto ipsec sa peer 2001:DB8::7', ['2001:db8::7']],
  ])('%s', (command, peers) => {
    const { ipsec, unread } = facts(command, text);
    expect(ipsec!.peers).toEqual(peers);
    expect(ipsec!.idents[0]!.sas[0]).toMatchObject({ spi: 0x1234, direction: 'inbound' });
    expect(unread).toEqual([]);
  });

  test('nothing is an empty table; text that is none, or a filter, is no table', () => {
    expect(facts(`show crypto ipsec sa peer ${SPOKE}`, '\n').ipsec).toEqual({ peers: [SPOKE], idents: [] });
    expect(facts('show crypto ipsec sa', '% Cannot do that now\n')).toMatchObject({ ipsec: null, unread: [{ number: 1 }] });
    expect(facts('show crypto ipsec sa | include spi', text).ipsec).toBeNull();
  });
});

describe('IKE', () => {
  const short = `IPv4 Crypto ISAKMP SA
dst             src             state          conn-id status
${HUB}   ${SPOKE}        QM_IDLE           1002 ACTIVE
${HUB}   ${SPOKE}        MM_NO_STATE          0 ACTIVE (deleted)

IPv6 Crypto ISAKMP SA
`;

  test('the short table, rows being torn down beside those that stand', () => {
    const { ike } = facts('show crypto isa sa', short);
    expect(ike).toMatchObject({ version: 1, peers: null });
    expect(ike!.sas.map(({ state, established, deleted, line }) => [state, established, deleted, line])).toEqual([
      ['QM_IDLE', true, false, 3],
      ['MM_NO_STATE', false, true, 4],
    ]);
  });

  test('a filter for an address limits the table to it; another filter makes it none', () => {
    expect(facts(`show crypto isakmp sa detail | include ${SPOKE}`, '').ike).toEqual({ version: 1, peers: [SPOKE], sas: [] });
    expect(facts('show crypto isakmp sa | include QM_IDLE', '').ike).toBeNull();
    expect(facts(`show crypto ikev2 sa remote ${SPOKE} detailed`, '').ike).toEqual({ version: 2, peers: [SPOKE], sas: [] });
  });

  test('a session without an IKE SA says that there is none', () => {
    const session = `Crypto session current status

Code: C - IKE Configuration mode, D - Dead Peer Detection

Interface: Tunnel0
Session status: UP-NO-IKE
Peer: ${SPOKE} port 500 fvrf: (none) ivrf: (none)
      Desc: (none)
      Phase1_id: (none)
  IPSEC FLOW: permit 47 host ${HUB} host ${SPOKE}
        Active SAs: 2, origin: crypto map
`;
    expect(facts(`show crypto session remote ${SPOKE} detail`, session).ike).toEqual({ version: 1, peers: [SPOKE], sas: [] });
    expect(facts(`show crypto session remote ${SPOKE} detail`, 'Crypto session current status\n').ike).toBeNull();
  });
});

test('the table of SPIs: what is not shown is null', () => {
  const { spis } = facts(
    'show crypto ipsec spi-lookup detail',
    `Active SPI table
     SPI Prot Local Address            Type
  Handle VRF  Remote Address           IDB
  32B48C51 ipsec 11.1.1.3 type 40000003 0 213.163.222.7 0
`,
  );
  expect(spis).toEqual({ active: [expect.objectContaining({ spi: 0x32b48c51, line: 4 })], transient: null });
});

test('drop counters of a QFP by their own names', () => {
  const { counters } = facts(
    'show platform hardware qfp active feature ipsec datapath drops all',
    `------------------------------------------------------------------------
Drop Type  Name                                     Packets
------------------------------------------------------------------------
        4  IN_US_V4_PKT_SA_NOT_FOUND_SPI                             67643
`,
  );
  expect(counters).toEqual({ IN_US_V4_PKT_SA_NOT_FOUND_SPI: 67_643 });
});

test('a command without a reader gives no facts', () => {
  expect(ciscoIos.evidence.capture('show users', 'x')).toBeNull();
  expect(ciscoIos.evidence.capture('', '')).toBeNull();
});
