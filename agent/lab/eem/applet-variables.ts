/**
 * What `$name` stands for in one run of an applet: what the event brought (`$_syslog_msg`), what actions left (`$_cli_result`), what
 * the applet set, and `event manager environment`. An unknown name ends the applet, as on a router. Used by applet-run.ts.
 */
import { labLimits } from '../lab-limits.ts';

export type Substituted = { readonly text: string } | { readonly unknown: string };

const VARIABLE = /\$([A-Za-z_]\w{0,63})/g;

/** `$name` by `lookUp`; a `$` before anything else stands for itself, so that a pattern keeps its end. */
export function substitute(text: string, lookUp: (name: string) => string | undefined): Substituted {
  let unknown: string | null = null;
  const out = text.replace(VARIABLE, (_whole, name: string) => {
    const value = lookUp(name);
    if (value === undefined) unknown ??= name;
    return value ?? '';
  });
  // A loop that doubles a text would take the lab's memory: cut, and what was cut is the applet's own doing.
  return unknown === null ? { text: out.slice(0, labLimits.eemValueCharacters) } : { unknown };
}

export class AppletVariables {
  private readonly own: Map<string, string>;
  private readonly environment: ReadonlyMap<string, string>;

  constructor(event: ReadonlyMap<string, string>, environment: ReadonlyMap<string, string>) {
    this.own = new Map(event);
    this.environment = environment;
  }

  get(name: string): string | undefined {
    return this.own.get(name) ?? this.environment.get(name);
  }

  set(name: string, value: string): void {
    this.own.set(name, value.slice(0, labLimits.eemValueCharacters));
  }

  substitute(text: string): Substituted {
    return substitute(text, (name) => this.get(name));
  }
}
