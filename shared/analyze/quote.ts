/** Quotes: lines of a bundle's files as they stand there, bounded. Everything in a case that can be traced is traced by one of these. Pure. */
import { type BundleText, type CapturedText, logLineOf } from '../bundle/bundle-text.ts';
import { limits } from '../limits.ts';
import { parseSpi, type Spi } from '../model/flow.ts';
import type { EndIndex, Quote, Sample } from './case.ts';

const bounded = (text: string): string =>
  text.length > limits.quoteCharsMax ? `${text.slice(0, limits.quoteCharsMax - 1)}…` : text;

/** `index`: of the first line in `bundle.log`. */
export function quoteLog(end: EndIndex, bundle: BundleText, index: number, lines = 1): Quote {
  const text = bundle.log.slice(index, index + Math.max(1, Math.min(lines, limits.quoteLinesMax))).join('\n');
  return { end, file: bundle.incident.log.file ?? 'device.log', line: logLineOf(bundle.logRuns, index), text: bounded(text) };
}

/** Where a line of a sample's output stands in its file. */
export const lineIn = (sample: Pick<Sample<unknown>, 'firstLine'>, line: number): number => sample.firstLine + line - 1;

/** Lines of one output, split once. */
export class CaptureLines {
  readonly capture: CapturedText;
  #lines: readonly string[] | null = null;

  constructor(capture: CapturedText) {
    this.capture = capture;
  }

  /** `line`: 1-based in the output. */
  quote(end: EndIndex, line: number, lines = 1): Quote {
    this.#lines ??= this.capture.text.split('\n');
    const from = Math.max(0, line - 1);
    const text = this.#lines
      .slice(from, from + Math.max(1, Math.min(lines, limits.quoteLinesMax)))
      .map((one) => one.replace(/\r$/, ''))
      .join('\n');
    return { end, file: this.capture.file ?? '', line: this.capture.firstLine + from, text: bounded(text) };
  }
}

/** The first line of incident.json from `from` on that has that text; null: it has none. */
export function quoteIncident(end: EndIndex, bundle: BundleText, has: string, from = 0): Quote | null {
  const index = bundle.incidentLines.findIndex((line, at) => at >= from && line.includes(has));
  if (index === -1) return null;
  return { end, file: 'incident.json', line: index + 1, text: bounded(bundle.incidentLines[index]!) };
}

const SPI_LINE = /^\s*"spi": "(0x[0-9a-f]{8})"/;

/** The lines of incident.json that name flows, by SPI: ten thousand of them are not looked for one by one. */
export function quotedSpis(end: EndIndex, bundle: BundleText): ReadonlyMap<Spi, Quote> {
  const found = new Map<Spi, Quote>();
  for (const [index, line] of bundle.incidentLines.entries()) {
    const spi = parseSpi(SPI_LINE.exec(line)?.[1] ?? '');
    if (spi !== null && !found.has(spi)) found.set(spi, { end, file: 'incident.json', line: index + 1, text: bounded(line) });
  }
  return found;
}
