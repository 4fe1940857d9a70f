/** `spitrap eem lint FILE [FILE]`: what is wrong with applets, and with the router around them. Needs no configuration and no agent. */
import { lint } from '../../../shared/eem/lint.ts';
import type { EemPart } from '../eem.ts';
import { exitCodes, paintFor, print, printJson } from '../subcommand.ts';
import { countOf, lintJson, lintText } from './lint-text.ts';
import { readEemFiles } from './read-files.ts';

interface Options {
  readonly json?: boolean;
}

const HELP = `
Each word is explained in docs/eem-lint.md. A hint depends on what the file
does not show. Two files are linted as the two ends of a pair too.

Examples:
  spitrap eem lint hub-running-config.txt
  spitrap eem lint hub.txt spoke.txt
  ssh hub1 show running-config | spitrap eem lint --json -
`;

export const lintPart: EemPart = (group, perform) => {
  group
    .command('lint')
    .description('what is wrong with applets: line, word, reason, remedy')
    .argument('<file...>', 'a running configuration or applets alone; - is standard input')
    .option('--json', 'as JSON (docs/eem-lint.md)')
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) =>
      perform(async (context) => {
        const files = lint(await readEemFiles(names, context));
        if (options.json) printJson(context, lintJson(files));
        else print(context, lintText(files, paintFor(context)));
        return files.some(({ findings }) => countOf(findings, 'warning') > 0) ? exitCodes.failed : exitCodes.ok;
      }),
    );
};
