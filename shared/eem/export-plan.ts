/**
 * What `spitrap eem export` is told of one router that is to be one half of the pair by itself: written by
 * agent/cli/eem/export-plan.ts from an agent's configuration, read by export.ts and the files beside it. Addresses are canonical.
 */
import type { DebugName } from '../model/arming.ts';

export interface RouterPlan {
  readonly name: string;
  /** Which of the two applets it runs: `detects` the message (hub), is `stopped` by the other end's trap (spoke); of role both, both. */
  readonly detects: boolean;
  readonly stopped: boolean;
  readonly others: readonly OtherEnd[];
  /** From the captures to the stop; 18 s in Note A. */
  readonly waitS: number;
  /** IntData1 of the stop. */
  readonly stopValue: number;
  readonly debugs: readonly DebugName[];
  /** After so long the dead-man turns them off. */
  readonly maxDebugS: number;
  /** Whom AAA sees; null: not known here. */
  readonly eemUser: string | null;
}

/** The end that it signals, or that signals it. */
export interface OtherEnd {
  readonly name: string;
  readonly kind: 'agent' | 'router';
  /** Of its tunnel: srcaddr of the message. */
  readonly cryptoAddresses: readonly string[];
  /** Where it takes a trap, each path; empty: nothing is sent to it. */
  readonly takesAt: readonly { readonly address: string; readonly port: number }[];
  /** What its own signals come from, IPv4; empty: not known, any sender counts. */
  readonly sendsFrom: readonly string[];
  /** Of the event-manager MIB in what it sends. */
  readonly root: 91 | 134;
  readonly snmp: ExportCredentials;
  /** This router asks it for an acknowledgement. */
  readonly informs: boolean;
  /** It asks this router for one. */
  readonly informsUs: boolean;
  /** Port that its engine is reached at, and the engine's id, hex; a placeholder where it is not known. */
  readonly enginePort: number;
  readonly engineId: string;
}

/** Secrets, or what stands in their place. */
export type ExportCredentials =
  | { readonly version: '1' | '2c'; readonly community: string }
  | {
      readonly version: 3;
      readonly user: string;
      readonly auth: { readonly protocol: string; readonly key: string };
      readonly priv: { readonly bits: 128 | 256; readonly key: string } | null;
    };

/** In the order in which they are used. `configure` is pasted; the others are for later, one by one. */
export const exportParts = ['configure', 'test', 'arm', 'disarm', 'remove'] as const;
export type ExportPart = (typeof exportParts)[number];

/** Lines that belong together. */
export interface ExportBlock {
  readonly part: ExportPart;
  readonly title: string;
  /** What `--explain` says. */
  readonly why: string;
  readonly source: string;
  /** Always shown: what somebody must do or know for it to work. */
  readonly notes: readonly string[];
  readonly lines: readonly string[];
}

/**
 * What a person fills in. IOS would take `<community>` for a community and keep it: so each has a blank inside, at which IOS refuses
 * the line until it is filled in.
 */
export const placeholder = (what: string): string => `<${what}>`;
export const PLACEHOLDER = /<[a-z][^<>]* [^<>]*>/g;
