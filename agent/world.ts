/** The World on this host: every port with its production adapter. Made once by bin/spitrap.ts; tests and simulation bring their own. */
import type { Clock } from '../shared/clock.ts';
import { createClock } from './clock.ts';
import { localShells, shellsByTarget } from './device/local-shell.ts';
import { createDisk } from './evidence/disk.ts';
import { threadReports } from './evidence/report-thread.ts';
import { udpDatagrams } from './net/datagram.ts';
import { tcpDialer } from './net/dialer.ts';
import { nodeHttp } from './net/http.ts';
import { nodeHttpServers } from './net/http-server.ts';
import { natsEngines } from './net/nats.ts';
import { tcpStreams } from './net/stream.ts';
import { tlsStreams } from './net/tls.ts';
import type { ShellTransport, SnmpPolls, World } from './ports.ts';
import { createRandom } from './random.ts';
import { systemLogFiles } from './sources/log-files.ts';
import { nodeSpawn } from './spawn.ts';

export function createWorld(): World {
  const clock = createClock();
  const random = createRandom();
  const spawn = nodeSpawn(clock);
  return {
    clock,
    random,
    disk: createDisk(),
    logFiles: systemLogFiles,
    datagrams: udpDatagrams,
    streams: tcpStreams,
    tls: tlsStreams,
    snmp: lazyPolls(clock),
    shells: shellsByTarget(lazySsh(clock), localShells(spawn)),
    http: nodeHttp,
    httpServers: nodeHttpServers(),
    dialer: tcpDialer(clock),
    spawn,
    reports: threadReports(),
    engines: natsEngines(clock, random),
  };
}

/**
 * The two packages that take longest to load, and that no subcommand needs but those that go to a device. `spitrap run` has them loaded
 * before it starts: an upgrade under its feet must not take away what it has not used yet.
 */
export const deviceAdapters = {
  ssh: () => import('./device/transport.ts'),
  snmp: () => import('./net/snmp-poll.ts'),
} as const;

const lazySsh = (clock: Clock): ShellTransport => ({
  open: async (target, options) => (await deviceAdapters.ssh()).sshShells(clock).open(target, options),
});

function lazyPolls(clock: Clock): SnmpPolls {
  const polls = async (): Promise<SnmpPolls> => (await deviceAdapters.snmp()).snmpPolls(clock);
  return {
    get: async (target, oids) => (await polls()).get(target, oids),
    walk: async (target, prefix, rowsMax) => (await polls()).walk(target, prefix, rowsMax),
  };
}
