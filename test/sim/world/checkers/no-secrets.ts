/** 8. No secret in anything that leaves the agent: bundles, journal, audit, logs, alarms, status, datagrams. The ring is raw by design. */
import { secrets } from '../../sim-pair.ts';
import { ENDS } from '../weather.ts';
import type { MakeChecker } from './checker.ts';

const RAW = /^\/\w+\/ring\//;

export const noSecrets: MakeChecker = (stage, _truth, report) => {
  // Those of the boxes stand in their configuration, of which a capture has a part.
  const keys = ENDS.flatMap((end) => stage.boxes[end].core.config.tunnel?.preSharedKey ?? []);
  const all: readonly string[] = [...new Set([...secrets, ...keys])];
  const look = (where: string, content: string): void => {
    for (const secret of all) if (content.includes(secret)) report(`${where} holds ${secret}`);
  };
  return {
    async end() {
      for (const end of ENDS) {
        for (const disk of [stage.station(end).disk, ...stage.hosts[end].lostDisks])
          for (const path of disk.paths) if (!RAW.test(path)) look(path, disk.content(path).toString('latin1'));
        if (stage.hosts[end].listens) look(`${end}'s status`, JSON.stringify(stage.sim.status(end)));
        look(`${end}'s log`, stage.logged[end].join(''));
      }
      for (const { bytes, from } of stage.weather.crossings) look(`a packet of ${from}`, bytes.toString('latin1'));
    },
  };
};
