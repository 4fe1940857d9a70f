/** What was measured, as a table on the terminal and as docs/benchmarks.md. Called by main.ts. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Finding, Measurement } from './measurement.ts';

export interface Done {
  readonly measurement: Measurement;
  readonly finding: Finding;
  readonly minutes: number;
}

const BEGIN = '<!-- measured: written by `npm run bench`; do not edit between these marks -->';
const END = '<!-- end of what was measured -->';

export function printFinding({ head, rows, bars }: Finding, print: (line: string) => void): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  print(line(head));
  for (const row of rows) print(line(row));
  for (const { text, measured, met } of bars) print(`${met ? 'ok    ' : 'MISSED'}  ${text}: ${measured}`);
}

export function writePage(file: string, done: readonly Done[]): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : `# Benchmarks\n\n${BEGIN}\n${END}\n`;
  const [before, rest] = cut(old, BEGIN);
  const [, after] = cut(rest, END);
  writeFileSync(file, `${before}${BEGIN}\n\n${pageText(done)}\n${END}${after}`);
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`bench: the page has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function pageText(done: readonly Done[]): string {
  const minutes = done.reduce((sum, one) => sum + one.minutes, 0);
  const lines = [
    `Measured on ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, in ${minutes.toFixed(0)} minutes, by \`npm run bench\`.`,
    '',
    `- Machine: ${machine()}`,
    `- Versions: ${versions()}`,
    '- Figures are medians of the rounds, least and most in brackets; a ratio is taken round by round, of two runs beside each other.',
    '',
  ];
  for (const { measurement, finding } of done) lines.push(`## ${measurement.title}`, '', ...section(measurement, finding), '');
  return lines.join('\n');
}

function section({ name }: Measurement, { setting, head, rows, bars, notes }: Finding): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    ...setting.flatMap((text) => [text, '']),
    row(head),
    row(head.map(() => '---')),
    ...rows.map(row),
    '',
    '| bar | measured | |',
    '| --- | --- | --- |',
    ...bars.map(({ text, measured, met }) => row([text, measured, met ? 'ok' : '**MISSED**'])),
    '',
    `Alone: \`npm run bench -- --only ${name}\`.${notes === undefined ? '' : ` ${notes.join(' ')}`}`,
  ];
}

function machine(): string {
  const all = cpus();
  const gib = totalmem() / 1024 ** 3;
  return `${all.length} x ${all[0]?.model ?? 'CPU'}, ${gib.toFixed(1)} GiB, Linux ${release()}`;
}

const COMMANDS: readonly (readonly [name: string, argv: readonly string[], pattern: RegExp])[] = [
  ['rsyslog', ['/usr/sbin/rsyslogd', '-v'], /rsyslogd\s+(\S+)/],
  ['snmptrapd', ['/usr/sbin/snmptrapd', '-v'], /([\d.]{3,})/],
  ['gawk', ['gawk', '--version'], /GNU Awk ([\d.]+)/],
  ['grep', ['grep', '--version'], /grep \(GNU grep\) ([\d.]+)/],
];

function versions(): string {
  const own = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
  const others = COMMANDS.map(([name, [file = '', ...args], pattern]) => {
    try {
      return `${name} ${pattern.exec(execFileSync(file, args, { encoding: 'utf8' }))?.[1] ?? '?'}`;
    } catch {
      return `${name} absent`;
    }
  });
  return [`spitrap ${own}`, `Node.js ${process.version}`, ...others].join(', ');
}
