/**
 * Redaction before disk (pair-protocol.md, "Sessions and commands"): every secret that Cisco IOS, strongSwan or our own configuration
 * may put into an output becomes `<redacted:8 hex>`, HMAC-SHA-256 under a key that both ends may share, so that equal secrets can be
 * seen to be equal and nothing else can be seen. What a secret looks like: patterns.ts. Pure.
 */
export type Redact = (text: string) => { readonly text: string; readonly count: number };
