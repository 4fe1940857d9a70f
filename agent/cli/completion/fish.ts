/** The fish script: one `complete` a word, with the condition under which it is offered. Called by completion.ts. */
import type { CommandWords, OptionWords, ValueWords } from './words.ts';

export function fishScript(root: CommandWords): string {
  const lines = [
    `# fish completion for ${root.name}, written by \`${root.name} completion fish\`.`,
    `complete -c ${root.name} -f`,
  ];
  const complete = (condition: string, rest: string): void => {
    lines.push(`complete -c ${root.name} -n '${condition}' ${rest}`);
  };
  const names = root.commands.map(({ name }) => name).join(' ');
  const atRoot = `not __fish_seen_subcommand_from ${names}`;
  for (const option of root.options) complete(atRoot, optionSpec(option));
  for (const sub of root.commands) {
    complete(atRoot, `-a ${sub.name} -d '${sub.description}'`);
    const inSub = `__fish_seen_subcommand_from ${sub.name}`;
    const inner = sub.commands.map(({ name }) => name).join(' ');
    const beforeInner = inner === '' ? inSub : `${inSub}; and not __fish_seen_subcommand_from ${inner}`;
    for (const option of sub.options) complete(inSub, optionSpec(option));
    for (const value of sub.arguments) {
      const words = argumentSpec(value);
      if (words !== null) complete(beforeInner, words);
    }
    for (const deeper of sub.commands) {
      complete(beforeInner, `-a ${deeper.name} -d '${deeper.description}'`);
      for (const option of deeper.options)
        complete(`${inSub}; and __fish_seen_subcommand_from ${deeper.name}`, optionSpec(option));
    }
  }
  return `${lines.join('\n')}\n`;
}

function optionSpec({ flags, description, value }: OptionWords): string {
  const spelled = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...spelled, ...(value === null ? [] : [valueSpec(value)]), `-d '${description}'`].join(' ');
}

function valueSpec(value: ValueWords): string {
  switch (value.kind) {
    case 'file':
      return '-r -F';
    case 'folder':
      return "-x -a '(__fish_complete_directories)'";
    case 'words':
      return `-x -a '${value.words.join(' ')}'`;
    case 'text':
      return '-x';
  }
}

function argumentSpec(value: ValueWords): string | null {
  switch (value.kind) {
    case 'file':
      return '-F';
    case 'folder':
      return "-a '(__fish_complete_directories)'";
    case 'words':
      return `-a '${value.words.join(' ')}'`;
    case 'text':
      return null;
  }
}
