/** The shelf of routes of a fleet's page. agent/web/web-server.ts asks them in this order: the files of the page, which any word could be, last. docs/fleet.md lists them. */
import { page, pageFiles, sharedPageFiles } from '../../web/routes/page-files.ts';
import type { FleetRoute } from '../fleet-room.ts';
import { bundle, reports } from './evidence.ts';
import { healthz, metrics, readyz } from './health.ts';
import { group, groups, incident, incidents } from './incidents.ts';
import { now, overTime, overview, top } from './overview.ts';

export const fleetRoutes: readonly FleetRoute[] = [
  overview,
  now,
  groups,
  group,
  incidents,
  incident,
  ...reports,
  bundle,
  top,
  overTime,
  metrics,
  healthz,
  readyz,
  page,
  sharedPageFiles,
  pageFiles,
];
