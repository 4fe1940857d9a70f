/**
 * What an administrator puts on a gateway for this platform: rules for sudo, charon's log of our own and its levels, the table that counts
 * ESP. docs/linux.md shows them (test/docs/linux-doc.test.ts holds the page to them), `spitrap lab --real` puts them into its namespaces.
 */
import { LEVELS, LEVELS_OFF, LEVELS_ON, LOG_FILE, PROBE } from './lines.ts';

export interface HostFile {
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  readonly text: string;
}

const FOLDER = LEVELS.replace(/\/[^/]*$/, '');

/** `:` and `=` are taken as they stand only behind a backslash; there are none in what is allowed. */
const sudoers = (user: string): string =>
  [
    `# ${user} may run these lines as root, letter for letter, and nothing else.`,
    `Defaults:${user} !requiretty, !syslog`,
    ...[
      `/usr/bin/ln -sfn ${LEVELS_ON} ${LEVELS}`,
      `/usr/bin/ln -sfn ${LEVELS_OFF} ${LEVELS}`,
      '/usr/sbin/swanctl --reload-settings',
      `/usr/sbin/swanctl --rekey --child ${PROBE}`,
      '/usr/sbin/swanctl --list-sas --raw',
      '/usr/sbin/swanctl --list-conns',
      '/usr/sbin/swanctl --stats',
      '/usr/sbin/swanctl --version --daemon',
      '/usr/sbin/ip -s xfrm state list nokeys',
      '/usr/sbin/ip xfrm policy list',
      '/usr/sbin/nft list table inet spitrap',
    ].map((line) => `${user} ALL=(root) NOPASSWD: ${line}`),
    '',
  ].join('\n');

const logging = `charon-systemd {
  filelog {
    spitrap {
      path = ${LOG_FILE}
      time_format = %Y-%m-%dT%H:%M:%S
      time_add_ms = yes
      append = yes
      flush_line = yes
      include spitrap/levels
    }
  }
}
`;

const levelsOff = `default = 1
`;

/** Two is what tells of ESP without an SA and of our own requests; three would dump packets. */
const levelsOn = `default = 1
ike = 2
chd = 2
knl = 2
net = 2
esp = 2
cfg = 2
`;

const table = `table inet spitrap
delete table inet spitrap
table inet spitrap {
  set esp4 { typeof ip saddr . ip daddr . esp spi; flags dynamic,timeout; size 4096; timeout 5m; }
  set udp4 { typeof ip saddr . ip daddr . @th,64,32; flags dynamic,timeout; size 4096; timeout 5m; }
  set esp6 { typeof ip6 saddr . ip6 daddr . esp spi; flags dynamic,timeout; size 4096; timeout 5m; }
  set udp6 { typeof ip6 saddr . ip6 daddr . @th,64,32; flags dynamic,timeout; size 4096; timeout 5m; }
  chain watch {
    type filter hook prerouting priority -150; policy accept;
    meta nfproto ipv4 meta l4proto esp update @esp4 { ip saddr . ip daddr . esp spi counter }
    meta nfproto ipv4 udp dport 4500 @th,64,32 != 0 update @udp4 { ip saddr . ip daddr . @th,64,32 counter }
    meta nfproto ipv6 meta l4proto esp update @esp6 { ip6 saddr . ip6 daddr . esp spi counter }
    meta nfproto ipv6 udp dport 4500 @th,64,32 != 0 update @udp6 { ip6 saddr . ip6 daddr . @th,64,32 counter }
  }
}
`;

export const hostFiles = (user: string): readonly HostFile[] => [
  { path: '/etc/sudoers.d/spitrap', mode: '0440', text: sudoers(user) },
  { path: '/etc/strongswan.d/spitrap.conf', mode: '0644', text: logging },
  { path: `${FOLDER}/${LEVELS_OFF}`, mode: '0644', text: levelsOff },
  { path: `${FOLDER}/${LEVELS_ON}`, mode: '0644', text: levelsOn },
  { path: '/etc/nftables.d/spitrap.nft', mode: '0644', text: table },
];
