/** A Reports port that takes no time and reads nothing: for simulations of thousands of incidents, which are not about reports. */
import type { Reports } from '../../agent/ports.ts';

export const instantReports: Reports = {
  make: async (folders) => ({
    html: `<!doctype html><title>${folders.join(' ')}</title>`,
    text: `${folders.join(' ')}\n`,
    json: '{}\n',
  }),
};
