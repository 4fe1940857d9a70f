/**
 * Something that is made anew at a reload, seen by rooms that were given it once: each property is what it is at the moment it is read. Used
 * by app.ts for the configuration and the rules; a room must not take it apart when it is made.
 */
export function liveView<T extends object>(read: () => T): T {
  const view = {};
  // Enumerable: a copy of it, or its JSON, is what it is now.
  for (const key of Object.keys(read()) as (keyof T)[])
    Object.defineProperty(view, key, { enumerable: true, get: () => read()[key] });
  return Object.freeze(view) as T;
}
