#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What a version is shipped as: the files that git tracks or, in a tree that
# was shipped itself, those of its MANIFEST.  The same files make the same
# archive, whoever packs them, when and where.
#
#	etc/dist.sh [-a] date		seconds; SOURCE_DATE_EPOCH, if set
#	etc/dist.sh [-a] manifest	that date and the names
#	etc/dist.sh [-a] archive DIR	DIR/srt-VERSION.tar.gz and its .sha256
#
# -a: with what git does not know yet, but for what it ignores.

set -eu

LC_ALL=C
export LC_ALL

die() {
	echo "dist: $*" >&2
	exit 1
}

all=
if [ "${1-}" = -a ]; then
	all=yes
	shift
fi
what=${1-} to=
case $#.$what in
1.date|1.manifest) ;;
2.archive)
	[ -d "$2" ] || die "$2 is no folder"
	to=$(cd -- "$2" && pwd) ;;
*)	die 'usage: etc/dist.sh [-a] date | manifest | archive DIR' ;;
esac
cd -- "$(dirname -- "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# git does not look at a repository of another user's, as root in a container
# finds it, unless told that it may; who runs this file trusts that user.
# Older ones want to be told in a file of their caller's alone.  Nothing of
# that user's is written.
home=
git() (
	GIT_OPTIONAL_LOCKS=0
	export GIT_OPTIONAL_LOCKS
	if [ -n "$home" ]; then
		unset GIT_CONFIG_GLOBAL
		HOME=$home XDG_CONFIG_HOME=$home
		export HOME XDG_CONFIG_HOME
	fi
	command git "$@"
)

readable() {
	git ls-files >/dev/null 2>"$tmp/why" && return
	command git config --file "$tmp/.gitconfig" safe.directory \
	    "$(pwd -P)" 2>/dev/null || return
	home=$tmp
	git ls-files >/dev/null 2>"$tmp/why"
}

# A tree without git's own folder may lie in somebody else's repository.
source=none
if [ -f MANIFEST ]; then
	source=manifest
elif [ -e .git ]; then
	readable || die "the repository cannot be read: $(cat "$tmp/why")"
	source=git
fi

date_of() {
	case ${SOURCE_DATE_EPOCH:+set}.$source in
	set.*)	echo "$SOURCE_DATE_EPOCH" ;;
	.manifest) sed -n 's/^date //p' MANIFEST ;;
	.git)	git log -1 --format=%ct ;;
	*)	die 'no SOURCE_DATE_EPOCH, no MANIFEST and no repository' ;;
	esac
}

names() {
	case $source.$all in
	manifest.*) sed '/^date /d' MANIFEST ;;
	git.yes) git ls-files --cached --others --exclude-standard |
		while read -r name; do
			[ ! -f "$name" ] || printf '%s\n' "$name"
		done ;;
	git.)	git ls-files ;;
	*)	die 'neither a MANIFEST nor a repository: which files?' ;;
	esac | sort
}

manifest() {
	date=$(date_of)
	case $date in
	''|*[!0-9]*) die "\"$date\" is no number of seconds" ;;
	esac
	list=$(names)
	[ -n "$list" ] || die 'there are no files'
	printf 'date %s\n%s\n' "$date" "$list"
}

archive() {
	version=$(sed -n 's/^version //p' common/version)
	name=srt-$version.tar.gz
	manifest >"$tmp/MANIFEST"
	sed '/^date /d' "$tmp/MANIFEST" >"$tmp/names"
	if [ "$source.$all" = git. ] &&
	    [ -n "$(git status --porcelain)" ]; then
		echo 'dist: the tree is not what the last commit holds:' >&2
		git status --short >&2
	fi
	# GNU tar.  A file that is listed and not there fails it.
	tar -cf "$tmp/tar" --format=ustar --owner=root:0 --group=root:0 \
	    --numeric-owner --mode=u=rwX,go=rX --mtime="@$date" \
	    --no-recursion --transform="s,^,srt-$version/," \
	    -T "$tmp/names" -C "$tmp" MANIFEST
	gzip -9n <"$tmp/tar" >"$tmp/$name"
	(cd "$tmp" && sha256sum "$name" >"$name.sha256")
	cat "$tmp/$name" >"$to/$name"
	cat "$tmp/$name.sha256" >"$to/$name.sha256"
	cat "$tmp/$name.sha256"
}

case $what in
date)	date_of ;;
*)	"$what" ;;
esac
