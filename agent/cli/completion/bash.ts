/**
 * The bash script: one function of bash 3.2 and later that needs no bash-completion package. It walks the words typed so far down
 * the commands, passing over the values of options, and offers what may follow. Called by completion.ts.
 */
import type { CommandWords, ValueWords } from './words.ts';

interface Place {
  /** `/`, `/incidents`, `/incidents/show`. */
  readonly path: string;
  readonly command: CommandWords;
}

export function bashScript(root: CommandWords): string {
  const places = placesOf(root, '');
  const cases = (arms: readonly string[]): string => (arms.length === 0 ? '      *) ;;' : arms.join('\n'));
  return `# bash completion for ${root.name}, written by \`${root.name} completion bash\`.
_${root.name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="" path="/" count=0 skip="" i word
  (( COMP_CWORD > 0 )) && prev="\${COMP_WORDS[COMP_CWORD-1]}"
  # \`--config=FILE\` comes as three words.
  if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then (( COMP_CWORD > 1 )) && prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  local IFS=$'\\n'
  COMPREPLY=()

  # The command so far, and how many arguments it has.
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    [[ $word == "=" ]] && continue
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$path $word" in
${cases(places.flatMap(stepsFrom))}
      *" -"*) ;;
      *) (( count += 1 )) ;;
    esac
  done

  # The value of the option before it.
  case "$path $prev" in
${cases(places.flatMap(valuesAt))}
  esac

  if [[ $cur == -* ]]; then
    case "$path" in
${cases(places.map(optionsAt))}
    esac
    return
  fi
  case "$path $count" in
${cases(places.flatMap(argumentsAt))}
  esac
}
complete -F _${root.name} ${root.name}
`;
}

const placesOf = (command: CommandWords, above: string): Place[] => [
  { path: above === '' ? '/' : above, command },
  ...command.commands.flatMap((sub) => placesOf(sub, `${above}/${sub.name}`)),
];

const under = (path: string, name: string): string => (path === '/' ? `/${name}` : `${path}/${name}`);

/** Words that lead further down, and options whose value is no command. */
function stepsFrom({ path, command }: Place): string[] {
  const steps = command.commands.map((sub) => `      "${path} ${sub.name}") path="${under(path, sub.name)}"; count=0 ;;`);
  const taking = command.options.filter((option) => option.value !== null).flatMap((option) => option.flags);
  if (taking.length === 0) return steps;
  return [...steps, `      ${taking.map((flag) => `"${path} ${flag}"`).join('|')}) skip=1 ;;`];
}

function valuesAt({ path, command }: Place): string[] {
  return command.options.flatMap(({ flags, value }) =>
    value === null ? [] : [`    ${flags.map((flag) => `"${path} ${flag}"`).join('|')}) ${offer(value)}; return ;;`],
  );
}

const optionsAt = ({ path, command }: Place): string =>
  `      "${path}") ${offer({ kind: 'words', words: command.options.flatMap((option) => option.flags) })} ;;`;

function argumentsAt({ path, command }: Place): string[] {
  if (command.commands.length > 0) {
    const words = command.commands.map(({ name }) => name);
    return [`    "${path} 0") ${offer({ kind: 'words', words })} ;;`];
  }
  return command.arguments.map((value, index) => `    "${path} ${index}") ${offer(value)} ;;`);
}

function offer(value: ValueWords): string {
  switch (value.kind) {
    case 'file':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -f -- "$cur") )';
    case 'folder':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -d -- "$cur") )';
    case 'words':
      return `COMPREPLY=( $(compgen -W $'${value.words.join('\\n')}' -- "$cur") )`;
    case 'text':
      return ':';
  }
}
