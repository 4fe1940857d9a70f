/**
 * An EEM applet, and what else of a router's configuration it lives by, each with its line. Made by read-config.ts, judged by lint.ts.
 * IOS "Embedded Event Manager Command Reference".
 */
export interface Line {
  readonly line: number;
  readonly text: string;
}

export const priorities = [
  'emergencies',
  'alerts',
  'critical',
  'errors',
  'warnings',
  'notifications',
  'informational',
  'debugging',
] as const;

export type AppletEvent = { readonly line: number; readonly maxrunSeconds: number | null } & (
  | {
      readonly kind: 'syslog';
      readonly pattern: string;
      readonly occurs: number;
      readonly periodSeconds: number | null;
      readonly priority: string | null;
    }
  | {
      readonly kind: 'snmp-notification';
      readonly oid: string;
      readonly oidVal: string | null;
      readonly op: string | null;
      readonly sourceAddress: string | null;
    }
  | { readonly kind: 'timer'; readonly timer: string }
  /** none, track, cli, interface … and those that this program has no use for. */
  | { readonly kind: 'other'; readonly name: string }
);

export type ActionBody =
  | { readonly kind: 'cli'; readonly command: string }
  | { readonly kind: 'syslog'; readonly message: string; readonly priority: string | null }
  | { readonly kind: 'wait'; readonly seconds: number | null }
  | {
      readonly kind: 'snmp-trap';
      readonly intData1: string | null;
      readonly intData2: string | null;
      readonly strData: string | null;
    }
  | { readonly kind: 'other'; readonly verb: string };

export type Action = Line & { readonly label: string } & ActionBody;

export interface Applet extends Line {
  readonly name: string;
  readonly isBypassing: boolean;
  /** Several with `tag`, for `correlate`. */
  readonly events: readonly AppletEvent[];
  /** As written; `runOrder` is how IOS runs them. */
  readonly actions: readonly Action[];
}

export interface SnmpHost extends Line {
  readonly address: string;
  readonly vrf: string | null;
  readonly isInform: boolean;
  /** Null: no `version` in the line, which is 1. */
  readonly version: '1' | '2c' | '3' | null;
  /** The community, or over version 3 the user. Never printed but for `public` and `private`. */
  readonly community: string;
  readonly port: number;
  /** No types: all. */
  readonly types: readonly string[];
}

export interface RouterInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isCrypto: boolean;
  readonly tunnelSource: string | null;
}

/** A configuration line that stands, or that its `no` form takes away; null: neither is in the text. */
export type Setting<T> = (Line & { readonly value: T }) | null;

export interface EemConfig {
  readonly lines: number;
  /** A whole running configuration: what is not in it is not on the router. */
  readonly isWhole: boolean;
  readonly hostname: string | null;
  readonly applets: readonly Applet[];
  readonly sessionUser: Setting<string>;
  readonly environment: ReadonlyMap<string, string>;
  readonly snmpHosts: readonly SnmpHost[];
  readonly snmpCommunities: readonly Setting<string>[];
  /** `snmp-server enable traps event-manager`, or all of them. */
  readonly trapsEnabled: Setting<boolean>;
  readonly manager: Setting<boolean>;
  readonly trapSource: Setting<string>;
  /** Level; `off` after `no logging console`. */
  readonly loggingConsole: Setting<string>;
  readonly loggingTrap: Setting<string>;
  readonly loggingHosts: readonly Setting<string>[];
  readonly debugStamps: Setting<string>;
  readonly aaaAuthorization: Setting<boolean>;
  /** Lines of `line vty`, in all; null: none in the text. */
  readonly vtyLines: number | null;
  readonly interfaces: readonly RouterInterface[];
  /** `set peer`, `tunnel destination`: whom it has tunnels with. */
  readonly tunnelPeers: readonly string[];
  /** `debug crypto …` as typed in EXEC, which people write beside their applets. */
  readonly debugs: readonly Line[];
  readonly conditions: readonly Line[];
  /** Within reach of this program, and not understood. */
  readonly unread: readonly Line[];
  /** Of the running configuration, and none of this program's business. */
  readonly foreign: readonly Line[];
  readonly linesNotRead: number;
}

/** Actions run in string order of their labels: `10` before `2`, `8.1` after `8`. A label given twice counts as given last. */
export function runOrder({ actions }: Pick<Applet, 'actions'>): readonly Action[] {
  const last = new Map(actions.map((action) => [action.label, action]));
  return [...last.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
}

export const maxrunDefaultSeconds = 20;

/** Of the events of an applet the longest; the default where none says. */
export const maxrunSeconds = ({ events }: Pick<Applet, 'events'>): number =>
  Math.max(...events.map((event) => event.maxrunSeconds ?? maxrunDefaultSeconds), events.length === 0 ? maxrunDefaultSeconds : 0);
