/** A Reports port that takes no time and reads nothing: for simulations of thousands of incidents, which are not about reports. */
import type { Reports } from '../../agent/ports.ts';

export const instantReports: Reports = {
  make: async (folder) => ({ html: `<!doctype html><title>${folder}</title>`, text: `${folder}\n`, json: '{}\n' }),
};
