/** Commands about the line itself: enable, terminal settings, who is on, log out. */
import type { ExecContext } from '../line-state.ts';
import { firstVty, ttyLines, users } from '../render/lines.ts';
import { ping } from '../render/routing.ts';
import { type ExecCommand, type ExecRun, print, quiet } from './result.ts';

const close: ExecRun = () => ({ kind: 'close' });

const save: ExecRun = () => print(['Building configuration...', '[OK]']);

function enable(context: ExecContext) {
  if (context.line.privilege === 15) return quiet;
  if (context.core.options.enableSecret === null) {
    context.line.privilege = 15;
    return quiet;
  }
  return { kind: 'password' as const };
}

export const sessionCommands: readonly ExecCommand[] = [
  { path: 'enable', run: enable },
  { path: 'enable <0-15>', run: (context, [level]) => (Number(level) === 15 ? enable(context) : quiet) },
  {
    path: 'disable',
    run: (context) => {
      context.line.privilege = 1;
      return quiet;
    },
  },
  { path: 'ping A.B.C.D', run: ({ core }, [target]) => print(ping(core, target!)) },
  { path: 'write', privilege: 15, run: save },
  { path: 'write memory', privilege: 15, run: save },
  { path: 'exit', run: close },
  { path: 'logout', run: close },
  { path: 'quit', run: close },
  {
    path: 'terminal length <0-512>',
    run: (context, [rows]) => {
      context.line.length = Number(rows);
      return quiet;
    },
  },
  {
    path: 'terminal width <0-512>',
    run: (context, [columns]) => {
      context.line.width = Number(columns);
      return quiet;
    },
  },
  {
    path: 'terminal no length',
    run: (context) => {
      context.line.length = 24;
      return quiet;
    },
  },
  {
    path: 'terminal no width',
    run: (context) => {
      context.line.width = 80;
      return quiet;
    },
  },
  { path: 'terminal monitor', privilege: 15, run: (context) => setMonitor(context, true) },
  { path: 'terminal no monitor', privilege: 15, run: (context) => setMonitor(context, false) },
  { path: 'terminal exec prompt timestamp', run: (context) => setTimestamp(context, true) },
  { path: 'terminal no exec prompt timestamp', run: (context) => setTimestamp(context, false) },
  {
    path: 'configure terminal',
    privilege: 15,
    run: (context) => {
      context.line.configMode = 'config';
      return { kind: 'mode', lines: ['Enter configuration commands, one per line.  End with CNTL/Z.'] };
    },
  },
  { path: 'show privilege', run: (context) => print([`Current privilege level is ${context.line.privilege}`]) },
  { path: 'show users', run: (context) => print(users(context)) },
  { path: 'show line', run: (context) => print(ttyLines(context)) },
  { path: 'show history', run: (context) => print(context.line.history.map((line) => `  ${line}`)) },
  {
    path: 'show terminal',
    run: (context) =>
      print([
        `Line ${firstVty(context) + (context.line.vty ?? 0)}, Location: "", Type: "xterm"`,
        `Length: ${context.line.length} lines, Width: ${context.line.width} columns`,
        'Baud rate (TX/RX) is 9600/9600',
        'Status: PSI Enabled, Ready, Active, Automore On',
        'Capabilities: none',
      ]),
  },
];

function setMonitor(context: ExecContext, on: boolean) {
  if (context.line.vty === null) return print(['% Console already monitors']);
  context.line.monitor = on;
  return quiet;
}

function setTimestamp(context: ExecContext, on: boolean) {
  context.line.promptTimestamp = on;
  return quiet;
}
