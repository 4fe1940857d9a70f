/** What bounds a simulated box. The island keeps its own limits: it may import nothing but the clock (architecture.md). */
export const labLimits = {
  /** Bytes of the logging buffer, as `logging buffered 512000`; the oldest messages leave first. */
  logBufferBytes: 512_000,
  /** Characters of one typed line, as IOS has it; more is answered with a bell. */
  lineCharacters: 254,
  /** Type-ahead kept while a command runs; more is dropped, as a tty does. */
  typeAheadCharacters: 4_096,
  /** Bytes of one file on disk0; a write beyond it ends with "No space left on device". */
  diskFileBytes: 4_194_304,
  diskFiles: 32,
  /** `logging host` lines, and `ntp server` lines. */
  configuredServers: 16,
  /** Commands in `commandLog`; tests never come near, a soak run forgets the oldest. */
  commandLogEntries: 100_000,
  /** Entries of the key engine's event trace. */
  traceEntries: 500,
  /** Rows of the Transient SPI table. */
  transientSpis: 20,
  historyLines: 20,
  /** `snmp-server packetsize`, as IOS has it unless told otherwise; a longer datagram is not read. */
  snmpDatagramBytes: 1_500,
  /** Socket buffer of a box's trap port. */
  snmpReceiveBufferBytes: 262_144,
  snmpHosts: 16,
  snmpUsers: 32,
  applets: 64,
  appletActions: 256,
  /** Free VTYs without which EEM opens none for an applet (facts.md §4). */
  eemFreeVtys: 3,
  /** `event manager scheduler applet thread class default number 32`: a `wait` holds one. */
  eemThreads: 32,
  /** Events that wait for a thread; more are dropped, and counted. */
  eemQueue: 64,
  /** Actions of one run in its record; a loop may do more, until maxrun, and they are not written down. */
  appletRunActions: 2_000,
  /** Characters of a variable of an applet: more than the longest `show` here has. */
  eemValueCharacters: 262_144,
  /** `event manager environment` lines. */
  eemEnvironment: 64,
  /** Runs in `appletRuns`; the oldest are forgotten. */
  appletRuns: 1_000,
  /** Values of one type of crypto condition, as IOS has it (facts.md §5). */
  conditionValues: 10,
  /** Flows whose last message the limit remembers, when it counts by flow; more than any storm has, and the oldest are forgotten. */
  limitedFlows: 20_000,
  /** Spokes that a storm may have. */
  stormFlows: 10_000,
  /** Message lines a second that a starved box still gets out to its collector. */
  starvedLinesPerSecond: 100,
} as const;
