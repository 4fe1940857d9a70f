/**
 * The report as one HTML file: no script, no request, nothing beside it. Its policy forbids everything but the style whose hash it names,
 * so that not even a mistake in escaping would let a device's output act. Called by agent/cli/report.ts and at the seal of a bundle.
 */
import { createHash } from 'node:crypto';
import type { BundleText } from '../../bundle/bundle-text.ts';
import type { Diagnosis } from '../verdict.ts';
import { endStates } from './end-state.ts';
import { citeWith, quotesOf, unknownSection, whySection } from './findings.ts';
import { change, doNow, firstScreen } from './first-screen.ts';
import { html, raw, told } from './html.ts';
import { across } from './picture/across.ts';
import { down, rowsLeftOut } from './picture/down.ts';
import { sceneOf } from './picture/scene.ts';
import { Anchors, rawEnds, rawOutputs } from './raw-outputs.ts';
import { style } from './style.ts';
import { eventList, flowSection, journalSection, legend, saSection } from './tables.ts';

const styleHash = createHash('sha256').update(style).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** `bundles`: those that the diagnosis was made of, in any order. */
export function reportHtml(diagnosis: Diagnosis, bundles: readonly BundleText[]): string {
  const { case: about, verdict } = diagnosis;
  const ends = endStates(about, bundles, verdict.harm === 'transient');
  const parties = ends.map(({ party }) => party);
  const raws = rawEnds(parties);
  const anchors = new Anchors(raws, quotesOf(about, verdict));
  const cite = citeWith(about, anchors);
  const scene = sceneOf(about, verdict);
  const problems = bundles.flatMap(({ name, problems }) => problems.map((problem) => `${told(name, 80)}: ${told(problem, 200)}`));
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="generator" content="spitrap"><title>spitrap: ${told(verdict.sentence, 200)}</title>
<style>${raw(style)}</style></head><body>
<a class="skip" href="#why">To the evidence</a>
<main>
${firstScreen(diagnosis, ends, cite)}
<div class="todo">${doNow(about, verdict)}${change(about, verdict, cite)}</div>
${problems.length > 0 && html`<section aria-labelledby="damaged"><h2 id="damaged" class="bad">\u2715 This evidence is not whole</h2><ul>${problems.slice(0, 20).map((problem) => html`<li>${problem}</li>`)}</ul></section>`}
<section aria-labelledby="happened"><h2 id="happened">What happened</h2>
<div class="picture">${across(scene, parties, about.stopSkew)}${down(scene, parties, ({ quote }) => {
    const id = quote === null ? null : anchors.idOf(quote);
    return id === null ? null : `#${id}`;
  })}${legend()}</div>
<div class="${rowsLeftOut(scene) === 0 && 'list-too'}">${eventList(about, scene, anchors)}</div></section>
${flowSection(about)}
${saSection(about)}
${whySection(about, verdict, anchors)}
${unknownSection(about, verdict)}
<section class="raws" aria-labelledby="raws"><h2 id="raws">Raw outputs</h2>${rawOutputs(raws, anchors)}</section>
<section class="raws" aria-labelledby="journals"><h2 id="journals">Journals</h2>${journalSection(parties)}</section>
<p class="only-print m">Raw outputs, journals and long lists are left out on paper; the file and the bundles have them.</p>
</main>
<footer class="m">Made by spitrap from ${bundles.map(({ name }) => told(name, 120)).join(' and ')}. Secrets were hidden before anything was written. Times are UTC by the clock of ${told(about.ends[0]?.name ?? 'the first end', 60)}\u2019s agent.</footer>
</body></html>
`.text;
}
