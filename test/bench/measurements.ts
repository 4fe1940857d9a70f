/** The shelf of measurements, in the order of the page. */

import { intake } from './measure/intake.ts';
import { notifications } from './measure/notifications.ts';
import { offline } from './measure/offline.ts';
import { skew } from './measure/skew.ts';
import type { Measurement } from './measurement.ts';

export const measurements: readonly Measurement[] = [skew, intake, notifications, offline];
