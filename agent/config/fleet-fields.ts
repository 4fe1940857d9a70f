/** `fleet` of the configuration: what an agent tells, and whom (docs/fleet.md). Its keys, their rules, what the program makes of them. Used by schema.ts, rules.ts, load.ts. */
import type { FleetConfig } from './config.ts';
import { assembleEngine, engineFields, engineFits } from './engine-fields.ts';
import { mapping, optional, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import type { Findings, Parts } from './rules.ts';
import type { Spelled } from './schema.ts';
import type { SecretReader } from './secrets.ts';

const SECOND = 1_000;
const MIB = 1024 * 1024;

export const fleetField = () =>
  optional(
    mapping({
      ...engineFields(),
      bundles: withDefault(
        kinds.flag(),
        true,
        'Put sealed bundles into the object store too. They hold what the device said, redacted.',
      ),
      heartbeat: withDefault(
        kinds.duration(5 * SECOND, 3_600 * SECOND),
        '60s',
        'How often it says that it is there, and how it is.',
      ),
      spoolBytesMax: withDefault(
        kinds.size(MIB, 64 * 1024 * MIB),
        '64MiB',
        'What waits on disk while the engine is away. When it is full the oldest goes, and is counted.',
      ),
    }),
    'Tell a fleet of incidents, verdicts, alarms and bundles (fleet.md). No incident waits for it.',
    'none: nobody is told',
  );

type SpelledFleet = NonNullable<Spelled['fleet']>;

export function fleetFits(parts: Parts, findings: Findings): void {
  if (parts.fleet) engineFits(parts.fleet, ['fleet'], findings);
}

/** Null where nobody is told. `name`: of the device. */
export const assembleFleet = (spelled: SpelledFleet | null, name: string, reader: SecretReader): FleetConfig | null =>
  spelled === null
    ? null
    : {
        engine: assembleEngine(spelled, ['fleet'], `spitrap-${name}`, reader),
        bundles: spelled.bundles,
        heartbeatMs: spelled.heartbeat,
        spoolBytesMax: spelled.spoolBytesMax,
      };
