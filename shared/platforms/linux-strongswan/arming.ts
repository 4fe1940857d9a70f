/**
 * Arming on Linux: charon's levels go on and off together, by a link and a reload, for all peers at once. Crypto conditions, console
 * logging, VTY lines and the on-box dead-man do not exist there (docs/linux.md says what stands in their place). Used by linux-strongswan.ts.
 */
import type { PlatformArming } from '../arming.ts';
import { DEBUG_LEVELS } from './debug-levels.ts';
import * as lines from './lines.ts';

export const arming: PlatformArming = {
  ask: {
    cpu: lines.CPU,
    memory: lines.MEMORY,
    debugging: lines.SHOW_DEBUGS,
    conditions: '',
    logging: '',
    settings: '',
    lines: '',
    clock: lines.SHOW_CLOCK,
  },
  absent: ['conditions', 'logging', 'settings', 'lines', 'dead-man'],
  condition: () => null,
  conditionAddress: () => null,
  onlyDebug: 'isakmp',
  debugOn: () => lines.DEBUGS_ON,
  debugOff: () => lines.DEBUGS_OFF,
  flagIs: (_name, flag) => flag.text === DEBUG_LEVELS.text,
  debugOf: (flag) => (flag.text === DEBUG_LEVELS.text ? 'isakmp' : null),
  // exit 64                                                              swanctl: invalid configuration, charon was not told
  // /etc/strongswan.d/spitrap.conf:12: syntax error, unexpected '}'
  // connecting to 'unix:///var/run/charon.vici' failed: No such file or directory
  complaint: /^(?:exit [1-9]\d*|sudo: .*|.*\bsyntax error\b.*|abort initialization .*|connecting to .* failed.*|ln: .*)$/m,
  deadMan: { name: '', set: () => [], remove: [], show: '' },
  remedies: {
    console: [],
    monitor: [],
    trap: [],
    rateLimit: [],
    msecStamps: [],
    sequenceNumbers: [],
    clock: [],
    loggingHost: [],
  },
};
