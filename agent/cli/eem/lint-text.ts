/** What `spitrap eem lint` prints: a paragraph a finding, `line: word: reason; remedy`, in 80 columns; or all of it as JSON. */

import type { LintedFile } from '../../../shared/eem/lint.ts';
import type { Finding } from '../../../shared/eem/lint-words.ts';
import { printable } from '../../../shared/model/printable.ts';
import { columns, type Paint, wrapped } from '../../status/text-layout.ts';

export const countOf = (findings: readonly Finding[], level: Finding['level']): number =>
  findings.filter((found) => found.level === level).length;

const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export function lintText(files: readonly LintedFile[], paint: Paint): string {
  return files.map((file) => fileLines(file, paint).join('\n')).join('\n\n');
}

function fileLines({ name, config, findings, findingsNotKept }: LintedFile, paint: Paint): string[] {
  const counted = `${many(countOf(findings, 'warning'), 'warning')}, ${many(countOf(findings, 'hint'), 'hint')}`;
  const applets =
    config.applets.length === 0 ? 'no applet' : `${many(config.applets.length, 'applet')} (${namesOf(config.applets)})`;
  const head = `${printable(name, 200)}: ${many(config.lines, 'line')}, ${applets}: ${counted}`;
  const more = findingsNotKept === 0 ? [] : [`${findingsNotKept} findings more`];
  return [...wrapped(head, ''), ...findings.flatMap((found) => findingLines(found, paint)), ...more];
}

const NAMES = 5;
const namesOf = (applets: readonly { readonly name: string }[]): string =>
  [
    ...applets.slice(0, NAMES).map(({ name }) => printable(name, 40)),
    ...(applets.length > NAMES ? [`${applets.length - NAMES} more`] : []),
  ].join(', ');

function findingLines({ line, word, level, reason, remedy, source }: Finding, paint: Paint): string[] {
  const isHint = level === 'hint';
  const text = `${line}: ${word}${isHint ? ' (hint)' : ''}: ${printable(`${reason}; ${remedy}`, 1_000)} [${source}]`;
  const [first = '', ...rest] = wrapped(text, '  ', columns - 2).map((part, at) => (at === 0 ? part : `    ${part.trimStart()}`));
  return [first.replace(word, paint(isHint ? 'quiet' : 'warn', word)), ...rest];
}

/** Shape: docs/eem-lint.md. */
export function lintJson(files: readonly LintedFile[]): unknown {
  return {
    files: files.map(({ name, config, findings, findingsNotKept }) => ({
      file: name,
      lines: config.lines,
      applets: config.applets.map((applet) => ({ name: applet.name, line: applet.line })),
      findings,
      findingsNotKept,
    })),
    warnings: files.reduce((sum, { findings }) => sum + countOf(findings, 'warning'), 0),
    hints: files.reduce((sum, { findings }) => sum + countOf(findings, 'hint'), 0),
  };
}
