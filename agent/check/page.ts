/** `spitrap check`, the page: its certificate, its port, who may reach it. Called by run-checks.ts. */
import type { Config } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { Cleanup } from '../lifecycle.ts';
import { naming } from '../net/listen-refused.ts';
import type { TlsCredentials, World } from '../ports.ts';
import { loadTlsFiles } from '../sources/tls-files.ts';
import { isLoopback } from '../web/access.ts';
import type { Lock } from './host.ts';
import { judgeCertificate } from './polled-sources.ts';
import { type Rows, told } from './row.ts';

/** No row where nothing is served. */
export async function checkPage({ page }: Config, lock: Lock, world: World, cleanup: Cleanup, rows: Rows): Promise<void> {
  if (page === null) return;
  let credentials: TlsCredentials | null = null;
  if (page.tls !== null) {
    try {
      const loaded = await loadTlsFiles('page', page.tls.files, world);
      judgeCertificate('page certificate', loaded, world.clock.wall(), rows, 'whoever verifies it does not connect');
      ({ credentials } = loaded);
    } catch (error) {
      rows.fail('page certificate', told(error));
      return;
    }
  }
  if (lock.kind === 'none') rows.skip('page', 'dataDir can not be used');
  else if (lock.kind === 'agent') {
    const { page: served } = lock.status;
    if (served === null)
      rows.warn('page', 'the agent that runs does not serve it', 'the page is turned on at a start: restart the agent');
    else rows.ok('page', `${served.url}, served by the agent that runs`);
  } else {
    try {
      const open = { asksClient: false, admit: () => false, onRequest: () => new Promise<never>(() => {}), onRefused: () => {} };
      const listener = await world.httpServers.listen(page.listen, credentials, open).catch(naming('page.listen'));
      cleanup.add('page', listener);
      rows.ok('page', `${page.tls === null ? 'http' : 'https'}://${formatEndpoint(listener.local)}, the port is free`);
    } catch (error) {
      rows.fail('page', told(error), 'choose another port in page.listen, or end what has it');
    }
  }
  if (page.token === null)
    rows.warn(
      'page.token',
      'is not set: the page shows, and nothing can be done from it',
      'openssl rand -hex 32 > page.token; chmod 0600 page.token; token: { file: page.token }',
    );
  if (isLoopback(page.listen.address) && page.loopback === 'free')
    rows.ok('page readers', 'whoever is on this host reads it without the token (page.loopback: token asks for it)');
}
