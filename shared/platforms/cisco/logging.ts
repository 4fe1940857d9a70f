/**
 * `show logging [| include …]`: levels of the header and the lines of the buffer. Shape: LoggingBuffer in ../platform.ts.
 * How far back the buffer reaches is the stamp of its first whole line; the reader of stamps is shared/wire.
 */
import type { Line, LoggingBuffer, Parser } from '../platform.ts';
import { PREAMBLE } from './output-lines.ts';

export const LOG_LEVELS: readonly string[] = [
  'emergencies',
  'alerts',
  'critical',
  'errors',
  'warnings',
  'notifications',
  'informational',
  'debugging',
];

//     Buffer logging:  level debugging, 481 messages logged, xml disabled,
//     Buffer logging:  disabled, xml disabled,
//     Monitor logging: level debugging, 0 messages logged, xml disabled,
//     Monitor logging: disabled
const LEVEL = /^\s*(?<which>Buffer|Monitor) logging:\s+(?:level (?<level>[a-z]+)|(?<disabled>disabled))/;
// Log Buffer (4096 bytes):
const BUFFER = /^\s*Log Buffer \(\d+ bytes\):\s*$/;
// Syslog logging: enabled (0 messages dropped, 149 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)
const START = /^\s*Syslog logging: (?:enabled|disabled)/;
// R1#show logging
const ECHO = /^\s*(?:[A-Za-z0-9][\w.:/-]{0,62}[>#]\s?)?sh(?:o|ow)?\s+log/;
const PROMPT = /^[A-Za-z0-9][\w.:/-]{0,62}[>#]\s*$/;

// What else may stand in the header, so that a data line which is none of these is not passed over in silence:
// No Active Message Discriminator.   /   test      mnemonics      drops    CONFIG_I
//                     filtering disabled
//     Exception Logging: size (4096 bytes)
//     Persistent logging: enabled, url bootflash:/syslog, …
//         Logging to 192.168.1.3  (tcp port 1514, audit disabled,
//               link down),
//               787 message lines logged,
//         Logging Source-Interface:       VRF Name:
//         Loopback246   /   GigabitEthernet1                Mgmt-intf
//     TLS Profiles:   /   Profile Name: x   /   Ciphersuites: …   /   tls-profile: x
const HEADER =
  /^\s*(?:No (?:Active|Inactive|active).*|(?:Active|Inactive) Message Discriminator:|Active filter modules.*|\S+\s+(?:mnemonics|msg-body|facility|severity|rate-limit)\s.*|(?:xml|filtering) .*|(?:Console|Exception|Count|File|Persistent|Trap|ESM|Monitor|Buffer|Standby|Origin)\b.*[lL]ogging.*|Count and time-?stamp logging.*|Logging (?:to|Source).*|link (?:up|down)\),?|\d+ message lines .*|sequence number .*|TLS Profiles:|Profile Name:.*|Ciphersuites:.*|Trustpoint:.*|TLS version:.*|tls-profile:.*)$/;
const SOURCE_INTERFACE = /^\s+[A-Z][A-Za-z]+[\d/.:]*(?:\s+\S+)?$/;

export const parseLogging: Parser<LoggingBuffer> = (output) => {
  let bufferLevel: number | null = null;
  let monitorLevel: number | null = null;
  const all = output.split('\n').map((raw) => raw.trimEnd());
  const start = all.findIndex((text) => START.test(text));
  const buffer = all.findIndex((text) => BUFFER.test(text));
  // A filter cuts the header away (then every line is a log line), the whole command shows it.
  const headerEnd = buffer >= 0 ? buffer : start >= 0 ? all.length : -1;
  const unread: Line[] = [];
  const lines: string[] = [];
  for (const [index, text] of all.entries()) {
    if (text.trim() === '' || PREAMBLE.some((pattern) => pattern.test(text))) continue;
    const level = LEVEL.exec(text)?.groups;
    if (level && (index < headerEnd || headerEnd === -1)) {
      const number = level['disabled'] === undefined ? LOG_LEVELS.indexOf(level['level']!) : -1;
      if (number < 0 && level['disabled'] === undefined) unread.push({ number: index + 1, text });
      else if (level['which'] === 'Buffer') bufferLevel = number;
      else monitorLevel = number;
    } else if (index > headerEnd) {
      if (!PROMPT.test(text) && !(headerEnd === -1 && lines.length === 0 && ECHO.test(text))) lines.push(text);
    } else if (
      index < headerEnd &&
      !START.test(text) &&
      !HEADER.test(text) &&
      !SOURCE_INTERFACE.test(text) &&
      !ECHO.test(text) &&
      !PROMPT.test(text)
    ) {
      unread.push({ number: index + 1, text });
    }
  }
  return { value: { bufferLevel, monitorLevel, lines }, unread };
};
