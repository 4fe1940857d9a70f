/** `show crypto …`: the SA tables and the debug conditions. */
import { debugCondition } from '../render/debugging.ts';
import { cryptoSockets } from '../render/dmvpn.ts';
import { allTraces, ipsecEvents } from '../render/event-trace.ts';
import { ikev2Sa, isakmpSa, isakmpSaDetail } from '../render/ike-sa.ts';
import { ipsecSa } from '../render/ipsec-sa.ts';
import { cryptoMap, isakmpPolicy } from '../render/routing.ts';
import { cryptoSession } from '../render/session.ts';
import { spiLookup } from '../render/spi-lookup.ts';
import { type ExecCommand, type ExecRun, print } from './result.ts';

/** Only IOS XE has these traces. */
const traced = (path: string, run: ExecRun): ExecCommand => ({
  path: `show monitor event-trace crypto ${path}`,
  privilege: 15,
  platform: 'cisco-iosxe',
  run,
});

export const showCryptoCommands: readonly ExecCommand[] = [
  traced('all', ({ core }) => print(allTraces(core))),
  traced('all detail', ({ core }) => print(allTraces(core))),
  traced('latest', ({ core }) => print(allTraces(core))),
  traced('latest detail', ({ core }) => print(allTraces(core))),
  ...['ipsec', 'ipsec event', 'ipsec event latest', 'ipsec event latest detail', 'ipsec latest', 'ipsec latest detail'].map(
    (path) => traced(path, ({ core }) => print(ipsecEvents(core, path.includes('latest')))),
  ),
  ...['ipsec all', 'ipsec all detail', 'ipsec event all', 'ipsec event all detail'].map((path) =>
    traced(path, ({ core }) => print(ipsecEvents(core, false))),
  ),
  ...['ikev2', 'ikev2 all', 'ikev2 latest', 'ikev2 event all', 'ikev2 event latest'].map((path) =>
    traced(path, () => print(['Tracing currently disabled, from exec command', ''])),
  ),
  { path: 'show crypto ipsec sa', run: ({ core }) => print(ipsecSa(core, false, null)) },
  { path: 'show crypto ipsec sa detail', run: ({ core }) => print(ipsecSa(core, true, null)) },
  { path: 'show crypto ipsec sa peer A.B.C.D', run: ({ core }, [peer]) => print(ipsecSa(core, false, peer!)) },
  { path: 'show crypto ipsec sa peer A.B.C.D detail', run: ({ core }, [peer]) => print(ipsecSa(core, true, peer!)) },
  { path: 'show crypto ipsec spi-lookup', privilege: 15, run: ({ core }) => print(spiLookup(core, false)) },
  { path: 'show crypto ipsec spi-lookup detail', privilege: 15, run: ({ core }) => print(spiLookup(core, true)) },
  { path: 'show crypto isakmp sa', run: ({ core }) => print(isakmpSa(core)) },
  { path: 'show crypto isakmp sa detail', run: ({ core }) => print(isakmpSaDetail(core)) },
  { path: 'show crypto ikev2 sa', run: ({ core }) => print(ikev2Sa(core, false, null)) },
  { path: 'show crypto ikev2 sa detailed', run: ({ core }) => print(ikev2Sa(core, true, null)) },
  { path: 'show crypto ikev2 sa remote A.B.C.D', run: ({ core }, [peer]) => print(ikev2Sa(core, false, peer!)) },
  { path: 'show crypto ikev2 sa remote A.B.C.D detailed', run: ({ core }, [peer]) => print(ikev2Sa(core, true, peer!)) },
  { path: 'show crypto session', run: ({ core }) => print(cryptoSession(core, false, null)) },
  { path: 'show crypto session detail', run: ({ core }) => print(cryptoSession(core, true, null)) },
  { path: 'show crypto session remote A.B.C.D', run: ({ core }, [peer]) => print(cryptoSession(core, false, peer!)) },
  { path: 'show crypto session remote A.B.C.D detail', run: ({ core }, [peer]) => print(cryptoSession(core, true, peer!)) },
  { path: 'show crypto isakmp policy', run: ({ core }) => print(isakmpPolicy(core)) },
  { path: 'show crypto map', run: ({ core }) => print(cryptoMap(core)) },
  { path: 'show crypto sockets', run: ({ core }) => print(cryptoSockets(core)) },
  { path: 'show crypto debug-condition', privilege: 15, run: ({ core }) => print(debugCondition(core)) },
];
