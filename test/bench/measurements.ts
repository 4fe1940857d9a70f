/** The shelf of measurements, in the order of the page. */

import { intake } from './measure/intake.ts';
import { memory } from './measure/memory.ts';
import { notifications } from './measure/notifications.ts';
import { offline } from './measure/offline.ts';
import { peers } from './measure/peers.ts';
import { reaction } from './measure/reaction.ts';
import { skew } from './measure/skew.ts';
import type { Measurement } from './measurement.ts';

export const measurements: readonly Measurement[] = [skew, reaction, intake, notifications, offline, memory, peers];
