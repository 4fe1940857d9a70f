/** A device's configuration as the target of a login. Called by app.ts and by subcommands that log in; secrets stay where they are needed. */
import type { DeviceConfig, JumpConfig } from '../config/config.ts';
import type { ShellTarget } from '../ports.ts';

/** `trustOnFirstUse`: only by command-line flag; told the fingerprint of a device for which none is pinned. */
export function shellTarget(device: DeviceConfig, trustOnFirstUse?: (fingerprint: string) => void): ShellTarget {
  return {
    ...login(device, trustOnFirstUse),
    legacy: device.legacy,
    keepaliveMs: device.keepaliveMs,
    // A jump host is a server of today: what is old about the device is not old about it.
    ...(device.jump === null
      ? {}
      : { jump: { ...login(device.jump, trustOnFirstUse), legacy: false, keepaliveMs: device.keepaliveMs } }),
  };
}

function login(to: DeviceConfig | JumpConfig, trustOnFirstUse?: (fingerprint: string) => void) {
  return {
    address: to.address,
    port: to.port,
    user: to.user,
    ...(to.password === null ? {} : { password: to.password }),
    ...(to.privateKey === null ? {} : { privateKey: to.privateKey }),
    ...(to.passphrase === null ? {} : { passphrase: to.passphrase }),
    hostKeys: to.hostKeys,
    ...(trustOnFirstUse === undefined ? {} : { trustOnFirstUse }),
  };
}
