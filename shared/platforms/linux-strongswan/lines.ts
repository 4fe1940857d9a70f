/**
 * Every line that is sent to a Linux gateway with strongSwan, spelled once: the grammar (grammar.ts) lets exactly these pass, docs/linux.md
 * has the sudoers rules for them, held together by test/docs/linux-doc.test.ts. Nothing from a packet or a log ever stands in one.
 */

/** charon's log for us, at `/etc/strongswan.d/spitrap.conf`; a log of its own, so that nobody else's levels are touched. */
export const LOG_FILE = '/var/log/charon-spitrap.log';
/** The included levels: a link to one of two files that the administrator has put beside it, never text of ours. */
export const LEVELS = '/etc/strongswan.d/spitrap/levels';
export const LEVELS_ON = 'on.levels';
export const LEVELS_OFF = 'off.levels';
/** A name that no connection has: the request changes nothing, and charon logs it at level 1. */
export const PROBE = 'spitrap-probe';

const SUDO = 'sudo -n';
const SWANCTL = `${SUDO} /usr/sbin/swanctl`;

/** A link is replaced whole; charon reads it at the reload. `exit 0` is the only good answer: swanctl stops at a syntax error before it tells charon. */
const levels = (target: string): string =>
  `${SUDO} /usr/bin/ln -sfn ${target} ${LEVELS} && ${SWANCTL} --reload-settings; echo "exit $?"`;

export const DEBUGS_ON = levels(LEVELS_ON);
export const DEBUGS_OFF = levels(LEVELS_OFF);

/**
 * No command reads a level back, so it is seen by what charon logs of one harmless request: its level 1 line always, its level 2 lines
 * only while our levels are in force. Then where the link points, which a restart of charon would follow.
 */
export const SHOW_DEBUGS =
  `f=${LOG_FILE}; n=$(stat -Lc %s $f) && { ${SWANCTL} --rekey --child ${PROBE} >/dev/null 2>&1; ` +
  `tail -c +$((n+1)) $f | grep -F 'vici '; readlink ${LEVELS}; }`;

/** The second line: is the clock kept in sync, as systemd knows it; nothing where there is no systemd. */
export const SHOW_CLOCK = `date '+%Y-%m-%dT%H:%M:%S.%3N %Z'; timedatectl show -p NTPSynchronized --value 2>/dev/null`;
export const LIST_SAS = `${SWANCTL} --list-sas --raw`;
export const LIST_CONNS = `${SWANCTL} --list-conns`;
export const STATS = `${SWANCTL} --stats`;
export const DAEMON_VERSION = `${SWANCTL} --version --daemon`;
/** `nokeys`: without it every key of every SA is printed. */
export const XFRM_STATE = `${SUDO} /usr/sbin/ip -s xfrm state list nokeys`;
export const XFRM_POLICY = `${SUDO} /usr/sbin/ip xfrm policy list`;
export const XFRM_STAT = 'cat /proc/net/xfrm_stat';
/** ESP that came in, by source, destination and SPI (docs/linux.md has the table). */
export const SPI_SETS = `${SUDO} /usr/sbin/nft list table inet spitrap`;
export const KERNEL_VERSION = 'uname -srm';
export const UPTIME = 'cat /proc/uptime';
export const SHOW_LOG = `tail -n 400 ${LOG_FILE}`;
export const LOG_SIZE = `stat -Lc '%s bytes, inode %i' ${LOG_FILE}`;
/** In the background: its lines come on a session of their own, as a terminal monitor's do. */
export const FOLLOW_LOG = `tail -n 0 -F ${LOG_FILE} &`;
export const UNFOLLOW_LOG = 'kill %1';
export const CPU = 'cat /proc/loadavg /proc/pressure/cpu; nproc';
export const MEMORY = 'head -n 3 /proc/meminfo';
export const SUDO_RULES = `${SUDO} -l`;
export const OWN_LOCATION = 'printenv SSH_CONNECTION || echo local';
/** So that what is printed is in the language that the parsers read. */
export const LOCALE = 'export LC_ALL=C';
export const LOGOUT = 'exit';
