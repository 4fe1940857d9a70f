/** `show platform hardware qfp active feature ipsec state`: how the control plane's requests to the data plane went. Shape: QfpIpsecState in ../../model/qfp.ts; null when nothing is shown. */
import type { QfpIpsecState } from '../../model/qfp.ts';
import type { Parser } from '../platform.ts';
import { known, type LineRule, readLines } from './line-rules.ts';

interface Place {
  line: number | null;
  licenceKilobitsPerSecond: number | null;
  readonly messages: QfpIpsecState['messages'][number][];
}

export const parseQfpIpsecState: Parser<QfpIpsecState | null> = (output) => {
  const at: Place = { line: null, licenceKilobitsPerSecond: null, messages: [] };
  const unread = readLines(output, rules, at);
  return { value: at.line === null ? null : { ...at, line: at.line }, unread };
};

const rules: readonly LineRule<Place>[] = [
  // QFP IPSEC state:
  [
    /^QFP IPSEC state:$/i,
    (_, at, line) => {
      at.line ??= line.number;
    },
  ],
  //  Crypto throughput license (kbps) (Aggregate): 10000
  [
    /^Crypto throughput license \(kbps\) \(Aggregate\): (?<licence>\d{1,12})$/i,
    ({ licence }, at, line) => {
      at.line ??= line.number;
      at.licenceKilobitsPerSecond = Number(licence);
    },
  ],
  // Message counter:
  //   Type                  Request          Reply (OK)       Reply (Error)
  //   -----------------------------------------------------------------------
  [/^(?:Message counter:|Type\s+Request\s+Reply \(OK\)\s+Reply \(Error\)|-{10,})$/, known],
  //   Initialize            1                1                0
  [
    /^(?<type>[A-Za-z][\w -]{0,40}?)\s+(?<request>\d{1,20})\s+(?<ok>\d{1,20})\s+(?<error>\d{1,20})$/,
    ({ type, request, ok, error }, at, line) => {
      at.line ??= line.number;
      const replies = { request: Number(request), replyOk: Number(ok), replyError: Number(error) };
      at.messages.push({ line: line.number, type: type!, ...replies });
    },
  ],
];
