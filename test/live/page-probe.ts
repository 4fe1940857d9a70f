/**
 * What report-page.test.ts asks of a page, as script for the browser: text whose contrast is too low (WCAG 2.2, 1.4.3), and what is wider
 * than the window. Strings, because they run there and not here.
 */

/** Gives `[text, ratio]` of each piece of visible text below 4.5:1, or 3:1 when it is large. */
export const lowContrast = `(() => {
  const parse = (css) => { const m = css.match(/rgba?\\(([^)]*)\\)/); if (!m) return null; const [r, g, b, a = 1] = m[1].split(/[ ,/]+/).filter(Boolean).map(Number); return [r, g, b, a]; };
  const luminance = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at instanceof SVGElement && !(at instanceof SVGSVGElement)) {
        const shape = at.matches('.bar:not(.absent), .mark') ? at.querySelector('rect, circle, path') : null;
        const fill = shape && parse(getComputedStyle(shape).fill);
        if (fill && fill[3] === 1) return fill;
        if (at.matches('.lane, [class^=l]') || at.matches('.words')) return parse(getComputedStyle(document.body).backgroundColor);
        continue;
      }
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color && color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest('title, desc, .skip')) continue;
    const style = getComputedStyle(element);
    const color = parse(element instanceof SVGElement ? style.fill : style.color);
    if (!color) continue;
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const got = ratio(color, ground(element));
    if (got < (large ? 3 : 4.5)) bad.push([node.data.trim().slice(0, 40), Number(got.toFixed(2))]);
  }
  return bad;
})()`;

/** Elements that reach out of the window, but for those inside something that scrolls by itself. */
export const tooWide = `(() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.body.querySelectorAll('*')].filter((element) => {
    if (!element.checkVisibility() || element.closest('.scroll, svg, .skip') || element.matches('pre')) return false;
    return element.getBoundingClientRect().right > width + 1;
  });
  return { page: document.documentElement.scrollWidth - width, elements: out.slice(0, 5).map((element) => element.outerHTML.slice(0, 120)) };
})()`;
