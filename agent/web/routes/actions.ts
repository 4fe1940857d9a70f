/** POST /api/v1/arm, disarm, hold, ack, …: the requests of the control socket, asked with the token and journaled with who. */
import { SpitrapError } from '../../../shared/errors.ts';
import { perform } from '../../control/perform.ts';
import { type ControlRequest, parseRequest } from '../../control/protocol.ts';
import { jsonReply, type PageRequest, type PageRoom, type Route } from '../route.ts';

const ABOUT = {
  arm: 'Arm the device, with `pair` its peers too. Answers when it is armed.',
  disarm: 'Disarm. Answers when debugs are verified off.',
  hold: 'Hold: no new incident acts; and off again.',
  capture: 'Capture now, with `pair` at the peers too: an incident that looks and turns nothing off. Answers when it is begun.',
  test: 'Test the pair: a hello to each peer on every path, and what came back. Starts nothing there.',
  ack: 'Acknowledge an alarm.',
} as const;

type Action = keyof typeof ABOUT;

export const actions: readonly Route[] = (Object.keys(ABOUT) as Action[]).map((action) => ({
  method: 'POST',
  path: `/api/v1/${action}`,
  access: 'act',
  about: ABOUT[action],
  answer: async (request, room) => jsonReply(await act(action, request, room)),
}));

/** Whoever asks is who holds the token: what the body says of it counts for nothing. */
async function act(action: Action, request: PageRequest, room: PageRoom): Promise<unknown> {
  const body = await request.json();
  const { who } = request;
  const change =
    action === 'arm' || action === 'disarm' || action === 'capture' ? { pair: false, ...asked(body), who } : asked(body);
  const parsed = parseRequest(JSON.stringify({ ...body, change, who, request: action }));
  if (parsed instanceof SpitrapError) throw parsed;
  return perform(parsed as Exclude<ControlRequest, { request: 'identify' }>, room.control);
}

/** As the control socket has it, under `change`; or its keys by themselves. */
function asked(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { change } = body;
  return typeof change === 'object' && change !== null && !Array.isArray(change) ? (change as Record<string, unknown>) : body;
}
