/**
 * What is wrong with a configuration, all of it at once: path, line, value (never a secret) and remedy. Filled by load.ts,
 * rules.ts and secrets.ts; thrown as one SpitrapError CONFIG_INVALID whose cause carries the list.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';

export type FaultPath = readonly (string | number)[];

/** Where a fault of a peer stands that came from elsewhere (peers-from.ts). */
export interface FaultAt {
  /** As the configuration spells it. */
  readonly file: string;
  /** Of a table, from 1; its header is none. */
  readonly row?: number;
  readonly columns?: readonly string[];
}

export interface ConfigFault {
  /** Absent: in the configuration file itself; else `path` and `line` are of this one. */
  readonly at?: FaultAt;
  /** `peers[0].snmp.auth.protocol`; `` for the file as a whole. */
  readonly path: string;
  /** In the file, from 1; null when the key is not there. */
  readonly line: number | null;
  /** As a person may see it: bounded, escaped, `<masked>` for a secret; null when nothing stands there. */
  readonly value: string | null;
  /** What is wrong and what to write instead. */
  readonly remedy: string;
}

export class ConfigFaults {
  readonly file: string;
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[]) {
    this.file = file;
    this.faults = faults;
  }
}

export function formatPath(path: FaultPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += (text && '.') + (/^[\w-]{1,60}$/.test(part) ? part : `"${printable(part, 40)}"`);
  }
  return text;
}

/** A scalar as a message shows it; a mapping or list by its kind alone, because a secret may stand inside. */
export function showValue(value: unknown): string | null {
  if (value === undefined) return null;
  if (value === null) return 'empty';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return `"${printable(value, 60)}"`;
  return printable(String(value), 60);
}

export function formatFault(fault: ConfigFault): string {
  const line = fault.line === null ? '' : ` (line ${fault.line})`;
  const value = fault.value === null ? '' : ` = ${fault.value}`;
  return `${formatPlace(fault)}${line}${value}: ${fault.remedy}`;
}

/** `peers.d/spoke7.yaml, send`; `spokes.csv row 12, column agent, send[0]`. */
export function formatPlace(fault: Pick<ConfigFault, 'at' | 'path'>): string {
  if (fault.at === undefined) return fault.path || 'the file';
  const { file, row, columns = [] } = fault.at;
  const where = [
    `${printable(file, 200)}${row === undefined ? '' : ` row ${row}`}`,
    ...(columns.length === 0
      ? []
      : [`column${columns.length === 1 ? '' : 's'} ${columns.map((name) => printable(name, 40)).join(', ')}`]),
    ...(fault.path === '' ? [] : [fault.path]),
  ];
  return where.join(', ');
}

/** What stands in the file itself first, in its order; then the other files, each in its order. */
export function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...faults].sort((a, b) => {
    const files = compared(a.at?.file ?? '', b.at?.file ?? '');
    return files !== 0 ? files : (a.line ?? LAST) - (b.line ?? LAST);
  });
}

/** What is missing has no line and stands after what is there. */
const LAST = Number.MAX_SAFE_INTEGER;

const compared = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** One wrong column makes a fault of each row: as many as a person reads, and how many more. */
function shownFaults(faults: readonly ConfigFault[]): string[] {
  const own = faults.filter(({ at }) => at === undefined);
  const others = faults.filter(({ at }) => at !== undefined);
  const more = others.length - limits.configFaultsShownMax;
  return [
    ...own.map(formatFault),
    ...others.slice(0, limits.configFaultsShownMax).map(formatFault),
    ...(more > 0 ? [`and ${more} more in what peersFrom reads: correct these first`] : []),
  ];
}

export function configInvalid(file: string, faults: readonly ConfigFault[]): SpitrapError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new SpitrapError(
    'CONFIG_INVALID',
    [`${printable(file)} has ${count}; nothing was started`, ...shownFaults(faults).map((text) => `  ${text}`)].join('\n'),
    { context: { file, faults: faults.length }, cause: new ConfigFaults(file, faults) },
  );
}

/** The list behind a CONFIG_INVALID; empty for any other error. */
export function faultsOf(error: unknown): readonly ConfigFault[] {
  return error instanceof SpitrapError && error.cause instanceof ConfigFaults ? error.cause.faults : [];
}
