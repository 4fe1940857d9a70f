/** The durations of pair-protocol.md that are promises, not settings, each with its place on that page. Settings stand in Rules. */
export const timing = {
  /** Promise 1: from the stop time to "verified off, or the alarm stands". */
  stopBoundMs: 30_000,
  /** One attempt of a stop: session B, then a fresh one, then A. */
  stopAttemptMs: 8_000,
  /** An attempt that has not come back by then never will: the ladder goes on without it, and three of them still fit the bound. */
  stopHungMs: 9_000,
  /** After the three quick attempts: one more inside the bound. */
  stopLastInBoundMs: 24_000,
  /** Past the bound: until verified or acknowledged. */
  stopRetryEveryMs: 30_000,
  /** A stop found due at a restart is sent at once up to here; later only what our journal names is turned off. */
  staleStopMs: 120_000,
  /** `show logging | include` before a line that could be spoofed causes anything. */
  corroborateMs: 2_000,
  /** A due stop waits at most so long for an answer that does not even time out; then it counts as undecided. */
  corroborateHungMs: 3_000,
  /** Corroborations of one incident that wait at a time: they share one look at the buffer. Flows beyond are recorded, cause nothing, and are asked about when they come again. */
  corroborationsMax: 1_000,
  /** Sealed at the latest so long after the stop. The spoke is 10 s earlier, so that its done still reaches the hub's bundle. */
  sealAtMostMs: 120_000,
  sealAtMostSpokeMs: 110_000,
  /** Stop to an `eem` peer goes twice. */
  eemRepeatMs: 2_000,
  /** With `arm: manual` an unacknowledged stop repeats so long, then alarms. */
  stopUnacknowledgedMs: 15 * 60_000,
  /** Done is offered again on the peer's hello. */
  doneKeptMs: 24 * 3_600_000,
  /** Closed ids are answered and not acted on. */
  closedIdsKeptMs: 7 * 24 * 3_600_000,
  /** What IOS limits the message to, and the default of Rules.messageIntervalMs, by which flows are judged. */
  messageIntervalMs: 60_000,
  hourMs: 3_600_000,
  /** Half a dozen `show` lines on a device whose AAA takes seconds for each. */
  preflightMs: 60_000,
  preflightHungMs: 65_000,
  /** Conditions, debugs, each line accepted, both read back. */
  armMs: 90_000,
  armHungMs: 95_000,
  /** Debugs are verified off by then: about ten conditions may take their time. */
  disarmConditionsMs: 60_000,
  disarmConditionsHungMs: 65_000,
  /** Verifications that still show our flags before `own` becomes `all`. */
  stillOnEscalates: 2,
  /** Half a dozen lines in configuration mode. */
  deadManMs: 20_000,
  /** After a refused pre-flight, a lost lease, a hold: the next try. */
  armAgainMs: 5 * 60_000,
  /** A lease shorter than two hellos would end at the first lost one. */
  leaseMinMs: 3 * 60_000,
  /** Share of `maxDebug` at which a person is warned. */
  maxDebugWarnsAt: 0.8,
  /** Three missing hellos of an armed peer alarm. */
  missingHellosMax: 3,
  /** Quiet time before a planned stop in which session B is not used for anything else. */
  stopQuietMs: 2_000,
  /** With less time before a stop its t0 list is not asked for: a box that needs longer for the answer would hold the stop up. */
  readBeforeStopMs: 500,
} as const;
