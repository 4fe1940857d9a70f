/**
 * What runs as the first process of each end's namespaces: puts the lab's files in their places, in a mount namespace of its own, says
 * `ready`, and lives until its input ends. With it everything in its process namespace ends, and with the last process the namespaces.
 */

/** $1: the folder of this end, $2: its host name. Nothing of the machine is written to: every place is a mount of this namespace. */
export const stageScript = `set -eu
from=$1
hostname "$2"
mount --make-rprivate /
mount -t tmpfs -o mode=755 spitrap-lab "$from/inside"
top=$from/inside
mkdir -p "$top/run/sshd" "$top/run/sudo" "$top/log"
cp -a "$from/etc" "$top/etc"
chown -R 0:0 "$top/etc"
find "$top/etc" -type d -exec chmod 755 {} +
touch "$top/log/charon-spitrap.log"
chmod 755 "$top/log" "$top/run" "$top/run/sshd"
chmod 711 "$top/run/sudo"
chmod 644 "$top/log/charon-spitrap.log"
ln -s off.levels "$top/etc/strongswan.d/spitrap/levels"
# Every place of ours over its own of the machine: a folder whole, a file alone.
for path in passwd group shadow hosts sudoers strongswan.conf; do
  [ -e "/etc/$path" ] && mount --bind "$top/etc/$path" "/etc/$path"
done
for path in sudoers.d strongswan.d swanctl ssh; do
  [ -d "/etc/$path" ] && mount --bind "$top/etc/$path" "/etc/$path"
done
mount --bind "$top/log" /var/log
mount --bind "$top/run" /run
ip link set lo up
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null || true
nft -f "$top/etc/nftables.d/spitrap.nft"
echo ready
read -r _ || true
`;
