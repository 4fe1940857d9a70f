/**
 * A zod issue as a fault that a person can act on: path, line, value where it may be shown, remedy. Called by load.ts for every
 * issue of every setting. zod's own messages never reach the user: they name no remedy and may quote a value.
 */
import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import { type ConfigFault, type FaultPath, formatPath, showValue } from './faults.ts';
import { absent, bare, child, fieldNotes, optionFor, schemaAt } from './field-notes.ts';
import type { Place } from './peers-from.ts';
import { rootSchema } from './schema.ts';

export interface FaultContext {
  /** Of the whole file; absent: an agent's configuration. */
  readonly root?: z.ZodObject;
  readonly tree: unknown;
  lineOf(path: FaultPath): number | null;
  /** Of what is not in the file itself; null, or absent: it is. */
  readonly placeOf?: (path: FaultPath) => Place | null;
}

type Issue = z.core.$ZodIssue;

const rootOf = ({ root }: FaultContext): z.ZodObject => root ?? rootSchema;

/** `base`: where the judged value stands in the file. */
export function issueFaults(issue: Issue, base: FaultPath, context: FaultContext): ConfigFault[] {
  const path = asWritten([...base, ...(issue.path as (string | number)[])], context.tree);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], context));
  return [faultAt(path, remedyOf(issue, path, context), context)];
}

export function faultAt(path: FaultPath, remedy: string, context: FaultContext): ConfigFault {
  return placed(path, shownAt(path, context), remedy, context);
}

function placed(path: FaultPath, value: string | null, remedy: string, context: FaultContext): ConfigFault {
  const place = context.placeOf?.(path) ?? null;
  if (place !== null) return { ...faultPlace(place, context), value, remedy };
  return { path: formatPath(path), line: context.lineOf(path), value, remedy };
}

/** A place in words that faults.ts shows. */
export function faultPlace(place: Place, context: FaultContext): Pick<ConfigFault, 'at' | 'path' | 'line'> {
  const { file, line, row, columns, path } = place;
  if (file === null) return { path: formatPath(path), line: context.lineOf(path) };
  const at = { file, ...(row === undefined ? {} : { row }), ...(columns === undefined ? {} : { columns }) };
  return { at, path: formatPath(path), line };
}

/** The value is not shown: a mistyped `password` holds a password too. */
export function unknownKey(path: FaultPath, context: FaultContext): ConfigFault {
  const key = String(path.at(-1));
  const above = schemaAt(rootOf(context), path.slice(0, -1), context.tree);
  const here = above === null ? [] : keysOf(above, valueAt(context.tree, path.slice(0, -1)));
  return placed(path, null, unknownKeyRemedy(key, here, rootOf(context)), context);
}

function unknownKeyRemedy(key: string, here: readonly string[], root: z.ZodType): string {
  const near = nearest(key, here);
  if (near !== null) return `unknown key; did you mean ${near}?`;
  const elsewhere = placesOf(key, root);
  if (elsewhere.length > 0) return `unknown key here; it stands at ${elsewhere.join(' or ')}`;
  return `unknown key; known here: ${here.slice(0, KEYS_SHOWN_MAX).join(', ')}${here.length > KEYS_SHOWN_MAX ? ', …' : ''}`;
}

const KEYS_SHOWN_MAX = 24;

function remedyOf(issue: Issue, path: FaultPath, context: FaultContext): string {
  const raw = valueAt(context.tree, path);
  const schema = schemaAt(rootOf(context), path, context.tree);
  switch (issue.code) {
    case 'invalid_type': {
      const form = issue.expected === 'array' ? 'a list' : 'a mapping (key: value)';
      if (raw === undefined || raw === null) return absent(raw, form);
      const keys = schema === null ? [] : keysOf(schema, raw);
      return keys.length > 0 ? `${form} of ${keys.slice(0, KEYS_SHOWN_MAX).join(', ')}` : form;
    }
    case 'invalid_union':
    case 'invalid_value': {
      const words = issue.code === 'invalid_value' ? issue.values.map(String) : unionWords(schema);
      const known = `one of ${words.join(', ')}`;
      if (raw === undefined) return `is missing; ${known}`;
      const later = schema === null ? undefined : fieldNotes.get(schema)?.notYet;
      const text = String(raw);
      if (later && Object.hasOwn(later, text)) return later[text]!;
      const near = /^\d+$/.test(text) ? null : nearest(text, words);
      return near === null ? known : `${known}; did you mean ${near}?`;
    }
    default:
      return issue.message;
  }
}

function unionWords(schema: z.ZodType | null): string[] {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return [];
  return (schema.options as z.ZodObject[]).flatMap((option) => {
    const literal = bare(option.shape[schema.def.discriminator] as z.ZodType);
    return literal instanceof z.ZodLiteral ? [...(literal.values as Set<unknown>)].map(String) : [];
  });
}

/** The keys that may stand in a mapping; for a union those of the option that the deciding key names. */
export function keysOf(schema: z.ZodType, value: unknown): string[] {
  const plain = bare(schema);
  if (plain instanceof z.ZodObject) return Object.keys(plain.shape);
  if (!(plain instanceof z.ZodDiscriminatedUnion)) return [];
  const option = optionFor(plain, value);
  return option === null ? [plain.def.discriminator] : Object.keys(option.shape);
}

export const valueAt = (tree: unknown, path: FaultPath): unknown => path.reduce<unknown>(child, tree);

/** `device.hostKey[0]` is written `device.hostKey` when the file has one value where a list may stand. */
function asWritten(path: FaultPath, tree: unknown): FaultPath {
  const last = path.at(-1);
  return last === 0 && !Array.isArray(valueAt(tree, path.slice(0, -1))) ? path.slice(0, -1) : path;
}

function shownAt(path: FaultPath, context: FaultContext): string | null {
  const { tree } = context;
  const raw = valueAt(tree, path);
  const shown = showValue(raw);
  if (raw === undefined || raw === null || typeof raw === 'object') return shown;
  const schema = schemaAt(rootOf(context), path, tree);
  const parent = valueAt(tree, path.slice(0, -1));
  // A scalar where a mapping belongs is often a secret written in plain: `snmp: public`.
  const open = schema !== null && !(schema instanceof z.ZodObject) && fieldNotes.get(schema)?.secret !== true;
  const deciding =
    schema instanceof z.ZodDiscriminatedUnion && path.at(-1) === schema.def.discriminator && typeof parent === 'object';
  return open && (!(schema instanceof z.ZodDiscriminatedUnion) || deciding) ? shown : '<masked>';
}

/** Where else a key of this name stands, and what other documents call it. */
function placesOf(key: string, root: z.ZodType): string[] {
  if (root === rootSchema && Object.hasOwn(aliases, key)) return [aliases[key]!];
  return places(root, '').filter((place) => place.slice(place.lastIndexOf('.') + 1) === key);
}

const aliases: Readonly<Record<string, string>> = {
  maxStopDelay: 'stop.maxDelay',
  evidenceBefore: 'evidence.before',
  ring: 'evidence.ringMaxAge and evidence.ringMaxBytes',
  retention: 'evidence.retainMaxAge, retainMaxCount and retainMaxBytes',
  host: 'device.address',
  community: 'peers[].snmp.community',
};

function places(schema: z.ZodType, prefix: string): string[] {
  const plain = bare(schema);
  if (plain instanceof z.ZodArray) return places(plain.element as z.ZodType, `${prefix}[]`);
  if (plain instanceof z.ZodDiscriminatedUnion)
    return [...new Set((plain.options as z.ZodType[]).flatMap((option) => places(option, prefix)))];
  if (!(plain instanceof z.ZodObject)) return [prefix];
  const deeper = Object.entries(plain.shape).flatMap(([key, field]) =>
    places(field as z.ZodType, prefix ? `${prefix}.${key}` : key),
  );
  return prefix ? [prefix, ...deeper] : deeper;
}
