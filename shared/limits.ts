/**
 * Every bound of the program in one place, each with its reason. What is turned away at a bound is counted where it happens
 * (the counter's name stands in `drops` of `spitrap status`). Durations of the protocol stand in pair-protocol's own places:
 * shared/coordinate/timing.ts.
 */
export const limits = {
  /** One syslog line. IOS debugs stay under 1 KiB; RFC 5424 asks for 2 KiB. Beyond it the rest of the line is cut and counted. */
  lineBytesMax: 64 * 1024,
  /** A console or terminal monitor wraps one message over at most three lines. */
  wrappedLinesMax: 3,
  /** Bytes of an octet-counted frame header we are ready to read: "65536 ". */
  frameHeaderBytesMax: 8,
  /** TCP syslog connections at once, over all listeners: relays and one device need few. */
  syslogConnectionsMax: 64,
  /** Asked of the kernel, read back, logged when less: 208 KiB lose 3 of 4 packets of a 10,000-packet burst (dependencies.md §2). */
  udpReceiveBufferBytes: 4 * 1024 * 1024,
  /** An SNMP message we are ready to look at; our own are under 600 bytes, a jumbo of varbinds is nobody's event-manager trap. */
  snmpMessageBytesMax: 8 * 1024,
  varbindsMax: 64,
  /** v3 duplicates remembered inside the 150 s window, per peer. */
  snmpDuplicatesMax: 4_096,
  /** Unknown sources that get a counter (and one log line) of their own; the rest share one. */
  strangersMax: 256,
  /** Observations waiting for the coordinator. Beyond it lines go to the ring only, and the drop is counted. */
  inboxMax: 10_000,
  /** Flows described in one incident; further ones are counted. */
  flowsPerIncidentMax: 10_000,
  /** Output kept of one command; the rest is cut and said so. `show crypto ipsec sa` of 200 SAs is about 400 KiB. */
  commandOutputBytesMax: 4 * 1024 * 1024,
  /** All output of one incident. */
  captureBytesMax: 64 * 1024 * 1024,
  /** What a device may send before a prompt is seen at login (banner, MOTD). */
  bannerBytesMax: 256 * 1024,
  /** Answers to --More-- in one command. */
  pagerAnswersMax: 20_000,
  /** Pending ring bytes in memory when the disk stalls; beyond it lines are dropped and counted. */
  ringPendingBytesMax: 32 * 1024 * 1024,
  /** One ring segment: the unit in which old evidence is deleted. */
  ringSegmentBytes: 4 * 1024 * 1024,
  /** Log lines copied into one bundle. */
  bundleLogBytesMax: 256 * 1024 * 1024,
  /** A journal beyond it is rewritten as one snapshot. */
  journalBytesMax: 8 * 1024 * 1024,
  /** A control socket request. */
  controlRequestBytesMax: 64 * 1024,
  /** Closed incident ids remembered (7 days; this bounds a flood). */
  closedIdsMax: 50_000,
  /** Hold-down entries of (src, dst, SPI). */
  heldFlowsMax: 10_000,
} as const;
