/**
 * The ten-row history of a peer router's event manager (ceemHistoryEventTable, either root), a source on the shelf: a trap is sent once
 * and never answered, and a row that it left is what remains when it is lost. New rows with the agreed value are heard as the trap
 * would have been; the machine takes both for one event (`signal.eemWindow`).
 */
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { type EventManagerRoot, historyColumn, policyEventTrapOid, SYS_UP_TIME } from '../../shared/wire/event-manager.ts';
import type { PeerConfig, SourceConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { Notification } from '../net/signalling.ts';
import type { PolledValue, SnmpTarget, World } from '../ports.ts';
import { PollLoop } from './poll-loop.ts';
import { POLL_TIMEOUT_MS } from './snmp-counter.ts';
import type { Closable, SourceContext } from './source.ts';

export type EemHistoryConfig = Extract<SourceConfig, { readonly kind: 'eem-history' }>;

export interface EemHistoryContext extends SourceContext<unknown> {
  readonly onSignal: (notification: Notification) => void;
  readonly peer: PeerConfig;
  readonly stopValue: number;
  readonly eemWindowMs: number;
}

/** Rows of the table: IOS keeps ten by default, 50 at most. */
const ROWS_MAX = 50;
const ROOTS: readonly EventManagerRoot[] = [91, 134];

export const eemHistory = {
  kind: 'eem-history',
  async open(name: string, config: EemHistoryConfig, context: EemHistoryContext): Promise<Closable> {
    const history = new History(name, config, context);
    return new PollLoop('EEM history', context.world.clock, config.everyMs, () => history.look());
  },
} as const;

export interface HistoryRow {
  readonly root: EventManagerRoot;
  readonly index: number;
  readonly intData1: number;
}

class History {
  readonly #name: string;
  readonly #config: EemHistoryConfig;
  readonly #context: EemHistoryContext;
  /** The newest row seen of each root, 0 for none; null: never read. */
  #newest: Readonly<Record<EventManagerRoot, number>> | null = null;
  #readAt: Monotonic | null = null;
  #told: 'open' | 'interrupted' | null = null;

  constructor(name: string, config: EemHistoryConfig, context: EemHistoryContext) {
    this.#name = name;
    this.#config = config;
    this.#context = context;
  }

  async look(): Promise<void> {
    const { world, eemWindowMs } = this.#context;
    try {
      const { rows, upTimeMs } = await readHistory(this.#config, world);
      const now = world.clock.monotonic();
      const fresh = newRows(this.#newest, rows);
      const unseenMs = this.#readAt === null ? Number.POSITIVE_INFINITY : now - this.#readAt;
      this.#newest = newestAfter(this.#newest, rows);
      this.#readAt = now;
      this.#tell('open', `event-manager history of ${formatEndpoint(this.#config.send)}`);
      const { op } = this.#context.peer;
      for (const row of fresh) {
        if (op === 'eq' && row.intData1 !== this.#context.stopValue) continue;
        // A row has no time of its own: what may be older than the window would end debugs that have nothing to do with it.
        if (unseenMs > eemWindowMs) this.#refused('history-too-old', `row ${row.index}: the table was not read for too long`);
        else await this.#take(row, upTimeMs);
      }
    } catch (error) {
      this.#tell('interrupted', asSpitrapError(error).message);
    }
  }

  /** The row is new at this look alone. Where its value is the agreed one it is the event; the rest is what people read. */
  async #take(row: HistoryRow, upTimeMs: number): Promise<void> {
    const { root, index } = row;
    const { world, peer } = this.#context;
    const columns = (['policyName', 'intData2', 'strData'] as const).map((column) => `${historyColumn(root, column)}.${index}`);
    const rest = await world.snmp.get(targetOf(this.#config), columns).catch((error: unknown) => asSpitrapError(error));
    if (!(rest instanceof SpitrapError)) this.#hear(row, rest, upTimeMs);
    else if (peer.op === 'eq') this.#hear(row, [], upTimeMs);
    else this.#refused('history-unread', `row ${index}: ${rest.message}`);
  }

  #hear({ root, intData1 }: HistoryRow, [policyName, intData2, strData]: readonly PolledValue[], upTimeMs: number): void {
    const { peer, onSignal, world } = this.#context;
    onSignal({
      peer: peer.name,
      from: this.#config.send,
      version: this.#config.snmp.version,
      confirmed: false,
      root,
      trapOid: policyEventTrapOid(root),
      intData1,
      intData2: intData2?.kind === 'number' ? intData2.value : null,
      strData: strData?.kind === 'text' ? strData.value : '',
      policyName: policyName?.kind === 'text' ? policyName.value : '',
      sysUpTimeMs: upTimeMs,
      varbinds: [],
      at: world.clock.monotonic(),
      wall: world.clock.wall(),
      respond: () => {},
    });
  }

  #refused(reason: string, detail: string): void {
    const { world, emit } = this.#context;
    emit({ kind: 'refusal', source: this.#name, reason, from: this.#config.send.address, at: world.clock.monotonic(), detail });
  }

  /** Only what is new: a router that does not answer is asked again and again. */
  #tell(state: 'open' | 'interrupted', detail: string): void {
    if (this.#told === state) return;
    this.#told = state;
    const { world, emit } = this.#context;
    emit({ kind: 'source-state', source: this.#name, state, detail, at: world.clock.monotonic() });
  }
}

/** What was not there at the last look. An index that went backwards is a table that began anew: all of it came since. */
export function newRows(
  newest: Readonly<Record<EventManagerRoot, number>> | null,
  rows: readonly HistoryRow[],
): readonly HistoryRow[] {
  if (newest === null) return [];
  const now = newestOf(rows);
  return rows.filter(({ root, index }) => now[root] < newest[root] || index > newest[root]);
}

/** An empty table begins nothing anew: the rows of before may stand in it again at the next look. */
export function newestAfter(
  newest: Readonly<Record<EventManagerRoot, number>> | null,
  rows: readonly HistoryRow[],
): Readonly<Record<EventManagerRoot, number>> {
  const now = newestOf(rows);
  return { 91: now[91] || (newest?.[91] ?? 0), 134: now[134] || (newest?.[134] ?? 0) };
}

function newestOf(rows: readonly HistoryRow[]): Record<EventManagerRoot, number> {
  const of = (root: EventManagerRoot): number => Math.max(0, ...rows.filter((row) => row.root === root).map((row) => row.index));
  return { 91: of(91), 134: of(134) };
}

const targetOf = ({ send, snmp }: Pick<EemHistoryConfig, 'send' | 'snmp'>): SnmpTarget => ({
  to: send,
  credentials: snmp,
  timeoutMs: POLL_TIMEOUT_MS,
});

/** Rejects with SNMP_POLL_FAILED. Rows whose IntData1 is not set are left out: their applet agreed on nothing. */
export async function readHistory(
  config: Pick<EemHistoryConfig, 'send' | 'snmp'>,
  { snmp }: Pick<World, 'snmp'>,
): Promise<{ readonly rows: readonly HistoryRow[]; readonly upTimeMs: number }> {
  const target = targetOf(config);
  const [upTime] = await snmp.get(target, [SYS_UP_TIME]);
  const rows: HistoryRow[] = [];
  for (const root of ROOTS) {
    const column = historyColumn(root, 'intData1');
    for (const { oid, value } of await snmp.walk(target, column, ROWS_MAX)) {
      const index = oid.slice(column.length + 1);
      if (/^\d{1,10}$/.test(index) && value.kind === 'number') rows.push({ root, index: Number(index), intData1: value.value });
    }
  }
  return { rows, upTimeMs: upTime?.kind === 'number' ? upTime.value * 10 : 0 };
}
