/** `show platform hardware qfp active …` of real devices, held against the origin's parse. */
import type { QfpDrops, QfpIpsecDrop, QfpIpsecSa, QfpIpsecState } from '../../shared/model/qfp.ts';
import { parseQfpDrops } from '../../shared/platforms/cisco/qfp-drops.ts';
import { parseQfpIpsecDrops } from '../../shared/platforms/cisco/qfp-ipsec-drops.ts';
import { parseQfpIpsecSa } from '../../shared/platforms/cisco/qfp-ipsec-sa.ts';
import { parseQfpIpsecState } from '../../shared/platforms/cisco/qfp-ipsec-state.ts';
import { checkGoldens, compareGolden, corpusFiles, corpusGolden, corpusOutput } from '../support/golden-fields.ts';

/** Two schemas: of the history, where the time of clearing is taken apart, and of the plain table. */
function drops({ clearedAt, drops: rows }: QfpDrops, golden: object): object {
  if (!('drop_history' in golden)) {
    const table = rows.map(({ name, packets, octets }) => [name, { packets, octets: octets ?? undefined }]);
    return { global_drop_stats: Object.fromEntries(table), cleared_at: clearedAt ?? undefined };
  }
  const [, month, day, hour, minute, second, year] = /^\w+ (\w+) +(\d+) (\d+):(\d+):(\d+) (\d+)$/.exec(clearedAt!)!;
  const time = { day, hour, minute, second, year };
  const numbers = Object.fromEntries(Object.entries(time).map(([part, text]) => [part, Number(text)]));
  const history = rows.map(({ name, packets, recent }) => [
    name,
    {
      '1m': { packets: recent!['1-Min'] },
      '5m': { packets: recent!['5-Min'] },
      '30m': { packets: recent!['30-Min'] },
      all: { packets },
    },
  ]);
  return {
    drop_history: Object.fromEntries(history),
    drops_seen: rows.some(({ packets }) => packets > 0),
    last_clear_time: { ...numbers, month },
    stats_cleared: clearedAt !== 'never',
  };
}

checkGoldens({
  command: 'show platform hardware qfp active statistics drop',
  files: corpusFiles('show-platform-hardware-qfp-active-statistics-drop'),
  parse: parseQfpDrops,
  compare: (file) => {
    const golden = corpusGolden(file) as object;
    return compareGolden(drops(parseQfpDrops(corpusOutput(file)).value, golden), golden);
  },
  faults: [
    {
      file: 'show-platform-hardware-qfp-active-statistics-drop/genie-iosxe-10',
      why: 'the time of the last clearing is only in the schema of the history',
      lacks: ['cleared_at'],
    },
  ],
  fieldsMin: 25,
});

const ipsecDrops = (rows: readonly QfpIpsecDrop[]): object => ({
  drops: Object.fromEntries(rows.map(({ name, type, packets }) => [name, { drop_type: type, packets }])),
});

checkGoldens({
  command: 'show platform hardware qfp active feature ipsec datapath drops',
  files: corpusFiles('show-platform-hardware-qfp-ipsec-drops'),
  parse: parseQfpIpsecDrops,
  compare: (file) => compareGolden(ipsecDrops(parseQfpIpsecDrops(corpusOutput(file)).value), corpusGolden(file)),
  faults: [],
  fieldsMin: 140,
});

const flagsText = (flags: Readonly<Record<string, string>>): string =>
  Object.entries(flags)
    .map(([name, value]) => `${name}:${value}`)
    .join(' ');

/** The lines of the flags as one text. */
function joinedDetails(golden: unknown): object {
  const { qfp_ipsec_sa_information: fields } = golden as { qfp_ipsec_sa_information: { flags_details: readonly string[] } };
  return { qfp_ipsec_sa_information: { ...fields, flags_details: fields.flags_details.join(' ') } };
}

/** Field names are the printed ones with underscores; what we make of some of them is put back in their places. */
function ipsecSa(sa: QfpIpsecSa | null): object {
  const fields = Object.entries(sa!.fields).map(([name, value]) => [
    name.toLowerCase().replace(/[ .]/g, '_'),
    value.replace(/ \(Details below\)$/, ''),
  ]);
  const spi = `0x${sa!.spi!.toString(16)}(${sa!.spi})`;
  return {
    qfp_ipsec_sa_information: {
      ...Object.fromEntries(fields),
      qfp_sa_id: sa!.saId,
      qfp_spi: spi,
      local_endpoint: sa!.local,
      remote_endpoint: sa!.remote,
      flags_parsed: sa!.flags,
      flags_details: flagsText(sa!.flags),
    },
  };
}

const saFiles = corpusFiles('show-platform-hardware-qfp-ipsec-sa');
const isState = (file: string): boolean => corpusOutput(file).includes('QFP IPSEC state');

checkGoldens({
  command: 'show platform hardware qfp active feature ipsec sa',
  files: saFiles.filter((file) => !isState(file)),
  parse: parseQfpIpsecSa,
  compare: (file) => compareGolden(ipsecSa(parseQfpIpsecSa(corpusOutput(file)).value), joinedDetails(corpusGolden(file))),
  faults: [],
  fieldsMin: 40,
});

const ipsecState = (state: QfpIpsecState | null): object => ({
  crypto_throughput_license_kbps_aggregate: state!.licenceKilobitsPerSecond,
  message_counter: Object.fromEntries(
    state!.messages.map(({ type, request, replyOk, replyError }, index) => [
      index + 1,
      { type, request, reply_ok: replyOk, reply_error: replyError },
    ]),
  ),
});

checkGoldens({
  command: 'show platform hardware qfp active feature ipsec state',
  files: saFiles.filter(isState),
  parse: parseQfpIpsecState,
  compare: (file) => compareGolden(ipsecState(parseQfpIpsecState(corpusOutput(file)).value), corpusGolden(file)),
  faults: [],
  fieldsMin: 8,
});
