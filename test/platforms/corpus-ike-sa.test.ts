/** `show crypto isakmp sa [detail]` and `show crypto ikev2 sa [detailed]` of real devices, held against the origin's parse. */
import type { Ikev2Sa, IsakmpSa } from '../../shared/model/ike.ts';
import { parseIkev2Sas } from '../../shared/platforms/cisco/ikev2-sa.ts';
import { parseIsakmpSas } from '../../shared/platforms/cisco/isakmp-sa.ts';
import { checkGoldens, clockText, compareGolden, corpusFiles, corpusGolden, corpusOutput } from '../support/golden-fields.ts';

const given = <T>(value: T | null): T | undefined => value ?? undefined;

const isakmpRow = (sa: IsakmpSa): object => ({
  destination: given(sa.dst),
  source: given(sa.src),
  session_state: given(sa.state),
  conn_id: sa.dst === null ? given(sa.engineConnectionId) : sa.connectionId,
  c_id: sa.dst === null ? sa.connectionId : undefined,
  status: given(sa.status),
  current_status: sa.deleted ? 'deleted' : undefined,
  local_ip: given(sa.local),
  remote_ip: given(sa.remote),
  ivrf: given(sa.vrf),
  encr_algo: given(sa.encryption),
  hash_algo: given(sa.hash),
  auth_type: given(sa.authentication),
  dh_group: given(sa.dhGroup),
  lifetime: sa.lifetimeSeconds === null ? undefined : clockText(sa.lifetimeSeconds),
  capabilities: given(sa.capabilities),
  engine_id: given(sa.engine),
});

function isakmpGenie(sas: readonly IsakmpSa[]): object {
  const family = (six: boolean): object | undefined => {
    const rows = sas.filter((sa) => (sa.dst ?? sa.local)!.includes(':') === six);
    return rows.length === 0 ? undefined : Object.fromEntries(rows.map((row, index) => [index + 1, isakmpRow(row)]));
  };
  return { isakmp_stats: { IPv4: family(false), IPv6: family(true) } };
}

const isakmpFiles = corpusFiles('show-crypto-isakmp-sa', 'show-crypto-isakmp-sa-detail');
checkGoldens({
  command: 'show crypto isakmp sa',
  files: isakmpFiles,
  parse: parseIsakmpSas,
  compare: (file) => compareGolden(isakmpGenie(parseIsakmpSas(corpusOutput(file)).value), corpusGolden(file)),
  faults: [],
  fieldsMin: 110,
});

const configured = (value: boolean | null): string | undefined =>
  value === null ? undefined : value ? 'configured' : 'not configured';
const enabled = (value: boolean | null): string | undefined => (value === null ? undefined : value ? 'enabled' : 'disabled');

/** The two schemas name the same things differently. */
const agreed = (sa: Ikev2Sa): object => ({
  encryption: given(sa.encryption),
  keysize: given(sa.keyBits),
  prf: given(sa.prf),
  hash: sa.encryption === null ? undefined : (sa.hash ?? 'none'),
  auth_sign: given(sa.authSign),
  auth_verify: given(sa.authVerify),
  life_time: given(sa.lifetimeSeconds),
  active_time: given(sa.activeSeconds),
  ce_id: given(sa.ceId),
  session_id: given(sa.sessionId),
  local_spi: given(sa.localSpi),
  remote_spi: given(sa.remoteSpi),
  fvrf: sa.fvrf ?? 'none',
  ivrf: sa.ivrf ?? 'none',
  status: sa.status,
});

const detailed = (sa: Ikev2Sa): object => ({
  ...agreed(sa),
  local: `${sa.local}/${sa.localPort}`,
  remote: `${sa.remote}/${sa.remotePort}`,
  dh_grp: given(sa.dhGroup),
  qr: sa.quantumResistant ? 'qr' : undefined,
  remote_subnets: sa.remoteSubnets,
  status_description: given(sa.statusDescription),
  local_id: given(sa.localId),
  remote_id: given(sa.remoteId),
  local_reg_msg_id: given(sa.localMessages.request),
  remote_req_msg_id: given(sa.remoteMessages.request),
  local_next_msg_id: given(sa.localMessages.next),
  remote_next_msg_id: given(sa.remoteMessages.next),
  local_req_queued: given(sa.localMessages.queued),
  remote_req_queued: given(sa.remoteMessages.queued),
  local_window: given(sa.localMessages.window),
  remote_window: given(sa.remoteMessages.window),
  dpd_configured_time: given(sa.dpdSeconds),
  retry: given(sa.dpdRetrySeconds),
  fragmentation: configured(sa.fragmentation),
  dynamic_route_update: enabled(sa.dynamicRouteUpdate),
  extended_authentication: configured(sa.extendedAuthentication),
  nat_t: sa.nat === null ? undefined : sa.nat === 'none' ? 'not detected' : `detected ${sa.nat}`,
  cisco_trust_security_sgt: enabled(sa.securityGroupTags),
  initiator_of_sa: sa.initiator === null ? undefined : sa.initiator ? 'yes' : 'no',
  pushed_ip: given(sa.pushedAddress),
  quantum_encry_type: sa.quantumKey?.replace(/ PPK$/, ''),
  peer_type: given(sa.peerType),
});

function ikev2Genie(sas: readonly Ikev2Sa[], golden: unknown): object {
  if ('tunnel_id' in (golden as object)) return { tunnel_id: Object.fromEntries(sas.map((sa) => [sa.tunnelId, detailed(sa)])) };
  const rows = sas.map((sa) => ({
    ...agreed(sa),
    tunnel_id: sa.tunnelId,
    local_ip: given(sa.local),
    local_port: given(sa.localPort),
    remote_ip: given(sa.remote),
    remote_port: given(sa.remotePort),
    dh_group: given(sa.dhGroup),
  }));
  return { ipv4: Object.fromEntries(rows.map((row) => [row.tunnel_id, row])), ipv6: {} };
}

const ikev2Files = corpusFiles('show-crypto-ikev2-sa', 'show-crypto-ikev2-sa-detail');
checkGoldens({
  command: 'show crypto ikev2 sa',
  files: ikev2Files,
  parse: parseIkev2Sas,
  compare: (file) => compareGolden(ikev2Genie(parseIkev2Sas(corpusOutput(file)).value, corpusGolden(file)), corpusGolden(file)),
  faults: ['03', '05', '09'].map((number) => ({
    file: `show-crypto-ikev2-sa-detail/genie-iosxe-${number}`,
    why: 'the line `PEER TYPE: IOS-XE` is not in that schema',
    lacks: ['peer_type'],
  })),
  fieldsMin: 370,
});
