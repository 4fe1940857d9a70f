/**
 * What the fleet is told of a verdict.json, found in it piece by piece: all of it may have megabytes, and parsing them would keep everything else
 * waiting. Written by shared/analyze/report/json.ts, whose order of keys a test holds this against.
 */

import { causeTitles } from '../../shared/analyze/report/words.ts';
import { causes } from '../../shared/analyze/verdict.ts';
import { verdicts } from '../../shared/detect/judge.ts';
import type { FleetBody } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import type { Disk } from '../ports.ts';

const PIECE_BYTES = 64 * 1024;
/** Longer than what is looked for, so that nothing is cut in two. */
const OVERLAP_BYTES = 4 * 1024;
const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
// "verdict": { "sentence": "…", "cause": "…", "confidence": "…", "harm": "…"        in a string the quotes would be escaped
const HEAD = new RegExp(
  String.raw`"verdict":\s*\{\s*"sentence":\s*(${STRING}),\s*"cause":\s*"([a-z-]{1,40})",\s*"confidence":\s*"(certain|likely|possible)",\s*"harm":\s*"([a-z]{1,20})"`,
);
// "healing": { "kind": "at", "at": { "from": …, "to": …, … } or null
const HEALING = /"healing":\s*\{\s*"kind":\s*"(healed|at|never|unknown|not-applicable)",\s*"at":\s*(null|\{[^{}]{0,400}\})/;

/** Null: there is none, or it is not of this version. Rejects with DISK_FAILED. */
export async function verdictOf(
  path: string,
  twoEnded: boolean,
  disk: Pick<Disk, 'stat' | 'open'>,
): Promise<FleetBody<'verdict'> | null> {
  const look = await disk.stat(path);
  if (look === null || look.folder) return null;
  const file = await disk.open(path, 'read');
  try {
    let said: Omit<FleetBody<'verdict'>, 'healing' | 'twoEnded'> | null = null;
    let rest = Buffer.alloc(0);
    for (let at = 0; at < Math.min(look.bytes, limits.fleetVerdictBytesMax); ) {
      const piece = await file.read(at, PIECE_BYTES);
      if (piece.length === 0) break;
      at += piece.length;
      const text = Buffer.concat([rest, piece]).toString('utf8');
      said ??= headIn(text);
      const healing = said === null ? null : healingIn(text);
      if (said !== null && healing !== null) return { ...said, healing, twoEnded };
      rest = Buffer.concat([rest, piece]).subarray(-OVERLAP_BYTES);
    }
    return said === null ? null : { ...said, healing: { kind: 'unknown', at: null }, twoEnded };
  } finally {
    await file.close().catch(() => {});
  }
}

function headIn(text: string): Omit<FleetBody<'verdict'>, 'healing' | 'twoEnded'> | null {
  const found = HEAD.exec(text);
  const cause = causes.find((name) => name === found?.[2]);
  const harm = verdicts.find((name) => name === found?.[4]);
  if (found === null || cause === undefined || harm === undefined) return null;
  const sentence = JSON.parse(found[1]!) as string;
  return { cause, title: causeTitles[cause], confidence: found[3]!, sentence, harm };
}

function healingIn(text: string): FleetBody<'verdict'>['healing'] | null {
  const found = HEALING.exec(text);
  if (found === null) return null;
  const kind = found[1] as FleetBody<'verdict'>['healing']['kind'];
  const at = JSON.parse(found[2]!) as { readonly from?: unknown; readonly to?: unknown } | null;
  // The latest moment: by then it is over.
  const moment = at?.to ?? at?.from ?? null;
  return { kind, at: typeof moment === 'string' && Number.isFinite(Date.parse(moment)) ? moment : null };
}
