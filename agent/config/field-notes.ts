/**
 * What stands beside each zod schema of the configuration: how a value is spelled, what it is for, its default, whether it is
 * secret. Read by load.ts (remedies, masking), schema.ts (convict) and describe.ts (docs/configuration.md).
 */
import { z } from 'zod';
import type { FaultPath } from './faults.ts';

export interface FieldNote {
  /** `duration (18s, 5m, 24h)`: how a value is written. */
  readonly spelled?: string;
  readonly doc?: string;
  /** As it would be written in the file. */
  readonly default?: unknown;
  /** A default that is computed, in words. */
  readonly defaultWords?: string;
  /** Never shown, in whatever form it came. */
  readonly secret?: boolean;
  /** Of a field whose keys are settings of their own to convict (stop.delay), in contrast to one value (device). */
  readonly section?: boolean;
  /** Words that people write in the deciding key of a union, and what to answer. */
  readonly notYet?: Readonly<Record<string, string>>;
}

export const fieldNotes = z.registry<FieldNote>();

/** Fields written once per use, so a note never lands on a schema that another field shares. */
function note<S extends z.ZodType>(schema: S, added: FieldNote): S {
  const before = fieldNotes.get(schema);
  fieldNotes.remove(schema);
  fieldNotes.add(schema, { ...before, ...added });
  return schema;
}

export const required = <S extends z.ZodType>(schema: S, doc: string): S => note(schema, { doc });

export const withDefault = <S extends z.ZodType>(schema: S, spelledDefault: z.input<S>, doc: string): z.ZodPrefault<S> =>
  note(schema.prefault(spelledDefault as never), { doc, default: spelledDefault });

/** Absent is null to the program. `defaultWords` says what the program then does. */
export const optional = <S extends z.ZodType>(schema: S, doc: string, defaultWords = 'none') =>
  note(
    schema.optional().transform((value) => value ?? null),
    { doc, defaultWords },
  );

export const section = <S extends z.ZodRawShape>(shape: S, doc: string) => note(z.strictObject(shape), { doc, section: true });

export const notYet = <S extends z.ZodType>(schema: S, words: Readonly<Record<string, string>>): S =>
  note(schema, { notYet: words });

/** A remedy in place of a value. */
export class Remedy {
  readonly remedy: string;
  constructor(remedy: string) {
    this.remedy = remedy;
  }
}

/** One value that is not looked into further. `read` sees neither undefined nor null. */
export function leaf<T>(spelled: string, read: (raw: unknown) => T | Remedy, more: FieldNote = {}) {
  const schema = z.unknown().transform((raw, context): T => {
    const value = raw === undefined || raw === null ? new Remedy(absent(raw, spelled)) : read(raw);
    if (!(value instanceof Remedy)) return value;
    context.addIssue({ code: 'custom', message: value.remedy });
    return z.NEVER;
  });
  return note(schema, { spelled, ...more });
}

/** `field: { … }` with fixed keys, one value to convict. */
export const mapping = <S extends z.ZodRawShape>(shape: S, spelled = 'mapping') => note(z.strictObject(shape), { spelled });

/** One value or a list of them. */
export function oneOrMany<S extends z.ZodType>(item: S, least: 0 | 1 = 1) {
  const list = z.array(item).min(least, 'is an empty list; give at least one').max(LIST_MAX, `more than ${LIST_MAX} entries`);
  const schema = z.preprocess((raw) => (raw === undefined || Array.isArray(raw) ? raw : [raw]), list);
  return note(schema, { spelled: `${fieldNotes.get(item)?.spelled ?? 'value'}, or a list of them` });
}

export function listOf<S extends z.ZodType>(item: S, spelled: string, most = LIST_MAX) {
  return note(z.array(item).max(most, `more than ${most} entries`), { spelled });
}

/** More than this is a generated file gone wrong; of peers there may be more (limits.peersMax). */
const LIST_MAX = 4_096;

export const absent = (raw: unknown, spelled: string): string =>
  raw === undefined
    ? `is missing; give it as ${spelled}`
    : `is empty; give it as ${spelled}, or take the line out where it is optional`;

/** Defaults, optionals and preprocessing taken off: the schema that has the shape. A leaf is returned as it is. */
export function bare(schema: z.ZodType): z.ZodType {
  const inside = wrapped(schema);
  return inside === null ? schema : bare(inside);
}

/** One layer off; null when there is none. */
function wrapped(schema: z.ZodType): z.ZodType | null {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return schema.def.innerType as z.ZodType;
  if (!(schema instanceof z.ZodPipe) || schema.def.in instanceof z.ZodUnknown) return null;
  return (schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in) as z.ZodType;
}

/** How a value of it is written; `value` when nobody said. */
export function spelling(schema: z.ZodType): string {
  for (let layer: z.ZodType | null = schema; layer !== null; layer = wrapped(layer)) {
    const spelled = fieldNotes.get(layer)?.spelled;
    if (spelled !== undefined) return spelled;
  }
  return 'value';
}

/** The schema that judged the value at `path` of `tree`; null where no schema stands (an unknown key). */
export function schemaAt(root: z.ZodType, path: FaultPath, tree: unknown): z.ZodType | null {
  let schema = bare(root);
  let value = tree;
  for (const part of path) {
    if (schema instanceof z.ZodDiscriminatedUnion) {
      const option = optionFor(schema, value);
      if (option === null) return part === schema.def.discriminator ? schema : null;
      schema = option;
    }
    let next: z.ZodType | undefined;
    if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, part)) next = schema.shape[part] as z.ZodType;
    else if (schema instanceof z.ZodArray && typeof part === 'number') next = schema.element as z.ZodType;
    if (!next) return null;
    schema = bare(next);
    value = child(value, part);
  }
  return schema;
}

/** Null when the discriminator fits none of the options. */
export function optionFor(union: z.ZodDiscriminatedUnion, value: unknown): z.ZodObject | null {
  const word = child(value, union.def.discriminator);
  for (const option of union.options as z.ZodObject[]) {
    const literal = bare(option.shape[union.def.discriminator] as z.ZodType);
    if (literal instanceof z.ZodLiteral && (literal.values as Set<unknown>).has(word)) return option;
  }
  return null;
}

/** A scalar stands for a list of one (`oneOrMany`). */
export function child(value: unknown, part: string | number): unknown {
  if (typeof part === 'number') return Array.isArray(value) ? value[part] : part === 0 ? value : undefined;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    ? (value as Record<string, unknown>)[part]
    : undefined;
}
