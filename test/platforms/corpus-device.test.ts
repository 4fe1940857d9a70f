/** Tunnels, NHRP, clocks, debugs, logs, event traces and configurations of real devices, held against the origin's parse where there is one. */
import { describe, expect, test } from 'vitest';
import type { EventTrace, TraceEntry } from '../../shared/model/event-trace.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import type { Dmvpn, NhrpCache } from '../../shared/model/nhrp.ts';
import type { LogDestination, ShownLogging } from '../../shared/model/shown-logging.ts';
import { parseClock } from '../../shared/platforms/cisco/clock.ts';
import { parseDebugging } from '../../shared/platforms/cisco/debugging.ts';
import { parseDmvpn } from '../../shared/platforms/cisco/dmvpn.ts';
import { parseEventTrace } from '../../shared/platforms/cisco/event-trace.ts';
import { LOG_LEVELS } from '../../shared/platforms/cisco/logging.ts';
import { parseNhrp } from '../../shared/platforms/cisco/nhrp.ts';
import { parseRunningConfig } from '../../shared/platforms/cisco/running-config.ts';
import { parseShowLogging } from '../../shared/platforms/cisco/show-logging.ts';
import type { DebugFlag, DeviceClock } from '../../shared/platforms/platform.ts';
import {
  checkGoldens,
  clockText,
  compareGolden,
  corpusFiles,
  corpusGolden,
  corpusOutput,
  corpusPresent,
} from '../support/golden-fields.ts';

const given = <T>(value: T | null): T | undefined => value ?? undefined;
const byName = <T, V>(list: readonly T[], name: (one: T) => string, value: (one: T) => V): Record<string, V> =>
  Object.fromEntries(list.map((one) => [name(one), value(one)]));

/** 6,220,800 is `10w2d`, as IOS prints what lasts a day or more. */
function ageText(seconds: number): string {
  if (seconds < 86_400) return clockText(seconds);
  const days = Math.floor(seconds / 86_400);
  return days < 7
    ? `${days}d${String(Math.floor((seconds / 3_600) % 24)).padStart(2, '0')}h`
    : `${Math.floor(days / 7)}w${days % 7}d`;
}

/** The origin has two schemas: by entries and NBMA address for the rows, by NBMA address alone for the IPv6 layout. */
function dmvpn({ tunnels }: Dmvpn): object {
  const interfaces: Record<string, Record<string, unknown>> = {};
  for (const tunnel of tunnels) {
    const rows: Record<string, { peers: Record<string, { tunnel_addr: Record<string, { attrb: Record<string, object> }> }> }> =
      {};
    const shared = { type: given(tunnel.role), nhrp_peers: given(tunnel.peersCounted) };
    for (const peer of tunnel.peers) {
      rows[peer.entries] ??= { peers: {} };
      const { peers } = rows[peer.entries]!;
      peers[peer.nbma!] ??= { tunnel_addr: {} };
      const addresses = peers[peer.nbma!]!.tunnel_addr;
      addresses[peer.tunnel!] ??= { attrb: {} };
      addresses[peer.tunnel!]!.attrb[peer.attributes.join(' ')] = { state: peer.state, time: peer.upDown };
    }
    const layout6 = byName(
      tunnel.peers,
      ({ nbma }) => nbma!,
      (peer) => ({
        tunnel_addr: given(peer.tunnel),
        ipv6_target_network: given(peer.target),
        ent: peer.entries,
        status: peer.state,
        updn_time: peer.upDown,
        cache_attrib: peer.attributes.join(' '),
      }),
    );
    interfaces[tunnel.interface] = { ...shared, ...(tunnel.family === 6 ? { peers: layout6 } : { ent: rows }) };
  }
  return { interfaces };
}

checkGoldens({
  command: 'show dmvpn',
  files: corpusFiles('show-dmvpn'),
  parse: parseDmvpn,
  compare: (file) => compareGolden(dmvpn(parseDmvpn(corpusOutput(file)).value), corpusGolden(file)),
  faults: [],
  fieldsMin: 30,
});

/** Three schemas of entries, and two of summaries. */
function nhrp({ entries, summary }: NhrpCache, file: string): object {
  const expires = (one: NhrpCache['entries'][number]): string | undefined =>
    one.neverExpires ? 'never expire' : one.expiresSeconds === null ? undefined : ageText(one.expiresSeconds);
  if (summary !== null) return nhrpSummary(summary, file.endsWith('09'));
  if (file.endsWith('iosxe-01'))
    return byName(
      entries,
      ({ target }) => target,
      (one) => ({
        via: {
          [one.via!]: {
            tunnel: { tunnel_name: one.interface, created: ageText(one.createdSeconds!), expire: expires(one) },
            type: given(one.type),
            flags: one.flags.join(' '),
            nbma_address: given(one.nbma),
          },
        },
      }),
    );
  const isSelf = file.endsWith('03');
  return {
    entries: byName(
      entries,
      ({ target }) => target,
      (one) => ({
        ...(isSelf
          ? { ip: one.target, expires: expires(one), flags: one.flags.join(' ') }
          : { expire: expires(one), flags: one.flags }),
        via: given(one.via),
        tunnel: one.interface?.replace('Tunnel', ''),
        created: ageText(one.createdSeconds!),
        type: given(one.type),
        nbma_address: given(one.nbma),
        group: given(one.group),
      }),
    ),
  };
}

function nhrpSummary(summary: Readonly<Record<string, number>>, isV6: boolean): object {
  const of = (block: string, name: string): number | undefined => summary[`${block} ${name}`];
  const kinds = (block: string, prefix: string, suffix = '_entries'): object => ({
    [`${prefix}static${suffix}`]: of(block, 'static'),
    [`${prefix}dynamic${suffix}`]: of(block, 'dynamic'),
    [`${prefix}incomplete${suffix}`]: of(block, 'incomplete'),
  });
  const route = {
    rib: of('remote route', 'rib'),
    h_rib: of('remote route', 'h'),
    nho_rib: of('remote route', 'nho'),
    bgp: of('remote route', 'bgp'),
  };
  const more = {
    nhop: of('remote', 'nhop'),
    bfd: of('remote', 'bfd'),
    default: of('remote', 'default'),
    temporary: of('remote', 'temporary'),
    lfib: of('remote', 'lfib'),
  };
  const [total, entries] = [of('total', 'entries'), of('remote route', 'entries')];
  return isV6
    ? {
        ipv6_nhrp: {
          total: { nhrp_entries: total, size: of('total', 'bytes'), ...kinds('total', 'total_') },
          remote: {
            remote_entries: of('remote', 'entries'),
            ...kinds('remote', 'remote_'),
            ...more,
            route: { total: entries, ...route },
          },
          local: { local: of('local', 'entries'), ...kinds('local', 'local_', ''), lfib: of('local', 'lfib') },
        },
      }
    : {
        ip_nhrp: {
          total: { entries: total, size: of('total', 'bytes'), ...kinds('total', '') },
          remote: { entries: of('remote', 'entries'), ...kinds('remote', ''), ...more, route: { entries, ...route } },
          local: { entries: of('local', 'entries'), ...kinds('local', ''), lfib: of('local', 'lfib') },
        },
      };
}

checkGoldens({
  command: 'show ip nhrp',
  files: corpusFiles('show-ip-nhrp'),
  parse: parseNhrp,
  compare: (file) => compareGolden(nhrp(parseNhrp(corpusOutput(file)).value, file), corpusGolden(file)),
  faults: [],
  passedOver: { 'the metadata exchange framework says nothing of addresses': ['state', 'mef_ext_data'] },
  fieldsMin: 90,
});

function clock(value: DeviceClock | null, file: string): object {
  const [time, timezone, day, month, date, year] = (value?.text ?? '').split(' ');
  const [both] = [{ time, timezone, month, day: date, year }];
  return file.includes('ntc') ? { parsed_sample: [{ ...both, dayweek: day }] } : { ...both, day_of_week: day };
}

checkGoldens({
  command: 'show clock',
  files: corpusFiles('show-clock'),
  parse: parseClock,
  compare: (file) => compareGolden(clock(parseClock(corpusOutput(file)).value, file), corpusGolden(file)),
  faults: [],
  fieldsMin: 18,
});

const debugs = (flags: readonly DebugFlag[]): object => ({
  hsrp: byName(
    flags,
    ({ text }) => text.toLowerCase().replaceAll(' ', '_'),
    ({ text }) => (text.includes('Errors') ? 'on' : { status: 'on' }),
  ),
});

checkGoldens({
  command: 'show debugging',
  files: corpusFiles('show-debug'),
  parse: parseDebugging,
  compare: (file) => compareGolden(debugs(parseDebugging(corpusOutput(file)).value), corpusGolden(file)),
  faults: [],
  passedOver: { 'what a debug is limited to does not make it less on': ['types', 'conditional_debug_state'] },
  fieldsMin: 3,
});

const SWITCH = { true: 'enabled', false: 'disabled' } as const;
const onOff = (is: boolean | null): string | undefined => (is === null ? undefined : SWITCH[`${is}`]);

function destination(one: LogDestination | null, count: string): object | undefined {
  if (one === null) return undefined;
  return {
    status: one.level < 0 ? 'disabled' : 'enabled',
    level: one.level < 0 ? undefined : LOG_LEVELS[one.level],
    [count]: given(one.logged),
    xml: onOff(one.xml),
    filtering: onOff(one.filtering),
  };
}

function logging(value: ShownLogging, golden: unknown): object {
  const lines = value.lines.map(({ text }) => text.trim()).filter((text) => text !== '');
  if (typeof golden === 'object' && golden !== null && 'parsed_sample' in golden) return {};
  const trap = destination(value.trap, 'message_lines_logged') as Record<string, unknown> | undefined;
  return {
    logging: {
      console: destination(value.console, 'messages_logged'),
      monitor: destination(value.monitor, 'messages_logged'),
      buffer: destination(value.buffer, 'messages_logged'),
      trap: {
        ...trap,
        // The origin says enabled by having a level.
        status: trap?.['status'] === 'disabled' ? 'disabled' : undefined,
        logging_to:
          value.hosts.length === 0
            ? undefined
            : byName(
                value.hosts,
                ({ host }) => host,
                (host) => ({
                  protocol: given(host.transport),
                  port: given(host.port),
                  vrf: given(host.vrf),
                  link: host.linkUp === null ? undefined : host.linkUp ? 'up' : 'down',
                  message_lines_logged: given(host.logged),
                  message_lines_rate_limited: given(host.rateLimited),
                  message_lines_dropped_by_md: given(host.droppedByDiscriminator),
                }),
              ),
      },
    },
    syslog_logging: {
      enabled: {
        counters: {
          messages_dropped: value.counters?.dropped,
          messages_rate_limited: value.counters?.rateLimited ?? undefined,
          flushes: value.counters?.flushes ?? undefined,
          overruns: value.counters?.overruns ?? undefined,
        },
      },
    },
    log_buffer_bytes: given(value.bufferBytes),
    logs: (golden as { logs?: unknown }).logs === undefined ? undefined : lines,
  };
}

checkGoldens({
  command: 'show logging',
  files: corpusFiles('show-logging').filter((file) => !file.includes('ntc-')),
  parse: parseShowLogging,
  compare: (file) => {
    const golden = corpusGolden(file) as { logs?: unknown };
    // Its golden takes the list of discriminators for lines of the log, which has none.
    if (file.endsWith('genie-iosxe-10')) golden.logs = undefined;
    return compareGolden(logging(parseShowLogging(corpusOutput(file)).value, golden), golden);
  },
  faults: [],
  passedOver: {
    'settings of files and of the boot say nothing of what was logged': [
      'count_and_time_stamp_logging_messages',
      'size_bytes',
      'status',
      'batch_size_bytes',
      'disk_space_bytes',
      'file_size_bytes',
      'immediate_write',
      'notify',
      'protected',
      'threshold_alert',
      'threshold_percent',
      'url',
    ],
    'the way to a host': [
      'audit',
      'sequence_number',
      'filtering',
      'xml',
      'logging_configuration',
      'vlan200',
      'loopback246',
      'vrf',
      'ciphersuites',
      'tls_version',
      'trustpoint',
    ],
  },
  fieldsMin: 200,
});

describe.skipIf(!corpusPresent)(
  'show logging of the other origin, its lines cut at commas and colons (skipped without ../shared/corpus)',
  () => {
    test('there are such files', () => expect(corpusFiles('show-logging').some((file) => file.includes('ntc-'))).toBe(true));

    test.each(corpusFiles('show-logging').filter((file) => file.includes('ntc-')))('%s', (file) => {
      const { value, unread } = parseShowLogging(corpusOutput(file));
      expect(unread).toEqual([]);
      const { parsed_sample: rows } = corpusGolden(file) as {
        parsed_sample: { mnemonic: string; facility: string; time: string; message: string[] }[];
      };
      const texts = value.lines.map(({ text }) => text.trim());
      // The first part stands behind the mnemonic, each further one on a line of its own.
      const whole = rows.filter(({ mnemonic, time, message: [first, ...more] }) => {
        const line = texts.find((text) => text.includes(`${mnemonic}: ${first}`) && text.includes(time));
        return line !== undefined && more.every((part) => texts.includes(part.trim()));
      });
      expect(whole.length).toBe(rows.length);
    });
  },
);

/**
 * genie-iosxe-13 is a transcript that goes on with another command: its golden gathers that one's lines into the last entry, and has lost two
 * lines of entry 2. Of these two entries the first lines are compared.
 */
const GOLDEN_IS_WRONG = ['2', '11'];
const firstLines = (entry: string, message: string): string =>
  GOLDEN_IS_WRONG.includes(entry) ? message.split('\n')[0]! : message;

function traceGolden(file: string): object {
  const golden = corpusGolden(file) as { event_trace?: { event?: Record<string, { event_message: string }> } };
  for (const [entry, event] of Object.entries(golden.event_trace?.event ?? {}))
    event.event_message = firstLines(entry, event.event_message);
  return golden;
}

function traceValue(value: EventTrace, golden: object): object {
  const stamp = (one: TraceEntry): string => one.stamp.text.replace(/^[*.]/, '');
  const traceback = (one: TraceEntry): string | undefined => given(one.traceback);
  if ('tracing_status' in golden)
    return { tracing_status: value.off === null ? 'enabled' : 'disabled', source: given(value.off) };
  if ('event_traces' in golden)
    return {
      event_traces: byName(
        value.traces,
        ({ name }) => name,
        ({ off }) => (off === null ? { status: 'enabled_no_events' } : { status: 'disabled', reason: off }),
      ),
      interrupt_context_allocation_count: given(value.interruptAllocations),
    };
  if ('events' in golden)
    return {
      events: value.entries.map((one) => ({
        timestamp: stamp(one),
        event_type: one.type ?? one.trace,
        message: one.message,
        traceback: traceback(one),
        details: detailsOf(one),
      })),
    };
  const { event_trace: traces } = golden as { event_trace: { event?: Record<string, { event_message: string }> } };
  if ('event' in traces)
    return {
      event_trace: {
        event: byName(
          value.entries.map((one, i) => ({ one, i })),
          ({ i }) => String(i + 1),
          ({ one, i }) => ({ timestamp: stamp(one), event_message: firstLines(String(i + 1), one.message.trim()) }),
        ),
      },
    };
  return {
    event_trace: byName(
      value.traces,
      ({ name }) => name,
      ({ name, off }) => {
        const entries = value.entries.filter(({ trace }) => trace === name);
        const events = entries.map((one) => ({ timestamp: stamp(one), message: one.message, traceback: traceback(one) }));
        const last = name === 'ipsec_exception' ? { interrupt_context_allocation_count: given(value.interruptAllocations) } : {};
        return {
          ...(events.length > 0 ? { events } : {}),
          ...(off === null ? {} : { status: `Tracing currently disabled, from ${off}` }),
          ...last,
        };
      },
    ),
  };
}

function detailsOf(one: TraceEntry): object | undefined {
  const isEmpty = one.action === null && one.kmi === null;
  if (isEmpty) return undefined;
  const named = (address: string | null, isNamed: boolean): string | undefined => address ?? (isNamed ? 'UNKNOWN' : undefined);
  const hasEnds = /\bloc: /.test(one.message);
  return {
    session_id: given(one.sessionId),
    sa_action: given(one.action),
    sa_dest: one.sa?.destination,
    sa_proto: given(one.sa?.prot ?? null),
    sa_spi: one.sa ? `0x${formatSpi(one.sa.spi).slice(2).toUpperCase()}(${one.sa.spi})` : undefined,
    sa_trans: given(one.sa?.transform ?? null),
    sa_conn_id: given(one.sa?.connectionId ?? null),
    sa_lifetime_k: given(one.sa?.lifetimeKilobytes ?? null),
    sa_lifetime_sec: given(one.sa?.lifetimeSeconds ?? null),
    kmi_direction: one.kmi?.direction,
    kmi_source: one.kmi?.from,
    kmi_destination: one.kmi?.to,
    kmi_type: one.kmi?.type,
    loc: named(one.local, hasEnds),
    rem: named(one.remote, hasEnds),
    l_proxy: given(one.localProxy),
    r_proxy: given(one.remoteProxy),
    port_loc: given(one.localPort),
    port_rem: given(one.remotePort),
    prot: given(one.prot),
  };
}

checkGoldens({
  command: 'show monitor event-trace crypto',
  files: corpusFiles('show-monitor-event-trace-crypto'),
  parse: parseEventTrace,
  compare: (file) => {
    const golden = traceGolden(file);
    return compareGolden(traceValue(parseEventTrace(corpusOutput(file)).value, golden), golden);
  },
  faults: [],
  fieldsMin: 400,
});

describe.skipIf(!corpusPresent)(
  'show running-config of real devices, of which no origin has a parse (skipped without ../shared/corpus)',
  () => {
    test('there are such files', () => expect(corpusFiles('running-config').length).toBeGreaterThan(0));

    const expected: Readonly<Record<string, readonly string[]>> = {
      'batfish-cisco_crypto': ['dynamic crypto map', 'static crypto map', 'dynamic crypto map', 'static crypto map'],
      'batfish-crypto-vrf': ['static crypto map'],
      'batfish-ios-crypto-map': [
        'static crypto map',
        'static crypto map',
        'dynamic crypto map',
        'sVTI',
        'point-to-point GRE with tunnel protection',
      ],
      'batfish-r1': ['static crypto map', 'static crypto map', 'sVTI'],
      'batfish-r2': ['static crypto map', 'static crypto map', 'sVTI', 'sVTI'],
      'batfish-r3': ['dynamic crypto map', 'sVTI'],
      'ksnam97-BRANCH1': ['mGRE with tunnel protection, static NHRP map'],
      'ksnam97-HQ-EDGE-1': ['mGRE with tunnel protection, dynamic NHRP map', 'mGRE with tunnel protection, dynamic NHRP map'],
    };
    test.each(corpusFiles('running-config'))('%s', (file) => {
      const { value, unread } = parseRunningConfig(corpusOutput(file));
      expect(unread).toEqual([]);
      expect(value.peerings.map(({ kind }) => kind)).toEqual(expected[file.split('/')[1]!]);
    });
  },
);
