/**
 * The configuration explained from its own schema: docs/configuration.md is this text (`npm run docs:config` writes it,
 * test/config/describe.test.ts holds it to the schema).
 */
import { z } from 'zod';
import { limits } from '../../shared/limits.ts';
import { bare, fieldNotes, spelling } from './field-notes.ts';
import { isSection, rootSchema } from './schema.ts';

export interface Setting {
  /** `peers[].snmp.auth.key`. */
  readonly path: string;
  readonly spelled: string;
  readonly required: boolean;
  /** As written in a file, or in words; null when required. */
  readonly default: string | null;
  readonly doc: string;
  /** `kind: syslog-udp, syslog-tcp` where the setting belongs to one form of its mapping. */
  readonly only: string | null;
}

/** Every setting, in the order of the schema. */
export function describeConfig(root: z.ZodObject = rootSchema): readonly Setting[] {
  return within(root, '', null);
}

function within(schema: z.ZodObject, prefix: string, only: string | null): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => one(field as z.ZodType, prefix ? `${prefix}.${key}` : key, only));
}

function one(field: z.ZodType, path: string, only: string | null): Setting[] {
  if (isSection(field)) return within(field, path, only);
  const inner = bare(field);
  const own: Setting = { path, spelled: spelledWords(field), ...presence(field), doc: fieldNotes.get(field)?.doc ?? '', only };
  if (inner instanceof z.ZodObject) return [own, ...within(inner, path, only)];
  if (inner instanceof z.ZodDiscriminatedUnion) return [own, ...options(inner, path)];
  const item = inner instanceof z.ZodArray ? bare(inner.element as z.ZodType) : null;
  if (item instanceof z.ZodObject) return [own, ...within(item, `${path}[]`, only)];
  if (item instanceof z.ZodDiscriminatedUnion) return [own, ...options(item, `${path}[]`)];
  return [own];
}

function options(union: z.ZodDiscriminatedUnion, path: string): Setting[] {
  return (union.options as z.ZodObject[]).flatMap((option) => {
    const { discriminator } = union.def;
    return within(option, path, `${discriminator}: ${spelledWords(option.shape[discriminator] as z.ZodType)}`);
  });
}

function spelledWords(field: z.ZodType): string {
  const inner = bare(field);
  if (inner instanceof z.ZodLiteral) return [...(inner.values as Set<unknown>)].map(String).join(' | ');
  if (inner instanceof z.ZodDiscriminatedUnion) return 'mapping';
  return spelling(field);
}

function presence(field: z.ZodType): Pick<Setting, 'required' | 'default'> {
  const note = fieldNotes.get(field);
  if (note?.defaultWords !== undefined) return { required: false, default: note.defaultWords };
  if (field instanceof z.ZodPrefault) return { required: false, default: `\`${spelledDefault(note?.default)}\`` };
  return { required: true, default: null };
}

const spelledDefault = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** docs/configuration.md, whole. */
export function configurationPage(): string {
  const settings = describeConfig();
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const group = groupOf(setting.path);
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  const tables = [...groups].map(([group, members]) => `## ${group}\n\n${table(members)}`);
  return `${INTRODUCTION}\n${tables.join('\n\n')}\n`;
}

/** `role` and other single settings stand together; every mapping has a table of its own. */
function groupOf(path: string): string {
  const top = /^[A-Za-z]+/.exec(path)?.[0] ?? path;
  return OF_THEIR_OWN.has(top) ? `\`${top}\`` : 'The agent';
}

const OF_THEIR_OWN = new Set([
  'device',
  'sources',
  'peers',
  'peersFrom',
  'capture',
  'stop',
  'signal',
  'evidence',
  'alarms',
  'budgets',
  'log',
]);

export function table(settings: readonly Setting[]): string {
  const rows = settings.map(({ path, spelled, default: fallback, doc, only }) => {
    const belongs = only === null ? '' : ` Only with \`${only}\`.`;
    return `| \`${path}\` | ${cell(spelled)} | ${fallback === null ? '**required**' : cell(fallback)} | ${cell(doc)}${cell(belongs)} |`;
  });
  return ['| key | value | default | purpose |', '|---|---|---|---|', ...rows].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs:config\` from agent/config/schema.ts; a test holds the two together. Do not edit. -->

One file per agent, YAML or JSON: \`spitrap run -c hub.yaml\`. It is checked as a whole before any socket opens: all faults are
shown at once, each with path, line, value (secrets masked) and remedy, and the exit code is 2. Unknown keys are faults.

- **Durations** have a unit: \`250ms\`, \`18s\`, \`5m\`, \`24h\`, \`7d\`. **Sizes** too: \`512KiB\`, \`64MiB\`, \`1GiB\`.
- **Addresses** are IPv4 or IPv6, never host names: DNS may be behind the tunnel that broke. **Endpoints** stand in quotes:
  \`"0.0.0.0:6514"\`, \`"[::]:10162"\`.
- **Secrets** never stand in the file: \`{ file: hub.pw }\` (relative to the configuration file; one line; keep it at mode 0600)
  or \`{ env: HUB_PASSWORD }\`; under systemd \`{ credential: key_hub.pw }\`, handed over by LoadCredential ([operations.md](operations.md)).
- Where a list is taken, a single value may stand for a list of one.
- Crypto addresses (of tunnels) and signal addresses (of agents) are never the same field.
- At both ends alike: \`signal.values\`, \`stop.delay\`, \`stop.mode\`, and the \`snmp\` user and keys of the pair. Hello compares them.

## The smallest pair

\`\`\`yaml
role: hub
mode: act            # observe (the default) sends only its login and show clock
device:
  address: 192.0.2.1
  platform: cisco-ios
  user: spitrap
  password: { file: hub.pw }
  hostKey: "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"
  cryptoAddresses: [213.163.222.7]
sources:
  - { kind: syslog-tcp, listen: "0.0.0.0:6514" }
signal: { listen: "0.0.0.0:10162" }
peers:
  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["198.51.100.9:10162"]
    snmp:
      version: 3
      user: pair
      auth: { protocol: sha256, key: { file: auth } }
      priv: { protocol: aes, key: { file: priv } }
\`\`\`

Behind a syslog relay, say whose lines are the device's:
\`match: [192.0.2.1, { relay: 10.0.0.5, hostname: hub1 }]\`, and \`allow: [10.0.0.5]\` at the source.

## Hundreds of peers

The hub of a large DMVPN need not write each spoke out. \`peersFrom\` takes peers from a folder, from a table, or from both, beside those in
\`peers\`; all together may be ${limits.peersMax}. A reload reads them anew ([operations.md](operations.md)).

\`\`\`yaml
peersFrom:
  directory: peers.d               # peers.d/*.yaml, *.yml, *.json, by name: one peer in each, or a list of them
  table: spokes.csv                # name,tunnel,agent,carrier
  template:                        # what peer a row makes
    name: "{name}"
    cryptoAddresses: ["{tunnel}"]
    send: ["{agent}:10162"]
    snmp:
      version: 3
      user: "{name}"
      auth: { protocol: sha256, key: { file: "/etc/spitrap/spokes/{name}.auth" } }
      priv: { protocol: aes, key: { file: "/etc/spitrap/spokes/{name}.priv" } }
    tags: { carrier: "{carrier}" }
\`\`\`

- **The table** is CSV as RFC 4180 has it, in UTF-8: commas, double quotes around what holds a comma, LF or CRLF, a byte order mark or none. Its
  first row names the columns; columns that the template does not name are no matter. Spaces around a cell and blank lines are dropped.
- **The template** is a peer with \`{column}\` in its values, as often and beside as much other text as it takes; \`{{\` and \`}}\` are braces. A value
  that comes out empty is left out, with its key: then its default counts, or the row is at fault when it needs one. Numbers (\`version\`,
  \`root\`) are written out: what is filled in is text.
- **Secrets** never stand in a table: it names them, as \`{ file: … }\`, \`{ env: … }\` or \`{ credential: … }\`. What is filled into a \`file\` holds no
  slash and no \`..\`: whoever may write the table shall not choose which file of this host is a key. With a file that everybody knows as
  key, anybody could forge a stop. Write the folder into the template. In \`peers.d\` paths are as in this file, and start at its folder.
- **Faults** are told with file, row, line, column and what to do, all of them at once (the first ${limits.configFaultsShownMax}, and how many more there are); names,
  addresses and engine ids are compared across all sources. What is wrong with the template itself is told once, with its line here.
  \`spitrap check --peers -c FILE\` lists the peers with where each came from.
- **Tags** (\`peers[].tags\`, \`device.tags\`) are what a fleet counts by: up to ${limits.tagsMax} words, each of ${limits.tagCharsMax} characters at most. They stand in
  \`incident.json\` of each incident with the peer.

## A log file

Where rsyslog or syslog-ng on this host writes the device's lines to a file, the file can be a source, alone or beside others (the same
message from two sources is one event: within 5 s, or later by its equal stamp):

\`\`\`yaml
device: { match: [192.0.2.1, { relay: 127.0.0.1, hostname: hub1 }] }   # hub1: as the file's lines spell it, a name or an address
sources:
  - { kind: file, path: /var/log/hub1.log }
\`\`\`

- The agent's user must be able to read it (Debian: \`adduser spitrap adm\`). A file that is absent, unreadable or a folder keeps nothing
  from starting: \`status\` says what is waited for, and it is looked at again five times a second.
- A message in a file is first looked up in the device's own log (\`show logging\`), as one over UDP: anybody may write to a log.
- Rotation by rename and by copytruncate is followed. copytruncate itself loses what is written between its copy and its truncation: the
  evidence then has a hole. Prefer rename and HUP, and do not rotate twice within a second.
- What stands in the file when the agent starts is backlog: evidence, which opens nothing. After a restart reading goes on where it
  ended (\`dataDir/sources/\`), also in a file that was renamed meanwhile but not compressed; at most 16 MiB of it.
- Lines are read as soon as they end; a last line without an end after 2 s.
`;
