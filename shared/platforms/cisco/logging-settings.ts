/** `show running-config | include service (timestamps|sequence)|^logging rate`. Shape: LoggingSettings in ../arming.ts. */
import type { LoggingSettings } from '../arming.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';

// service timestamps debug datetime msec
// service timestamps log datetime msec localtime show-timezone
// service timestamps log uptime
// no service timestamps debug uptime
const STAMPS = /^(?<no>no )?service timestamps(?: (?:debug|log)(?<how>(?: [\w-]{1,20}){0,8}))?$/;
// service sequence-numbers                                     without it there is no such line
const SEQUENCE = /^(?<no>no )?service sequence-numbers$/;
// logging rate-limit 100 except warnings
// logging rate-limit all 10
// logging rate-limit console 10 except errors                  the console alone
const RATE = /^logging rate-limit (?<what>console )?/;

/** Any line on stamps tells that the configuration could be read: IOS has one in every configuration. Without one nothing is known. */
export const parseLoggingSettings: Parser<LoggingSettings> = (output) => {
  let msecStamps: boolean | null = null;
  let sequenceNumbers = false;
  let rateLimited = false;
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const stamps = STAMPS.exec(line.text)?.groups;
    const sequence = SEQUENCE.exec(line.text)?.groups;
    const rate = RATE.exec(line.text)?.groups;
    if (stamps) msecStamps = (msecStamps ?? true) && stamps['no'] === undefined && /\bmsec\b/.test(stamps['how'] ?? '');
    else if (sequence) sequenceNumbers = sequence['no'] === undefined;
    else if (rate) rateLimited ||= rate['what'] === undefined;
    else unread.push(line);
  }
  const isRead = msecStamps !== null;
  return {
    value: {
      msecStamps,
      sequenceNumbers: isRead || sequenceNumbers ? sequenceNumbers : null,
      rateLimited: isRead || rateLimited ? rateLimited : null,
    },
    unread,
  };
};
