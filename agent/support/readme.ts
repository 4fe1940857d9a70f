/** README.txt of a support archive: what is in it, what was hidden, what is not there. Called by cli/support.ts. Pure. */
import { printable } from '../../shared/model/printable.ts';
import type { Support } from './collect.ts';

const ABOUT: readonly (readonly [name: RegExp, what: string])[] = [
  [/^about\.json$/, 'versions, operating system, size of the host'],
  [/^config\.json$/, 'the configuration without comments; each secret is <hidden>, of URLs the path'],
  [/^config-fault\.txt$/, 'why the configuration is refused'],
  [/^check\.json$/, 'spitrap check --offline'],
  [/^status\.json$/, 'what the running agent says of itself, its counters too'],
  [/^journal\.jsonl$/, 'the end of its journal: each decision with its reason'],
  [/^audit\.log$/, 'the end of the audit: each line that was sent to the device'],
  [/^agent\.log$/, 'the end of its log'],
  [/^incidents\.json$/, 'which incidents there are'],
  [/^incidents\//, 'of an incident'],
];

export function readme({ files, missing, hidden }: Support, version: string, at: Date): string {
  const lines = files.map(({ name, bytes }) => {
    const about = ABOUT.find(([pattern]) => pattern.test(name))?.[1] ?? '';
    return `  ${name.padEnd(28)} ${String(bytes.length).padStart(9)}  ${about}`.trimEnd();
  });
  return `A support archive of spitrap ${version}, written ${at.toISOString()}. Nothing was sent anywhere.

READ IT BEFORE YOU SEND IT.

Hidden (${hidden} places): the secrets that the configuration names, wherever they stand; keys, passwords and communities where Cisco IOS,
strongSwan and our own files write them. A hidden value is <hidden> or <redacted:8 hex>; equal ones have equal digits in this archive.

Not hidden: addresses, host names, user names, names of peers, SPIs, lines of the router's log that stand in the journal. A secret that
somebody wrote into a description, a banner or the name of a peer is text to spitrap, and stands here.

In it:
${lines.join('\n')}

Not in it:
${missing.length === 0 ? '  nothing is missing' : missing.map((what) => `  ${printable(what, 400)}`).join('\n')}
  the ring (the router's raw log) and the outputs of commands, but for bundles that were asked for with --with-bundle
`;
}
