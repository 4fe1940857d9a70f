/** SHELF. */
import type { Sabotage } from './sabotage.ts';

export const seeingSabotages: readonly Sabotage[] = [];
