/**
 * The files of one gateway of the real lab, as they stand in its own mount namespace: strongSwan's, sshd's, the user's, and those that
 * docs/linux.md asks of any gateway. Pure; end.ts writes them into the lab's folder, stage.sh puts them in their places.
 */
import { type HostFile, hostFiles } from '../../../../shared/platforms/linux-strongswan/host-files.ts';
import { type End, otherEnd } from '../relay.ts';

/** RFC 5737, on veth and lo inside the namespaces alone; no default route: nothing can leave. */
export const WAN: Readonly<Record<End, string>> = { hub: '198.51.100.1', spoke: '198.51.100.2' };
export const LAN: Readonly<Record<End, string>> = { hub: '203.0.113.1', spoke: '203.0.113.129' };
export const HOST: Readonly<Record<End, string>> = { hub: 'hub1', spoke: 'spoke1' };
export const SSH_PORT = 2_222;
export const SIGNAL_PORT = 10_162;
export const labLogin = 'spitrap';
/** In none of the ranges that Debian gives out. */
const USER_ID = 64_998;
export const CONNECTION = 'peer';
export const CHILD = 'net';

export interface GatewayOptions {
  readonly ike: 1 | 2;
  /** Pre-shared key, drawn for this run. */
  readonly psk: string;
}

/** Paths are those inside. */
export function gatewayFiles(end: End, { ike, psk }: GatewayOptions): readonly HostFile[] {
  const file = (path: string, text: string, mode = '0644'): HostFile => ({ path, text, mode });
  return [
    file('/etc/strongswan.conf', strongswan),
    file('/etc/swanctl/swanctl.conf', connections(end, ike, psk), '0600'),
    ...hostFiles(labLogin),
    file('/etc/sudoers', 'root ALL=(ALL:ALL) NOPASSWD: ALL\n@includedir /etc/sudoers.d\n', '0440'),
    file('/etc/ssh/lab_sshd_config', sshd(end)),
    file(
      '/etc/passwd',
      `root:*:0:0:root:/root:/bin/bash\nsshd:*:100:65534::/run/sshd:/usr/sbin/nologin\n${labLogin}:*:${USER_ID}:${USER_ID}::/:/bin/bash\n`,
    ),
    file('/etc/group', `root:x:0:\nadm:x:4:${labLogin}\nnogroup:x:65534:\n${labLogin}:x:${USER_ID}:\n`),
    file('/etc/shadow', `root:*:20000::::::\n${labLogin}:*:20000::::::\n`, '0600'),
    file('/etc/hosts', `127.0.0.1 localhost ${HOST[end]}\n`),
  ];
}

/** ESP in userland, so that any kernel will do; retransmits are given up within seconds, so that a lost DELETE is soon over. */
const strongswan = `charon-systemd {
  load = random nonce aes sha1 sha2 hmac kdf gmp pem kernel-libipsec kernel-netlink socket-default vici counters
  install_virtual_ip = no
  retransmit_tries = 3
  retransmit_timeout = 1.0
  journal {
    default = -1
  }
}
swanctl {
  load = pem random
}
include strongswan.d/*.conf
`;

/** Without DPD and MOBIKE, which would find the desync and heal it. */
const connections = (end: End, ike: 1 | 2, psk: string): string => `connections {
  ${CONNECTION} {
    version = ${ike}
    mobike = no
    local_addrs = ${WAN[end]}
    remote_addrs = ${WAN[otherEnd(end)]}
    proposals = aes256-sha256-modp2048
    dpd_delay = 0
    local {
      auth = psk
      id = ${end}.example.net
    }
    remote {
      auth = psk
      id = ${otherEnd(end)}.example.net
    }
    children {
      ${CHILD} {
        local_ts = ${LAN[end]}/32
        remote_ts = ${LAN[otherEnd(end)]}/32
        esp_proposals = aes256-sha256
        start_action = ${end === 'spoke' ? 'start' : 'none'}
        close_action = none
        dpd_action = clear
      }
    }
  }
}
secrets {
  ike-1 {
    secret = "${psk}"
  }
}
`;

const sshd = (end: End): string =>
  [
    `Port ${SSH_PORT}`,
    `ListenAddress ${WAN[end]}`,
    'HostKey /etc/ssh/lab_host_key',
    'PidFile none',
    'AuthorizedKeysFile /etc/ssh/lab_authorized_keys',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    `AllowUsers ${labLogin}`,
    'MaxStartups 30',
    '',
  ].join('\n');
