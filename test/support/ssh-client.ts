/** An engineer's SSH session for tests: connects, opens a shell, reads until a text has come. Nothing here sleeps. */
import ssh2 from 'ssh2';

export interface SshScreen {
  /** Everything seen so far. */
  text(): string;
  /** Resolves with what came since the last call once it contains `wanted`; rejects with the screen after `withinMs` or a close. */
  until(wanted: string | RegExp, withinMs?: number): Promise<string>;
  type(text: string): void;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  end(): void;
}

export function openShell(config: ssh2.ConnectConfig): Promise<SshScreen> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let screen = '';
    let read = 0;
    let over = false;
    const watchers = new Set<() => void>();
    const changed = (): void => {
      for (const watcher of watchers) watcher();
    };
    const closed = new Promise<void>((done) =>
      client.once('close', () => {
        over = true;
        changed();
        done();
      }),
    );
    client.on('error', reject);
    client.once('close', () => reject(new Error('connection closed before there was a shell')));
    client.on('ready', () => {
      client.setNoDelay(true);
      client.shell((error, stream) => {
        if (error) return reject(error);
        stream.on('data', (bytes: Buffer) => {
          screen += bytes.toString('latin1');
          changed();
        });
        resolve({
          text: () => screen,
          type: (text) => void stream.write(text),
          closed,
          end: () => void client.end(),
          until: (wanted, withinMs = 5_000) =>
            new Promise((found, missed) => {
              const fail = (why: string): void => {
                watchers.delete(look);
                clearTimeout(bound);
                missed(
                  new Error(
                    `${why} while waiting for ${String(wanted)}; the screen shows ${JSON.stringify(screen.slice(read).slice(-2000))}`,
                  ),
                );
              };
              const bound = setTimeout(() => fail(`${withinMs} ms passed`), withinMs);
              const look = (): void => {
                const fresh = screen.slice(read);
                if (typeof wanted === 'string' ? fresh.includes(wanted) : wanted.test(fresh)) {
                  read = screen.length;
                  watchers.delete(look);
                  clearTimeout(bound);
                  found(fresh);
                } else if (over) fail('the connection ended');
              };
              watchers.add(look);
              look();
            }),
        });
      });
    });
    client.connect({ readyTimeout: 5_000, ...config });
  });
}
