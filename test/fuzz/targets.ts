/** Every decoder and reader of what strangers send, what devices answer and what files hold: the list that `npm run fuzz` goes through. */
import { snmpTargets } from './snmp-targets.ts';
import { syslogTargets } from './syslog-targets.ts';
import type { Target } from './target.ts';
import { textTargets } from './text-targets.ts';
import { webTargets } from './web-targets.ts';

export const openTargets = async (): Promise<Target[]> => [
  ...(await snmpTargets()),
  ...syslogTargets(),
  ...textTargets(),
  ...webTargets,
];
