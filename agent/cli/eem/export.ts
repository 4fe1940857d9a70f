/**
 * `spitrap eem export -c FILE`: the IOS lines with which a router is one half of the pair by itself. What they are: shared/eem/export.ts;
 * for which routers: export-plan.ts; this file has the options and the text. Nothing is sent anywhere.
 */
import { type Command, Option } from 'commander';
import { exportRouter, LEAST_RELEASE } from '../../../shared/eem/export.ts';
import { type ExportBlock, type ExportPart, exportParts, PLACEHOLDER, type RouterPlan } from '../../../shared/eem/export-plan.ts';
import { keptEngineId } from '../../net/engine.ts';
import { columns, wrapped } from '../../status/text-layout.ts';
import { configFrom } from '../config-from.ts';
import type { EemPart } from '../eem.ts';
import { type CliContext, exitCodes, print, printJson } from '../subcommand.ts';
import { type Ends, ends, routerPlans } from './export-plan.ts';

interface Options {
  readonly config?: string;
  readonly for?: Ends;
  readonly router?: string;
  readonly part?: ExportPart;
  readonly agentAddress?: string;
  readonly withSecrets?: boolean;
  readonly explain?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  spitrap eem export -c hub.yaml --explain
  spitrap eem export -c hub.yaml --for both --router spoke1
  spitrap eem export -c hub.yaml --part remove
`;

export const exportPart: EemPart = (group: Command, perform) => {
  group
    .command('export')
    .description('a router’s lines, to be one half of the pair by itself')
    .requiredOption('-c, --config <file>', 'configuration of the agent')
    .addOption(new Option('--for <end>', 'which end’s router (default: the end without agent)').choices(ends))
    .option('--router <name>', 'one of several')
    .addOption(new Option('--part <part>', 'this part alone, to be pasted').choices(exportParts))
    .option('--agent-address <address>', 'of this host, as the router sees it')
    .option('--with-secrets', 'print passwords and communities')
    .option('--explain', 'a comment above each block: why, and its source')
    .option('--json', 'as JSON: { "leastRelease": …, "routers": […] }')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => perform((context) => exportLines(options, context)));
};

async function exportLines(options: Options, context: CliContext): Promise<number> {
  const { config } = configFrom(options.config, context);
  const plans = routerPlans(config, {
    ends: options.for ?? null,
    router: options.router ?? null,
    withSecrets: options.withSecrets === true,
    agentAddress: options.agentAddress ?? null,
    engineIdHex: await keptEngineId(config.dataDir, context.world.disk),
  });
  const routers = plans.map((plan) => ({
    plan,
    blocks: exportRouter(plan).filter(({ part }) => options.part === undefined || part === options.part),
  }));
  if (options.json === true)
    printJson(context, {
      leastRelease: LEAST_RELEASE,
      routers: routers.map(({ plan, blocks }) => ({ name: plan.name, runs: runs(plan), blocks })),
    });
  else
    print(
      context,
      routers
        .map(({ plan, blocks }) =>
          routerText(plan, blocks, { explain: options.explain === true, live: options.part ?? 'configure' }),
        )
        .join('\n\n'),
    );
  return exitCodes.ok;
}

const runs = ({ detects, stopped }: RouterPlan): Ends => (detects && stopped ? 'both' : detects ? 'hub' : 'spoke');

/** ASCII without a question mark: at a terminal IOS takes that for a call for help, in a comment too. A test holds the texts to it. */
const comment = (text: string): string[] => wrapped(text, '', columns - 2).map((line) => `! ${line}`);

const HEADINGS: Readonly<Record<ExportPart, string>> = {
  configure: 'CONFIGURE: paste at the # prompt',
  test: 'TEST: by hand, once, with no debug on that anybody needs',
  arm: 'ARM: debugs on, before the event; at both ends',
  disarm: 'DISARM: debugs off again',
  remove: 'REMOVE: all of it off again',
};

export function routerText(
  plan: RouterPlan,
  blocks: readonly ExportBlock[],
  { explain, live }: { readonly explain: boolean; readonly live: ExportPart },
): string {
  const others = plan.others.map(({ name, kind }) => `${name} (${kind === 'agent' ? 'an agent' : 'its router, by itself'})`);
  const open = [
    ...new Set(
      blocks.flatMap(({ part, lines }) => (part === live ? lines.flatMap((line) => line.match(PLACEHOLDER) ?? []) : [])),
    ),
  ];
  return [
    ...comment(
      `${plan.name}: ${runs(plan) === 'both' ? 'the applets of both ends' : `the ${runs(plan)}`} by itself. At the other end: ${others.join(', ')}.`,
    ),
    ...comment(`Needs ${LEAST_RELEASE}`),
    ...(open.length === 0 ? [] : comment(`Fill in first (the router refuses a line as long as it has one): ${open.join(', ')}`)),
    ...exportParts.flatMap((part) =>
      partText(
        part,
        blocks.filter((block) => block.part === part),
        { explain, live },
      ),
    ),
  ].join('\n');
}

function partText(
  part: ExportPart,
  blocks: readonly ExportBlock[],
  { explain, live }: { readonly explain: boolean; readonly live: ExportPart },
): string[] {
  if (blocks.length === 0) return [];
  const show = (line: string): string => (part === live ? line : `!   ${line}`);
  const heading = `${HEADINGS[part]}${part === live ? '' : ` (--part ${part} prints it without the !)`}`;
  return [
    '!',
    ...comment(`===== ${heading}`),
    ...blocks.flatMap((block, index) => [
      '!',
      ...comment(`--- ${block.title}`),
      ...(explain ? [...comment(block.why), ...comment(`Source: ${block.source}.`)] : []),
      ...block.notes.flatMap((note) => comment(`Mind: ${note}.`)),
      ...withoutDoors(block.lines, configures(blocks[index - 1]), configures(blocks[index + 1])).map(show),
    ]),
  ];
}

const configures = (block: ExportBlock | undefined): boolean =>
  block?.lines[0] === 'configure terminal' && block.lines.at(-1) === 'end';

/** Blocks that all stand in configuration mode enter it once and leave it once. */
const withoutDoors = (lines: readonly string[], before: boolean, after: boolean): readonly string[] =>
  lines[0] !== 'configure terminal' || lines.at(-1) !== 'end' ? lines : lines.slice(before ? 1 : 0, after ? -1 : undefined);
