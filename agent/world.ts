/** The World on this host: every port with its production adapter. Made once by bin/spitrap.ts; tests and simulation bring their own. */
import { createClock } from './clock.ts';
import { localShells, shellsByTarget } from './device/local-shell.ts';
import { sshShells } from './device/transport.ts';
import { createDisk } from './evidence/disk.ts';
import { threadReports } from './evidence/report-thread.ts';
import { udpDatagrams } from './net/datagram.ts';
import { tcpDialer } from './net/dialer.ts';
import { nodeHttp } from './net/http.ts';
import { nodeHttpServers } from './net/http-server.ts';
import { snmpPolls } from './net/snmp-poll.ts';
import { tcpStreams } from './net/stream.ts';
import { tlsStreams } from './net/tls.ts';
import type { World } from './ports.ts';
import { createRandom } from './random.ts';
import { systemLogFiles } from './sources/log-files.ts';
import { nodeSpawn } from './spawn.ts';

export function createWorld(): World {
  const clock = createClock();
  const spawn = nodeSpawn(clock);
  return {
    clock,
    random: createRandom(),
    disk: createDisk(),
    logFiles: systemLogFiles,
    datagrams: udpDatagrams,
    streams: tcpStreams,
    tls: tlsStreams,
    snmp: snmpPolls(clock),
    shells: shellsByTarget(sshShells(clock), localShells(spawn)),
    http: nodeHttp,
    httpServers: nodeHttpServers(),
    dialer: tcpDialer(clock),
    spawn,
    reports: threadReports(),
  };
}
