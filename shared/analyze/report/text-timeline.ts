/** The timeline of the text report: a column an end, a row an event, in order and not to scale. ASCII, 80 columns. */
import type { Case } from '../case.ts';
import { told } from './html.ts';
import { middleOf } from './moments.ts';
import { timeWords } from './picture/down.ts';
import { barLabel, eventWords, type Scene } from './picture/scene.ts';
import { count } from './words.ts';
import { ascii, COLUMNS, wrap } from './wrap.ts';

const WHEN = 22;

export function timeLines(about: Case, scene: Scene): string[] {
  const zero = middleOf(scene.t0);
  const width = Math.floor((COLUMNS - WHEN - 4) / Math.max(1, about.ends.length)) - 1;
  const cell = (text: string): string =>
    ascii(text)
      .slice(0, width)
      .padEnd(width + 1);
  const head = `  ${'when'.padEnd(WHEN)}${about.ends.map(({ name }) => cell(told(name, width))).join('')}`;
  const bars = about.ends.map(({ index }) => scene.bars.filter(({ lane }) => lane === index));
  const barRows = Array.from({ length: Math.max(0, ...bars.map((lane) => lane.length)) }, (_, row) => {
    const cells = bars.map((lane) => (lane[row] ? `|${lane[row].odd ? '!' : ' '}${barLabel(lane[row])}` : ''));
    return `  ${(row === 0 ? 'SAs' : '').padEnd(WHEN)}${cells.map(cell).join('')}`;
  });
  const events = scene.events.flatMap((event) => {
    const { at, unordered, lane, look } = event;
    const mark = look === 'message' || look === 'cause' ? '> ' : '  ';
    const words = wrap(ascii(told(eventWords(event), 220)), width - 2);
    const when = ascii(timeWords(at, [], zero)) + (unordered.length > 0 ? ' ~' : '');
    return words.map((line, index) => {
      const own = `${index === 0 ? mark : '  '}${line}`;
      const cells = about.ends.map((end) => cell(end.index === lane ? own : ''));
      return `  ${(index === 0 ? when : '').slice(0, WHEN - 1).padEnd(WHEN)}${cells.join('')}`;
    });
  });
  const left = scene.eventsLeftOut > 0 ? [`  ${count(scene.eventsLeftOut, 'lesser event')} left out`] : [];
  return [head, ...barRows, ...events, ...left];
}
