/**
 * The page's only way to write into the document: pieces are described, and what differs is changed in place, so that focus, open
 * folds and a screen reader's place stay. Text is text: there is no way in for markup, styles or addresses other than ours.
 */

/** @typedef {{ tag: string, key: string | null, props: Record<string, any>, children: Child[] }} Piece */
/** @typedef {Piece | string} Child */

/** Addresses of our API, and places of this page: its view stands in the fragment, as URLSearchParams write it. */
const OURS = /^(?:\/api\/v1\/[\w./-]+|#[\w.~%=&+*-]*)$/;
const SVG = 'http://www.w3.org/2000/svg';
/** What each element was last given. @type {WeakMap<Element, Piece>} */
const given = new WeakMap();

/**
 * `h('p.lead', { id: 'x' }, 'text', h('b', null, 'more'))`. Null, false and empty text are left out.
 * @param {string} tagAndClasses
 * @param {Record<string, any> | null} [props] attributes; `key` finds it again among its siblings; `on…` functions listen
 * @param {...(Child | null | undefined | false | (Child | null | undefined | false)[])} children
 * @returns {Piece}
 */
export function h(tagAndClasses, props, ...children) {
  const [tag = 'div', ...classes] = tagAndClasses.split('.');
  const { key = null, ...rest } = props ?? {};
  if (classes.length > 0) rest.class = classes.join(' ');
  /** @type {Child[]} */
  const kept = [];
  for (const child of children.flat()) if (child) kept.push(child);
  return { tag, key, props: rest, children: kept };
}

/**
 * Makes `parent` contain just these.
 * @param {Element} parent @param {Child[]} wanted
 */
export function patch(parent, wanted) {
  const keys = new Set(wanted.map((child) => (typeof child === 'string' ? null : child.key)));
  keys.delete(null);
  let place = 0;
  for (const child of wanted) {
    const there = parent.childNodes[place] ?? null;
    if (typeof child === 'string') patchText(parent, there, child);
    else patchElement(parent, there, child, keys);
    place += 1;
  }
  while (parent.childNodes.length > place) parent.lastChild?.remove();
}

/** @param {Element} parent @param {ChildNode | null} there @param {string} text */
function patchText(parent, there, text) {
  if (there?.nodeType !== Node.TEXT_NODE) parent.insertBefore(document.createTextNode(text), there);
  else if (there.textContent !== text) there.textContent = text;
}

/** @param {Element} parent @param {ChildNode | null} there @param {Piece} piece @param {Set<string | null>} keys */
function patchElement(parent, there, piece, keys) {
  const element = found(there, piece) ?? made(parent, piece.tag);
  let next = there;
  if (element.parentNode === parent) {
    // What is moved loses the focus: rather takes away what stands before it and is wanted no more.
    while (next !== null && next !== element && !isWanted(next, keys)) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  }
  if (element !== next) parent.insertBefore(element, next);
  setProps(element, given.get(element)?.props ?? {}, piece.props);
  given.set(element, piece);
  patch(element, piece.children);
}

/** A picture's elements are of another namespace. @param {Element} parent @param {string} tag */
const made = (parent, tag) =>
  tag === 'svg' || parent.namespaceURI === SVG ? document.createElementNS(SVG, tag) : document.createElement(tag);

/** @param {ChildNode} node @param {Set<string | null>} keys */
function isWanted(node, keys) {
  const key = node instanceof Element ? given.get(node)?.key : null;
  return key !== null && key !== undefined && keys.has(key);
}

/** The element that is this piece: here, or with its key further on. @param {ChildNode | null} there @param {Piece} piece */
function found(there, piece) {
  for (let node = there; node !== null; node = /** @type {ChildNode | null} */ (node.nextSibling)) {
    if (!(node instanceof Element)) {
      if (piece.key === null) return null;
      continue;
    }
    const was = given.get(node);
    if (was?.tag === piece.tag && was.key === piece.key) return node;
    if (piece.key === null) return null;
  }
  return null;
}

/** @param {any} element @param {Record<string, any>} before @param {Record<string, any>} now */
function setProps(element, before, now) {
  for (const name of Object.keys(before)) {
    if (name in now) continue;
    if (name.startsWith('on')) element[name] = null;
    else element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(now)) {
    if (before[name] === value) continue;
    if (name.startsWith('on')) element[name] = value;
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else if (name !== 'href' || OURS.test(value)) element.setAttribute(name, value === true ? '' : value);
  }
}

/**
 * The element of index.html with this id.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);
