/**
 * The words of `spitrap eem lint`, stable for tools, each with how much it matters and where it is from. docs/eem-lint.md explains them
 * (test/eem/lint-page.test.ts holds the page against this list). A reason and its remedy come from the rule that finds it.
 */
/** `warning`: it does not do what it is there for, or does harm. `hint`: it may, or it depends on what the file does not show. */
export type Level = 'warning' | 'hint';

export interface LintWord {
  readonly level: Level;
  readonly source: string;
}

const warning = (source: string): LintWord => ({ level: 'warning', source });
const hint = (source: string): LintWord => ({ level: 'hint', source });

export const lintWords = {
  // the text
  'unknown-statement': warning('IOS EEM Command Reference'),
  'lines-not-read': warning('shared/limits.ts'),
  // an applet as a whole
  'no-event': warning('IOS EEM Command Reference'),
  'label-order': warning('IOS EEM Command Reference'),
  'label-twice': warning('IOS EEM Command Reference'),
  'maxrun-short': warning('IOS EEM Command Reference'),
  'maxrun-missing': warning('IOS EEM Command Reference'),
  'enable-missing': warning('Cisco 116005'),
  'aaa-null-user': warning('IOS EEM Command Reference'),
  // syslog events
  'loose-address': warning('IOS regular expressions'),
  'dots-as-wildcards': hint('IOS regular expressions'),
  'any-peer': hint('Cisco 116005'),
  'one-spelling': hint('Cisco 115801'),
  'period-too-short': warning('Cisco 115801'),
  'occurs-waits': hint('Cisco 115801'),
  'self-trigger': warning('IOS EEM Command Reference'),
  // notification events
  'oid-wrong': warning('CISCO-EMBEDDED-EVENT-MGR-MIB'),
  'oid-index': warning('CISCO-EMBEDDED-EVENT-MGR-MIB'),
  'oid-root-134': hint('CISCO-EMBEDDED-EVENT-MGR-MIB'),
  'oid-val-missing': warning('IOS EEM Command Reference'),
  'op-not-eq': warning('IOS EEM Command Reference'),
  'source-missing': warning('IOS EEM Command Reference'),
  // what the actions do
  'debug-in-applet': warning('Cisco 116005'),
  'debug-unconditioned': warning('IOS Crypto Conditional Debug'),
  'undebug-before-capture': warning('Cisco 116005'),
  'trap-before-undebug': hint('Cisco 116005'),
  'undebug-all': hint('IOS Debug Command Reference'),
  'conditions-left': hint('IOS Crypto Conditional Debug'),
  'disk-grows': hint('IOS EEM Command Reference'),
  'disk-overwritten': warning('IOS EEM Command Reference'),
  'dead-man-missing': hint('docs/arming.md'),
  'block-open': warning('IOS EEM Command Reference'),
  'variable-unknown': warning('IOS EEM Command Reference'),
  // the router around them
  'snmp-manager-missing': warning('IOS SNMP Command Reference'),
  'traps-not-enabled': warning('IOS SNMP Command Reference'),
  'snmp-host-missing': warning('IOS SNMP Command Reference'),
  'snmp-host-overwritten': warning('IOS SNMP Command Reference'),
  'snmp-v1-default': warning('IOS SNMP Command Reference'),
  'public-community': warning('Cisco 116005'),
  'console-logging': warning('Cisco 10374'),
  'debugs-not-sent': warning('docs/router.md'),
  'vty-lines': hint('IOS EEM Command Reference'),
  // two files of one pair
  'value-mismatch': warning('Cisco 116005'),
  'source-differs': warning('Cisco 116005'),
  'host-differs': warning('Cisco 116005'),
} as const satisfies Record<string, LintWord>;

export type LintWordName = keyof typeof lintWords;

export interface Finding {
  readonly word: LintWordName;
  readonly level: Level;
  /** From 1; 0: of the file as a whole. */
  readonly line: number;
  readonly applet: string | null;
  readonly reason: string;
  readonly remedy: string;
  readonly source: string;
}

/** `level`: where the file does not show enough for the word's own. */
export function finding(
  word: LintWordName,
  {
    line,
    applet = null,
    reason,
    remedy,
    level,
  }: Pick<Finding, 'line' | 'reason' | 'remedy'> & Partial<Pick<Finding, 'applet' | 'level'>>,
): Finding {
  return { word, level: level ?? lintWords[word].level, line, applet, reason, remedy, source: lintWords[word].source };
}
