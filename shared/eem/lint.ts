/**
 * `lint(files)`: what is wrong with the applets of one router, or of the two of a pair, and with the router around them. Rules are in
 * *-rules.ts, their words in lint-words.ts. Called by agent/cli/eem/lint.ts and import. Nothing throws, whatever the text.
 */
import { limits } from '../limits.ts';
import { actionFindings } from './action-rules.ts';
import type { EemConfig } from './applet.ts';
import { appletFindings } from './applet-rules.ts';
import { eventFindings } from './event-rules.ts';
import { type Finding, finding } from './lint-words.ts';
import { pairFindings } from './pair-rules.ts';
import { programFindings } from './program-rules.ts';
import { routerFindings } from './router-rules.ts';

export interface LintFile {
  readonly name: string;
  readonly config: EemConfig;
}

export interface LintedFile extends LintFile {
  /** By line. */
  readonly findings: readonly Finding[];
  /** Beyond `eemFindingsMax`. */
  readonly findingsNotKept: number;
}

/** Two files are the two ends of a pair, in either order. */
export function lint(files: readonly LintFile[]): LintedFile[] {
  const found = files.map(({ config }) => findingsOf(config));
  const [first, second] = files;
  if (files.length === 2 && first !== undefined && second !== undefined) {
    const there = pairFindings(first.config, second.config, first.name);
    const back = pairFindings(second.config, first.config, second.name);
    found[0]!.push(...there.sender, ...back.receiver);
    found[1]!.push(...there.receiver, ...back.sender);
  }
  return files.map((file, index) => {
    const findings = found[index]!.sort((a, b) => a.line - b.line);
    return {
      ...file,
      findings: findings.slice(0, limits.eemFindingsMax),
      findingsNotKept: Math.max(0, findings.length - limits.eemFindingsMax),
    };
  });
}

function findingsOf(config: EemConfig): Finding[] {
  return [
    ...notRead(config),
    ...config.applets.flatMap((applet) => [
      ...appletFindings(applet, config),
      ...eventFindings(applet),
      ...actionFindings(applet, config),
      ...programFindings(applet, config),
    ]),
    ...routerFindings(config),
  ];
}

function notRead({ unread, linesNotRead }: EemConfig): Finding[] {
  const found = unread.map(({ line, text }) =>
    finding('unknown-statement', {
      line,
      reason: `not understood: ${JSON.stringify(withoutSecret(text).slice(0, 120))}`,
      remedy: 'look whether the router takes it; nothing was concluded from it',
    }),
  );
  if (linesNotRead > 0) {
    const reason = `${linesNotRead} lines after the first ${limits.eemLinesMax} were not looked at`;
    found.push(finding('lines-not-read', { line: limits.eemLinesMax, reason, remedy: 'give the event-manager part alone' }));
  }
  return found;
}

/** A statement may hold a community or a key: what stands after these words is not shown. */
export const withoutSecret = (text: string): string =>
  text
    .replace(/^((?:no )?snmp-server host \S+) .*$/i, '$1 …')
    .replace(/^((?:no )?snmp-server (?!host|enable|manager|trap-source|source-interface)\S+) .*$/i, '$1 …')
    .replace(/\b(password|secret|key|community|auth|priv)\s+\S.*$/i, '$1 …');
