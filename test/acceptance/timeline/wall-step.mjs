/**
 * Preloaded into an agent (`node --import …/wall-step.mjs?file=PATH`): its wall clock is as many milliseconds ahead as the file says, from
 * SIGUSR2 on, as after a step of the host's own (nothing else is changed, timers and the monotonic clock least of all).
 */
import { readFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('file');
const RealDate = Date;
const realNow = Date.now;
let aheadMs = 0;
const read = () => {
  try {
    aheadMs = Number(readFileSync(file, 'utf8'));
  } catch {
    aheadMs = 0;
  }
};
read();
process.on('SIGUSR2', read);

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + aheadMs);
    else super(...given);
  }
  static now() {
    return realNow() + aheadMs;
  }
};
