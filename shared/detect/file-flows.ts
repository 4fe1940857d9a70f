/**
 * The flows of a syslog file: every readable message by (src, dst, SPI), judged by the stamps in the lines with the same rule as live
 * ones (judge.ts). A file has an end, and nobody watched after it: a flow in it is `persistent` or `unknown`. Called by agent/cli/detect.ts.
 */
import { limits } from '../limits.ts';
import { type Flow, flowKey } from '../model/flow.ts';
import type { IosStamp } from '../wire/ios-timestamp.ts';
import type { SyslogHeader } from '../wire/syslog.ts';
import type { Candidate, UnreadableFault } from './candidates.ts';
import { FileStamps } from './file-stamps.ts';
import { type Judgement, judgeFlow } from './judge.ts';

export interface FileFlow extends Flow {
  readonly count: number;
  /** As the lines have them, in the order of the file; null: without. */
  readonly first: IosStamp | null;
  readonly last: IosStamp | null;
  /** Of the last message that names one. */
  readonly interface: string | null;
  readonly judged: Judgement;
}

interface Seen extends Flow {
  count: number;
  first: IosStamp | null;
  last: IosStamp | null;
  interface: string | null;
  /** Earliest and latest that can be compared; by zone, so that the end of summer time is no hour's wait. */
  span: { readonly zone: string | null; fromMs: number; toMs: number } | null;
}

export class FileFlows {
  messages = 0;
  /** Messages of flows beyond limits.detectFlowsMax. */
  notKept = 0;
  readonly unreadable = new Map<UnreadableFault, number>();
  /** What the headers of readable messages were made of. */
  readonly forms = new Map<string, number>();
  readonly #flows = new Map<string, Seen>();
  readonly #stamps = new FileStamps();

  add(candidate: Candidate): void {
    if (candidate.kind === 'unreadable') {
      this.unreadable.set(candidate.fault, (this.unreadable.get(candidate.fault) ?? 0) + 1);
      return;
    }
    this.messages++;
    const form = formOf(candidate.header);
    this.forms.set(form, (this.forms.get(form) ?? 0) + 1);
    const { message, header } = candidate;
    const seen = this.#seen({ src: message.src, dst: message.dst, spi: message.spi });
    // The year of a later line depends on it, kept or not.
    const ms = this.#stamps.timeOf(header.stamp);
    if (seen === null) {
      this.notKept++;
      return;
    }
    seen.first = seen.count === 0 ? header.stamp : seen.first;
    seen.last = header.stamp;
    seen.count++;
    seen.interface = message.interface ?? seen.interface;
    if (ms !== null) widen(seen, ms, header.stamp?.zone ?? null);
  }

  get size(): number {
    return this.#flows.size;
  }

  /** Most messages first; of equals, the one last seen in the file. */
  flows(): FileFlow[] {
    const newestFirst = [...this.#flows.values()].reverse();
    return newestFirst.sort((a, b) => b.count - a.count).map(describe);
  }

  /** The last seen stands last. */
  #seen(flow: Flow): Seen | null {
    const key = flowKey(flow);
    const known = this.#flows.get(key);
    if (known !== undefined) this.#flows.delete(key);
    else if (this.#flows.size >= limits.detectFlowsMax) return null;
    const seen = known ?? { ...flow, count: 0, first: null, last: null, interface: null, span: null };
    this.#flows.set(key, seen);
    return seen;
  }
}

function widen(seen: Seen, ms: number, zone: string | null): void {
  if (seen.span === null) seen.span = { zone, fromMs: ms, toMs: ms };
  if (seen.span.zone !== zone) return;
  seen.span.fromMs = Math.min(seen.span.fromMs, ms);
  seen.span.toMs = Math.max(seen.span.toMs, ms);
}

function describe({ src, dst, spi, count, first, last, interface: name, span }: Seen): FileFlow {
  const judged = judgeFlow({
    believed: true,
    receiver: true,
    spanMs: span === null ? null : span.toMs - span.fromMs,
    quietMs: null,
    maskable: true,
    atSender: 'unknown',
    newSpiInUse: false,
    errorsClimb: false,
  });
  return { src, dst, spi, count, first, last, interface: name, judged };
}

/** `<PRI> 2 counters, host, datetime with ms, clock never set`: a few dozen are possible. */
function formOf({ pri, relayHostname, counters, hostname, stamp, carrier }: SyslogHeader): string {
  const count = Math.min(counters.length, 3);
  const parts = [
    pri === null ? '' : '<PRI>',
    relayHostname === null ? '' : 'relay',
    count === 0 ? '' : count === 1 ? 'counter' : `${count === 3 ? '3 or more' : count} counters`,
    hostname === null ? '' : 'host',
    stampForm(stamp),
    carrier === null ? '' : 'inside %IOSXE',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function stampForm(stamp: IosStamp | null): string {
  if (stamp === null) return 'no stamp';
  if (stamp.kind === 'uptime') return 'uptime';
  const mark = { '*': ', clock never set', '.': ', clock not in sync', '': '' }[stamp.mark];
  return `datetime${stamp.hasYear ? ' with year' : ''}${stamp.resolutionMs < 1_000 ? ' with ms' : ''}${stamp.zone === null ? '' : ' and zone'}${mark}`;
}
