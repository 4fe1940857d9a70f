/**
 * cipSecGlobalNoSaFails (CISCO-IPSEC-FLOW-MONITOR-MIB) over SNMP, a source on the shelf: packets without an SA, counted where the
 * message does not exist or is held back. Knows neither flow nor SPI. The counter is read together with sysUpTime, which tells a
 * reload from a wrap.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import { SYS_UP_TIME } from '../../shared/wire/event-manager.ts';
import type { SourceConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { World } from '../ports.ts';
import { DropCounter } from './drop-counter.ts';
import { PollLoop } from './poll-loop.ts';
import type { Closable, SourceContext } from './source.ts';

export type SnmpCounterConfig = Extract<SourceConfig, { readonly kind: 'snmp-counter' }>;

export const NO_SA_FAILS = '1.3.6.1.4.1.9.9.171.1.3.1.29.0';
const COUNTER32 = 2 ** 32;
/** Of one request; it goes out twice. */
export const POLL_TIMEOUT_MS = 2_000;

export const snmpCounter = {
  kind: 'snmp-counter',
  async open(name: string, config: SnmpCounterConfig, context: SourceContext<unknown>): Promise<Closable> {
    const { world } = context;
    const counter = new DropCounter(
      {
        source: name,
        cause: 'no-sa-fails',
        opens: config.opens,
        rule: { everyMs: config.everyMs, atLeast: config.atLeast, wrapsAt: COUNTER32 },
        what: `cipSecGlobalNoSaFails of ${formatEndpoint(config.send)}`,
      },
      context,
    );
    return new PollLoop('SNMP counter', world.clock, config.everyMs, async () => {
      try {
        const reading = await readNoSaFails(config, world);
        if (reading === null)
          counter.tell('interrupted', 'the device does not have cipSecGlobalNoSaFails (CISCO-IPSEC-FLOW-MONITOR-MIB)');
        else counter.take({ at: world.clock.monotonic(), upTimeMs: reading.upTimeMs, values: { fails: reading.fails } });
      } catch (error) {
        counter.tell('interrupted', asSpitrapError(error).message);
      }
    });
  },
} as const;

/** One reading; null: the device has no such counter. Rejects with SNMP_POLL_FAILED. */
export async function readNoSaFails(
  config: Pick<SnmpCounterConfig, 'send' | 'snmp'>,
  { snmp }: Pick<World, 'snmp'>,
): Promise<{ readonly fails: number; readonly upTimeMs: number | null } | null> {
  const target = { to: config.send, credentials: config.snmp, timeoutMs: POLL_TIMEOUT_MS };
  const [upTime, fails] = await snmp.get(target, [SYS_UP_TIME, NO_SA_FAILS]);
  if (fails?.kind !== 'number' || fails.value < 0 || fails.value >= COUNTER32) return null;
  return { fails: fails.value, upTimeMs: upTime?.kind === 'number' ? upTime.value * 10 : null };
}
