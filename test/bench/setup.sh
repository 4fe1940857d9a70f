#!/usr/bin/env bash
# What `npm run bench` measures against, from Debian. Started by run.mjs, as root, when something is missing. Idempotent.
set -euo pipefail
packages=(
  rsyslog     # takes the same stream of lines, with the same match
  snmptrapd   # logs the same notifications
  snmp        # snmptrap, as EEM sends: once, unanswered
  gawk        # classifies the same log
)
export DEBIAN_FRONTEND=noninteractive
# Installing must not start daemons: the measurements run their own.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${packages[@]}"
