/**
 * Two simulated IOS head-ends with a tunnel between them, for walking through docs/guide.md and docs/eem.md without routers. They stay
 * until end of input or Ctrl-C, and come as IOS comes: the lines of docs/router.md are still to be entered. Needs a built dist/ (npm ci).
 *
 *   hub1    127.0.2.1, crypto address 213.163.222.7, logs to 127.0.1.1
 *   spoke1  127.0.2.2, crypto address 11.1.1.3,      logs to 127.0.1.2
 *   SSH on port 2222, user spitrap, password router-pw; logging host over TCP, port 6514; SNMP on UDP port 10162
 *
 * Standard input is both consoles: `hub1 show debugging`. `break`: the hub loses its SAs, and logs. `repair`: the tunnel is well again.
 */
import { createInterface } from 'node:readline';
import { createClock } from '../../dist/agent/clock.js';
import { createLabPair } from '../../dist/agent/lab/pair.js';
import { openBoxSnmp } from '../../dist/agent/lab/snmp/udp.js';
import { startSshServer } from '../../dist/agent/lab/ssh-server.js';
import { startSyslogSender } from '../../dist/agent/lab/syslog-sender.js';
import { createWorld } from '../../dist/agent/world.js';

const clock = createClock();
const { datagrams } = createWorld();
const print = (text) => process.stdout.write(`${text}\n`);
const users = [{ user: 'spitrap', password: 'router-pw' }];

const routers = [
  { hostname: 'hub1', address: '127.0.2.1', cryptoAddress: '213.163.222.7', logHost: '127.0.1.1', seed: 7 },
  { hostname: 'spoke1', address: '127.0.2.2', cryptoAddress: '11.1.1.3', logHost: '127.0.1.2', seed: 8 },
];
const options = ({ hostname, cryptoAddress, logHost, seed }) => ({
  ...{ hostname, cryptoAddress, logHost, seed, clock, logPort: 6514, platform: 'cisco-ios', vtyLines: 5 },
  ...{ enableSecret: 'router-pw', messageIntervalMs: 60_000 },
});
const pair = createLabPair(options(routers[0]), options(routers[1]));
const boxes = { hub1: pair.hub, spoke1: pair.spoke };

for (const { hostname, address, logHost } of routers) {
  const box = boxes[hostname];
  const to = { address: logHost, port: 6514 };
  const ssh = await startSshServer({ box, clock, listen: { address, port: 2222 }, users, legacy: false });
  await startSyslogSender({ box, clock, transport: 'tcp', to, sourceAddress: address });
  await openBoxSnmp({ box, datagrams, bind: { address, port: 10_162 } });
  print(`${hostname}: ssh spitrap@${address} -p 2222   host key ${ssh.hostKeyFingerprint}`);
}
pair.start();

const words = {
  break: () => `the hub has lost its SAs; the spoke still sends with 0x${pair.desync().toString(16).padStart(8, '0')}`,
  repair: () => `the tunnel is well again${pair.repair() ?? ''}`,
};
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...rest] = line.trim().split(' ');
  if (words[name]) print(words[name]());
  else if (boxes[name]) print(boxes[name].console(rest.join(' ')) || `${name}: taken, no output`);
  else if (line.trim() !== '') print('hub1 LINE or spoke1 LINE (its console), break, repair');
}
process.exit(0);
