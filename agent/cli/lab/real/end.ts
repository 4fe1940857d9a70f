/**
 * One end of the real lab: its namespaces with charon, sshd and the table that counts ESP, and what a person at its console can do. The
 * namespaces have no names and no files: they end with their first process, which ends with the lab (programs.ts). Used by real/run.ts.
 */

import type { Clock } from '../../../../shared/clock.ts';
import { SpitrapError } from '../../../../shared/errors.ts';
import { quoted } from '../../../../shared/model/printable.ts';
import type { DurationMs } from '../../../../shared/model/time.ts';
import { DEBUGS_ON, LOG_FILE } from '../../../../shared/platforms/linux-strongswan/lines.ts';
import type { Disk } from '../../../ports.ts';
import type { End } from '../relay.ts';
import { CHILD, CONNECTION, type GatewayOptions, gatewayFiles, HOST, LAN, SSH_PORT, WAN } from './files.ts';
import type { Programs, Running } from './programs.ts';
import { stageScript } from './stage-script.ts';

export interface EndRoom {
  readonly end: End;
  /** Of this end, absolute; made here. */
  readonly folder: string;
  readonly programs: Programs;
  readonly disk: Disk;
  readonly clock: Clock;
}

const READY_MS: DurationMs = 10_000;
const LOOK_MS: DurationMs = 50;

export class GatewayEnd {
  readonly end: End;
  readonly #room: EndRoom;
  readonly #running: Running[] = [];
  #first: Running | null = null;
  /** Of the first process, as this host numbers it. */
  #pid = 0;
  #charon: Running | null = null;

  constructor(room: EndRoom) {
    this.end = room.end;
    this.#room = room;
  }

  /** Files, keys, namespaces. Rejects with LAB_FAILED or DISK_FAILED. */
  async open(options: GatewayOptions, authorizedKey: string): Promise<void> {
    const { folder, disk, programs } = this.#room;
    await disk.makeFolder(`${folder}/inside`);
    for (const file of gatewayFiles(this.end, options)) await this.#write(file.path, file.text, file.mode);
    await programs.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/etc/ssh/lab_host_key`]);
    await this.#write('/etc/ssh/lab_authorized_keys', authorizedKey, '0644');
    const namespaces = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child=KILL', '--mount-proc'];
    this.#first = programs.start(['unshare', ...namespaces, 'bash', '-c', stageScript, 'stage', folder, HOST[this.end]]);
    await this.#said(this.#first, 'ready');
    // Unshare has one child, the first process inside.
    const children = await programs.must(['cat', `/proc/${this.#first.pid}/task/${this.#first.pid}/children`]);
    this.#pid = Number(children.trim());
    if (!Number.isInteger(this.#pid) || this.#pid <= 0)
      throw new SpitrapError('LAB_FAILED', `the namespaces of the ${this.end} have no first process: ${quoted(children)}`);
  }

  get pid(): number {
    return this.#pid;
  }

  /** An argv that runs in the network of this end alone, as a process of this host. */
  inNetwork(argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.#pid), '-n', '--', ...argv];
  }

  #inside(argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.#pid), '-n', '-m', '-p', '-u', '--', ...argv];
  }

  /** As root at the console. Rejects with LAB_FAILED. */
  must(...argv: readonly string[]): Promise<string> {
    return this.#room.programs.must(this.#inside(argv));
  }

  run(...argv: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    return this.#room.programs.run(this.#inside(argv));
  }

  /** Runs until the lab ends it, or the end goes. */
  start(...argv: readonly string[]): Running {
    const running = this.#room.programs.start(this.#inside(argv));
    this.#running.push(running);
    return running;
  }

  async addresses(): Promise<void> {
    await this.must('ip', 'addr', 'add', `${WAN[this.end]}/24`, 'dev', 'wan');
    await this.must('ip', 'addr', 'add', `${LAN[this.end]}/32`, 'dev', 'lo');
    await this.must('ip', 'link', 'set', 'wan', 'up');
  }

  /** charon and its connections; the number of its process inside stands in a file there. */
  async startCharon(): Promise<void> {
    await this.must('rm', '-f', '/run/charon.vici');
    this.#charon = this.start('bash', '-c', 'echo $$ > /run/charon-lab.pid; exec /usr/sbin/charon-systemd');
    await this.#until('charon', async () => (await this.run('test', '-S', '/run/charon.vici')).code === 0);
    await this.must('swanctl', '--load-all', '--noprompt');
  }

  async startSshd(): Promise<void> {
    this.start('/usr/sbin/sshd', '-D', '-e', '-f', '/etc/ssh/lab_sshd_config');
    await this.#until('sshd', async () => (await this.run('bash', '-c', `: < /dev/tcp/${WAN[this.end]}/${SSH_PORT}`)).code === 0);
  }

  async hostKey(): Promise<string> {
    const line = await this.#room.programs.must(['ssh-keygen', '-l', '-f', `${this.#room.folder}/etc/ssh/lab_host_key.pub`]);
    return line.split(' ')[1] ?? '';
  }

  /** SPI of the inbound SA, in eight digits; null: there is none. By swanctl's own words, not by our parsers. */
  async inboundSpi(): Promise<string | null> {
    const { output } = await this.run('swanctl', '--list-sas');
    return /INSTALLED/.test(output) ? (/\n\s+in {1,4}([0-9a-f]{8})/.exec(output)?.[1] ?? null) : null;
  }

  /** As a person types it. Rejects when charon did not take it. */
  async debugsByHand(): Promise<string> {
    const said = await this.must('bash', '-c', DEBUGS_ON);
    if (!said.includes('exit 0') || !(await this.debugsOn()))
      throw new SpitrapError('LAB_FAILED', `the ${this.end} did not take the debug levels: ${quoted(said.trim(), 300)}`);
    return DEBUGS_ON;
  }

  /** By what charon logs of a request of the lab's own: at level 2 that a client came, at level 1 nothing. */
  async debugsOn(): Promise<boolean> {
    const before = Number(await this.must('stat', '-Lc', '%s', LOG_FILE));
    await this.must('swanctl', '--stats');
    return /vici client \d+ requests: stats/.test(await this.must('tail', '-c', `+${before + 1}`, LOG_FILE));
  }

  /** Stamps of the requests to read the levels anew, in ms of 1970: the first is the person's, if debugs were on at it, then the stop. */
  async reloads(): Promise<readonly number[]> {
    const { output } = await this.run('grep', '-F', 'requests: reload-settings', LOG_FILE);
    const found = [...output.matchAll(/^(\S+) \d\d\[CFG\] vici client \d+ requests: reload-settings$/gm)];
    return found.map(([, stamp]) => Date.parse(`${stamp}Z`));
  }

  /** kill -9, by the process that was recorded; its children are none. */
  async crashCharon(): Promise<void> {
    await this.must('bash', '-c', 'kill -9 "$(cat /run/charon-lab.pid)"');
    await this.#charon?.gone;
  }

  async terminate(what: 'child' | 'ike'): Promise<void> {
    const how = what === 'child' ? ['--child', CHILD, '--timeout', '1'] : ['--ike', CONNECTION, '--force', '--timeout', '1'];
    // It says that it failed, for want of the other end's answer, and has done it.
    await this.run('swanctl', '--terminate', ...how);
  }

  /** Ends the namespaces and what runs inside. Bounded. */
  async close(): Promise<void> {
    // With the first process the kernel ends every other one inside.
    await this.#first?.stop();
    await Promise.all(this.#running.map((running) => running.stop()));
  }

  async #write(path: string, text: string, mode: string): Promise<void> {
    const { folder, disk, programs } = this.#room;
    const place = `${folder}${path}`;
    await disk.makeFolder(place.replace(/\/[^/]*$/, ''));
    const file = await disk.open(place, 'create');
    await file.append(Buffer.from(text)).finally(() => file.close());
    await programs.must(['chmod', mode, place]);
  }

  async #said(running: Running, word: string): Promise<void> {
    let isSaid = false;
    running.onLine((line) => {
      isSaid ||= line === word;
    });
    let ended: string | null = null;
    void running.gone.then(({ output }) => {
      ended = output;
    });
    await this.#until('its namespaces', async () => {
      if (ended !== null)
        throw new SpitrapError('LAB_FAILED', `the namespaces of the ${this.end} could not be made: ${quoted(ended, 400)}`);
      return isSaid;
    });
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#room;
    const deadline = clock.monotonic() + READY_MS;
    while (!(await holds())) {
      if (clock.monotonic() > deadline)
        throw new SpitrapError('LAB_FAILED', `waited ${READY_MS / 1_000} s in vain for ${what} of the ${this.end}`);
      await clock.sleep('lab look', LOOK_MS);
    }
  }
}
