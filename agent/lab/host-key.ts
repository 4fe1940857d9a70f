/**
 * A host key for a simulated head-end, made at start, in a form that ssh2's server reads. Used by ssh-server.ts.
 * ssh2 1.17's own generator is not: it strips leading zero bytes from the public key, so that one ed25519 key in 256
 * cannot be parsed ("Malformed OpenSSH private key"; 7 of 2,000 seen). Format: OpenSSH's PROTOCOL.key.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { SpitrapError } from '../../shared/errors.ts';

export interface HostKey {
  /** PEM: PKCS #1 for RSA, openssh-key-v1 for ed25519. */
  readonly privatePem: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string;
}

export function createHostKey(type: 'ed25519' | 'rsa'): HostKey {
  const privatePem = type === 'rsa' ? rsaPem() : opensshPem(ed25519Pair());
  const parsed = ssh2.utils.parseKey(privatePem);
  if (parsed instanceof Error || Array.isArray(parsed))
    throw new SpitrapError('INTERNAL', `ssh2 cannot read the lab's own ${type} host key`);
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64');
  return { privatePem, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` };
}

const rsaPem = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

interface Ed25519Pair {
  /** 32 octets each. */
  readonly publicKey: Buffer;
  readonly seed: Buffer;
}

function ed25519Pair(): Ed25519Pair {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { publicKey: Buffer.from(jwk.x ?? '', 'base64url'), seed: Buffer.from(jwk.d ?? '', 'base64url') };
}

/** openssh-key-v1, unencrypted: cipher and KDF `none`, one key, padded with 1, 2, 3 … to eight octets. */
export function opensshPem({ publicKey, seed }: Ed25519Pair): string {
  const name = text(Buffer.from('ssh-ed25519'));
  const publicBlob = Buffer.concat([name, text(publicKey)]);
  // Two equal check integers tell a wrong passphrase; without one any pair will do.
  const check = Buffer.alloc(8);
  const bare = Buffer.concat([check, publicBlob, text(Buffer.concat([seed, publicKey])), text(Buffer.alloc(0))]);
  const padding = Buffer.from(Array.from({ length: (8 - (bare.length % 8)) % 8 }, (_, index) => index + 1));
  const none = text(Buffer.from('none'));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    text(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    text(publicBlob),
    text(Buffer.concat([bare, padding])),
  ]);
  const wrapped = body.toString('base64').replace(/(.{70})(?=.)/g, '$1\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${wrapped}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** An SSH string (RFC 4251 §5): a length of four octets, then that many. */
function text(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
