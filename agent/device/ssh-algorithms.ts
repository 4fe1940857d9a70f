/** Which SSH algorithms we offer (dependencies.md §3 and §8). Never group-exchange: it blocks the event loop for seconds. */
import type ssh2 from 'ssh2';

type Algorithms = Required<Pick<ssh2.Algorithms, 'kex' | 'serverHostKey' | 'cipher' | 'hmac'>>;

const modern = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
} as const;

/** IOS 12.4 and 15.1 have nothing better. group14 before group1, which costs 40 ms of the event loop a login. */
const old = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
} as const;

export function sshAlgorithms(legacy: boolean): Algorithms {
  const add = <T>(base: readonly T[], extra: readonly T[]): T[] => (legacy ? [...base, ...extra] : [...base]);
  return {
    kex: add<ssh2.KexAlgorithm>(modern.kex, old.kex),
    serverHostKey: add<ssh2.ServerHostKeyAlgorithm>(modern.serverHostKey, old.serverHostKey),
    cipher: add<ssh2.CipherAlgorithm>(modern.cipher, old.cipher),
    hmac: add<ssh2.MacAlgorithm>(modern.hmac, old.hmac),
  };
}
