/** What the real lab needs of this machine, and says when it is missing, before anything is made. Called by real/run.ts. */
import { SpitrapError } from '../../../../shared/errors.ts';
import type { Programs } from './programs.ts';

/** The program by which each Debian package is known. */
const PACKAGES: readonly (readonly [program: string, name: string])[] = [
  ['/usr/bin/unshare', 'util-linux'],
  ['/usr/sbin/ip', 'iproute2'],
  ['/usr/sbin/nft', 'nftables'],
  ['/usr/bin/ping', 'iputils-ping'],
  ['/usr/bin/tcpdump', 'tcpdump'],
  ['/usr/sbin/charon-systemd', 'charon-systemd'],
  ['/usr/sbin/swanctl', 'strongswan-swanctl'],
  ['/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so', 'libcharon-extra-plugins'],
  ['/usr/sbin/sshd', 'openssh-server'],
  ['/usr/bin/ssh-keygen', 'openssh-client'],
  ['/usr/bin/sudo', 'sudo'],
];

export const realLabPackages: readonly string[] = [...new Set(PACKAGES.map(([, name]) => name))];

export interface Machine {
  readonly os: string;
  /** Null: there are no user ids here. */
  readonly userId: number | null;
}

/** Rejects with LAB_FAILED naming what is missing. */
export async function checkRequirements({ os, userId }: Machine, programs: Programs): Promise<void> {
  if (os !== 'linux')
    throw new SpitrapError(
      'LAB_FAILED',
      `spitrap lab --real makes Linux network namespaces, and this is ${os}; spitrap lab needs nothing`,
    );
  if (userId !== 0)
    throw new SpitrapError(
      'LAB_FAILED',
      'spitrap lab --real makes network namespaces, which only root may: run it with sudo; spitrap lab needs nothing',
    );
  const missing: string[] = [];
  for (const [program, name] of PACKAGES)
    if ((await programs.run(['test', '-e', program])).code !== 0 && !missing.includes(name)) missing.push(name);
  if (missing.length > 0)
    throw new SpitrapError(
      'LAB_FAILED',
      `spitrap lab --real needs these Debian packages: ${missing.join(' ')}; npm run lab:real:setup installs them, or apt-get install --no-install-recommends`,
    );
  if ((await programs.run(['test', '-c', '/dev/net/tun'])).code !== 0)
    throw new SpitrapError(
      'LAB_FAILED',
      'spitrap lab --real does ESP on a TUN device, and there is no /dev/net/tun: modprobe tun, or give it to the container',
    );
  const made = await programs.run(['unshare', '--net', '--mount', '--pid', '--uts', '--fork', '--mount-proc', 'true']);
  if (made.code !== 0)
    throw new SpitrapError(
      'LAB_FAILED',
      `spitrap lab --real needs network, mount, process and host name namespaces of its own, and this kernel or container gives none: ${made.output.trim().slice(0, 200)}`,
    );
}
