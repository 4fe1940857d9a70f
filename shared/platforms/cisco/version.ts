/** `show version [| include uptime|reason|Software]`. Shape: DeviceVersion in ../../model/device-version.ts. */
import type { DeviceUptime, DeviceVersion } from '../../model/device-version.ts';
import type { Line, Parser } from '../platform.ts';
import { uptimeSeconds, uptimeUnitSeconds } from './age.ts';
import { dataLines } from './output-lines.ts';

type Building = { -readonly [K in keyof DeviceVersion]: DeviceVersion[K] };

// hub uptime is 3 weeks, 2 days, 4 hours, 1 minute
const UPTIME = /^\s*(?<host>[\w.-]{1,64}) uptime is (?<text>\d.{0,120})$/;
// Uptime for this control processor is 3 weeks, 2 days, 4 hours, 3 minutes
const PROCESSOR = /^\s*Uptime for this control processor is (?<text>\d.{0,120})$/;
// System returned to ROM by reload
// System returned to ROM by reload at 18:01:02 UTC Mon Mar 12 2026
// System returned to ROM by power-on
const RETURNED = /^\s*System returned to ROM by (?<why>\S.{0,200}?)(?: at \d{1,2}:\d{2}:\d{2} .{1,60})?$/;
// System restarted at 18:02:11 UTC Mon Mar 12 2026
const RESTARTED = /^\s*System restarted at (?<at>\d.{0,80})$/;
// Last reload reason: Reload Command
const REASON = /^\s*Last reload reason ?: ?(?<why>\S.{0,200})$/;
// Last reload type: Normal Reload
const TYPE = /^\s*Last reload type ?: (?<type>\S.{0,80})$/;
// System image file is "disk0:i86bi-linux-adventerprisek9-mz.157-3.M2"
const IMAGE = /^\s*System image file is "(?<image>[^"]{1,200})"$/;
// Cisco IOS Software, Linux Software (I86BI_LINUX-ADVENTERPRISEK9-M), Version 15.7(3)M2, RELEASE SOFTWARE (fc2)
// Cisco IOS Software [Fuji], Virtual XE Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.9.4, RELEASE SOFTWARE (fc2)
// IOS (tm) 7200 Software (C7200-ADVENTERPRISEK9-M), Version 12.4(22)T, RELEASE SOFTWARE (fc1)
const IOS =
  /^\s*(?:Cisco IOS Software|IOS \(tm\)|Cisco Internetwork Operating System Software).{0,160}?, Version (?<version>[^,\s]{1,40})/;
// Cisco IOS XE Software, Version 16.09.04
const XE = /^\s*Cisco IOS XE Software, Version (?<version>\S{1,40})$/;

// Known, and of no use to us:
// Technical Support: http://www.cisco.com/techsupport
// Copyright (c) 1986-2018 by Cisco Systems, Inc.
// Compiled Wed 28-Mar-18 11:18 by prod_rel_team
// Cisco Internetwork Operating System Software
// ROM: Bootstrap program is Linux     BOOTLDR: …     ROM: IOS-XE ROMMON
// Cisco IOS-XE software, Copyright (c) 2005-2019 by cisco Systems, Inc.
// This product contains cryptographic features and is subject to United States …    (the paragraphs on export, GPL and warranty)
// cisco CSR1000V (VXE) processor (revision VXE) with 2392579K/3075K bytes of memory.
// Linux Unix (Intel-x86) processor with 124822K bytes of memory.
// Processor board ID 9ABCDEF0123
// 3 Gigabit Ethernet interfaces      1 Virtual Private Network (VPN) Module      2 Serial(sync/async) interfaces
// 32768K bytes of non-volatile configuration memory.      256K bytes of NVRAM.
// Configuration register is 0x2102
// Last reset from power-on                                       of the hardware, not of this boot
// BCM1250 CPU at 700MHz, Implementation 1, Rev 0.2, 512KB L2 Cache
// 6 slot VXR midplane, Version 2.11
// License Level: ax      License Type: …      Next reload license Level: ax      Technology Package License Information:
const KNOWN =
  /^\s*(?:Technical Support: |Copyright \(c\) |Compiled |Cisco Internetwork Operating System Software$|ROM: |BOOTLDR: |Cisco IOS-XE software|cisco \S|Cisco \S|Linux Unix |Processor board ID |\d{1,4} [A-Z][\w ()/-]{1,60}$|\d{1,12}K bytes |Configuration register is |License |Next reload |Technology Package|Current throughput|Smart Licensing|[-=]{3,}|Last reset from |Device#|Last upgrade|This platform|\S{1,30} CPU at \d|\d{1,2} slot )/;
// The paragraphs of law; some words of each of their lines.
const LAW =
  /\b(?:cryptographic|[Ii]mporters, exporters|laws and regulations|further assistance|United States|local country laws|compliance with|import, export|encryption|U\.S\.|wwl\/export|export@cisco|export\/crypto|GPL|General Public License|gnu\.org|WARRANTY|software code|redistribut|modif|licen[sc]e|documentation|third-party authority|distribute|return this product|use encryption|http:\/\/www)\b/i;
// Technology    Technology-package           Technology-package
// Current       Type           Next reboot
// ipbase        ipbasek9      Permanent      ipbasek9
// security      securityk9    Permanent      securityk9
const LICENCE_TABLE = /^\s*(?:Technology\s|Current\s+Type|(?:ipbase|security|uc|data|appx|appxk9|throughput|None|disable)\s)/i;

/** `IOS 15.4(3)M`, `IOS XE 16.09.04`. */
export function softwareIn(command: string, output: string): string | null {
  if (!/^show version\b/.test(command)) return null;
  const { version, xeVersion } = parseVersion(output).value;
  return xeVersion !== null ? `IOS XE ${xeVersion}` : version !== null ? `IOS ${version}` : null;
}

export const parseVersion: Parser<DeviceVersion> = (output) => {
  const value: Building = {
    hostname: null,
    version: null,
    xeVersion: null,
    uptime: null,
    processorUptime: null,
    returnedBy: null,
    restartedAt: null,
    reloadReason: null,
    reloadType: null,
    image: null,
    reasonLine: null,
  };
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    if (
      !readUptime(line, value) &&
      !readReason(line, value) &&
      !readSoftware(line.text, value) &&
      !KNOWN.test(line.text) &&
      !LAW.test(line.text) &&
      !LICENCE_TABLE.test(line.text)
    )
      unread.push(line);
  }
  return { value, unread };
};

function readUptime({ number, text }: Line, value: Building): boolean {
  const processor = PROCESSOR.exec(text)?.groups?.['text'];
  if (processor !== undefined) {
    value.processorUptime = uptimeOf(number, processor);
    return value.processorUptime !== null;
  }
  const found = UPTIME.exec(text)?.groups;
  if (!found) return false;
  value.hostname = found['host']!;
  value.uptime = uptimeOf(number, found['text']!);
  return value.uptime !== null;
}

function uptimeOf(line: number, text: string): DeviceUptime | null {
  const seconds = uptimeSeconds(text);
  return seconds === null ? null : { line, text, seconds, resolutionSeconds: uptimeUnitSeconds(text) };
}

function readReason({ number, text }: Line, value: Building): boolean {
  const returned = RETURNED.exec(text)?.groups?.['why'];
  const reason = returned === undefined ? REASON.exec(text)?.groups?.['why'] : undefined;
  const restarted = RESTARTED.exec(text)?.groups?.['at'];
  const type = TYPE.exec(text)?.groups?.['type'];
  if (returned !== undefined) {
    value.returnedBy = returned;
    value.reasonLine ??= number;
  }
  if (reason !== undefined) {
    value.reloadReason = reason;
    value.reasonLine = number;
  }
  if (restarted !== undefined) value.restartedAt = restarted;
  if (type !== undefined) value.reloadType = type;
  return [returned, reason, restarted, type].some((found) => found !== undefined);
}

function readSoftware(text: string, value: Building): boolean {
  const image = IMAGE.exec(text)?.groups?.['image'];
  const xe = XE.exec(text)?.groups?.['version'];
  const ios = xe === undefined ? IOS.exec(text)?.groups?.['version'] : undefined;
  if (image !== undefined) value.image = image;
  if (xe !== undefined) value.xeVersion = xe;
  if (ios !== undefined) value.version = ios;
  return [image, xe, ios].some((found) => found !== undefined);
}
