/**
 * The house rules that a machine can check (architecture.md, rule 10), as data: a rule more is a line more. Each rule is a function
 * of one file, so that tidy.test.ts can prove on small strings that it fails when it should.
 */
import { posix } from 'node:path';
import { stripSource } from './strip-source.ts';

export interface SourceFile {
  /** `agent/net/engine.ts`: from the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Rule {
  readonly name: string;
  /** What is wrong, one entry a finding; empty when all is well. */
  check(file: SourceFile): string[];
}

/** Modules that a file imports, relative ones resolved from the root. */
export function importsOf({ path, text }: SourceFile): string[] {
  const found = [
    ...text.matchAll(/^\s*(?:import|export)\b[^;'"]*?\bfrom\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm),
  ];
  return found.map((match) => {
    const module = (match[1] ?? match[2] ?? match[3])!;
    return module.startsWith('.') ? posix.join(posix.dirname(path), module) : module;
  });
}

const within = (path: string, places: readonly string[]): boolean =>
  places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)));

/** Files under `from` may import nothing under `never`, but for `but`. */
function noImport(from: readonly string[], never: readonly string[], but: readonly string[] = []): Rule {
  return {
    name: `${from.join(', ')} imports nothing of ${never.join(', ')}`,
    check: (file) =>
      within(file.path, from)
        ? importsOf(file)
            .filter((module) => within(module, never) && !within(module, but))
            .map((module) => `imports ${module}`)
        : [],
  };
}

/** Only files under `places` may import what stands under `module`. */
function onlyIn(module: string, places: readonly string[]): Rule {
  return {
    name: `${module} is imported only in ${places.join(', ')}`,
    check: (file) =>
      within(file.path, [...places, 'test/'])
        ? []
        : importsOf(file)
            .filter(
              (found) => found === module || found.startsWith(`${module}/`) || (module.endsWith('/') && found.startsWith(module)),
            )
            .map((found) => `imports ${found}`),
  };
}

/** The code (not comments, not strings) holds `pattern` only in `places`. */
function banned(what: string, pattern: RegExp, places: readonly string[]): Rule {
  return {
    name: `${what} only in ${places.join(', ') || 'no file'}`,
    check: (file) => {
      if (within(file.path, [...places, 'test/'])) return [];
      const lines = stripSource(file.text).split('\n');
      return lines.flatMap((line, index) => (pattern.test(line) ? [`line ${index + 1}: ${what}`] : []));
    },
  };
}

const CLOCK = ['agent/clock.ts'];
const SOURCE = ['agent/', 'shared/', 'bin/'];
const inSource = (path: string): boolean => within(path, SOURCE);

/** Over 400 lines with a reason; empty is what it should be. */
export const longFiles: Readonly<Record<string, string>> = {
  'shared/limits.ts': 'one list: a bound, and its reason',
};

export const fileRules: readonly Rule[] = [
  // Imports run one way: bin -> agent -> shared.
  noImport(['shared/'], ['agent/', 'bin/', 'test/']),
  noImport(['agent/'], ['bin/', 'test/']),
  noImport(['bin/'], ['test/']),
  onlyIn('agent/cli/', ['agent/cli/', 'bin/']),
  // The lab is an island: a renderer and a parser that share code share their bugs.
  noImport(
    ['agent/lab/'],
    [
      'agent/device/',
      'agent/cli/',
      'agent/net/',
      'shared/platforms/',
      'shared/analyze/',
      'shared/wire/',
      'shared/detect/',
      'shared/coordinate/',
    ],
  ),
  onlyIn('agent/lab/', ['agent/lab/', 'agent/cli/lab.ts', 'agent/cli/lab/']),
  {
    name: 'shared/ is pure: of Node only node:crypto and node:buffer',
    check: (file) =>
      within(file.path, ['shared/'])
        ? importsOf(file)
            .filter((module) => /^node:(?!(?:crypto|buffer)$)/.test(module))
            .map((module) => `imports ${module}`)
        : [],
  },
  // One importer each.
  onlyIn('ssh2', ['agent/device/transport.ts', 'agent/device/ssh-errors.ts', 'agent/device/ssh-algorithms.ts', 'agent/lab/']),
  onlyIn('net-snmp', ['agent/net/snmp-poll.ts', 'agent/lab/']),
  onlyIn('pino', ['agent/log.ts']),
  onlyIn('pino-pretty', ['agent/log.ts']),
  onlyIn('convict', ['agent/config/']),
  onlyIn('yaml', ['agent/config/']),
  onlyIn('commander', ['agent/cli/']),
  onlyIn('ipaddr.js', ['shared/model/address.ts']),
  onlyIn('eventemitter3', ['agent/events.ts']),
  onlyIn('prom-client', ['agent/metrics/']),
  onlyIn('lmdb', ['agent/fleet/index/store.ts']),
  onlyIn('@nats-io', ['agent/net/nats.ts', 'agent/net/nats-consumer.ts', 'agent/net/nats-keeps.ts', 'agent/net/nats-objects.ts']),
  // The world comes through ports; these are their adapters.
  onlyIn('node:fs', [
    'agent/evidence/disk.ts',
    'agent/sources/log-files.ts',
    'agent/net/kernel-drops.ts',
    'agent/clock.ts',
    'agent/config/config-host.ts',
    'agent/control/',
    'bin/',
  ]),
  onlyIn('node:net', [
    'agent/net/stream.ts',
    'agent/net/datagram.ts',
    'agent/net/dialer.ts',
    'agent/net/http.ts',
    'agent/control/',
    'agent/lab/ssh-server.ts',
    'agent/lab/syslog-sender.ts',
  ]),
  onlyIn('node:dgram', ['agent/net/datagram.ts', 'agent/lab/syslog-sender.ts']),
  onlyIn('node:tls', ['agent/net/tls.ts', 'agent/net/http-server.ts', 'agent/net/http.ts']),
  onlyIn('node:http', ['agent/net/http.ts', 'agent/net/http-server.ts']),
  onlyIn('node:https', ['agent/net/http.ts', 'agent/net/http-server.ts']),
  onlyIn('node:child_process', ['agent/cli/lab/agent-process.ts', 'agent/cli/lab/real/programs.ts', 'agent/spawn.ts']),
  onlyIn('node:worker_threads', [
    'agent/evidence/report-thread.ts',
    'agent/evidence/report-worker.ts',
    'agent/config/load-thread.ts',
    'agent/config/load-worker.ts',
  ]),
  onlyIn('node:timers', []),
  banned('Date.now', /\bDate\s*\.\s*now\b/, CLOCK),
  banned('new Date() without a time', /\bnew\s+Date\s*\(\s*\)/, CLOCK),
  banned('performance.now or hrtime', /\bperformance\s*\.\s*now\b|\bhrtime\b/, CLOCK),
  banned('setTimeout, setInterval, setImmediate', /\bset(?:Timeout|Interval|Immediate)\b/, CLOCK),
  banned('Math.random', /\bMath\s*\.\s*random\b/, ['agent/random.ts']),
  banned('randomUUID, randomBytes, randomInt', /\brandom(?:UUID|Bytes|Int)\b/, ['agent/random.ts']),
  banned('process.env', /\bprocess\s*\.\s*env\b/, ['agent/config/config-host.ts', 'agent/log.ts', 'bin/']),
  banned('process.exit', /\bprocess\s*\.\s*exit(?:Code)?\b/, ['bin/']),
  banned('console', /\bconsole\s*\.\s*\w+\s*\(/, []),
  {
    name: 'no event is named error: eventemitter3 does not throw on it',
    check: ({ path, text }) => (inSource(path) && /\bemit\(\s*'error'/.test(text) ? ["emit('error')"] : []),
  },
  banned('any', /:\s*any\b|\bas\s+any\b|<any>/, []),
  banned('enum', /^\s*(?:export\s+)?(?:const\s+)?enum\s/, []),
  banned('TODO or FIXME in code', /\b(?:TODO|FIXME)\b/, []),
  // Form.
  {
    name: 'kebab-case file names that say what is in them',
    check: ({ path }) => {
      const name = posix.basename(path).replace(/(\.test)?\.ts$/, '');
      const wrong = /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) ? [] : [`${name} is not kebab-case`];
      return /^(?:utils?|helpers?|manager|misc|common|stuff)$|-(?:utils?|helpers?|misc)$/.test(name)
        ? [...wrong, `${name} says nothing`]
        : wrong;
    },
  },
  {
    name: 'a header comment of what the file is',
    check: ({ path, text }) =>
      inSource(path) && !/^(?:#![^\n]*\n)?\/\*\*[\s\S]{20,}?\*\//.test(text) ? ['no header comment'] : [],
  },
  {
    name: 'at most 400 lines',
    check: ({ path, text }) => {
      const lines = text.split('\n').length - 1;
      return inSource(path) && lines > 400 && longFiles[path] === undefined ? [`${lines} lines`] : [];
    },
  },
  {
    name: 'relative imports end in .ts (or .json)',
    check: ({ text }) =>
      [...text.matchAll(/^(?:import|export|\})[^'"\n]*?(?:from\s*|^import\s*)'(\.{1,2}\/[^']*)'/gm)]
        .filter((match) => !/\.(?:ts|json)$/.test(match[1]!))
        .map((match) => `imports ${match[1]}`),
  },
  {
    name: 'no barrels but the shelves’ registries',
    check: ({ path, text }) =>
      posix.basename(path) === 'index.ts' && !within(path, SHELVES)
        ? ['index.ts outside a shelf']
        : inSource(path) && /^\s*export\s*\*\s*from/m.test(text)
          ? ['export * from']
          : [],
  },
];

const SHELVES = [
  'test/sim/world/checkers/',
  'agent/alarms/index.ts',
  'agent/lab/commands/index.ts',
  'agent/sources/index.ts',
  'agent/web/routes/index.ts',
  'agent/fleet/routes/index.ts',
  'agent/cli/index.ts',
  'shared/platforms/index.ts',
  'shared/analyze/causes/index.ts',
  'agent/lab/causes/index.ts',
];

/** Error codes of a docs page: `### \`CODE\`` headings or table rows that begin with the code. */
export function codesIn(page: string): string[] {
  return [...page.matchAll(/^\| `([A-Z][A-Z_]+)` \|/gm)].map((match) => match[1]!);
}

/** What stands in one list and not in the other. */
export function differences(code: readonly string[], page: readonly string[]): string[] {
  return [
    ...code.filter((item) => !page.includes(item)).map((item) => `${item} is not in the page`),
    ...page.filter((item) => !code.includes(item)).map((item) => `${item} is in the page and nowhere else`),
    ...page.filter((item, index) => page.indexOf(item) < index).map((item) => `${item} stands twice in the page`),
  ];
}

/** Keys of `limits` without a comment above them (a comment may stand over a group of lines without a blank between). */
export function undocumentedLimits(source: string): string[] {
  const body = /export const limits = \{\n([\s\S]*?)\n\} as const/.exec(source)?.[1] ?? '';
  let explained = false;
  const missing: string[] = [];
  for (const line of body.split('\n')) {
    if (/^\s*(?:\/\*\*|\/\/|\*)/.test(line)) explained = true;
    else if (line.trim() === '') explained = false;
    else {
      const key = /^\s*(\w+):/.exec(line)?.[1];
      if (key !== undefined && !explained) missing.push(key);
      explained = false;
    }
  }
  return missing;
}
