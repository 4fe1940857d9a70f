/** The shelf of exec commands: one file a family, one line here. exec.ts resolves typed lines on the tree that stands here. */
import { KeywordTree } from '../keyword-tree.ts';
import type { ExecContext } from '../line-state.ts';
import { clearCommands } from './clear.ts';
import { debugCommands } from './debug.ts';
import { diskCommands } from './disk.ts';
import { eventManagerExec } from './event-manager.ts';
import { KEYWORD_HELP } from './keyword-help.ts';
import { sessionCommands } from './session.ts';
import { showCommands } from './show.ts';
import { showCryptoCommands } from './show-crypto.ts';
import { snmpServerShow } from './snmp-server.ts';
import { unbuiltCommands } from './unbuilt.ts';

const all = [
  ...sessionCommands,
  ...showCommands,
  ...showCryptoCommands,
  ...debugCommands,
  ...clearCommands,
  ...diskCommands,
  ...eventManagerExec,
  ...snmpServerShow,
  ...unbuiltCommands,
];

const treeOf = (platform: 'cisco-ios' | 'cisco-iosxe'): KeywordTree<ExecContext> =>
  new KeywordTree(
    all.filter((command) => command.platform === undefined || command.platform === platform),
    KEYWORD_HELP,
  );

export const execTrees = { 'cisco-ios': treeOf('cisco-ios'), 'cisco-iosxe': treeOf('cisco-iosxe') } as const;
