/** Marks that both drawings share: a numbered badge whose shape says what it is, and the hatching of what is not sure. */
import { html, type Markup } from '../html.ts';
import type { Look, SceneEvent } from './scene.ts';

/** What each shape means, for the legend. */
export const lookWords: Readonly<Record<Look, string>> = {
  message: 'the message',
  cause: 'what the verdict rests on',
  signal: 'alert between the agents',
  stop: 'debugs stopped',
  plain: 'other events',
};

export function badge(event: Pick<SceneEvent, 'number' | 'look' | 'at'>, x: number, y: number): Markup {
  const loose = event.at !== null && !event.at.trusted;
  return html`<g class="mark ${event.look}${loose && ' loose'}">${shape(event.look, x, y)}<text x="${x}" y="${y + 3.6}">${event.number}</text></g>`;
}

function shape(look: Look, x: number, y: number): Markup {
  switch (look) {
    case 'message':
      return html`<path d="M${x} ${y - 11}L${x + 11} ${y + 8.5}H${x - 11}Z"/>`;
    case 'cause':
      return html`<path d="M${x} ${y - 11.5}L${x + 11.5} ${y}L${x} ${y + 11.5}L${x - 11.5} ${y}Z"/>`;
    case 'stop':
      return html`<rect x="${x - 8.5}" y="${y - 8.5}" width="17" height="17" rx="2"/>`;
    case 'signal':
      return html`<rect x="${x - 11}" y="${y - 8}" width="22" height="16" rx="8"/>`;
    case 'plain':
      return html`<circle cx="${x}" cy="${y}" r="8.5"/>`;
  }
}

export const hatching = (drawing: string): Markup =>
  html`<defs><pattern id="hatch-${drawing}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/><path class="hatch" d="M0 0V5"/></pattern></defs>`;

/** About, at 12 px: there is no font to measure by. */
export const textPx = (text: string): number => text.length * 6.4;
