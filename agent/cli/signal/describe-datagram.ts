/**
 * A datagram as it is, for `spitrap signal listen` without a configuration: nobody is believed, nothing is decrypted. The community is a
 * password in the clear and is not shown.
 */
import { readHead, readPolicyEvent } from '../../../shared/wire/event-manager.ts';
import { type CommunityMessage, decodeMessage } from '../../../shared/wire/snmp-message.ts';
import { openScopedPdu, type V3Message } from '../../../shared/wire/snmp-v3-message.ts';
import type { Told } from './listen.ts';

export function describeDatagram(bytes: Buffer): Omit<Told, 'from'> {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok)
    return {
      what: `${bytes.length} octets, ${decoded.reason === 'version' ? 'no version that is spoken here' : 'not SNMP'}: ${decoded.why}`,
      fields: { version: null, octets: bytes.length, reason: decoded.reason, detail: decoded.why },
    };
  const { message } = decoded;
  return message.version === 3 ? ofV3(message) : ofCommunity(message);
}

function ofCommunity({ version, community, pdu }: CommunityMessage): Omit<Told, 'from'> {
  const head = pdu.type === 'trap' || pdu.type === 'inform' || pdu.type === 'trap-v1' ? readHead(pdu) : null;
  const common = { version, pdu: pdu.type, communityOctets: community.length };
  const opening = `v${version} ${pdu.type === 'trap-v1' ? 'trap' : pdu.type} (community of ${community.length} octets)`;
  if (head === null) return { what: `${opening}: no notification`, fields: { ...common, trapOid: null } };
  const event = readPolicyEvent(head.trapOid, pdu.varbinds);
  // agent-addr is whatever the sender wrote: shown beside the address that the datagram came from, never believed.
  const agentAddress = pdu.type === 'trap-v1' ? pdu.agentAddress : null;
  const claims = agentAddress === null ? '' : ` agent-addr ${agentAddress}`;
  const fields = { ...common, trapOid: head.trapOid, agentAddress, sysUpTimeMs: head.upTimeTicks * 10 };
  if (event === null)
    return { what: `${opening}${claims} ${head.trapOid}, ${pdu.varbinds.length} varbinds: not the event manager's`, fields };
  const { root, intData1, intData2, strData, policyName } = event;
  return {
    what: `${opening}${claims} ${intData1 ?? 'unset'} ${intData2 ?? 'unset'} root ${root} ${JSON.stringify(strData ?? '')} policy ${JSON.stringify(policyName)}`,
    fields: { ...fields, root, intData1, intData2, strData: strData ?? '', policyName },
  };
}

function ofV3(message: V3Message): Omit<Told, 'from'> {
  const { level, reportable, stamp } = message;
  const engineId = message.engineId.toString('hex');
  const user = message.user.toString('latin1');
  const pdu = level === 'authPriv' ? null : (openScopedPdu(message, null)?.scoped.pdu.type ?? null);
  const asks = engineId === '' && reportable;
  const what = asks
    ? 'asks for our engine id (discovery), and is not answered without a configuration: -c FILE'
    : `user ${JSON.stringify(user)} ${level}, engine ${engineId}, boots ${stamp.boots}, time ${stamp.timeS} s, ${pdu ?? 'encrypted'}: whether it is authentic needs a configuration`;
  return {
    what: `v3 ${what}`,
    fields: {
      version: '3',
      level,
      user,
      engineId,
      boots: stamp.boots,
      timeS: stamp.timeS,
      reportable,
      pdu,
      octets: message.bytes.length,
    },
  };
}
