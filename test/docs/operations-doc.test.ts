/** docs/operations.md, troubleshooting.md, security-faq.md: what they name exists, and the lists that a reviewer relies on are whole. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alarmKinds } from '../../agent/alarms/severity.ts';
import { possibleCommands } from '../../agent/cli/commands.ts';
import { subcommands } from '../../agent/cli/index.ts';
import { describeConfig } from '../../agent/config/describe.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { reasons } from '../../shared/coordinate/reason.ts';
import { errorCodes } from '../../shared/errors.ts';

const root = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(`docs/${name}`, root), 'utf8');
const pages = ['operations.md', 'troubleshooting.md', 'security-faq.md'];
const quoted = (page: string): string[] => [...page.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);

describe.each(pages)('docs/%s', (name) => {
  const page = read(name);

  test('each error code in it exists', () => {
    const codes = quoted(page).flatMap((text) => /^[A-Z]+(?:_[A-Z]+)+$/.exec(text.split(' ')[0]!)?.[0] ?? []);
    const environment = /^(?:EXTEND_TIMEOUT_USEC|CREDENTIALS_DIRECTORY)/;
    expect(codes.filter((code) => !environment.test(code) && !(errorCodes as readonly string[]).includes(code))).toEqual([]);
  });

  test('each subcommand in it exists', () => {
    const words = [...page.matchAll(/\bspitrap ([a-z]+)\b(?! is| and| under| comes)/g)].map((match) => match[1]!);
    const typed = quoted(page).flatMap((text) => /^spitrap ([a-z]+)/.exec(text)?.[1] ?? []);
    expect(words.length + typed.length).toBeGreaterThan(0);
    expect(typed.filter((word) => !subcommands.some((command) => command.name === word))).toEqual([]);
  });

  test('each setting in it exists', () => {
    const paths = describeConfig().map(({ path }) => path);
    const sections = /^(?:device|capture|arming|stop|signal|evidence|budgets|log|peers\[\]|sources\[\])\.[a-zA-Z.]+/;
    const named = quoted(page).flatMap((text) => sections.exec(text)?.[0].replace(/\.$/, '') ?? []);
    expect(named.filter((path) => !paths.includes(path) && !paths.some((known) => known.startsWith(`${path}.`)))).toEqual([]);
  });

  test('each page that it links to is there', () => {
    const links = [...page.matchAll(/\]\(([\w@./-]+)(?:#[\w-]+)?\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(new URL(`docs/${link}`, root)))).toEqual([]);
  });
});

test('troubleshooting names alarms and reasons that exist', () => {
  const page = read('troubleshooting.md');
  const alarms = [...page.matchAll(/alarm `([a-z-]+)`/g)].map((match) => match[1]!);
  expect(alarms.length).toBeGreaterThan(12);
  expect(alarms.filter((key) => alarmKinds[key] === undefined)).toEqual([]);
  const words = [...page.matchAll(/^\| `([a-z]+(?:-[a-z]+)+)`/gm)].map((match) => match[1]!);
  const known = [...(reasons as readonly string[]), 'complete-one-ended', 'left-stopping'];
  expect(words.filter((word) => !known.includes(word))).toEqual([]);
});

describe('what the security reviewer relies on', () => {
  const page = read('security-faq.md');
  const block = (name: string): RegExp[] =>
    new RegExp(`^\`\`\`${name}\\n([^]*?)^\`\`\``, 'm')
      .exec(page)![1]!
      .trim()
      .split('\n')
      .map((line) => new RegExp(line));

  const commands = ['cisco-ios', 'cisco-iosxe'].flatMap((platform) => {
    const text = `role: both
device: { address: 192.0.2.1, platform: ${platform}, user: u, password: { env: PW }, cryptoAddresses: [213.163.222.7] }
arm: always
arming: { deadMan: true }
sources: [ { kind: syslog-tcp, listen: "127.0.0.1:6514" }, { kind: terminal-monitor } ]
signal: { listen: "127.0.0.1:10162" }
peers: [ { name: spoke1, cryptoAddresses: [11.1.1.3], send: ["198.51.100.9:10162"], snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { env: PW } } } } ]
`;
    const host = {
      readFile: () => text,
      permissions: () => 0o600,
      environment: () => 'long enough for a key',
      listFolder: () => [],
    };
    return possibleCommands(loadConfigText(text, '/x.yaml', host).config).map(({ command }) => command);
  });
  // Keepalive and answers to questions are no commands: no authorization sees them.
  const sent = [...new Set(commands)].filter((command) => command !== '' && command !== 'no');
  const isArming = (command: string): boolean =>
    /^(debug |configure terminal|(no )?event |action |end$|show event manager)/.test(command);

  test('the command sets permit every line that may be sent, arming apart', () => {
    expect(sent.length).toBeGreaterThan(60);
    const [plain, arming] = [block('tacacs'), block('tacacs-arming')];
    const permitted = (patterns: readonly RegExp[]) => (command: string) => patterns.some((pattern) => pattern.test(command));
    expect(sent.filter((command) => !isArming(command)).filter((command) => !permitted(plain)(command))).toEqual([]);
    expect(sent.filter(isArming).filter((command) => !permitted(arming)(command))).toEqual([]);
    expect(sent.filter(isArming).filter(permitted(plain))).toEqual([]);
  });

  test('nothing in them is superfluous, and nothing that changes the router gets through', () => {
    const patterns = [...block('tacacs'), ...block('tacacs-arming')];
    expect(patterns.filter((pattern) => !sent.some((command) => pattern.test(command))).map(String)).toEqual([]);
    const forbidden = [
      'clear crypto sa',
      'reload',
      'write memory',
      'copy running-config tftp:',
      'show tech-support',
      'debug all',
      'debug ip packet',
      'no shutdown',
      'crypto isakmp key x address 0.0.0.0',
    ];
    expect(forbidden.filter((command) => patterns.some((pattern) => pattern.test(command)))).toEqual([]);
  });

  test('the dependencies are those of package.json', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const section = page.slice(page.indexOf('## What does it depend on?'), page.indexOf('## How is it updated?'));
    const named = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([@\w./-]+)`/g)].map((match) => match[1]!));
    expect(named.sort()).toEqual(Object.keys(dependencies).sort());
    for (const version of Object.values(dependencies)) expect(version, 'pinned to the letter').toMatch(/^\d+\.\d+\.\d+$/);
  });
});
