/** `show version`, whole or through a filter: which software, since when it runs, and why it was restarted. Filled by the platforms' parser. */

/** Whatever the filter let through; null: not shown. */
export interface DeviceVersion {
  readonly hostname: string | null;
  /** `15.7(3)M2`, `16.9.4`: of IOS. */
  readonly version: string | null;
  /** `16.09.04`: of IOS XE around it. */
  readonly xeVersion: string | null;
  readonly uptime: DeviceUptime | null;
  /** Of the active route processor; after a switchover shorter than `uptime`. */
  readonly processorUptime: DeviceUptime | null;
  /** `reload`, `power-on`, `SSO Switchover`: of `System returned to ROM by …`. */
  readonly returnedBy: string | null;
  /** As printed: `18:02:11 UTC Mon Mar 12 2026`. */
  readonly restartedAt: string | null;
  readonly reloadReason: string | null;
  readonly reloadType: string | null;
  readonly image: string | null;
  /** Line of `reloadReason`, else of `returnedBy`, from 1. */
  readonly reasonLine: number | null;
}

export interface DeviceUptime {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly seconds: number;
  /** What the last unit printed is worth: IOS rounds down to it. */
  readonly resolutionSeconds: number;
}
