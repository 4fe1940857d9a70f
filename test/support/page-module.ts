/** A script of the page (agent/web/page/), as the browser gets it: plain JavaScript, so nothing of it is typed here. */
export const pageModule = async (
  name: string,
): Promise<
  // biome-ignore lint/suspicious/noExplicitAny: it is plain JavaScript
  any
> => await import(/* @vite-ignore */ new URL(`../../agent/web/page/${name}.js`, import.meta.url).href);
