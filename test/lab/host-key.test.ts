import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { createHostKey, opensshPem } from '../../agent/lab/host-key.ts';

test.each(['ed25519', 'rsa'] as const)('an %s key that ssh2 reads, with the fingerprint of ssh-keygen', (type) => {
  const key = createHostKey(type);
  expect(key.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  const parsed = ssh2.utils.parseKey(key.privatePem);
  expect(parsed instanceof Error ? parsed.message : (parsed as ssh2.ParsedKey).isPrivateKey()).toBe(true);
});

test('a public key that starts with a zero octet, one in 256, is as good as any', () => {
  for (let tries = 0; ; tries++) {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const publicKey = Buffer.from(jwk.x ?? '', 'base64url');
    // P(no such key in 20,000) is e^-78.
    expect(tries).toBeLessThan(20_000);
    if (publicKey[0] !== 0) continue;
    const parsed = ssh2.utils.parseKey(opensshPem({ publicKey, seed: Buffer.from(jwk.d ?? '', 'base64url') }));
    expect(parsed instanceof Error ? parsed.message : 'parsed').toBe('parsed');
    const key = parsed as ssh2.ParsedKey;
    expect(key.verify('data', key.sign('data') as Buffer)).toBe(true);
    return;
  }
});
