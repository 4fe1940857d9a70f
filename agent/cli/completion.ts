/**
 * `spitrap completion bash|zsh|fish`: prints a script for the shell, made from the program's own commands and options, so that it
 * never lags behind them. What is completed is completion/words.ts; how a shell is told so is completion/bash.ts and its sisters.
 */
import { Argument } from 'commander';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { type CommandWords, wordsOf } from './completion/words.ts';
import { zshScript } from './completion/zsh.ts';
import { exitCodes, print, type Subcommand } from './subcommand.ts';

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } satisfies Record<string, (words: CommandWords) => string>;

const INSTALL = `
To have it at every login, write it to
  bash  ~/.local/share/bash-completion/completions/spitrap
  zsh   a file _spitrap in a folder that is in fpath before compinit
  fish  ~/.config/fish/completions/spitrap.fish
`;

export const completionCommand: Subcommand = {
  name: 'completion',
  exits: '0 done, 2 bad usage',
  register(command, perform) {
    command
      .description('a script that completes this command line in your shell')
      .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
      .addHelpText('after', `\nExamples:\n  spitrap completion bash > spitrap.bash\n  . <(spitrap completion bash)\n${INSTALL}`)
      .action((shell: keyof typeof shells) =>
        perform(async (context) => {
          print(context, shells[shell](wordsOf(command.parent!)));
          return exitCodes.ok;
        }),
      );
  },
};
