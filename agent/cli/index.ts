/**
 * The subcommands shelf: one line a subcommand. Each is loaded when it is asked for, and only then: all of them together take half a
 * second, and `spitrap detect` of a small file a tenth of that.
 */
import type { Subcommand } from './subcommand.ts';

export interface ShelvedSubcommand {
  readonly name: string;
  /** Works on the whole program, with all that can be typed. */
  readonly ofAll?: true;
  load(): Promise<Subcommand>;
}

export const subcommands: readonly ShelvedSubcommand[] = [
  { name: 'init', load: async () => (await import('./init.ts')).initCommand },
  { name: 'check', load: async () => (await import('./check.ts')).checkCommand },
  { name: 'run', load: async () => (await import('./run.ts')).runCommand },
  { name: 'status', load: async () => (await import('./status.ts')).statusCommand },
  { name: 'signal', load: async () => (await import('./signal.ts')).signalCommand },
  { name: 'incidents', load: async () => (await import('./incidents.ts')).incidentsCommand },
  { name: 'report', load: async () => (await import('./report.ts')).reportCommand },
  { name: 'arm', load: async () => (await import('./arm.ts')).armCommand },
  { name: 'disarm', load: async () => (await import('./disarm.ts')).disarmCommand },
  { name: 'hold', load: async () => (await import('./hold.ts')).holdCommand },
  { name: 'reload', load: async () => (await import('./reload.ts')).reloadCommand },
  { name: 'capture', load: async () => (await import('./capture.ts')).captureCommand },
  { name: 'test', load: async () => (await import('./test.ts')).testCommand },
  { name: 'ack', load: async () => (await import('./ack.ts')).ackCommand },
  { name: 'alarms', load: async () => (await import('./alarms.ts')).alarmsCommand },
  { name: 'commands', load: async () => (await import('./commands.ts')).commandsCommand },
  { name: 'detect', load: async () => (await import('./detect.ts')).detectCommand },
  { name: 'parse', load: async () => (await import('./parse.ts')).parseCommand },
  { name: 'advise', load: async () => (await import('./advise.ts')).adviseCommand },
  { name: 'eem', load: async () => (await import('./eem.ts')).eemCommand },
  { name: 'support', load: async () => (await import('./support.ts')).supportCommand },
  { name: 'fleet', load: async () => (await import('./fleet.ts')).fleetCommand },
  { name: 'lab', load: async () => (await import('./lab.ts')).labCommand },
  { name: 'completion', ofAll: true, load: async () => (await import('./completion.ts')).completionCommand },
];
