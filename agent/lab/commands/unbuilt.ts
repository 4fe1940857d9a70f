/**
 * Words that a real box knows and this one does nothing with: they are here so that abbreviations are ambiguous where IOS
 * finds them so (`s`, `c`, `show c`). Typed in full they are incomplete, never invalid.
 */
import type { ExecCommand } from './result.ts';

const USER_WORDS = 'access-enable connect crypto name-connection resume set ssh systat telnet traceroute tunnel where'.split(' ');
const PRIVILEGED_WORDS = 'archive cd copy erase event format monitor mkdir reload rename send setup squeeze test verify'.split(
  ' ',
);
const SHOW_WORDS =
  'aaa access-lists arp cdp class-map controllers cef crypto diag eigrp environment event flash: hosts interfaces kron line memory ntp platform policy-map protocols redundancy route-map sessions snmp spanning-tree ssh standby stacks tcp tech-support track tunnel vrf'.split(
    ' ',
  );
const SHOW_CRYPTO_WORDS = 'ca call datapath dynamic-map eli engine entropy gdoi ha identity ipv6 key mib pki route ruleset'.split(
  ' ',
);

export const unbuiltCommands: readonly ExecCommand[] = [
  ...USER_WORDS.map((word): ExecCommand => ({ path: word })),
  ...PRIVILEGED_WORDS.map((word): ExecCommand => ({ path: word, privilege: 15 })),
  ...SHOW_WORDS.map((word): ExecCommand => ({ path: `show ${word}` })),
  ...SHOW_CRYPTO_WORDS.map((word): ExecCommand => ({ path: `show crypto ${word}` })),
  ...['access-lists', 'arp', 'bgp', 'eigrp', 'ospf', 'protocols', 'sockets', 'traffic'].map(
    (word): ExecCommand => ({ path: `show ip ${word}` }),
  ),
];
