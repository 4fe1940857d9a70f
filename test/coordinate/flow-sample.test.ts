/** shared/coordinate/flow-sample.ts: what one `show crypto ipsec sa peer X detail` says of a flow. */
import { expect, test } from 'vitest';
import { sampleFlow } from '../../shared/coordinate/flow-sample.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { flow } from './given.ts';

const output = (inbound: string, outbound: string, peer = '11.1.1.3'): string => `
interface: Tunnel0
    Crypto map tag: Tunnel0-head-0, local addr 213.163.222.7

   protected vrf: (none)
   local  ident (addr/mask/prot/port): (213.163.222.7/255.255.255.255/47/0)
   remote ident (addr/mask/prot/port): (${peer}/255.255.255.255/47/0)
   current_peer ${peer} port 500
     PERMIT, flags={origin_is_acl,}
    #pkts encaps: 120, #pkts encrypt: 120, #pkts digest: 120
    #pkts decaps: 118, #pkts decrypt: 118, #pkts verify: 118
    #pkts no sa (send) 3, #pkts invalid sa (rcv) 41
    #send errors 0, #recv errors 2

     local crypto endpt.: 213.163.222.7, remote crypto endpt.: ${peer}
     inbound esp sas:
      ${inbound === '' ? '' : `spi: ${inbound}\n        Status: ACTIVE(ACTIVE)`}

     outbound esp sas:
      ${outbound === '' ? '' : `spi: ${outbound}\n        Status: ACTIVE(ACTIVE)`}
`;
const BAD = '0x68842105(1753489669)';
const NEW = '0x1A2B3C4D(439041101)';
const read = (text: string) => sampleFlow(flow, platformNamed('cisco-ios')!.parsers.ipsecSas(text).value);

test('the receiver after a rekey: another SPI inbound, its counters', () => {
  expect(read(output(NEW, '0x5(5)'))).toEqual({ flow, spi: 'none', otherInbound: 1, decaps: 118, errors: 43 });
});

test('the sender that goes on: the bad SPI is outbound', () => {
  const text = output(NEW, BAD, '213.163.222.7').replaceAll('local addr 213.163.222.7', 'local addr 11.1.1.3');
  expect(read(text)).toMatchObject({ spi: 'outbound', otherInbound: 1 });
});

test('an SA that is there all the same', () => {
  expect(read(output(BAD, '0x5(5)'))).toMatchObject({ spi: 'inbound', otherInbound: 0 });
});

test.each([
  ['no SA at all', output('', '')],
  ['another peer', output(NEW, '0x5(5)', '11.1.1.30')],
  ['nothing', ''],
  ['a refusal', "% Invalid input detected at '^' marker."],
])('%s proves nothing', (_, text) => {
  expect(read(text)).toBeNull();
});
