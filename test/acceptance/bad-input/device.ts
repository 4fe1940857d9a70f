/** What goes wrong between an agent and its device. Registered by ../bad-input-living.test.ts. Most of these end at the seal's deadline, two minutes after the stop. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import type { EndFacts } from '../../../agent/cli/lab/config-files.ts';
import { createHostKey } from '../../../agent/lab/host-key.ts';
import type { LabSshServer } from '../../../agent/lab/ssh-server.ts';
import type { IncidentFile } from '../../../shared/bundle/incident-file.ts';
import { type End, type LivingPair, withPair } from '../../support/living-pair.ts';

/** Two minutes, and the patience of a loaded machine. */
const SEALED_MS = 150_000;

/** What every incident says whose device could not be turned off; and what a person is told in time. */
async function givenToAPerson(pair: LivingPair, end: End, words: RegExp): Promise<void> {
  const { deviceName, ssh } = pair.stage.facts[end];
  const alarm = await pair.alarm(end, /debugs on .* are not verified off/, SEALED_MS);
  expect(alarm.text).toMatch(words);
  expect(alarm.remedy).toBe(`log in to ${deviceName} (${ssh.address}) and type: undebug all`);
  // The log comes over a pipe, the status over a socket: either may be first.
  const logged = () => pair.log[end].some(({ level, msg }) => level === 'error' && msg.includes(alarm.remedy ?? '?'));
  await pair.until(`the ${end}'s log says what to type`, logged);
}

function partialFor(file: IncidentFile, words: RegExp): void {
  expect(file.outcome.kind).toBe('partial');
  expect(file.outcome.reasons).toEqual(expect.arrayContaining(['debugs-not-verified-off']));
  expect(file.stop.off).toBe('failed');
  expect(file.stop.detail).toMatch(words);
  expect(file.alarms.map(({ remedy }) => remedy)).toContainEqual(
    expect.stringMatching(/^log in to \S+ \(\S+\) and type: undebug all$/),
  );
  // Every planned command has output or a stated reason.
  for (const { round, command } of file.planned) {
    const capture = file.captures.find((one) => one.round === round && one.command === command);
    expect(capture?.status === 'ok' || (capture?.detail ?? '') !== '', `${round} ${command}`).toBe(true);
  }
}

async function lastError(pair: LivingPair, end: End, words: RegExp): Promise<void> {
  await pair.until(`${words} in the ${end}'s status`, async () =>
    words.test((await pair.statusOrNull(end))?.device.sessions.control.lastError ?? ''),
  );
}

const otherDevice = (text: string, facts: EndFacts, port: number, hostKey = facts.hostKey): string =>
  text.replace(/ {2}port: \d+/, `  port: ${port}`).replace(facts.hostKey, hostKey);

/** A TCP server at the box's address that says what it likes instead of SSH. */
async function impostor(pair: LivingPair, end: End, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, pair.stage.facts[end].boxAddress, resolve));
  pair.closing({
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return (server.address() as { port: number }).port;
}

/** Real SSH that lets everybody in, and what it then says is no IOS. */
async function strangeShell(
  pair: LivingPair,
  end: End,
  serve: (channel: ssh2.ServerChannel) => void,
): Promise<{ port: number; hostKey: string }> {
  const key = createHostKey('ed25519');
  const server = new ssh2.Server({ hostKeys: [key.privatePem] }, (connection) => {
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty?.());
      session.on('shell', (acceptShell) => {
        const channel = acceptShell();
        channel.on('error', () => {});
        serve(channel);
      });
    });
  });
  const port = await impostor(pair, end, (socket) => server.injectSocket(socket));
  return { port, hostKey: key.fingerprint };
}

export function deviceCases(): void {
  test('the box comes back with another host key: refused by both fingerprints, an alarm before and in the incident; the other end is off', async () => {
    let first: LabSshServer | null = null;
    await withPair(
      {
        async edit(text, end, facts, pair) {
          if (end === 'spoke') return text;
          first = await pair.ssh('hub', { address: facts.hub.boxAddress, port: 0 });
          return otherDevice(text, facts.hub, first.local.port, first.hostKeyFingerprint);
        },
      },
      async (pair) => {
        await pair.start('hub', 'spoke');
        await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
        pair.debugsOn('hub', 'spoke');
        const old = first!;
        await old.close();
        const second = await pair.ssh('hub', old.local);
        const typedBefore = pair.stage.boxes.hub.commandLog.filter(({ line }) => line >= 0).length;

        const alarm = await pair.alarm('hub', /no login is possible: SSH_HOST_KEY_REFUSED/);
        expect(alarm.text).toContain(
          `shows the host key ${second.hostKeyFingerprint}, but pinned is ${old.hostKeyFingerprint}; if the new key is right, put it in hostKey; nothing was sent`,
        );
        expect(alarm.remedy).toMatch(/^compare the fingerprint with the device, .* type: undebug all$/);
        await lastError(pair, 'hub', /^SSH_HOST_KEY_REFUSED: /);

        pair.desync();
        await givenToAPerson(pair, 'hub', /SSH_HOST_KEY_REFUSED/);
        const [hub, spoke] = await Promise.all([pair.sealed('hub', SEALED_MS), pair.sealed('spoke', SEALED_MS)]);
        partialFor(hub, /SSH_HOST_KEY_REFUSED: .*shows the host key/);
        expect(spoke.outcome).toEqual({ kind: 'complete', reasons: [] });
        pair.quiet('spoke');
        expect(pair.stage.boxes.hub.commandLog.filter(({ line }) => line >= 0).length).toBe(typedBefore);
        await pair.alive('hub', 'spoke');
      },
    );
  });

  test('no host key pinned: nothing is sent, and the alarm holds all that is needed to pin it; pinned, the next event goes through', async () => {
    await withPair({ edit: (text, end) => (end === 'hub' ? text.replace(/ {2}hostKey: .*\n/, '') : text) }, async (pair) => {
      await pair.start('hub', 'spoke');
      const alarm = await pair.alarm('hub', /no login is possible: SSH_HOST_KEY_REFUSED: .*, but none is pinned;/);
      const [shown] = /SHA256:[\w+/]{43}/.exec(alarm.text) ?? [];
      expect(shown).toBe(pair.stage.facts.hub.hostKey);
      expect(pair.stage.boxes.hub.commandLog.filter(({ line }) => line >= 0)).toEqual([]);
      await pair.stop('hub');
      const text = readFileSync(pair.config('hub'), 'utf8');
      writeFileSync(pair.config('hub'), text.replace(/( {2}user: .*\n)/, `$1  hostKey: "${shown}"\n`));
      await pair.start('hub');
      await pair.goesThrough();
      expect((await pair.status('hub')).alarms.filter(({ text: words }) => /SSH_HOST_KEY/.test(words))).toEqual([]);
    });
  });

  test('a wrong password at the spoke: three tries and no more, an alarm; the hub is off, and says what the spoke could not do', async () => {
    await withPair({}, async (pair) => {
      writeFileSync(pair.secretFile('spoke-ssh'), 'not the password\n');
      await pair.start('hub', 'spoke');
      await pair.ready('hub');
      pair.debugsOn('hub', 'spoke');
      const alarm = await pair.alarm('spoke', /3 logins in a row were refused/);
      expect(alarm.text).toMatch(
        /SSH_AUTH_REFUSED: \S+ port \d+ refused the login of "spitrap" by a password; it offers "keyboard-interactive, password"/,
      );
      expect(alarm.text).not.toContain('not the password');
      expect(alarm.remedy).toMatch(/^correct device\.user and its secret, then restart the agent; .*type: undebug all$/);
      expect((await pair.status('spoke')).device.refusedLoginsInARow).toBe(3);

      pair.desync();
      await givenToAPerson(pair, 'spoke', /SSH_AUTH_REFUSED/);
      const [hub, spoke] = await Promise.all([pair.sealed('hub', SEALED_MS), pair.sealed('spoke', SEALED_MS)]);
      partialFor(spoke, /SSH_AUTH_REFUSED: .*refused the login/);
      expect(hub.outcome.kind).toBe('partial');
      expect(hub.outcome.reasons).toContain('peer-not-verified-off:spoke1');
      expect(hub.stop.off).toBe('verified');
      pair.quiet('hub');
      await pair.alive('hub', 'spoke');
      // Each attempt of the stop makes one; nothing else does.
      expect((await pair.status('spoke')).device.refusedLoginsInARow).toBeLessThanOrEqual(3 + spoke.stop.attempts + 1);
    });
  });

  test('enable refused at the hub, and garbage instead of SSH at the spoke', async () => {
    await withPair(
      {
        async edit(text, end, facts, pair) {
          if (end === 'hub') return text;
          const noise = Buffer.from(Array.from({ length: 8_192 }, (_, n) => (n * 7919 + (n >> 3)) & 255));
          const port = await impostor(pair, 'spoke', (socket) => {
            const again = (): void => void (socket.writable && socket.write(noise, again));
            again();
          });
          return otherDevice(text, facts.spoke, port);
        },
      },
      async (pair) => {
        writeFileSync(pair.secretFile('hub-enable'), 'not the secret\n');
        await pair.start('hub', 'spoke');
        pair.debugsOn('hub', 'spoke');
        const alarm = await pair.alarm('hub', /3 logins in a row were refused/);
        expect(alarm.text).toMatch(
          /ENABLE_REFUSED: hub1: enable was refused, the device said ".*% (Bad secrets|Access denied).*"; check enablePassword/,
        );
        expect(alarm.remedy).toMatch(/^correct device\.enablePassword, or give the user privilege 15/);
        await lastError(
          pair,
          'spoke',
          /^SSH_UNREACHABLE: \S+ port \d+ answered, but not in SSH that we understand: ".*"; is it the right port\? Tried again later\./,
        );

        await pair.until('the syslog connections', () => pair.stage.syslog.hub.connected());
        pair.desync();
        await Promise.all([givenToAPerson(pair, 'hub', /ENABLE_REFUSED/), givenToAPerson(pair, 'spoke', /SSH_UNREACHABLE/)]);
        partialFor(await pair.sealed('hub', SEALED_MS), /ENABLE_REFUSED/);
        partialFor(await pair.sealed('spoke', SEALED_MS), /SSH_UNREACHABLE/);
        await pair.alive('hub', 'spoke');
      },
    );
  });

  test('a shell that never prompts at the hub, and one that never stops its banner at the spoke', async () => {
    await withPair(
      {
        async edit(text, end, facts, pair) {
          const shell = await strangeShell(pair, end, (channel) => {
            if (end === 'hub') return void channel.write('Please choose:\r\n 1) console\r\n 2) quit\r\nYour choice? ');
            const banner = 'x'.repeat(80).concat('\r\n').repeat(100);
            const more = (): void => void (channel.writable && channel.write(banner, more));
            more();
          });
          return otherDevice(text, facts[end], shell.port, shell.hostKey);
        },
      },
      async (pair) => {
        await pair.start('hub', 'spoke');
        pair.debugsOn('hub', 'spoke');
        await pair.until('the syslog connections', () => pair.stage.syslog.hub.connected());
        pair.desync();
        await lastError(
          pair,
          'hub',
          /^PROMPT_TIMEOUT: hub1: no prompt within [\d.]+s of the login; what stands there is ".*Your choice\? ?"/,
        );
        await lastError(pair, 'spoke', /^PROMPT_TIMEOUT: spoke1: more than 262144 bytes came before a prompt/);
        await Promise.all([
          givenToAPerson(pair, 'hub', /no session|PROMPT_TIMEOUT/),
          givenToAPerson(pair, 'spoke', /PROMPT_TIMEOUT/),
        ]);
        partialFor(await pair.sealed('hub', SEALED_MS), /no session|PROMPT_TIMEOUT/);
        partialFor(await pair.sealed('spoke', SEALED_MS), /PROMPT_TIMEOUT/);
        await pair.alive('hub', 'spoke');
      },
    );
  });

  test('AAA refuses the terminal settings at both ends: the pager is answered, the incident is complete', async () => {
    await withPair({}, async (pair) => {
      for (const box of [pair.stage.boxes.hub, pair.stage.boxes.spoke]) box.behave({ refuseTerminalSettings: true });
      await pair.start('hub', 'spoke');
      await pair.goesThrough();
      const hub = await pair.sealed('hub');
      const paged = hub.captures.find(({ command }) => command === 'show crypto ipsec sa detail');
      expect(paged).toMatchObject({ status: 'ok' });
      expect(paged?.bytes).toBeGreaterThan(1_500);
    });
  });
}
