/** The World on this host: every port with its production adapter. Made once by bin/spitrap.ts; tests and simulation bring their own. */
import { createClock } from './clock.ts';
import { sshShells } from './device/transport.ts';
import { createDisk } from './evidence/disk.ts';
import { udpDatagrams } from './net/datagram.ts';
import { tcpDialer } from './net/dialer.ts';
import { nodeHttp } from './net/http.ts';
import { tcpStreams } from './net/stream.ts';
import type { World } from './ports.ts';
import { createRandom } from './random.ts';
import { systemLogFiles } from './sources/log-files.ts';
import { nodeSpawn } from './spawn.ts';

export function createWorld(): World {
  const clock = createClock();
  return {
    clock,
    random: createRandom(),
    disk: createDisk(),
    logFiles: systemLogFiles,
    datagrams: udpDatagrams,
    streams: tcpStreams,
    shells: sshShells(clock),
    http: nodeHttp,
    dialer: tcpDialer(clock),
    spawn: nodeSpawn(clock),
  };
}
