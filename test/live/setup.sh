#!/usr/bin/env bash
# What the live suite needs from Debian, installed when root and missing. Idempotent. One package a line; add yours.
set -euo pipefail
packages=(
  snmp        # snmptrap, snmpinform
  snmptrapd
  rsyslog     # relays to our syslog sources; run by the test with a configuration of its own
  rsyslog-gnutls   # rsyslog's TLS drivers, as senders of syslog over TLS
  rsyslog-openssl
  snmpd       # answers our polls, by a pass script of the test
  bsdutils    # logger
  openssl     # certificates for the alarm webhook and for syslog over TLS; s_client
  openssh-client  # ssh, ssh-keyscan, ssh-keygen
  systemd     # systemd-notify speaks to a socket of the test, systemd-analyze judges the unit; no daemon of it is started
  python3     # the stand-in for systemd's socket
  chromium        # the report is looked at in it
  fonts-dejavu-core  # without a font it would measure boxes
  openssh-server  # sshd, run by the test with a configuration, keys and port of its own
  nats-server     # the fleet's engine, run by the tests on ports of their own
)
# What `spitrap lab --real` needs: npm run lab:real:setup, which is this script with the argument lab-real, installs these alone.
lab_real=(
  util-linux  # unshare, nsenter, setpriv
  bsdutils    # script: a pseudo terminal for device.transport: local
  iproute2
  nftables
  iputils-ping
  tcpdump     # the witness on the wire
  charon-systemd
  strongswan-swanctl
  libcharon-extra-plugins  # kernel-libipsec: ESP in userland, for kernels without
  openssh-client
  openssh-server
  sudo        # the rules of docs/linux.md are what the agents have there
)
if [ "${1:-}" = lab-real ]; then packages=("${lab_real[@]}"); else packages+=("${lab_real[@]}"); fi
missing=()
# promtool checks the alert rules; it comes with the server, whose service nobody wants here: unpacked, not installed.
need_promtool=false
if [ "${1:-}" != lab-real ] && ! command -v promtool > /dev/null; then need_promtool=true; fi
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ] && ! $need_promtool; then exit 0; fi
if [ "$(id -u)" -ne 0 ]; then
  if $need_promtool; then missing+=("prometheus (its promtool)"); fi
  echo "live tests need these Debian packages, and only root can install them: ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Installing must not start daemons: the tests run their own. policy-rc.d is Debian's word for that; one that is there is left alone.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
if [ ${#missing[@]} -gt 0 ]; then apt-get install -y -qq --no-install-recommends "${missing[@]}"; fi
if $need_promtool; then
  unpacked=$(mktemp -d)
  (cd "$unpacked" && chmod 755 . && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb . && install -m 755 usr/bin/promtool /usr/local/bin/promtool)
  rm -rf "$unpacked"
fi
