/**
 * Ports that can be torn out of an agent at once, as `kill -9` and a reboot do: from then on its timers do not fire, its disk never
 * answers, its sockets and sessions are gone. Bytes that it had written stay, as the kernel keeps them. Used by sim-pair.ts.
 */
import type { Engine } from '../../agent/fleet-ports.ts';
import type { Datagrams, Disk, DiskFile, LogFile, LogFiles, ShellTransport, Streams, World } from '../../agent/ports.ts';
import type { Clock } from '../../shared/clock.ts';
import { after } from '../../shared/model/time.ts';

export interface Boot {
  readonly id: string;
  /** What this boot's monotonic clock shows less than the simulation's. */
  readonly behindMs: number;
}

export class Lifeline {
  #alive = true;
  readonly #cuts: (() => void)[] = [];

  cut(): void {
    this.#alive = false;
    for (const cut of this.#cuts.splice(0)) cut();
  }

  world(world: World, boot: Boot): World {
    return {
      clock: this.#clock(world.clock, boot),
      random: world.random,
      disk: this.#disk(world.disk),
      logFiles: this.#logFiles(world.logFiles),
      datagrams: this.#datagrams(world.datagrams),
      streams: this.#streams(world.streams),
      tls: world.tls,
      snmp: world.snmp,
      shells: this.#shells(world.shells),
      httpServers: world.httpServers,
      http: { request: (request, signal) => this.#begin(() => world.http.request(request, signal)) },
      dialer: { push: (to, bytes, how) => this.#begin(() => world.dialer.push(to, bytes, how)) },
      engines: { open: (options) => this.#engine(world.engines.open(options)) },
      reports: { make: (folders, signal) => this.#begin(() => world.reports.make(folders, signal)) },
      spawn: {
        run: (program, signal) => this.#begin(() => world.spawn.run(program, signal)),
        converse: (program) => this.#begin(() => world.spawn.converse(program)),
      },
    };
  }

  /** An agent's: it consumes nothing. What the engine was given before the cut, it has. */
  #engine(engine: Engine): Engine {
    this.#cuts.push(() => void engine.close());
    return {
      state: () => engine.state(),
      onState: (handler) => engine.onState((state) => void (this.#alive && handler(state))),
      publish: (subject, bytes, messageId) => this.#begin(() => engine.publish(subject, bytes, messageId)),
      putObject: (bucket, name, chunks) => this.#begin(() => engine.putObject(bucket, name, chunks)),
      getObject: (bucket, name) => this.#begin(() => engine.getObject(bucket, name)),
      ensure: (wanted) => this.#begin(() => engine.ensure(wanted)),
      streamState: (stream) => this.#begin(() => engine.streamState(stream)),
      consume: (ask, onBatch) => engine.consume(ask, onBatch),
      forget: (stream, durable) => this.#begin(() => engine.forget(stream, durable)),
      close: () => this.#begin(() => engine.close()),
    };
  }

  async #lives<T>(doing: Promise<T>): Promise<T> {
    const value = await doing;
    return this.#alive ? value : await new Promise<T>(() => {});
  }

  #begin<T>(act: () => Promise<T>): Promise<T> {
    return this.#alive ? this.#lives(act()) : new Promise<T>(() => {});
  }

  #clock(clock: Clock, boot: Boot): Clock {
    const timer: Clock['timer'] = (name, delayMs, fire) => clock.timer(name, delayMs, () => void (this.#alive && fire()));
    return {
      bootId: boot.id,
      monotonic: () => after(clock.monotonic(), -boot.behindMs),
      wall: () => clock.wall(),
      timer,
      sleep: (name, delayMs) => new Promise((resolve) => void timer(name, delayMs, resolve)),
    };
  }

  #disk(disk: Disk): Disk {
    return {
      makeFolder: (path) => this.#begin(() => disk.makeFolder(path)),
      open: (path, how) => this.#begin(async () => this.#file(await disk.open(path, how))),
      readFile: (path) => this.#begin(() => disk.readFile(path)),
      stat: (path) => this.#begin(() => disk.stat(path)),
      list: (path) => this.#begin(() => disk.list(path)),
      rename: (from, to) => this.#begin(() => disk.rename(from, to)),
      remove: (path) => this.#begin(() => disk.remove(path)),
      syncFolder: (path) => this.#begin(() => disk.syncFolder(path)),
    };
  }

  #file(file: DiskFile): DiskFile {
    return {
      append: (bytes) => this.#begin(() => file.append(bytes)),
      sync: () => this.#begin(() => file.sync()),
      read: (offset, length) => this.#begin(() => file.read(offset, length)),
      truncate: (bytes) => this.#begin(() => file.truncate(bytes)),
      size: () => this.#begin(() => file.size()),
      close: () => this.#begin(() => file.close()),
    };
  }

  #logFiles(files: LogFiles): LogFiles {
    return {
      look: (path) => this.#begin(() => files.look(path)),
      open: (path) => this.#begin(async () => this.#logFile(await files.open(path))),
      list: (folder) => this.#begin(() => files.list(folder)),
    };
  }

  #logFile(file: LogFile): LogFile {
    this.#cuts.push(() => void file.close());
    return {
      identity: file.identity,
      look: () => this.#begin(() => file.look()),
      read: (offset, length) => this.#begin(() => file.read(offset, length)),
      close: () => this.#begin(() => file.close()),
    };
  }

  #datagrams(datagrams: Datagrams): Datagrams {
    return {
      bind: async (endpoint, options) => {
        const socket = await datagrams.bind(endpoint, options);
        this.#cuts.push(() => void socket.close());
        return { ...socket, send: (bytes, to) => void (this.#alive && socket.send(bytes, to)) };
      },
    };
  }

  #streams(streams: Streams): Streams {
    return {
      listen: async (endpoint, onConnection) => {
        const listener = await streams.listen(endpoint, onConnection);
        this.#cuts.push(() => void listener.close());
        return listener;
      },
    };
  }

  #shells(shells: ShellTransport): ShellTransport {
    return {
      open: async (target, options) => {
        const shell = await this.#begin(() => shells.open(target, options));
        this.#cuts.push(() => void shell.close());
        return { ...shell, write: (text) => void (this.#alive && shell.write(text)) };
      },
    };
  }
}
