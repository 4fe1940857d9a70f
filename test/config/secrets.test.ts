/** Secrets by their reference: where each kind is read from, and what is said when it is not there. */
import { describe, expect, test } from 'vitest';
import { changed, errorOf, host, load, SMALLEST } from './smallest-pair.ts';

const CREDENTIALS = '/run/credentials/spitrap@hub.service';
const asCredential = changed('{ file: hub.pw }', '{ credential: key_hub.pw }');

describe('a credential of systemd', () => {
  test('is read from the folder that systemd names, whatever its permissions, and is hidden as any secret', () => {
    const files = { [`${CREDENTIALS}/key_hub.pw`]: 'from-systemd\n' };
    const { config, secrets, warnings } = load(
      asCredential,
      host({ files, env: { CREDENTIALS_DIRECTORY: CREDENTIALS }, permissions: 0o440 }),
    );
    expect(config.device.password).toBe('from-systemd');
    expect(secrets).toContain('from-systemd');
    expect(warnings.join('\n')).not.toContain('key_hub.pw');
  });

  test('outside of systemd: says what hands it over, and how to bring it by hand', () => {
    const error = errorOf(asCredential, host());
    expect(error.code).toBe('SECRET_UNREADABLE');
    expect(error.message).toContain('CREDENTIALS_DIRECTORY is not set');
    expect(error.message).toContain('LoadCredential=key_hub.pw:/path');
  });

  test('a folder without it: says what the unit lacks', () => {
    const error = errorOf(asCredential, host({ env: { CREDENTIALS_DIRECTORY: CREDENTIALS } }));
    expect(error.code).toBe('SECRET_UNREADABLE');
    expect(error.message).toContain(`not in ${CREDENTIALS}; the unit needs LoadCredential=key_hub.pw:/path`);
  });

  test.each(['../../etc/shadow', '.', '..', 'a/b', '', '-x'])('a name that leads elsewhere is none: %j', (name) => {
    const error = errorOf(
      changed('{ file: hub.pw }', `{ credential: "${name}" }`),
      host({ env: { CREDENTIALS_DIRECTORY: CREDENTIALS } }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('LoadCredential=NAME:/path');
  });

  test('beside a file it is one of two places', () => {
    expect(errorOf(changed('{ file: hub.pw }', '{ file: hub.pw, credential: x }')).message).toContain(
      'exactly one of file, env and credential',
    );
  });

  test('the smallest pair needs none', () => {
    expect(load(SMALLEST).config.device.password).toBe('tr0ub4dor');
  });
});
