/** The smallest pair of pair-protocol.md, a host with its secrets, and short ways to break it. Shared by the tests of this folder. */
import type { ConfigHost } from '../../agent/config/config-host.ts';
import { faultsOf } from '../../agent/config/faults.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { SpitrapError } from '../../shared/errors.ts';

export const FILE = '/etc/spitrap/hub.yaml';

/** pair-protocol.md, "The smallest pair, as configuration", letter by letter. */
export const SMALLEST = `# hub.yaml: crypto addresses (of tunnels) and signal addresses (of agents) are never the same field
role: hub
device: { address: 192.0.2.1, port: 22, platform: cisco-ios, user: spitrap, password: { file: hub.pw }, hostKey: "SHA256:…",
          match: [192.0.2.1], cryptoAddresses: [213.163.222.7] }
sources: [ { kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1] } ]
signal:  { listen: "0.0.0.0:10162" }
peers:   [ { name: spoke1, kind: spitrap, cryptoAddresses: [11.1.1.3], send: ["198.51.100.9:10162"], from: [198.51.100.9],
             snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } } } } ]
`;

export const SECRETS: Record<string, string> = {
  '/etc/spitrap/hub.pw': 'tr0ub4dor\n',
  '/etc/spitrap/auth': 'authpassword\r\n',
  '/etc/spitrap/priv': 'privpassword',
};

export function host(
  more: { files?: Record<string, string>; env?: Record<string, string>; permissions?: number } = {},
): ConfigHost {
  const files: Record<string, string> = { ...SECRETS, ...more.files };
  const errno = (code: string) => Object.assign(new Error(`${code}: nothing said`), { code });
  return {
    readFile(path, bytesMax) {
      const text = files[path];
      if (text === undefined) throw errno('ENOENT');
      if (text.length > bytesMax) throw new RangeError(`${text.length} bytes, at most ${bytesMax} expected`);
      return text;
    },
    listFolder(path) {
      const names = Object.keys(files).flatMap((file) =>
        file.startsWith(`${path}/`) ? [file.slice(path.length + 1).split('/')[0]!] : [],
      );
      if (names.length === 0) throw errno(path in files ? 'ENOTDIR' : 'ENOENT');
      return [...new Set(names)].reverse();
    },
    permissions: () => more.permissions ?? 0o600,
    environment: (name) => more.env?.[name],
  };
}

export const load = (text: string, on = host()) => loadConfigText(text, FILE, on);

export function errorOf(text: string, on = host()): SpitrapError {
  try {
    load(text, on);
  } catch (error) {
    if (error instanceof SpitrapError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

export const faults = (text: string, on = host()): string[] =>
  faultsOf(errorOf(text, on)).map(({ path, line, value, remedy }) => `${path}|${line}|${value}|${remedy}`);

/** The smallest pair with one thing in it changed. */
export function changed(from: string, to: string): string {
  if (!SMALLEST.includes(from)) throw new Error(`not in the smallest pair: ${from}`);
  return SMALLEST.replace(from, () => to);
}
