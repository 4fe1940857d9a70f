import { describe, expect, test } from 'vitest';
import { isSpitrapError } from '../../shared/errors.ts';
import {
  headOfV1Trap,
  notificationVarbinds,
  type PolicyEvent,
  policyEventTrapOid,
  policyEventV1,
  policyEventVarbinds,
  readNotificationHead,
  readPolicyEvent,
} from '../../shared/wire/event-manager.ts';
import type { Varbind } from '../../shared/wire/snmp-pdu.ts';

const event: PolicyEvent = { policyPath: 'flash:/', policyName: 'command_hub', intData1: 2323232, intData2: 0, strData: '' };

describe.each([91, 134] as const)('root %i', (root) => {
  const r = `1.3.6.1.4.1.9.10.${root}`;

  test('nine varbinds in MIB order, each with the index', () => {
    expect(policyEventVarbinds(root, 7, event).map((varbind) => [varbind.oid, varbind.value.type])).toEqual([
      [`${r}.1.2.3.1.2.7`, 'unsigned32'],
      [`${r}.1.2.3.1.3.7`, 'unsigned32'],
      [`${r}.1.2.3.1.4.7`, 'unsigned32'],
      [`${r}.1.2.3.1.5.7`, 'unsigned32'],
      [`${r}.1.2.3.1.6.7`, 'octets'],
      [`${r}.1.2.3.1.7.7`, 'octets'],
      [`${r}.1.2.3.1.9.7`, 'integer'],
      [`${r}.1.2.3.1.10.7`, 'integer'],
      [`${r}.1.2.3.1.11.7`, 'octets'],
    ]);
  });

  test('read back: any index, any order, strangers among them', () => {
    const varbinds = [...policyEventVarbinds(root, 4_294_967_295, { ...event, intData2: -5, strData: 'caf\xe9' })].reverse();
    varbinds.unshift({ oid: `${r}.1.2.3.1.91.1`, value: { type: 'integer', value: 666 } });
    expect(readPolicyEvent(`${r}.0.2`, varbinds)).toEqual({ root, ...event, intData2: -5, strData: 'caf\xe9' });
  });

  test('unset values travel as noSuchInstance', () => {
    const varbinds = policyEventVarbinds(root, 1, { ...event, intData1: null, intData2: null, strData: null });
    expect(varbinds.slice(6).map((varbind) => varbind.value.type)).toEqual(Array(3).fill('no-such-instance'));
    expect(readPolicyEvent(`${r}.0.2`, varbinds)).toEqual({ root, ...event, intData1: null, intData2: null, strData: null });
  });

  test('the v1 form says the same notification', () => {
    const { enterprise, specificTrap } = policyEventV1(root);
    const trap = {
      type: 'trap-v1',
      enterprise,
      specificTrap,
      genericTrap: 6,
      agentAddress: '10.0.0.1',
      timeStamp: 5,
      varbinds: [],
    } as const;
    expect(headOfV1Trap(trap)).toEqual({ upTimeTicks: 5, trapOid: policyEventTrapOid(root) });
  });
});

describe('what is no policy event, or only half of one', () => {
  test.each([
    ['cEventMgrServerEvent', '1.3.6.1.4.1.9.10.91.0.1'],
    ['linkDown', '1.3.6.1.6.3.1.1.5.3'],
    ['a longer OID', '1.3.6.1.4.1.9.10.91.0.2.1'],
    ['another root', '1.3.6.1.4.1.9.10.92.0.2'],
  ])('%s', (_what, trapOid) => {
    expect(readPolicyEvent(trapOid, policyEventVarbinds(91, 1, event))).toBeNull();
  });

  test('varbinds missing or of the wrong type count as unset', () => {
    const varbinds: Varbind[] = [
      { oid: '1.3.6.1.4.1.9.10.91.1.2.3.1.9.1', value: { type: 'octets', value: Buffer.from('2323232') } },
      { oid: '1.3.6.1.4.1.9.10.91.1.2.3.1.11.1', value: { type: 'integer', value: 1 } },
    ];
    expect(readPolicyEvent('1.3.6.1.4.1.9.10.91.0.2', varbinds)).toEqual({
      root: 91,
      policyPath: '',
      policyName: '',
      intData1: null,
      intData2: null,
      strData: null,
    });
  });

  test('a column without an index, and the value of the other root, are not matched', () => {
    const value = { type: 'integer', value: 2323232 } as const;
    for (const oid of ['1.3.6.1.4.1.9.10.91.1.2.3.1.9', '1.3.6.1.4.1.9.10.134.1.2.3.1.9.1', '1.3.6.1.4.1.9.10.91.1.2.3.1.90.1'])
      expect(readPolicyEvent('1.3.6.1.4.1.9.10.91.0.2', [{ oid, value }])?.intData1).toBeNull();
  });
});

describe('the head', () => {
  test('sysUpTime.0 and snmpTrapOID.0 come first and are read back', () => {
    const varbinds = notificationVarbinds(4_294_967_295, '1.3.6.1.4.1.9.10.91.0.2', policyEventVarbinds(91, 1, event));
    expect(varbinds).toHaveLength(11);
    expect(readNotificationHead(varbinds)).toEqual({ upTimeTicks: 4_294_967_295, trapOid: '1.3.6.1.4.1.9.10.91.0.2' });
  });
  test('anything else at the front is no notification', () => {
    const good = notificationVarbinds(1, '1.3.6.1', []);
    expect(readNotificationHead([])).toBeNull();
    expect(readNotificationHead([...good].reverse())).toBeNull();
    expect(readNotificationHead(good.slice(1))).toBeNull();
    expect(readNotificationHead([{ ...good[0]!, value: { type: 'integer', value: 1 } }, good[1]!])).toBeNull();
    expect(readNotificationHead([good[0]!, { ...good[1]!, value: { type: 'null' } }])).toBeNull();
  });
  test.each([
    [0, '1.3.6.1.6.3.1.1.5.1'],
    [3, '1.3.6.1.6.3.1.1.5.4'],
  ])('generic trap %i of v1 is %s (RFC 3584 §3.1)', (genericTrap, trapOid) => {
    const trap = {
      type: 'trap-v1',
      enterprise: '1.3.6.1.4.1.9',
      specificTrap: 0,
      genericTrap,
      agentAddress: '10.0.0.1',
      timeStamp: 5,
      varbinds: [],
    } as const;
    expect(headOfV1Trap(trap).trapOid).toBe(trapOid);
  });
});

describe('what the MIB cannot carry is refused before it is sent', () => {
  test.each<[string, Partial<PolicyEvent>]>([
    ['StrData of 256 octets', { strData: 'x'.repeat(256) }],
    ['StrData outside Latin-1', { strData: 'Ω' }],
    ['PolicyName of 129 octets', { policyName: 'x'.repeat(129) }],
    ['PolicyPath of 129 octets', { policyPath: 'x'.repeat(129) }],
    ['IntData1 above Integer32', { intData1: 0x8000_0000 }],
    ['IntData2 with a fraction', { intData2: 1.5 }],
    ['IntData2 that is no number', { intData2: Number.NaN }],
  ])('%s', (_what, wrong) => {
    const build = (): unknown => policyEventVarbinds(91, 1, { ...event, ...wrong });
    expect(build).toThrow(/nothing is sent/);
    try {
      build();
    } catch (error) {
      expect(isSpitrapError(error, 'SIGNAL_UNENCODABLE')).toBe(true);
    }
  });
  test('the largest of each fits', () => {
    const largest = {
      policyPath: 'p'.repeat(128),
      policyName: 'n'.repeat(128),
      intData1: 0x7fff_ffff,
      intData2: -0x8000_0000,
      strData: '\xff'.repeat(255),
    };
    expect(readPolicyEvent(policyEventTrapOid(91), policyEventVarbinds(91, 1, largest))).toEqual({ root: 91, ...largest });
  });
});
