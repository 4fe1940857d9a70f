/**
 * What an imported text held and the configuration does not, as comments at its end: nothing is dropped in silence. Secrets are not
 * copied. Called by import.ts.
 */
import { type Action, type EemConfig, type Line, runOrder } from '../../../shared/eem/applet.ts';
import { isEnable, isShow, isUndebug } from '../../../shared/eem/commands.ts';
import { type LintedFile, withoutSecret } from '../../../shared/eem/lint.ts';
import { printable } from '../../../shared/model/printable.ts';
import { wrapped } from '../../status/text-layout.ts';

/** Lines of the text, of which all but the foreign ones are quoted. */
export function remainsText(files: readonly LintedFile[]): string {
  const lines = files.flatMap(({ name, config, findings, findingsNotKept }) => {
    const warnings = findings.filter(({ level }) => level === 'warning');
    return [
      '',
      ...comment(`What stood in ${printable(name, 200)}, by line.`),
      ...section('Not understood, and left out', config.unread),
      ...config.applets.flatMap((applet) => [
        ...comment(
          `Applet ${printable(applet.name, 60)}, line ${applet.line}. While it is on the router it acts beside the agent:`,
        ),
        ...comment(`no event manager applet ${printable(applet.name, 60)}, once the agent is in mode act.`),
        ...applet.events.flatMap(({ line }) => comment(`${line}: its event`, '  ')),
        ...runOrder(applet).flatMap((action) => comment(`${action.line}: ${shown(action.text)} (${fate(action)})`, '  ')),
        ...replaced(applet.actions, runOrder(applet)),
      ]),
      ...section('Of the router: read, and stays there', routerLines(config)),
      ...foreign(config),
      ...(warnings.length === 0 ? [] : comment('Warnings of spitrap eem lint, which has more:')),
      ...warnings.flatMap(({ line, word, reason, remedy }) =>
        comment(`${line}: ${word}: ${printable(`${reason}; ${remedy}`, 1_000)}`, '  '),
      ),
      ...(findingsNotKept === 0 ? [] : comment(`${findingsNotKept} findings more`, '  ')),
      ...(config.linesNotRead === 0 ? [] : comment(`${config.linesNotRead} lines more, which were not looked at`)),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const comment = (text: string, indent = ''): string[] =>
  wrapped(text, `# ${indent}`).map((line, at) => (at === 0 ? line : `#${line.slice(1)}`));

const shown = (text: string): string => printable(withoutSecret(text), 300);

const section = (title: string, lines: readonly Line[]): string[] =>
  lines.length === 0
    ? []
    : [...comment(`${title}:`), ...lines.flatMap(({ line, text }) => comment(`${line}: ${shown(text)}`, '  '))];

function fate(action: Action): string {
  switch (action.kind) {
    case 'cli':
      if (isEnable(action.command)) return 'the agent’s login does it';
      if (isUndebug(action.command)) return 'the agent’s stop does it, in mode act';
      if (isShow(action.command)) return 'the agent captures by its own list: spitrap commands';
      return 'left out: the agent never sends it';
    case 'wait':
      return 'stop.delay';
    case 'snmp-trap':
      return 'the agent’s signal';
    case 'syslog':
      return 'the agent’s own log';
    case 'other':
      return 'left out';
  }
}

/** Labels given twice: the earlier action never runs. */
const replaced = (actions: readonly Action[], run: readonly Action[]): string[] =>
  actions
    .filter((action) => !run.includes(action))
    .flatMap((action) => comment(`${action.line}: ${shown(action.text)} (left out: its label stands again below)`, '  '));

function routerLines(config: EemConfig): Line[] {
  const settings = [
    ...[config.sessionUser, config.trapsEnabled, config.manager, config.trapSource, config.loggingConsole, config.loggingTrap],
    ...config.loggingHosts,
    ...config.snmpCommunities,
  ].flatMap((setting) => (setting === null ? [] : [setting]));
  return [...settings, ...config.snmpHosts, ...config.debugs, ...config.conditions].sort((a, b) => a.line - b.line);
}

function foreign({ foreign: lines }: EemConfig): string[] {
  if (lines.length === 0) return [];
  const ranges: [from: number, to: number][] = [];
  for (const { line } of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  const named = ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
  return comment(`Other lines, which say nothing to an agent: ${named}.`);
}
