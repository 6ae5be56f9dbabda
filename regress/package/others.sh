#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What Arch's makepkg and Ruby's readers say of their packages' files.

. "$(dirname "$0")/lib.sh"

tools makepkg ruby rubocop

# --- Arch: makepkg does nothing for root, nor without a pacman to ask.

mkdir arch
cp "$packaging/arch/PKGBUILD" arch/
set -- makepkg --printsrcinfo
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$T"
	chown nobody arch
	set -- setpriv --reuid nobody --regid nogroup --clear-groups \
	    --inh-caps=-all "$@"
fi
(cd arch && HOME=$T/arch PACMAN=true "$@") >srcinfo 2>said ||
    die 'makepkg reads PKGBUILD' said
[ ! -s said ] || die 'makepkg has no word' said
say 'makepkg reads PKGBUILD'
diff srcinfo "$packaging/arch/.SRCINFO" >said 2>&1 ||
    die 'and makes .SRCINFO of it' said
say 'and makes .SRCINFO of it'

# --- Homebrew, whose own rules are these: its formulae have names with a
# hyphen and no line for frozen strings, double quotes, and paths without
# spaces.

cp "$packaging/homebrew/srt-sandbox.rb" .
ruby -wc srt-sandbox.rb >said 2>&1 || die 'ruby reads the formula' said
[ "$(cat said)" = 'Syntax OK' ] || die 'ruby has no word' said
say 'ruby reads the formula'
cat >rubocop.yml <<'EOT'
AllCops:
  NewCops: enable
  SuggestExtensions: false
Layout/SpaceAroundOperators:
  Enabled: false
Naming/FileName:
  Enabled: false
Style/FrozenStringLiteralComment:
  Enabled: false
Style/StringLiterals:
  EnforcedStyle: double_quotes
EOT
HOME=$T rubocop --cache false --config rubocop.yml srt-sandbox.rb \
    >said 2>&1 || die 'rubocop says nothing of it' said
say 'rubocop says nothing of it'
finish
