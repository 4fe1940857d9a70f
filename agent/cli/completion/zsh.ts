/** The zsh script: `_arguments` for each command, a function each. Called by completion.ts. */
import type { CommandWords, OptionWords, ValueWords } from './words.ts';

export function zshScript(root: CommandWords): string {
  return `#compdef ${root.name}
# zsh completion for ${root.name}, written by \`${root.name} completion zsh\`.
${functionsOf(root, `_${root.name}`).join('\n')}
if [ "$funcstack[1]" = "_${root.name}" ]; then
  _${root.name} "$@"
else
  compdef _${root.name} ${root.name}
fi
`;
}

function functionsOf(command: CommandWords, name: string): string[] {
  const options = command.options.flatMap(optionSpecs);
  if (command.commands.length === 0) {
    const values = command.arguments.map((value, index) => `'${index + 1}:value:${action(value)}'`);
    return [`${name}() {\n  _arguments \\\n${[...options, ...values].map((spec) => `    ${spec}`).join(' \\\n')}\n}`];
  }
  const described = command.commands.map((sub) => `    '${sub.name}:${sub.description}'`);
  const cases = command.commands.map((sub) => `    ${sub.name}) ${name}_${sub.name} ;;`);
  return [
    `${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${described.join('\n')}
  )
  _arguments -C \\
${options.map((spec) => `    ${spec}`).join(' \\\n')} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`,
    ...command.commands.flatMap((sub) => functionsOf(sub, `${name}_${sub.name}`)),
  ];
}

/** Each spelling of an option is a spec of its own. */
function optionSpecs({ flags, description, value }: OptionWords): string[] {
  const others = flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map((flag) => `'${others}${flag}[${description}]${value === null ? '' : `:value:${action(value)}`}'`);
}

function action(value: ValueWords): string {
  switch (value.kind) {
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'text':
      return ' ';
  }
}
