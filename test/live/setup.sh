#!/usr/bin/env bash
# What the live suite needs from Debian, installed when root and missing. Idempotent. One package a line; add yours.
set -euo pipefail
packages=(
  snmp        # snmptrap, snmpinform
  snmptrapd
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
if [ "$(id -u)" -ne 0 ]; then
  echo "live tests need these Debian packages, and only root can install them: ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
