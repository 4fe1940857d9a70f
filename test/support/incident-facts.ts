/** Facts of an incident as the coordinator would bring them to the seal: Note A's, at the hub. For tests of bundles and their readers. */
import { fileMoment } from '../../agent/evidence/file-moment.ts';
import { type Moment, shifted } from '../../agent/evidence/window.ts';
import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';

export function incidentFacts(id: string, opened: Moment, more: Partial<IncidentFacts> = {}): IncidentFacts {
  const at = (ms: number) => fileMoment(shifted(opened, ms));
  return {
    id,
    aliases: [],
    role: 'hub',
    mode: 'act',
    device: {
      name: 'hub1',
      address: '192.0.2.1',
      platform: 'cisco-ios',
      hostname: 'hub',
      user: 'spitrap',
      clock: null,
      tags: {},
    },
    peers: [
      {
        name: 'spoke1',
        kind: 'spitrap',
        cryptoAddresses: ['11.1.1.3'],
        recurrence: { incidentsInDay: 1, incidentsInWeek: 1, flowsInWeek: 1 },
        clock: null,
        tags: {},
      },
    ],
    openedBy: 'message',
    opened: at(0),
    event: { source: 'syslog', peer: null, line: '%CRYPTO-4-RECVD_PKT_INV_SPI: …', arrived: at(0), reason: 'incident-opened' },
    flows: [
      {
        src: '11.1.1.3',
        dst: '213.163.222.7',
        spi: '0x68842105',
        count: 1,
        first: at(0),
        last: at(0),
        interface: 'Ethernet0/0',
        sources: ['syslog'],
        peers: ['spoke1'],
        late: false,
        corroboration: 'not-needed',
        verdict: 'unknown',
        grounds: ['silent-too-short'],
      },
    ],
    flowsNotKept: 0,
    verdict: 'unknown',
    plannedStop: { at: at(18_000), delayMs: 18_000 },
    debugsAtStart: { kind: 'read', flags: ['Crypto ISAKMP debugging is on'], detail: null },
    timeline: [{ phase: 'stop', at: at(18_000), detail: null }],
    stop: {
      sent: at(18_000),
      via: 'control',
      attempts: 1,
      off: 'verified',
      nothingOn: false,
      verified: at(18_400),
      appeared: [],
      detail: null,
    },
    signals: [
      {
        direction: 'sent',
        phase: 'stop',
        peer: 'spoke1',
        first: at(18_000),
        last: at(18_000),
        attempts: 1,
        acknowledged: true,
        roundTripMs: 2,
        text: `1 stop ${id}`,
        detail: null,
      },
    ],
    planned: [],
    outcome: { kind: 'complete', reasons: [] },
    done: [
      {
        peer: 'spoke1',
        received: at(19_000),
        off: 'verified',
        captured: true,
        sealed: true,
        alarm: false,
        keys: { off: 'verified' },
      },
    ],
    alarms: [],
    journalDegraded: null,
    versions: { spitrap: '0.1.0', node: process.version },
    ...more,
  };
}
