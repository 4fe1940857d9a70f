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
  /** Messages glued into one line without a newline that are looked at; a full 64 KiB line could hold 300. */
  gluedMessagesMax: 32,
  /** Senders of which an unfinished (wrapped) message is kept, waiting for its next line. */
  wrappedSendersMax: 64,
  /** Flows followed in a device's own count of ESP (source spi-watch): its four sets hold 4,096 each. Those beyond it are not looked at. */
  watchedFlowsMax: 16_384,
  /** Text of one candidate line kept with a decision: the message has 250 characters, the rest of a longer line is in the ring. */
  candidateCharsMax: 2_048,
  /** Flows remembered to tell a repeat from a duplicate (detect/sightings.ts); the oldest is forgotten first and counted. */
  rememberedFlowsMax: 10_000,
  /** Messages of one flow remembered for it, and for a `repeat` trigger. */
  sightingsPerFlowMax: 16,
  /** Bytes of an octet-counted frame's header (RFC 6587 §3.4.1): eight digits and a space. More is no frame of ours. */
  frameHeaderBytesMax: 9,
  /** Bytes of one TCP connection that are worked on in one turn of the event loop, some ten lines at first: what waits for disk or peer is next. */
  streamPieceBytesMin: 2 * 1024,
  /** The same while lines are cheap: what node reads at once. */
  streamPieceBytesMax: 64 * 1024,
  /** How long such a turn may take, by which the bytes are found: a stop or an alert waits no longer for lines. */
  streamTurnMs: 1,
  /** TCP syslog connections at once, per listener: relays and one device need few. */
  syslogConnectionsMax: 64,
  /** Asked of the kernel, read back, logged when less: 208 KiB lose 3 of 4 packets of a 10,000-packet burst (dependencies.md §2). */
  udpReceiveBufferBytes: 4 * 1024 * 1024,
  /** An SNMP message we are ready to look at; our own are under 600 bytes, a jumbo of varbinds is nobody's event-manager trap. */
  snmpMessageBytesMax: 8 * 1024,
  /** Nine in ours, a few dozen in a chatty vendor's. */
  varbindsMax: 64,
  /** Notifications remembered for their duplicates (twice the 150 s window), per peer: 13 a second, ours send 10 for some seconds. */
  snmpDuplicatesMax: 4_096,
  /** Engines for which one user's localized keys are kept: ours, its own, and those it had before a restart. */
  usmEnginesMax: 16,
  /** Passwords whose Ku is kept for another who asks: a lab's, a source's. One more costs a megabyte of hashing again, and nothing else. */
  usmPasswordsMax: 128,
  /** Samples of a scrape that are rendered in one turn of the event loop: some 2 ms. */
  metricSamplesPerTurn: 2_000,
  /** Hellos that leave in one turn of the event loop; to more peers they leave in turns (agent/hello-round.ts). */
  hellosAtOnceMax: 64,
  /** Alerts, stops and dones that leave in one turn: 2 ms, and fewer than the answers that one turn reads (libuv: 32 datagrams a socket). */
  signalsPerTurnMax: 16,
  /** Between two such turns: 5,000 hellos a minute are ten at a time. */
  helloTurnMs: 100,
  /** Alarms of one kind about peers; one more says that there are others. */
  peerAlarmsMax: 50,
  /** New peers of a reload whose keys are made before it is taken over: half a second. Of more each makes its own at its first hello. */
  usmPreparedMax: 128,
  /** Reports a second to one source address, of each kind: enough for every retry of a delivery schedule, useless to an amplifier. */
  snmpReportsPerSecondMax: 50,
  /** Addresses of which a budget of Reports or a send error is remembered, one for each peer; beyond it all are forgotten and counted anew. */
  snmpAddressesMax: 16_384,
  /** Our notifications waiting for a Response at once: six attempts, the first half second of a stop, for each of 5,000 peers; 1.5 KB each. */
  snmpAttemptsMax: 32_768,
  /** Datagrams that `spitrap signal send` remembers of one attempt: ours are eight at most, the rest is a flood at our socket. */
  tappedDatagramsMax: 256,
  /** Lines a second that `spitrap signal listen` prints; what comes beyond is counted and told. A person reads five. */
  signalLinesPerSecondMax: 100,
  /** Messages of one attempt (discovery, then a copy per engine and resynchronisation): more is an attacker feeding us Reports. */
  snmpMessagesPerAttemptMax: 8,
  /** Unknown sources that get a counter (and one log line) of their own; the rest share one. */
  strangersMax: 256,
  /** Flows described in one incident; further ones are counted. */
  flowsPerIncidentMax: 10_000,
  /** Output kept of one command; the rest is cut and said so. `show crypto ipsec sa` of 200 SAs is about 400 KiB. */
  commandOutputBytesMax: 4 * 1024 * 1024,
  /** One part of a running configuration for `spitrap advise`: 20,000 interfaces; it is held in memory and judged at once. */
  adviceOutputBytesMax: 2 * 1024 * 1024,
  /** Peerings of one configuration that are judged one by one; nobody reads more, and both ends are compared in pairs. */
  advicePeeringsMax: 500,
  /** All output of one incident. */
  captureBytesMax: 64 * 1024 * 1024,
  /** What a device may send before a prompt is seen at login (banner, MOTD). */
  bannerBytesMax: 256 * 1024,
  /** Terminal-monitor lines remembered to tell a replay after a reconnect from news: a page of a busy box. */
  monitorLinesRemembered: 200,
  /** One read of a log file. */
  fileReadBytes: 256 * 1024,
  /** Read of a file before everything else gets its turn. */
  fileTurnBytes: 4 * 1024 * 1024,
  /** Of what stood in a file at open, so much is read (as backlog); older lines are left in the file, and counted. About 100,000 lines. */
  fileBacklogBytesMax: 16 * 1024 * 1024,
  /** Further behind than this, a file source leaves lines out, counted, until it is `fileBacklogBytesMax` behind: old lines open nothing. */
  fileLagBytesMax: 256 * 1024 * 1024,
  /** Renamed files that are still read beside the new one: their writer may not have let go of them. */
  fileRotatedMax: 4,
  /** Names in its folder that are looked at for a file that was rotated while the agent was down. */
  fileRotatedNamesMax: 1_000,
  /** Bytes before the position that are kept to know a file again after it was truncated and grew, or after a restart. */
  fileFingerprintBytes: 256,
  /** Sources and senders whose counters are watched for gaps; further ones are not. A device has a few ways to us. */
  counterWaysMax: 64,
  /** Gaps of one counter that wait for lines which were overtaken; the oldest is then taken for lost. */
  counterGapsOpenMax: 64,
  /** Counters of one way that begin anew more often than this are not counters (several devices behind one address): given up, said so. */
  counterResetsMax: 20,
  /** At most so often are holes from gaps written: a lossy path has hundreds a second. */
  counterHolesEveryMs: 1_000,
  /** Lines that a device may keep back between two that it sends; more is a number that began anew. */
  counterAheadMax: 1_000_000,
  /** A device without a session for so long raises an alarm: a reload of a small router takes longer, a flapping path less. */
  deviceDownAlarmMs: 60_000,
  /** Lines that wait on one session: an incident's whole plan for ten peers, twice. */
  commandsQueuedMax: 512,
  /** Sessions for an errand at once: one that hangs and the one that replaces it. VTY lines are scarce. */
  freshSessionsMax: 2,
  /** Last lines of the login kept for the message when no prompt comes: "all lines are taken" is among them. */
  loginTailLinesMax: 20,
  /** Audit lines waiting for a slow disk; a send never waits for it. */
  auditPendingLinesMax: 10_000,
  /** A partial line longer than this is no prompt, pager or question: host names have 63 characters, questions some more. */
  promptCharactersMax: 512,
  /** Answers to --More-- in one command. */
  pagerAnswersMax: 20_000,
  /** Pending ring bytes in memory when the disk stalls; beyond it lines are dropped and counted. */
  ringPendingBytesMax: 32 * 1024 * 1024,
  /** The same in chunks: a datagram of one byte costs an object of a hundred. */
  ringPendingChunksMax: 262_144,
  /** Of either of the two: from here on sources that can make their sender wait do so, until half of it is left. */
  ringHoldShare: 0.5,
  /** For so long at most: the message may be among what waits, and an alert may come a second late by a disk that hangs, no more. */
  ringHoldMs: 1_000,
  /** Pause between two log entries about dropped lines. */
  ringDropSaidEveryMs: 10_000,
  /** One ring segment: the unit in which old evidence is deleted. */
  ringSegmentBytes: 4 * 1024 * 1024,
  /** Log lines copied into one bundle. */
  bundleLogBytesMax: 256 * 1024 * 1024,
  /** A file of a bundle that is verified: our largest, a log and the end of its last line, has half of it. A stranger's may have terabytes of nothing. */
  bundleFileBytesMax: 512 * 1024 * 1024,
  /** Files of a bundle that is verified: a file a command, and a dozen more. A stranger's folder may have millions of empty ones. */
  bundleFilesMax: 2_048,
  /** Of one bundle that is fetched from a peer: a log of half a gigabyte and the outputs of both rounds. */
  peerBundleBytesMax: 1024 * 1024 * 1024,
  /** The piece in which it comes: what an interrupted path costs, and the memory that it takes. */
  peerBundlePieceBytes: 1024 * 1024,
  /** Bundles of peers that are waited for: a storm of a hub has one incident with many peers. */
  peerBundlesWaitingMax: 64,
  /** The list of files of one bundle: a line a command. */
  bundleManifestBytesMax: 1024 * 1024,
  /** A journal beyond it is rewritten as one snapshot. */
  journalBytesMax: 8 * 1024 * 1024,
  /** Closing one room at the end of the process: a hung disk or peer must not keep the rest, debugs off included, from closing. */
  stopStepMs: 5_000,
  /** A string in one log entry; longer ones are cut and say so. A message that matters quotes at most a line or two. */
  logTextCharsMax: 4 * 1024,
  /** Levels of nesting of an object in a log entry; the rest is left out and said so. */
  logDepthMax: 5,
  /** Keys or items of one object in a log entry. */
  logEntriesMax: 64,
  /** Journal records waiting for a stalled or full disk. An incident makes some tens of records; beyond it the newest are dropped and counted. */
  journalPendingMax: 10_000,
  /** The same in bytes: what a dead disk may cost in memory. */
  journalPendingBytesMax: 16 * 1024 * 1024,
  /** One journal record: an incident with its 10,000 flows is about 1 MiB. Larger data is replaced by its size and its head. */
  journalRecordBytesMax: 2 * 1024 * 1024,
  /** How long an act may wait for its journal record (pair-protocol.md, "Crash, restart, disk"). */
  journalWaitMs: 250,
  /** First pause between two attempts to write to a disk that refused. */
  diskRetryFirstMs: 100,
  /** Long enough not to hammer a dying disk, short enough to catch the moment it heals. */
  diskRetryMaxMs: 5_000,
  /** A journal or ring gives a dying disk this long at close. */
  diskCloseMs: 2_000,
  /** Ring lines are on their way to the disk this long after their arrival, which leaves the write the rest of the promised 250 ms. */
  ringWriteEveryMs: 100,
  /** Power-cut bound of the ring (pair-protocol.md, "Sessions and commands"). */
  ringSyncEveryMs: 1_000,
  /** Pending bytes at which the ring writes at once; what piles up during a write, up to a segment, goes in the next. */
  ringBatchBytes: 1024 * 1024,
  /** The piece in which a window is copied, and so the memory a copy costs. */
  ringCopyBytes: 64 * 1024,
  /** A ring write that takes longer counts as a stalled disk in status. */
  ringStalledMs: 2_000,
  /** Index entries of one ring write; beyond it sources that alternate share an entry. */
  ringIndexEntriesPerBatchMax: 64,
  /** Ring segments; reached only by a crash loop, since a segment is begun at each start. */
  ringSegmentsMax: 4_096,
  /** Holes remembered; beyond it the two oldest become one. */
  ringHolesMax: 1_000,
  /** Commands of one incident that get a file: plan and stop rounds of ten peers stay under 300. */
  bundleCommandsMax: 1_000,
  /** Journal records of one incident that go into its bundle. */
  bundleJournalRecordsMax: 50_000,
  /** Records written beside a sealed bundle: late done signals, repeats of the message. */
  addendaPerIncidentMax: 1_000,
  /** A control socket request. */
  controlRequestBytesMax: 64 * 1024,
  /** A control socket reply, as the client reads it: a status of 5,000 peers is 3 MB. */
  controlReplyBytesMax: 32 * 1024 * 1024,
  /** Control connections at once; people and a health check need one each. Further ones are closed. */
  controlConnectionsMax: 16,
  /** Requests on one control connection that are not answered yet. */
  controlPendingMax: 8,
  /** A control connection that says nothing for so long is closed. */
  controlIdleMs: 30_000,
  /** For the process at the other end of the control socket to say who it is, and for any answer. */
  controlAnswerMs: 5_000,
  /** All files of a support archive, not compressed: it is mailed. */
  supportBytesMax: 64 * 1024 * 1024,
  /** Of a file that grows (journal, audit, log), its end: some days of an agent that has little to do. */
  supportLogBytesMax: 4 * 1024 * 1024,
  /** Incidents that a support archive lists. */
  supportIncidentsMax: 100,
  /** Sealed ones whose manifest, story and verdict it holds: what is asked about is among the last. */
  supportBundlesMax: 5,
  /** What systemd is told waits for systemd-notify, one at a time; more than this and systemd does not listen. */
  notifyPendingMax: 8,
  /** One word to systemd: a process of a few ms, on a host that has no CPU left too. */
  notifyMs: 5_000,
  /** A write that neither ends nor fails. An array that fails over takes two minutes; nothing comes back after more. */
  journalHungMs: 5 * 60_000,
  /** Closed incident ids remembered (7 days; this bounds a flood). */
  closedIdsMax: 50_000,
  /** Ids (and their signallers) that one incident takes in by merging; a flood of ids still brings the stop forward, unremembered. */
  mergedIdsMax: 256,
  /** Incidents not closed yet (stop unverified, seal failing, stop unacknowledged). The hourly budget lets 12 in an hour. */
  openIncidentsMax: 64,
  /** Alarms that stand; beyond it the acknowledged and those without a remedy go first. */
  alarmsMax: 500,
  /** Alarms of which is remembered whom we told what: those that stand, and as many that are over and not told yet. */
  alarmSubjectsMax: 1_000,
  /** The file that remembers it: a thousand alarms of two full texts and some channels each are 3 MiB. */
  alarmLedgerBytesMax: 16 * 1024 * 1024,
  /** Text of an alarm, and of its remedy, as it is told: a pager shows less. */
  alarmTextCharsMax: 1_000,
  /** What a webhook answers or a command says, kept for the message about it. */
  alarmResponseBytesMax: 2_048,
  /** A receiver that asks for more patience is tried again all the same. */
  alarmRetryAfterMaxMs: 15 * 60_000,
  /** Asked of the kernel for a socket that only sends. */
  alarmReceiveBufferBytes: 64 * 1024,
  /** Deliveries under way and the last write get so long when the agent ends; what is not told by then is told at the next start. */
  alarmCloseMs: 2_000,
  /** Peers of one agent, from wherever they come: the hub of a large DMVPN has 2,000 spokes, the largest plans three times that. */
  peersMax: 16_384,
  /** Of a configuration that a thread has read, handed over in one turn of the event loop: some 5 ms. */
  peersPerPiece: 250,
  /** With more of them a reload is read by a thread: 100 take some 30 ms, which no stop notices. */
  peersReadHereMax: 100,
  /** Peers whose paths `spitrap check` tries at once; of 5,000 that are silent it then takes three minutes. */
  checkPeersAtOnceMax: 256,
  /** One file of `peersFrom.directory`: a site's peers, a hundred at most in practice. */
  peerFileBytesMax: 1024 * 1024,
  /** `peersFrom.table`: as many rows as there may be peers, of 1,000 characters each. */
  peerTableBytesMax: 16 * 1024 * 1024,
  /** Of a table; an inventory's export has some dozen. */
  peerTableColumnsMax: 256,
  /** Characters of a column's name. */
  peerTableNameCharsMax: 64,
  /** Characters of a cell: none becomes more than an address, a name, a word. */
  peerTableCellCharsMax: 1_024,
  /** All files that peers come from: a folder of something else is found out before it is all in memory. */
  peersFromBytesMax: 64 * 1024 * 1024,
  /** Faults of peers from a folder or a table that are shown: one mistake in a column is one in each row. */
  configFaultsShownMax: 20,
  /** Warnings of one configuration: a permission that all keys of a folder have wrong. */
  configWarningsMax: 100,
  /** Words that one peer or device is counted by: carrier, region, access, contract, and room for what else a fleet asks. */
  tagsMax: 16,
  /** Characters of the value of one. */
  tagCharsMax: 64,
  /** Sightings at a spoke, which open nothing there and are told in done. */
  ownSightingsMax: 100,
  /** Incidents per peer remembered for how often they recur (7 days); a storm of 5,000 spokes is 5,000 entries. The oldest go first. */
  recurrencesMax: 10_000,
  /** Read of the ring for each two-second sample around the stop: twice what the breaker lets a device print in that time. */
  stopWindowBytesMax: 2 * 1024 * 1024,
  /** Flows that `spitrap detect` lists; messages of further ones are counted. 100,000 take some 60 MB. */
  detectFlowsMax: 100_000,
  /** What it reads at a time, twice: larger is not faster. */
  detectPieceBytes: 512 * 1024,
  /** Flows named in one addendum of verdicts; the rest is counted. */
  judgedFlowsNamedMax: 100,
  /** Test bundles of `spitrap check` that stay; older ones go. */
  checkBundlesMax: 10,
  /** Of a file given to `spitrap eem`: the running configuration of a large router has 20,000 lines. What is beyond is said. */
  eemFileBytesMax: 8 * 1024 * 1024,
  /** Its lines that are looked at. */
  eemLinesMax: 100_000,
  /** Of one of its lines: IOS takes 254 characters; a note's print runs a whole applet into one. */
  eemLineCharsMax: 4_096,
  /** Lines over which one pasted statement is put together again: a pattern wrapped on a narrow page takes four. */
  eemStatementLinesMax: 8,
  /** Applets read of a file; a router has dozens. What is beyond is kept as not understood. */
  eemAppletsMax: 1_000,
  /** Actions of one applet, and its events; a long one has a hundred. */
  eemActionsMax: 2_000,
  /** Findings of one lint that are printed; the rest is counted. */
  eemFindingsMax: 1_000,
  /** Heap of the thread that makes a bundle's report: a storm's takes 100. Beyond it the bundle is sealed without. */
  reportHeapMb: 384,
  /** Of it, what is new: the agent's memory grows by all of it while a report is made. */
  reportYoungHeapMb: 12,
  /** For the reports of one seal, their turn included; SEAL_WITHIN_MS has room for it. */
  reportWithinMs: 12_000,
  /** SAs of a report's JSON, those of the message and between its two ends first; a hub has 20,000. The rest is counted. */
  reportSasMax: 2_000,
  /** Entries of its timeline; a storm's log has one a flow. The rest is counted. */
  reportTimelineMax: 5_000,
  /** Its flows; an incident keeps fewer. */
  reportFlowsMax: 5_000,
  /** Of raw outputs in one report, both ends: a mail server takes 10 MB, a phone scrolls less. Quoted lines stay beyond it. */
  reportRawCharsMax: 1_500_000,
  /** Of one file of it, whole; a longer one keeps its beginning and what is around each quoted line. */
  reportFileCharsMax: 150_000,
  /** Of one line there. */
  reportLineCharsMax: 1_000,
  /** Lines of one file that are marked because something above quotes them. */
  reportAnchorsPerFileMax: 500,
  /** Of a device.log that a report reads: lines near the incident, 4 MiB on either side of it. A window of ten minutes has 1 MiB, a storm's 100: with more, a report takes over 200 MB of memory. */
  reportLogBytesMax: 8 * 1024 * 1024,
  /** Beside these, lines with a mnemonic from farther away: what a restart or a failover leaves. */
  reportFarLogBytesMax: 2 * 1024 * 1024,
  /** Outputs that a report reads of one bundle; the smaller ones first. Whole tables of 5,000 SAs have 10 MiB each. */
  reportCaptureBytesMax: 24 * 1024 * 1024,
  /** Journal and addenda that a report reads: an incident has tens of records. */
  reportJournalBytesMax: 4 * 1024 * 1024,
  /** incident.json of 10,000 flows has 9 MiB. */
  reportIncidentBytesMax: 32 * 1024 * 1024,
  /** A file of `spitrap parse`: some 100,000 lines of a hub's debugs; it is held whole, and its JSON. */
  parseInputBytesMax: 16 * 1024 * 1024,
  /** IKE connections of a log whose peer is remembered for its further lines; a hub's debugs name as many in an hour. */
  logConnectionsMax: 4_096,
  /** Lines without a header that still belong to the message before: `Creating IPSec SAs` has eleven. */
  logContinuationLinesMax: 16,
  /** Text of one quote. */
  quoteCharsMax: 1_000,
  /** Its lines: an event of a debug spreads over six. */
  quoteLinesMax: 8,
  /** Events of one end that a diagnosis looks at; a storm's are the same few kinds over and over. */
  caseEventsMax: 20_000,
  /** Unread lines of one end that are shown; the rest is counted. */
  caseUnreadMax: 100,
  /** SPIs in a ledger: 5,000 tunnels have 10,000 and as many again in a rekey. */
  caseSpisMax: 40_000,
  /** Marks of one SPI; the first ones and the last tell its life. */
  caseMarksMax: 64,
  /** Flows of a case that are judged one by one: a storm has one cause, which they show. */
  verdictFlowsMax: 128,
  /** Other SAs between the same two ends that a rule looks at; a peer has a few tunnels, and a few generations of each in a log. */
  verdictSiblingsMax: 256,
  /** Head of one request to the page: a browser's has 1 KiB, a token some bytes. */
  pageHeaderBytesMax: 8 * 1024,
  /** Body of one: a request of the control socket is 200 bytes. */
  pageBodyBytesMax: 4 * 1024,
  /** Connections to the page at once: a browser opens six, a few people and a scraper look. */
  pageConnectionsMax: 64,
  /** Of them from one address that is not this host. */
  pageConnectionsPerAddressMax: 16,
  /** The head of a request, and a handshake, must be there after so long. */
  pageHeadMs: 10_000,
  /** The whole of a request. */
  pageRequestMs: 20_000,
  /** A connection without a request is closed. */
  pageIdleMs: 30_000,
  /** One that takes nothing of its answer is closed. */
  pageStalledMs: 30_000,
  /** Event streams at once; each costs a status twice a second. */
  pageStreamsMax: 16,
  /** Events that one of them has not taken: a status is some 10 KiB. Beyond it it is closed, and comes back by itself. */
  pageStreamPendingBytesMax: 1024 * 1024,
  /** Decisions told to the event streams in a second; a storm has thousands. The rest is counted, and told as a number. */
  pageDecisionsPerSecondMax: 50,
  /** Wrong tokens of one address in a minute; further requests with a token are refused unread until the minute is over. */
  pageGuessesMax: 10,
  /** Addresses of which wrong tokens are remembered; the oldest is forgotten first. */
  pageGuessersMax: 256,
  /** Wrong tokens and certificates that the log tells of in a minute; the rest is counted in the status. */
  pageRefusalsToldMax: 20,
  /** Incidents in one list of the page, newest first. */
  pageIncidentsMax: 200,
  /** An incident.json that the page reads: some thousand flows. Parsing keeps everything else waiting. */
  pageIncidentBytesMax: 1024 * 1024,
  /** A report that the page serves; ours have 2 MiB at most. */
  pageReportBytesMax: 32 * 1024 * 1024,
  /** Beginning of verdict.json in which the cause stands. */
  pageVerdictHeadBytes: 64 * 1024,
  /** One file of the page itself. */
  pageFileBytesMax: 512 * 1024,
  /** Hold-down entries of (src, dst, SPI). */
  heldFlowsMax: 10_000,
  /** Messages of one transaction of the fleet's index: one sync to disk each, some tens of milliseconds in which nobody else writes. */
  fleetBatchMax: 500,
  /** Messages set aside by the fleet's index, newest: enough to see whose they are. All are counted. */
  fleetSetAsideMax: 1_000,
  /** Rows that a long question to the fleet's index looks at in one turn of the event loop, each as often as it is: about ten milliseconds. */
  fleetPieceRows: 32_768,
  /** Rows of cells of which the groups are kept in memory, by each process: some dozen bytes a row. */
  fleetGroupRowsKept: 4_000_000,
  /** Different values of one dimension of the fleet (spokes: thousands; a tag: dozens). Beyond it they count as `(other)`. */
  fleetValuesMax: 100_000,
  /** Names of tags that can be counted by; further ones are told with their incident, and counted. */
  fleetTagKeysMax: 64,
  /** Ends of one incident that are put together: a hub and the spokes that it alerted. The rest is on disk and not looked at. */
  fleetEndsMax: 1_024,
  /** Ids that name one another as aliases and become one incident. More is nobody's: then each stands for itself. */
  fleetAliasesMax: 256,
  /** Steps of one picture of incidents over time: an hour for a month. */
  fleetTimeBucketsMax: 2_000,
  /** Incidents in one page of a list of the fleet. */
  fleetPageMax: 1_000,
  /** Alarms remembered for one device of the fleet, cleared ones too. An agent has some dozen keys. */
  fleetAlarmsPerDeviceMax: 512,
  /** Records for the fleet sent and not acknowledged: a path of 50 ms carries a thousand a second with them. */
  fleetWindowMax: 64,
  /** Looked at behind records that the engine refuses. */
  fleetRefusedWindowMax: 256,
  /** Told to the fleet and not on disk yet, while the disk refuses; beyond it they are counted as a gap, and told again when it does not. */
  fleetPendingRecordsMax: 4_096,
  /** The same in bytes. */
  fleetPendingBytesMax: 8 * 1024 * 1024,
  /** One file of the spool: what goes at once when it is full, and what is read into memory. */
  fleetSegmentBytesMax: 1024 * 1024,
  /** (kind, about) that the fleet was told of: all incidents that are kept, three records each, and alarms. The oldest is forgotten. */
  fleetLedgerMax: 20_000,
  /** `refused.jsonl`, and as much again of the one before. */
  fleetRefusedBytesMax: 4 * 1024 * 1024,
  /** For one acknowledgement, whatever the engine's adapter promises. */
  fleetPublishMs: 30_000,
  /** At the end of the agent, for what is on its way. */
  fleetCloseMs: 2_000,
  /** Between two writes of how far the fleet was told; what lies between is told twice after a crash. */
  fleetCursorMs: 1_000,
  /** What changes within this time is told as one change: an incident opens with some ten decisions. */
  fleetTellMs: 250,
  /** Over which agents spread their first heartbeat when a server is back. */
  fleetFirstBeatMs: 5_000,
  /** A bundle on its way into the object store is read in such pieces. */
  fleetBundlePieceBytes: 64 * 1024,
  /** And no faster: it has time, and the path is others' too. */
  fleetBundleBytesPerSecond: 2 * 1024 * 1024,
  /** Head of a verdict.json in which the sentence stands, and how far into it its healing is looked for. */
  fleetVerdictBytesMax: 16 * 1024 * 1024,
  /** Behind the end of a bundle's archive: blocks of zeros, as tar fills them up. */
  bundleTrailerBytesMax: 1024 * 1024,
  /** Rows of a list of the fleet where nobody asked for more. */
  fleetRowsDefault: 50,
  /** Of the stream of heartbeats, one a device: 64 KiB each for some thousands. */
  fleetStateBytesMax: 1024 * 1024 * 1024,
  /** Incidents that `spitrap fleet incidents` prints. */
  fleetListedMax: 100_000,
  /** Of anything that a fleet's page names by the dozen: agents that are gone, pairs, alarms, ends of one incident. Numbers are of all. */
  fleetShownMax: 100,
  /** Answers of a fleet's page that are kept for whoever asks the same within a second. */
  fleetAnswersMax: 64,
  /** Conditions of one question to the fleet: each is looked up in the index. */
  fleetConditionsMax: 8,
  /** Reports that a fleet's page keeps on its disk, made of bundles of the object store: each can be made again. */
  fleetReportsBytesMax: 512 * 1024 * 1024,
  /** The same by their number. */
  fleetReportsMax: 500,
  /** Reports that are being made, or wait for it: each has bundles unpacked on the disk. Whoever asks for another is told to come again. */
  fleetReportsWaitingMax: 8,
  /** From the first byte of a bundle to its report. */
  fleetReportMs: 60_000,
  /** Agents of which the last heartbeat is kept; ten times the largest estate that docs/scale.md reckons with. */
  fleetAgentsMax: 100_000,
  /** Agents, pairs and alarms named in one picture of the fleet as it is; all are counted. */
  fleetNamedMax: 1_000,
  /** A `spitrap fleet` that said nothing for so long shares no work. */
  fleetInstanceGoneMs: 30_000,
  /** Groups of so long are made ready when a `spitrap fleet` opens its index: what its page and its commands show by themselves, and a bit. */
  fleetWarmMs: 8 * 86_400_000,
} as const;
