/** The shelf of routes: one file each, or a few of one kind. web-server.ts asks them in this order: the files of the page, which any word could be, last. */
import type { Route } from '../route.ts';
import { actions } from './actions.ts';
import { bundle, bundleFile } from './bundles.ts';
import { events } from './events.ts';
import { incident, incidents } from './incidents.ts';
import { healthz, metrics, readyz } from './metrics.ts';
import { page, pageFiles } from './page-files.ts';
import { reportFiles } from './report-files.ts';
import { status } from './status.ts';

export const routes: readonly Route[] = [
  status,
  incidents,
  incident,
  ...reportFiles,
  bundle,
  bundleFile,
  events,
  ...actions,
  metrics,
  healthz,
  readyz,
  page,
  pageFiles,
];
