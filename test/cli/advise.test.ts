/** `spitrap advise` as a person uses it: the text, --json, what it refuses. What it finds: test/advise/advise.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../shared/advise/advise.ts';
import { cli } from './cli-run.ts';

let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-advise-'));
  writeFileSync(
    file('hub'),
    `version 15.1
hostname hub1
crypto isakmp key s3cretKey address 0.0.0.0
crypto ipsec profile P
 set security-association lifetime seconds 28800
!
interface GigabitEthernet0/0
 ip address 192.0.2.1 255.255.255.0
!
interface Tunnel0
 tunnel mode gre multipoint
 ip nhrp map multicast dynamic
 tunnel protection ipsec profile P
!
`,
  );
  writeFileSync(
    file('spoke'),
    `version 15.1
hostname spoke1
crypto ipsec profile P
 set transform-set T
!
interface Tunnel0
 tunnel mode gre multipoint
 ip nhrp map 10.0.0.1 192.0.2.1
 tunnel protection ipsec profile P
!
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

test('warnings first, each with why, source, lines and what to enter, within 80 columns', async () => {
  const { code, stdout, stderr } = await cli(['advise', '--config', file('hub'), '--peer-config', file('spoke')]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^hub1: \d+ warning, \d+ unknown, \d+ note, \d+ good\n/);
  expect(stdout).toContain('! recovery-does-not-work: Tunnel0: mGRE with tunnel protection, dynamic NHRP');
  expect(stdout).toContain('  line 12: ip nhrp map multicast dynamic');
  expect(stdout).toContain('IPsec seconds 28800');
  expect(stdout).toContain('  enter: no logging console');
  expect(stdout).toContain('Source: Cisco 115801');
  expect(stdout.indexOf('\n! ')).toBeLessThan(stdout.indexOf('\n- '));
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).not.toContain('s3cretKey');
});

test('--json has all of it', async () => {
  const { code, stdout } = await cli(['advise', '--config', file('spoke'), '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as Report;
  expect(report).toMatchObject({ hostname: 'spoke1', whole: true });
  expect(report.peerings).toMatchObject([{ where: 'Tunnel0', ike: 1, recovery: 'yes', peers: ['192.0.2.1'] }]);
  expect(report.advice.map(({ word }) => word)).toContain('lifetime-not-compared');
  for (const each of report.advice)
    expect(Object.keys(each).sort()).toEqual(['enter', 'lines', 'severity', 'source', 'what', 'why', 'word']);
});

test('an agent’s configuration is no router’s', async () => {
  writeFileSync(file('hub.yaml'), 'role: hub\ndevice: { address: 192.0.2.1 }\n');
  const { code, stderr } = await cli(['advise', '--config', file('hub.yaml')]);
  expect(code).toBe(2);
  expect(stderr).toContain('is an agent');
});

test.each([
  [['--config', 'not-there'], /CONFIG_UNREADABLE: can not read .*not-there: no such file/],
  [[], /USAGE: give -c FILE/],
] as const)('%j is refused', async ([option, name], says) => {
  const { code, stdout, stderr } = await cli(['advise', ...(option === undefined ? [] : [option, file(name!)])]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(says);
});
