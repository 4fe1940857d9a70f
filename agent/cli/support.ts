/** `spitrap support`: one archive for a fault report, redacted, of an agent that runs or not. What goes into it is agent/support/collect.ts. */
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import type { CheckRow } from '../check/row.ts';
import { runChecks } from '../check/run-checks.ts';
import type { LoadedConfig } from '../config/load.ts';
import { callControl } from '../control/control-client.ts';
import { openControlSocket } from '../control/control-socket.ts';
import { writeDurably } from '../evidence/bundle-files.ts';
import { collectSupport, type Support } from '../support/collect.ts';
import { readme } from '../support/readme.ts';
import { tar } from '../support/tar.ts';
import { type CliContext, type DataDirOptions, exitCodes, print, type Subcommand, withDataDir } from './subcommand.ts';

interface Options extends DataDirOptions {
  readonly output?: string;
  readonly log?: string;
  readonly withBundle?: readonly string[];
}

export const supportCommand: Subcommand = {
  name: 'support',
  exits: '0 written, 1 failed, 2 bad usage',
  register(command, perform) {
    withDataDir(command)
      .description('write one archive for a fault report, redacted; the agent need not run')
      .option('-o, --output <file>', 'the archive (default: spitrap-support-TIME.tar.gz here)')
      .option('--log <file>', 'the agent’s log too, where you keep it in a file')
      .option('--with-bundle <id...>', 'an incident’s outputs and log too')
      .addHelpText(
        'after',
        '\nExamples:\n  spitrap support -c hub.yaml\n  journalctl -u spitrap@hub -o cat --since -1d > agent.log\n  spitrap support -c hub.yaml --log agent.log --with-bundle 01K8\n\nSecrets are taken out; addresses, names and messages are not. README.txt in it\nsays what there is. Nothing is sent anywhere: read it before you send it.\n',
      )
      .action((options: Options) => perform((context) => support(options, context)));
  },
};

async function support(options: Options, context: CliContext): Promise<number> {
  if (options.config === undefined && options.dataDir === undefined)
    throw new SpitrapError('USAGE', 'which agent? Give its configuration (-c FILE) or its folder (--data-dir DIR)');
  const { world, version } = context;
  const at = new Date(world.clock.wall());
  const stamp = at.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '');
  const output = resolve(options.output ?? `spitrap-support-${stamp}.tar.gz`);
  if ((await world.disk.stat(output)) !== null)
    throw new SpitrapError('USAGE', `${printable(output, 300)} is there already; give another name with -o`);
  const collected = await collectSupport({
    world,
    host: context.host,
    about: aboutHost(version, at),
    configFile: options.config ?? null,
    dataDir: options.dataDir ?? null,
    withBundles: options.withBundle ?? [],
    logFile: options.log === undefined ? null : resolve(options.log),
    status: (dataDir) => callControl(dataDir, { request: 'status' }, world.clock),
    check: (loaded, file) => offlineCheck(loaded, file, context),
  });
  const folder = `spitrap-support-${stamp}`;
  const all = [{ name: 'README.txt', bytes: Buffer.from(readme(collected, version, at)) }, ...collected.files];
  const archive = gzipSync(
    tar(
      all.map(({ name, bytes }) => ({ name: `${folder}/${name}`, bytes })),
      at.getTime() / 1_000,
    ),
  );
  await writeDurably(output, [archive], world.disk);
  print(context, summary(output, archive.length, collected));
  return exitCodes.ok;
}

const aboutHost = (version: string, at: Date): Readonly<Record<string, unknown>> => ({
  spitrap: version,
  node: process.version,
  versions: { v8: process.versions.v8, uv: process.versions.uv, openssl: process.versions.openssl },
  os: { platform: platform(), release: release(), arch: arch(), cpus: cpus().length, memoryBytes: totalmem() },
  at: at.toISOString(),
});

/** This host’s files alone: no device is asked. */
async function offlineCheck(loaded: LoadedConfig, file: string, context: CliContext): Promise<readonly CheckRow[]> {
  const rows: CheckRow[] = [];
  await runChecks({
    ...{ loaded, file, world: context.world, version: context.version, openControl: openControlSocket },
    offline: true,
    waitMs: null,
    add: (row) => void rows.push(row),
    waiting: () => {},
    left: new Promise<never>(() => {}),
  });
  return rows;
}

function summary(path: string, bytes: number, { files, missing, hidden }: Support): string {
  return [
    `${printable(path, 400)}: ${bytes} bytes, ${files.length} files, ${hidden} secrets hidden`,
    ...missing.map((what) => `  not in it: ${printable(what, 300)}`),
    'Read it before you send it: addresses, host names and log lines of your network are in it.',
  ].join('\n');
}
