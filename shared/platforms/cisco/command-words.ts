/**
 * Is this line that command? Words as IOS takes them: any case, cut to a beginning of at least two letters, a prompt or `do` in front, a
 * filter behind. Used by the shelf of readable commands (shows.ts); says nothing about what may be sent (grammar.ts does).
 */

// Router#show crypto isa sa
// hub(config)#do show clock
const PROMPT = /^\s*[A-Za-z0-9][\w.:/-]{0,62}(?:\([\w-]{1,40}\))?[>#]\s*/;
// show crypto isa sa | append disk0:hub.txt
const FILTER = /\s\|.*$/s;
const DO = /^do\s+/i;

/** Long lines are no commands: IOS takes 254 characters. */
const COMMAND_CHARACTERS_MAX = 254;
const ABBREVIATION_LETTERS_MIN = 2;

/** `Router#sh crypto isa sa | append disk0:hub.txt` gives `sh`, `crypto`, `isa`, `sa`, in lower case. Empty when it is no command. */
export function commandWords(command: string): string[] {
  if (command.length > COMMAND_CHARACTERS_MAX) return [];
  const bare = command.replace(FILTER, '').replace(PROMPT, '').trim().replace(DO, '');
  return bare === '' ? [] : bare.toLowerCase().split(/\s+/);
}

/**
 * `pattern` is keywords in full, `show crypto isakmp sa`. `[…]` at its end: further words may follow, `show crypto ipsec sa […]`.
 * `exact`: every word is written in full.
 */
export function matchCommand(pattern: string, command: string): 'exact' | 'abbreviated' | null {
  const keywords = pattern.split(' ');
  const open = keywords.at(-1) === '[…]';
  if (open) keywords.pop();
  const words = commandWords(command);
  if (open ? words.length < keywords.length : words.length !== keywords.length) return null;
  let exact = true;
  for (const [index, keyword] of keywords.entries()) {
    const word = words[index]!;
    if (word === keyword) continue;
    if (word.length < ABBREVIATION_LETTERS_MIN || !keyword.startsWith(word)) return null;
    exact = false;
  }
  return exact ? 'exact' : 'abbreviated';
}
