/** Prompts as the platform's definition describes them: is this text one, does this line end in one? Read by dialogue.ts and echo.ts. */
import type { ModeName, PlatformDefinition } from '../../shared/platforms/platform.ts';

/** Where the session stands: the host name as learned from the first prompt, and the mode. */
export interface Prompt {
  readonly host: string;
  readonly mode: ModeName;
}

const MODES: readonly ModeName[] = ['enable', 'exec', 'config'];

/** Compiled once a host, because the question is asked for every chunk. */
const compiled = new WeakMap<PlatformDefinition, Map<string, { readonly mode: ModeName; readonly pattern: RegExp }[]>>();
/** A hostile box may rename itself for ever. */
const HOSTS_COMPILED_MAX = 100;

function patternsOf(definition: PlatformDefinition, host: string): { readonly mode: ModeName; readonly pattern: RegExp }[] {
  const hosts = compiled.get(definition) ?? new Map();
  compiled.set(definition, hosts);
  if (hosts.size > HOSTS_COMPILED_MAX) hosts.clear();
  const known = hosts.get(host);
  if (known) return known;
  const patterns = MODES.map((mode) => ({ mode, pattern: definition.modes[mode].prompt(host) }));
  hosts.set(host, patterns);
  return patterns;
}

export function isPrompt(definition: PlatformDefinition, at: Prompt, text: string): boolean {
  return patternsOf(definition, at.host).some(({ pattern }) => pattern.test(text));
}

/** Some host's prompt, not necessarily ours. */
export const looksLikePrompt = (definition: PlatformDefinition, text: string): boolean => definition.firstPrompt.test(text);

/** `…ACTIVEhub#`: our prompt behind text that had no line end. Null when the line does not end in it. */
export function promptAtEnd(
  definition: PlatformDefinition,
  at: Prompt,
  text: string,
): { readonly prompt: Prompt; readonly before: string } | null {
  const from = startOfPrompt(at, text, text.length);
  if (from <= 0) return null;
  const tail = text.slice(from);
  const found = patternsOf(definition, at.host).find(({ pattern }) => pattern.test(tail));
  return found === undefined ? null : { prompt: { host: at.host, mode: found.mode }, before: text.slice(0, from) };
}

/** In `(config…)` the name may be cut, so its first 20 characters are what is looked for. */
export function startOfPrompt(at: Prompt, text: string, before: number): number {
  return text.lastIndexOf(at.host.slice(0, 20), before);
}
