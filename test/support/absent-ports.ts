/** Ports that a world of a test does not have: whoever uses one has a test that says so. */
import type { Engines } from '../../agent/fleet-ports.ts';
import type { HttpServers } from '../../agent/http-ports.ts';
import type { SnmpPolls, TlsStreams } from '../../agent/ports.ts';

const absent = (what: string): never => {
  throw new Error(`this world has no ${what}`);
};

export const absentPorts: {
  readonly tls: TlsStreams;
  readonly snmp: SnmpPolls;
  readonly httpServers: HttpServers;
  readonly engines: Engines;
} = {
  tls: { judge: () => absent('TLS'), listen: async () => absent('TLS') },
  httpServers: { listen: async () => absent('HTTP server') },
  engines: { open: () => absent('engine') },
  snmp: { get: async () => absent('SNMP'), walk: async () => absent('SNMP') },
};
