/** A command's output cut into numbered lines for the parsers of this platform: blank ones out, trailing blanks and CR gone, indents kept. */
import type { Line } from '../platform.ts';

// plugin 'test-vectors': failed to load - test_vectors_plugin_create not found and no plugin file available
/** What swanctl says first on a host that has not all of strongSwan's plugins (Debian's own packages): nothing of the answer. */
export const PLUGIN_NOISE = /^plugin '[\w-]{1,40}': failed to load - /;

export const dataLines = (output: string): Line[] =>
  output
    .split('\n')
    .map((raw, index) => ({ number: index + 1, text: raw.trimEnd() }))
    .filter(({ text }) => text !== '' && !PLUGIN_NOISE.test(text));
