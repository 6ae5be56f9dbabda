#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Makes a folder with what Debian has for another architecture: the C library
# and all that srt is linked with, to build srt for that machine on this one.
# Nothing of this system is changed, and no right is needed: apt has a state
# of its own in there, and its keys tell whose packages they are.
#
#	etc/cross.sh arm64 DIR
#
# Then:	DIR/root	for the compiler's --sysroot and qemu's -L
#	DIR/pkg-config	for configure's PKG_CONFIG
# A folder that is complete is left as it is.

set -eu

usage() {
	echo 'usage: etc/cross.sh arm64 DIR' >&2
	exit 2
}

[ $# -eq 2 ] || usage
case $1 in
arm64)	triplet=aarch64-linux-gnu ;;
*)	usage ;;
esac
arch=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
packages='libc6-dev libevent-dev libseccomp-dev libyajl-dev libbsd-dev
    libmd-dev libssl-dev libcmocka-dev'

[ ! -e "$dir/complete" ] || exit 0
for program in apt-get dpkg-deb; do
	command -v "$program" >/dev/null 2>&1 || {
		echo "cross: there is no $program here" >&2
		exit 1
	}
done

rm -rf "$dir/apt" "$dir/root"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" \
    "$dir/root"
: >"$dir/apt/status"
cat >"$dir/apt/conf" <<EOT
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::Retries "2";
Dir::State "$dir/apt";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt/cache";
Dir::Log "$dir/apt";
Debug::NoLocking "true";
EOT

# quiet COMMAND ...: what it says is shown if it fails.
quiet() {
	if ! "$@" >"$dir/apt/log" 2>&1; then
		tail -n 20 "$dir/apt/log" >&2
		return 1
	fi
}

APT_CONFIG=$dir/apt/conf
export APT_CONFIG
quiet apt-get update -q
# shellcheck disable=SC2086
quiet apt-get install -qy --no-install-recommends --download-only $packages
for deb in "$dir"/apt/cache/archives/*.deb; do
	dpkg-deb -x "$deb" "$dir/root"
done
# Their links may begin at a root that is not this one.
find "$dir/root" -type l -lname '/*' | while read -r link; do
	ln -sfn "$dir/root$(readlink "$link")" "$link"
done

cat >"$dir/pkg-config" <<EOT
#!/bin/sh
unset PKG_CONFIG_PATH
export PKG_CONFIG_SYSROOT_DIR='$dir/root'
export PKG_CONFIG_LIBDIR='$dir/root/usr/lib/$triplet/pkgconfig'
exec pkg-config "\$@"
EOT
chmod +x "$dir/pkg-config"
rm -rf "$dir/apt"
: >"$dir/complete"
