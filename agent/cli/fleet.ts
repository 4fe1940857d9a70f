/**
 * `spitrap fleet`: the process that takes in what the agents of a fleet tell, and serves one page of it; and what looks at it: `incidents`, `top`,
 * `groups`, `show`, `now`, `verify`, `rebuild`, which work whether or not it runs. docs/fleet.md.
 */
import type { Command } from 'commander';
import { DEFAULT_CONFIG, type FleetOptions, optionsOf, withFolder } from './fleet/look.ts';
import { type QueryOptions, withQuery } from './fleet/questions.ts';
import type { ShowOptions } from './fleet/show.ts';
import type { Subcommand } from './subcommand.ts';

const EXAMPLES = `
Examples:
  spitrap fleet -c fleet.yaml                      take in, and serve the page
  spitrap fleet now                                what is wrong
  spitrap fleet groups --since 24h                 what happened, as events
  spitrap fleet top --by tag:carrier --since 30d   who has most of it
  spitrap fleet incidents --where hub=hub-2 --where state=black-holed
  spitrap fleet show 01HV5T --report
`;

export const fleetCommand: Subcommand = {
  name: 'fleet',
  exits:
    '0 done or stopped in good order, 1 failed, not whole, or no such incident, 2 bad usage or configuration, 3 no fleet process ever ran there, 130 ended by a second signal',
  register(command, perform) {
    command
      .description('many agents as one: takes in what they tell, serves its page, answers what happened')
      .option('-c, --config <file>', `configuration (docs/fleet-configuration.md; default: ${DEFAULT_CONFIG})`)
      .addHelpText('after', EXAMPLES)
      .action((options: FleetOptions) =>
        perform(async (context) => (await import('./fleet/run.ts')).runFleetCommand(options.config ?? DEFAULT_CONFIG, context)),
      );
    const sub = (name: string, about: string): Command => withFolder(command.command(name)).description(about);

    const incidents = withQuery(sub('incidents', 'incidents of all agents, newest first'), 50);
    incidents.action(() =>
      perform(async (context) => (await questions()).incidents(optionsOf<QueryOptions>(incidents), context)),
    );

    const top = withQuery(sub('top', 'most incidents first, by cause, hub, software, carrier …'), 20)
      .option('--by <dimension>', 'cause, hub, spoke, site, software, agent-version, state, harm or tag:NAME', 'cause')
      .option('--over-time', 'by hour, day or week instead');
    top.action(() => perform(async (context) => (await questions()).top(optionsOf<QueryOptions>(top), context)));

    const groups = withQuery(sub('groups', 'incidents that share an end, a cause and a window, as one event'), 50).argument(
      '[id]',
      'of one of them: its incidents',
    );
    groups.action((id: string | undefined) =>
      perform(async (context) => (await questions()).groups(id, optionsOf<QueryOptions>(groups), context)),
    );

    const now = sub('now', 'what is wrong, armed and running now, and what the index knows');
    now.action(() => perform(async (context) => (await questions()).now(optionsOf<FleetOptions>(now), context)));

    const show = sub('show', 'one incident with all its ends')
      .argument('<id>', 'its id, or the beginning of it')
      .option('--report', 'print the report of its ends, made of the bundles of the object store (with --json: as data)')
      .option('--html <file>', 'write it as one page')
      .option('--bundle <file>', 'save the bundle of one end, as it is in the object store')
      .option('--end <device>', 'which end, with --bundle: its name, or hub or spoke');
    show.action((id: string) =>
      perform(async (context) => (await import('./fleet/show.ts')).show(id, optionsOf<ShowOptions>(show), context)),
    );

    const verify = sub('verify', 'count everything in the index anew, and say what differs');
    verify.action(() =>
      perform(async (context) => (await import('./fleet/upkeep.ts')).verify(optionsOf<FleetOptions>(verify), context)),
    );

    const rebuild = sub('rebuild', 'make the index anew from the stream; a running fleet process goes over to it');
    rebuild.action(() =>
      perform(async (context) => (await import('./fleet/upkeep.ts')).rebuild(optionsOf<FleetOptions>(rebuild), context)),
    );
  },
};

/** What judges a question takes a while to load: only when one is asked. */
const questions = () => import('./fleet/questions.ts');
