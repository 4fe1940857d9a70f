/** How a failed way to a shell is told: what was tried, where, what came back, what happens next; and whether trying again may help. */
import { expect, test } from 'vitest';
import { type Attempt, sshError } from '../../agent/device/ssh-errors.ts';
import { target } from '../support/log-in.ts';

const attempt: Attempt = { target, presentedKey: null, keyRefused: false, methods: '', offers: new Map() };
const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

test.each([
  [
    failure('connect ECONNREFUSED', { level: 'client-socket', code: 'ECONNREFUSED' }),
    'could not be reached: "connect ECONNREFUSED"; a router without a free VTY line answers so too. Tried',
  ],
  [
    failure('read ECONNRESET', { level: 'client-socket', code: 'ECONNRESET' }),
    'could not be reached: "read ECONNRESET"; a router without a free VTY line answers so too. Tried',
  ],
  [
    failure('connect EHOSTUNREACH', { level: 'client-socket', code: 'EHOSTUNREACH' }),
    'could not be reached: "connect EHOSTUNREACH". Tried',
  ],
  [failure('Timed out while waiting for handshake', { level: 'client-timeout' }), 'did not answer in time. Tried'],
  // What ssh2 throws for bytes that are no identification string has no level at all.
  [
    failure('Invalid header: expected newline'),
    'answered, but not in SSH that we understand: "Invalid header: expected newline"; is it the right port? Tried',
  ],
  [
    failure('Bad packet length', { level: 'protocol' }),
    'answered, but not in SSH that we understand: "Bad packet length"; is it the right port? Tried',
  ],
  [null, 'closed the connection before the login was done; are all VTY lines taken? Tried'],
])('%s', (error, words) => {
  const told = sshError(attempt, error);
  expect(told).toMatchObject({ code: 'SSH_UNREACHABLE', retryable: true });
  expect(told.message).toContain(` port ${target.port} ${words} again later.`);
});

test('another host key is told with both fingerprints, and is not retryable', () => {
  const pinned = { ...attempt, target: { ...target, hostKeys: ['SHA256:a'] }, presentedKey: 'SHA256:b', keyRefused: true };
  const told = sshError(pinned, failure('Host denied (verification failed)', { level: 'handshake' }));
  expect(told).toMatchObject({ code: 'SSH_HOST_KEY_REFUSED', retryable: false });
  expect(told.message).toMatch(
    /shows the host key SHA256:b, but pinned is SHA256:a; if the new key is right, put it in hostKey; nothing was sent\.$/,
  );
});

test('text of the far end is escaped and bounded', () => {
  const told = sshError(attempt, failure(`\u001b[2J${'x'.repeat(10_000)}`));
  expect(told.message).not.toContain('\u001b');
  expect(told.message.length).toBeLessThan(400);
});
