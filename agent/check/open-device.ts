/**
 * A device for what a person asks for (`spitrap check`, `spitrap advise -c`): sessions of its own beside those of an agent that may run on
 * the same dataDir, and the same audit file.
 */
import { join } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { Config } from '../config/config.ts';
import { type Audit, openAudit } from '../device/audit.ts';
import { type DevicePool, openDevice } from '../device/pool.ts';
import type { Cleanup } from '../lifecycle.ts';
import type { World } from '../ports.ts';
import { shellTarget } from '../wiring.ts';

export interface PersonsDevice {
  readonly device: DevicePool;
  readonly platform: Platform;
  readonly audit: Audit;
}

/** `kept: false`: there is no dataDir to write the audit to, which the caller says. Closed by `cleanup`. */
export function openForPerson(
  config: Config,
  world: World,
  { kept }: { readonly kept: boolean },
  cleanup: Cleanup,
): PersonsDevice {
  const platform = platformNamed(config.device.platform);
  if (platform === null)
    throw new SpitrapError('INTERNAL', `platform ${config.device.platform} is in the schema and not on the shelf`);
  const { clock, disk, random, shells } = world;
  const audit = kept ? cleanup.add('audit', openAudit({ path: join(config.dataDir, 'audit.log'), disk, clock })) : unkept;
  const device = cleanup.add(
    'device',
    openDevice({
      name: config.device.name,
      platform,
      target: shellTarget(config.device, null),
      enablePassword: config.device.enablePassword,
      shells,
      clock,
      random,
      audit,
    }),
  );
  return { device, platform, audit };
}

const unkept: Audit = {
  sent: () => {},
  sentSecret: () => {},
  status: () => ({ written: 0, dropped: 0, lastError: null }),
  close: async () => {},
};
