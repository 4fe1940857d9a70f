/**
 * What is wrong with a configuration, all of it at once: path, line, value (never a secret) and remedy. Filled by load.ts,
 * rules.ts and secrets.ts; thrown as one SpitrapError CONFIG_INVALID whose cause carries the list.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';

export type FaultPath = readonly (string | number)[];

export interface ConfigFault {
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
  return `${fault.path || 'the file'}${line}${value}: ${fault.remedy}`;
}

export function configInvalid(file: string, faults: readonly ConfigFault[]): SpitrapError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new SpitrapError(
    'CONFIG_INVALID',
    [`${printable(file)} has ${count}; nothing was started`, ...faults.map((fault) => `  ${formatFault(fault)}`)].join('\n'),
    { context: { file, faults: faults.length }, cause: new ConfigFaults(file, faults) },
  );
}

/** The list behind a CONFIG_INVALID; empty for any other error. */
export function faultsOf(error: unknown): readonly ConfigFault[] {
  return error instanceof SpitrapError && error.cause instanceof ConfigFaults ? error.cause.faults : [];
}
