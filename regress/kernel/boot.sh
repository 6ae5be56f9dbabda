#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Runs tests on another kernel:
#
#	boot.sh O FOLDER TEST ...
#
# FOLDER is where the packages of a Debian kernel were unpacked (dpkg -x).
# The machine is qemu's; its root is this system's, of which it changes
# nothing: whatever it writes stays in its memory.  Without KERNEL_ACCEL=kvm,
# which not every host can lend, everything takes ten to twenty times as long.
# KERNEL_CPU, KERNEL_MEMORY (MB) and KERNEL_SECONDS are qemu's -cpu, its
# memory and the longest that it may take.  O holds the programs and what the
# tests need ("make programs helpers unit-bins"), and can be read by all.

set -eu

if [ $# -lt 3 ]; then
	echo "usage: boot.sh O FOLDER TEST ..." >&2
	exit 2
fi
O=$(cd "$1" && pwd -P)
folder=$2
shift 2
top=$(cd "$(dirname "$0")/../.." && pwd -P)
: "${KERNEL_CPU:=max,la57=off,cx16=off}" "${KERNEL_MEMORY:=4096}"
: "${KERNEL_SECONDS:=3600}" "${KERNEL_ACCEL:=tcg,thread=multi}"

need() {
	echo "boot.sh: $1 is missing (Debian: $2)" >&2
	exit 1
}

for place in /usr/libexec /usr/lib/qemu; do
	[ ! -x "$place/virtiofsd" ] || daemon=$place/virtiofsd
done
[ -n "${daemon-}" ] || need virtiofsd 'virtiofsd, or qemu-system-common'
command -v qemu-system-x86_64 >/dev/null || need qemu qemu-system-x86
busybox=$(command -v busybox) || need busybox busybox-static
command -v cpio >/dev/null || need cpio cpio
vmlinuz=$(find "$folder" -name 'vmlinuz*' -type f | head -n 1)
[ -n "$vmlinuz" ] || need "a kernel in $folder" linux-image
if [ "$(id -u)" -ne 0 ]; then
	echo 'boot.sh: only root can share the whole system' >&2
	exit 1
fi

T=$(mktemp -d /var/tmp/srt-kernel.XXXXXX)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

# The system that the kernel finds first: it lays memory over the real one.
mkdir -p "$T/root/bin" "$T/root/mods"
cp "$busybox" "$T/root/bin/busybox"
for name in cp sh mount insmod mkdir poweroff switch_root; do
	ln -s busybox "$T/root/bin/$name"
done
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev \
    virtio_pci fuse virtiofs overlay; do
	module=$(find "$folder" -name "$name.ko*" | head -n 1)
	case $module in
	'')	continue ;;
	*.xz)	xz -dc "$module" >"$T/root/mods/$name.ko" ;;
	*)	cp "$module" "$T/root/mods/$name.ko" ;;
	esac
	echo "insmod /mods/$name.ko" >>"$T/root/mods/all"
done
# Some need each other in another order.
cat >"$T/root/init" <<'EOF'
#!/bin/sh
export PATH=/bin
mkdir /proc /sys /dev /low /up /new
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
. /mods/all 2>/dev/null
. /mods/all 2>/dev/null
mount -t virtiofs -o ro host /low &&
    mount -t tmpfs -o size=70%,mode=755 up /up && mkdir /up/u /up/w &&
    mount -t overlay -o lowerdir=/low,upperdir=/up/u,workdir=/up/w all /new ||
    poweroff -f
# Only one of each is left: a second /proc would be one too many for a test.
mount -o move /proc /new/proc
mount -o move /sys /new/sys
mount -o move /dev /new/dev
mount -t securityfs security /new/sys/kernel/security
mount -t cgroup2 cgroup /new/sys/fs/cgroup
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts pts /new/dev/pts
mount -t tmpfs -o mode=1777 shm /new/dev/shm
mount -t tmpfs -o mode=755 run /new/run
mkdir -m 1777 /new/run/tmp
cp /tests /new/run/tests
exec switch_root /new /bin/sh /run/tests
EOF
chmod 755 "$T/root/init"

cat >"$T/root/tests" <<EOF
PATH=$PATH HOME=/root TMPDIR=/run/tmp LC_ALL=C.UTF-8 SRT_TEST_SLOW=20
export PATH HOME TMPDIR LC_ALL SRT_TEST_SLOW
uname -r
ip link set lo up
# Debian had a switch of its own.
sysctl -qw kernel.unprivileged_userns_clone=1 2>/dev/null
cd $top
id srt-test >/dev/null 2>&1 || useradd --system srt-test
if su srt-test -s /bin/sh -c \
    "make O=$O TEST_SECONDS=$KERNEL_SECONDS run T='$*'" >/run/log 2>&1 </dev/null
then
	status=0
else
	status=\$?
fi
cat /run/log
echo "tests ended with status \$status"
poweroff -f
EOF
(cd "$T/root" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$T/initrd"

"$daemon" --socket-path="$T/socket" -o source=/ -o sandbox=chroot \
    -o cache=always >"$T/daemon" 2>&1 &
pid=$!
until [ -S "$T/socket" ]; do
	if ! kill -0 "$pid" 2>/dev/null; then
		cat "$T/daemon" >&2
		exit 1
	fi
	sleep 0.1
done
timeout "$KERNEL_SECONDS" qemu-system-x86_64 -accel "$KERNEL_ACCEL" \
    -cpu "$KERNEL_CPU" -smp 2 -m "$KERNEL_MEMORY" -nographic -no-reboot \
    -object memory-backend-memfd,id=m,size="${KERNEL_MEMORY}M",share=on \
    -numa node,memdev=m -chardev socket,id=c,path="$T/socket" \
    -device vhost-user-fs-pci,chardev=c,tag=host -kernel "$vmlinuz" \
    -initrd "$T/initrd" -append 'console=ttyS0 panic=-1 quiet' </dev/null |
    tr -d '\r' | tee "$T/console"
grep -q '^tests ended with status 0' "$T/console"
