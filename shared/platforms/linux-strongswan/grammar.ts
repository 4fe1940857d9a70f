/**
 * The closed grammar of what may ever be sent to a Linux gateway: whole lines, letter for letter (lines.ts), no words to fill in. Used
 * before every send (agent/device/check-line.ts) and for the list of the change board.
 */
import type { GrammarLine } from '../platform.ts';
import * as lines from './lines.ts';

const literally = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`);
const line = (text: string, purpose: string): GrammarLine => ({ pattern: literally(text), purpose });

export const grammar: readonly GrammarLine[] = [
  ...[
    lines.SHOW_CLOCK,
    lines.LIST_SAS,
    lines.LIST_CONNS,
    lines.STATS,
    lines.DAEMON_VERSION,
    lines.XFRM_STATE,
    lines.XFRM_POLICY,
    lines.XFRM_STAT,
    lines.SPI_SETS,
    lines.KERNEL_VERSION,
    lines.UPTIME,
    lines.SHOW_LOG,
    lines.LOG_SIZE,
    lines.CPU,
    lines.MEMORY,
    lines.SUDO_RULES,
    lines.OWN_LOCATION,
  ].map((text) => line(text, 'reads state')),
  line(lines.SHOW_DEBUGS, 'are the debug levels in force: one request to charon that changes nothing, and what it logs of it'),
  { ...line(lines.DEBUGS_OFF, 'turns the debug levels off (the stop)'), stops: true },
  line(lines.DEBUGS_ON, 'arming: turns the debug levels on'),
  line(lines.FOLLOW_LOG, "charon's log on our own session"),
  line(lines.UNFOLLOW_LOG, 'ends that'),
  line(lines.LOCALE, 'language of our own session'),
  line(lines.LOGOUT, 'ends our own session'),
];
