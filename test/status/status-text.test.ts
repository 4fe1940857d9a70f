/** The status page: what stands first, width, and that hostile text stays harmless. */
import { expect, test } from 'vitest';
import { statusText } from '../../agent/status/status-text.ts';
import { ansiPaint, noPaint, wrapped } from '../../agent/status/text-layout.ts';
import { statusSample } from './status-sample.ts';

test('one of everything', () => {
  expect(statusText(statusSample, noPaint)).toMatchInlineSnapshot(`
    "hub in mode act, up 6h30m, pid 4711, spitrap 0.1.0
    ALARM     A1  critical since 2026-03-12 18:23:00Z
              debugs on hub1 could not be verified off: the device said \\x1b[31m"%
              Authorization failed."\\x1b[0m to show debugging
              do: log in to hub1 (192.0.2.1) and type: undebug all
    tells     chat (webhook) https://alerts.example.net, critical alarms only: last
              told 2026-03-12 17:00:00Z, 1 waiting (backing-off)
              https://alerts.example.net answered 503: "no \\x1b[31mroom"; look at
              the receiver’s own log
    tells     page (command) /usr/local/bin/page-me: nothing told yet
    incident  01HV0000000000000000000000  2026-03-12 18:22:10Z  partial
              11.1.1.3 -> 213.163.222.7 SPI 0x68842105 and 1 more; debugs off:
              verified; judged persistent
              done-missing, log-hole
    incident  01HV0000000000000000000001  2026-03-12 18:29:58Z  alerted
              a stop without a flow; stop in 16s; debugs off: pending; judged
              unknown
    device    hub1 192.0.2.1:22 cisco-ios, prompt HUB\\x1b]0;owned\\x07
              session capture: ready, last used 1m ago
              session control: backing-off for 5s
                SSH_UNREACHABLE: no answer from 192.0.2.1 port 22 within 8s; next
                attempt in 10s
              crypto debugs: Crypto ISAKMP debugging, Crypto IPSEC debugging (read
              2026-03-12 18:29:30Z)
              clock: 18:30:00.123 UTC Thu Mar 12 2026, not in sync: its stamps order
              nothing
    arming    ARMED since 2026-03-12 17:00:00Z by agent (arm: always)
              lease 14m, ends for good in 36h, CPU 12% / 9%
              no dead-man on the router: were this host gone, nothing would turn
              them off
              warning: clock-unsynced: the clock is not in sync (.)
              conditions: 11.1.1.3
    source    syslog-tcp 0.0.0.0:6514: 120003 lines, last 2026-03-12 18:29:59Z
              12 candidates, 1 not parsed, 2 refused, 3 lines of other devices, 4096
              bytes behind, INTERRUPTED: connection from 192.0.2.1:40000 closed
    peer      spoke1 (spitrap): hello 2026-03-12 18:29:10Z
              spoke, mode capture, armed no, round trip 12ms, clock behind by 340ms
              2 hellos missing in a row
              incidents: 3 in 24 hours, 5 in 7 days, 6 flows
              mode: here act, there capture
              198.51.100.9:10162: 398 of 400 acknowledged; SNMP_TIMEOUT: no Response
              within 1s
    ring      47.7 MiB in 12 segments, since 2026-03-11 18:30:00Z, 3 lines lost
              DEGRADED: a write took 4s
    journal   3000 records, 391 KiB
    data      /var/lib/spitrap/hub
    signals   on 0.0.0.0:10162, engine 80000009030011223344
    page      https://[2001:db8::7]:7423, 1 looks, 4711 requests answered
    fleet     away (nats1.example.net:4222: connection refused): last told
              2026-03-12 17:00:00Z, 12 records wait on disk, 2 bundles to put
              dropped, as the disk had no room: 3 records
              refused for good, kept in fleet/refused.jsonl: 1 records
    refused   unknown-peer 4
    dropped   line 1"
  `);
});

test('at most 80 columns, no control character, whatever the names', () => {
  const long = 'x'.repeat(300);
  const wide = {
    ...statusSample,
    dataDir: `/${long}`,
    device: { ...statusSample.device, name: long, hostname: long, debugsOn: [long, long] },
    refusals: { [long]: 5, ['\u001b[2J']: 1 },
  };
  for (const status of [statusSample, wide]) {
    const text = statusText(status, noPaint);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test('an incident on its way fits too, however long its stop is off', () => {
  const incidents = statusSample.incidents.map((incident) => ({ ...incident, outcome: null, stopInMs: 754_321 }));
  const lines = statusText({ ...statusSample, incidents }, noPaint).split('\n');
  expect(lines.filter((line) => line.includes('stop in 12m34s'))).toHaveLength(incidents.length);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('debugs that mode observe does not ask for are not “not read yet”', () => {
  const device = { ...statusSample.device, debugsOn: null, debugsReadAt: null };
  expect(statusText({ ...statusSample, device }, noPaint)).toContain('crypto debugs: not read yet');
  expect(statusText({ ...statusSample, device, mode: 'observe' }, noPaint)).toContain('crypto debugs: not read in mode observe');
});

test('a hold and a lesser mode stand at the top', () => {
  const text = statusText({ ...statusSample, mode: 'observe', hold: { on: true, until: null, by: 'file HOLD' } }, noPaint);
  expect(text.split('\n').slice(1, 3)).toEqual([
    'HOLD until taken off (file HOLD): no new incident acts',
    'mode observe: debugs are not turned off by this agent',
  ]);
});

test('colours only where they are asked for', () => {
  expect(statusText(statusSample, ansiPaint)).toContain('\u001b[31mALARM');
  expect(statusText(statusSample, noPaint)).not.toContain('\u001b');
});

test.each<[text: string, lead: string, width: number, lines: string[]]>([
  ['', 'a ', 20, ['a ']],
  ['one two three', 'a ', 12, ['a one two', '  three']],
  ['x'.repeat(25), '', 10, ['xxxxxxxxxx', 'xxxxxxxxxx', 'xxxxx']],
])('%j wrapped', (text, lead, width, lines) => {
  expect(wrapped(text, lead, width)).toEqual(lines);
});

test('an incident whose flow is forgotten says what opened it, and with whom', () => {
  const [sealed] = statusSample.incidents;
  const shown = (openedBy: 'message' | 'alert' | 'stop'): string =>
    statusText({ ...statusSample, incidents: [{ ...sealed!, openedBy, peers: ['spoke1'], flows: 0, firstFlow: null }] }, noPaint);
  expect(shown('message')).toContain('opened by a message, with spoke1; debugs off');
  expect(shown('alert')).toContain('opened by an alert, with spoke1; debugs off');
  expect(shown('stop')).toContain('a stop without a flow; debugs off');
});

test('of several alarms the critical one that nobody has taken over stands first', () => {
  const [alarm] = statusSample.alarms;
  const alarms = [
    { ...alarm!, id: 'a1', severity: 'warning', acknowledged: false },
    { ...alarm!, id: 'a2', severity: 'critical', acknowledged: true },
    { ...alarm!, id: 'a3', severity: 'critical', acknowledged: false },
    { ...alarm!, id: 'a4', severity: 'warning', acknowledged: false },
  ] as const;
  const shown = statusText({ ...statusSample, alarms }, noPaint).matchAll(/^ALARM +(\w+)/gm);
  expect([...shown].map(([, id]) => id)).toEqual(['a3', 'a1', 'a4', 'a2']);
});

test('sources that ask have no lines to speak of: what they read, how often it was above what is normal, what stands in the way', () => {
  const [pattern] = statusSample.sources;
  const polled = { ...pattern!, lines: 0, refused: 0, unparsed: 0, foreign: 0, behindBytes: 0, listen: null };
  const sources = [
    { ...polled, name: 'drops', kind: 'qfp-drops', state: 'open', detail: 'QFP drops, every 30s', symptoms: 2 },
    { ...polled, name: 'fails', kind: 'snmp-counter', state: 'interrupted', detail: 'Request timed out', lastLineAt: null },
    {
      ...polled,
      name: 'history',
      kind: 'eem-history',
      state: 'open',
      detail: 'history of 11.1.1.3:161',
      refused: 1,
      lastLineAt: null,
    },
    { ...pattern!, name: 'traps', kind: 'snmp-trap', state: 'open', detail: '', cutMessages: 1, symptoms: 3 },
  ] as const;
  const lines = statusText({ ...statusSample, sources }, noPaint).split('\n');
  const from = lines.findIndex((line) => line.startsWith('source '));
  const to = lines.findIndex((line, n) => n > from && !line.startsWith('source ') && !line.startsWith(' '));
  expect(lines.slice(from, to).join('\n')).toMatchInlineSnapshot(`
    "source    drops qfp-drops
              2 times above what is normal, last 2026-03-12 18:29:59Z, QFP drops,
              every 30s
    source    fails snmp-counter
              0 times above what is normal, INTERRUPTED: Request timed out
    source    history eem-history
              1 refused, history of 11.1.1.3:161
    source    traps 0.0.0.0:6514: 120003 lines, last 2026-03-12 18:29:59Z
              12 candidates, 1 not parsed, 2 refused, 3 lines of other devices, 1
              cut before their srcaddr, 3 symptoms without a flow, 4096 bytes behind"
  `);
});
