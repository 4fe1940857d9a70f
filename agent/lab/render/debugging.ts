/** `show debugging` (IOS and IOS XE layouts) and `show crypto debug-condition`. */
import type { BoxCore } from '../box-core.ts';
import { CONDITION_HEADINGS, CONDITION_TYPES, DEBUG_KINDS } from '../debugs.ts';

/** IOS XE shows its own two blocks first, even when nothing is on. */
const XE_PREAMBLE = [
  'IOSXE Conditional Debug Configs:',
  '',
  'Conditional Debug Global State: Stop',
  '',
  '',
  'IOSXE Packet Tracing Configs:',
  '',
  '',
  '',
];

export function showDebugging(core: BoxCore): string[] {
  const out = core.isXe ? [...XE_PREAMBLE] : [];
  let subsystem = '';
  for (const name of core.debugs.flags()) {
    const kind = DEBUG_KINDS[name];
    if (kind.subsystem !== subsystem) {
      if (subsystem !== '' || core.isXe) out.push('');
      subsystem = kind.subsystem;
      out.push(`${subsystem}:`);
    }
    out.push(`  ${kind.title} is on`);
  }
  if (core.isXe || subsystem !== '') out.push('');
  return out;
}

export function debugCondition(core: BoxCore): string[] {
  const { debugs } = core;
  const flag = (context: 'isakmp' | 'ipsec' | 'engine'): string => (debugs.unmatched.has(context) ? 'ON' : 'OFF');
  return [
    '',
    `Crypto conditional debug currently is turned ${debugs.conditioned() ? 'ON' : 'OFF'}`,
    `IKE debug context unmatched flag:       ${flag('isakmp')}`,
    `IPsec debug context unmatched flag:     ${flag('ipsec')}`,
    `Crypto Engine debug context unmatched flag: ${flag('engine')}`,
    '',
    ...CONDITION_TYPES.flatMap((type) => {
      const values = debugs.values(type);
      if (values.length === 0) return [];
      if (type === 'connid') return [`${CONDITION_HEADINGS[type]}${values.map((value) => `${value},`).join('')}`, ''];
      return type === 'peer subnet'
        ? [CONDITION_HEADINGS[type], ...values, '']
        : [CONDITION_HEADINGS[type], values.join(' '), ''];
    }),
  ];
}
