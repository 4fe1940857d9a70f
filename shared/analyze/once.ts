/**
 * Questions are asked by many rules and rest on the same evidence: what was worked out for a view, an end or a ledger is kept as long as that
 * object is. Pure: the object never changes. Called by view.ts and the questions.
 */
export function once<K extends object, R>(work: (key: K) => R): (key: K) => R {
  const kept = new WeakMap<K, { readonly value: R }>();
  return (key) => {
    const known = kept.get(key);
    if (known) return known.value;
    const value = work(key);
    kept.set(key, { value });
    return value;
  };
}
