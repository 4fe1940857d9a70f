/** SHELF. */
import type { Sabotage } from './sabotage.ts';

export const blindSabotages: readonly Sabotage[] = [];
