/** Lines of a configuration as a finding quotes them. Called by peer-questions.ts, healing.ts and recovery.ts. */
import type { CryptoConfiguration } from '../model/evidence.ts';
import type { End, Quote, Sample } from './case.ts';
import { lineIn } from './quote.ts';

const PEERINGS_MAX = 4;

export const quotesOfPeerings = (
  end: End,
  sample: Sample<CryptoConfiguration>,
  peerings: CryptoConfiguration['peerings'],
): Quote[] =>
  peerings
    .flatMap(({ line, where, peers }) =>
      line === null
        ? []
        : [
            {
              end: end.index,
              file: sample.file,
              line: lineIn(sample, line),
              text: peers.length > 0 ? `${where}: ${peers.slice(0, 3).join(', ')}` : where,
            },
          ],
    )
    .slice(0, PEERINGS_MAX);

export const quoteOfLine = (end: End, sample: Sample<CryptoConfiguration>, line: number | null, text: string): Quote[] =>
  line === null ? [] : [{ end: end.index, file: sample.file, line: lineIn(sample, line), text }];
