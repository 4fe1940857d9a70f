import { expect, test } from 'vitest';
import { html, raw } from '../../../shared/analyze/report/html.ts';

test.each<[what: string, made: { readonly text: string }, expected: string]>([
  ['text is escaped', html`<b>${'<i>&"\''}</b>`, '<b>&lt;i&gt;&amp;&quot;&#39;</b>'],
  ['in an attribute too', html`<a title="${'" onclick="x'}">`, '<a title="&quot; onclick=&quot;x">'],
  ['markup stays markup', html`<p>${html`<b>${'&'}</b>`}</p>`, '<p><b>&amp;</b></p>'],
  ['lists are joined', html`${[html`<i>`, '<', 3, null, [html`<u>`]]}`, '<i>&lt;3<u>'],
  ['nothing is nothing', html`${null}${undefined}${false}`, ''],
  ['a number and zero', html`${0} ${-1.5}`, '0 -1.5'],
  ['control characters and overrides are shown', html`${'\u001b[31m\u202e\u0000'}`, '\\x1b[31m\\u{202e}\\x00'],
  ['our own style is not escaped', html`<style>${raw('a>b{}')}</style>`, '<style>a>b{}</style>'],
])('%s', (_, made, expected) => {
  expect(made.text).toBe(expected);
});

test('an object that looks like markup is not', () => {
  const forged = JSON.parse('{"text":"<script>"}') as string;
  expect(() => html`${forged}`.text).toThrow();
});
