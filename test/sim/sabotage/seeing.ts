/** SHELF: sabotages chosen with the checkers in view, for the rooms that blind.ts leaves out. None is chosen yet. */
import type { Sabotage } from './sabotage.ts';

export const seeingSabotages: readonly Sabotage[] = [];
