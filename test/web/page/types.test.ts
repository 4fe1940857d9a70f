/** The scripts of both pages are plain JavaScript with types in their comments: the compiler holds them to these. No build, and no surprise. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const options = '--noEmit --allowJs --checkJs --strict --noUnusedLocals --target es2023 --lib es2023,dom,dom.iterable';
const modules = '--module esnext --moduleResolution bundler --types --skipLibCheck --ignoreConfig';

test.each(['agent/web/page/', 'agent/fleet/page/'])(
  'the compiler finds nothing in %s',
  (room) => {
    const folder = at(room);
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(8);
    let said = '';
    try {
      execFileSync(
        process.execPath,
        [at('node_modules/typescript/bin/tsc'), ...options.split(' '), ...modules.split(' '), ...scripts],
        {
          cwd: folder,
        },
      );
    } catch (error) {
      said = String((error as { stdout?: Buffer }).stdout);
    }
    expect(said).toBe('');
  },
  60_000,
);
