/**
 * Alarms as an HTTP POST of the JSON in docs/alarms.md. Any 2xx is a delivery; what else may come back is told apart by whether trying
 * again can help (RFC 9110 §15). On the shelf of index.ts.
 */

import type { Clock } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { HttpResponse } from '../ports.ts';
import { failed, type OpenChannel, type Sent } from './channel.ts';

export const openWebhook: OpenChannel<'webhook'> = ({ url, headers, ca, timeoutMs }, { http, clock }) => {
  const { origin } = new URL(url);
  return {
    target: origin,
    async send(notice, signal) {
      const body = Buffer.from(JSON.stringify(notice));
      const own = { 'content-type': 'application/json', accept: '*/*', 'user-agent': `spitrap/${notice.agent.version}` };
      try {
        const asked = {
          method: 'POST',
          url,
          headers: { ...own, ...headers },
          body,
          ca,
          responseBytesMax: limits.alarmResponseBytesMax,
        } as const;
        return judge(await http.request(asked, signal), origin, clock);
      } catch (error) {
        const errno = asSpitrapError(error).context['errno'];
        return unreachable(origin, typeof errno === 'string' ? errno : asSpitrapError(error).message, timeoutMs);
      }
    },
  };
};

function judge({ status, headers, body }: HttpResponse, origin: string, clock: Clock): Sent {
  const said = body.length === 0 ? '' : `: ${quoted(body.toString('utf8'), 200)}`;
  const came = `${origin} answered ${status}${said}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', detail: `${origin} answered ${status}` };
  if (status >= 300 && status < 400) {
    // Of a URL the origin alone: a path may be somebody's secret.
    const { location } = headers;
    const to = location !== undefined && URL.canParse(location, origin) ? ` to ${new URL(location, origin).origin}` : '';
    return {
      kind: 'refused',
      detail: `${origin} answered ${status}, a redirect${to}, which is not followed`,
      remedy: 'write the final URL in alarms[].url',
    };
  }
  const busy = status === 408 || status === 425 || status === 429;
  if (status >= 400 && status < 500 && !busy) return { kind: 'refused', detail: came, remedy: refusalRemedy(status) };
  return failed(came, 'look at the receiver’s own log', retryAfter(headers['retry-after'], clock));
}

function refusalRemedy(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'correct alarms[].token or alarms[].header';
    case 404:
    case 405:
    case 410:
      return 'correct alarms[].url: nothing takes a POST there';
    case 413:
      return 'let the receiver take bodies of 8 KiB';
    default:
      return 'compare what the receiver wants with the JSON in docs/alarms.md; a relay or a command can translate';
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. Bounded: a receiver may not silence us for a day. */
function retryAfter(value: string | undefined, clock: Clock): number | null {
  if (value === undefined) return null;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - clock.wall();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), limits.alarmRetryAfterMaxMs) : null;
}

function unreachable(origin: string, errno: string, timeoutMs: number): Sent {
  if (errno === 'ABORTED')
    return failed(
      `${origin} did not answer within ${timeoutMs} ms`,
      'look whether the receiver hangs, or raise alarms[].timeout',
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(errno))
    return failed(
      `${origin}: its certificate is not accepted: ${errno}`,
      'give the authority that signed it as alarms[].ca, and use the name that it is made out to',
    );
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN')
    return failed(
      `${origin}: the name could not be resolved: ${errno}`,
      'correct the name, or write an address: DNS may be behind the tunnel that broke',
    );
  return failed(`${origin}: ${errno}`, 'look whether the receiver runs, and at routes and firewalls');
}
