/** A request that was read, and whose it is to answer: for the control socket and for the page's actions alike. */
import type { ControlHandlers, ControlRequest } from './protocol.ts';

/** `identify` is the socket's own. Rejects with what the handler refuses with. */
export async function perform(
  request: Exclude<ControlRequest, { request: 'identify' }>,
  handlers: ControlHandlers,
): Promise<unknown> {
  switch (request.request) {
    case 'status':
      return handlers.status();
    case 'hold':
      return handlers.hold(request.change, request.who);
    case 'incidents':
      return handlers.incidents();
    case 'incident':
      return handlers.incident(request.id);
    case 'ack':
      return handlers.ack(request.alarm, request.who);
    case 'arm':
      return handlers.arm(request.change);
    case 'disarm':
      return handlers.disarm(request.change);
    case 'capture':
      return handlers.capture(request.change);
    case 'test':
      return handlers.test();
    case 'reload':
      return handlers.reload(request.who);
  }
}
