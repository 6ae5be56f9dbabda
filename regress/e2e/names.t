#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The names that stay closed, whether they exist or not, wherever they are;
# new trees, which are free of them; patterns; and what is reported.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"
rig

# line NAME: what the last command printed of it.
line() {
	printf '%s\n' "$out" | sed -n "s|^$1: ||p"
}

report() {
	printf '%s\n' "$err" | grep -Fc -e "$1"
}

fresh() {
	cd "$T" && rm -rf "$W" && mkdir "$W" && cd "$W" || exit 1
}

# try SCRIPT: runs it in the sandbox.
try() {
	srt sh -c "$1"
}

look() {
	python3 "$E2E/names.py" look "$W"
}

# same NAME: the tree is what it was.
same() {
	look >"$T/after"
	check "$1" diff "$T/before" "$T/after"
}

# --- names that do not exist

absent() {
	fresh
	python3 "$E2E/names.py" make "$W" without
	look >"$T/before"
	srt -q python3 "$E2E/names.py" absent "$W"
	for what in 'absent at the top' 'absent at one' \
	    'absent at a/b/c/four' \
	    'absent at a/b/c/d/e/f/g/h/i/j/k/twelve' 'other spellings' \
	    'by other paths' 'parent first' 'in place of what is above'; do
		like "$(line "$what")" '^[1-9][0-9]* refused$' \
		    "F1, F6, F7, F10: $what$held_by"
	done
	rmdir "$W/sub/.claude" "$W/.CLAUDE"
	same "F1: nothing of it appears on the host$held_by"
}

# --- names that exist

present() {
	fresh
	python3 "$E2E/names.py" make "$W"
	look >"$T/before"
	srt -q python3 "$E2E/names.py" present "$W"
	for what in 'present at the top' 'present at one' \
	    'present at a/b/c/four' \
	    'present at a/b/c/d/e/f/g/h/i/j/k/twelve' 'by links to them' \
	    'a .git that is a file'; do
		like "$(line "$what")" '^[1-9][0-9]* refused$' \
		    "F5, F6, F8, F9: $what$held_by"
	done
	is "$(line reading)" True "they can be read$held_by"
	same "F8: nothing has changed on the host$held_by"
	srt -q python3 "$E2E/names.py" away "$W"
	for what in 'what is above' 'from a new tree'; do
		like "$(line "$what")" '^[1-9][0-9]* refused$' \
		    "F5: $what$held_by"
	done
	is "$(line 'a new tree moves')" True \
	    "a new tree moves as a whole$held_by"
	rm -rf "$W/sub/newest"
	find "$W/old" -mindepth 1 ! -name there -delete
	same "F5: nothing has changed on the host$held_by"
}

# By all layers, and where no mount helps the broker.
settings
held_by=
absent
present
settings more='"mode": "landlock"'
srt true
if [ "$st" -eq 0 ]; then
	held_by=' (mode landlock)'
	absent
	present
else
	skip "mode landlock" "$err"
fi
settings

# What the command could as well remove and make anew.
fresh
mkdir empty empty/.git
try 'rmdir empty/.git; echo x >empty/.bashrc'
check "an empty directory is as good as a new one" test -e empty/.bashrc
is "$(report "look at $W/empty/.bashrc (.bashrc of a tree that the command made)")" 1 \
    "and reported as one"
fresh
try 'echo x >.bashrc; mkdir .vscode'
is "$(ls -A)" "" "but not a write root"

# In a home that may be written these are the user's own files.
settings allow_write="\"$HOME\""
try 'echo evil >~/.bashrc; mkdir -p ~/.claude; echo {} >~/.claude/settings.json'
is "$(ls "$HOME/.bashrc" "$HOME/.claude/settings.json" 2>/dev/null)" "" \
    "F1: beneath every write root"
rm -rf "$HOME/.claude"
settings fs_more='"allowGitConfig": true'
fresh
mkdir -p .git/hooks
try 'echo x >.git/config; echo x >.git/config.worktree; echo x >.git/hooks/x'
is "$(ls .git)" "config
config.worktree
hooks" "allowGitConfig lifts the configuration"
is "$(ls .git/hooks)" "" "and nothing else"
settings more='"mandatoryDenySearchDepth": 1'
try 'mkdir -p a/b/c; echo x >.bashrc; echo x >a/b/c/ok'
check "mandatoryDenySearchDepth is accepted" test -e a/b/c/ok -a ! -e .bashrc

# --- names of the settings, where case may not matter

# A directory that cannot be asked may be of a file system that ignores case.
fresh
mkdir asked unasked
chmod 311 unasked
settings deny_write="\"$W/asked/Secret\", \"$W/unasked/Secret\""
try 'echo x >asked/Secret; echo x >asked/secret
    echo x >unasked/Secret; echo x >unasked/sECRET; echo x >unasked/SECRETS'
chmod 755 unasked
is "$(ls asked):$(ls unasked)" "secret:SECRETS" \
    "denyWrite of what is not there: any case, where that could be the same"
is "$(report "deny file-write-create $W/unasked/sECRET (")" 1 \
    "and that is reported"

# --- git, asked nicely

settings
if have git; then
	fresh
	git init -q .
	git -c user.name=t -c user.email=t@t commit -q --allow-empty -m one
	mkdir -p vendor/x/y/z
	cp -R .git vendor/x/y/z/.git
	before=$(cat .git/config)
	for repo in . vendor/x/y/z; do
		for key in core.hooksPath core.fsmonitor core.sshCommand \
		    diff.x.textconv filter.x.clean include.path; do
			try "git -C $repo config $key /tmp/evil"
			refuse "F8: git config $key ($repo)" test "$st" -eq 0
		done
		is "$(cat $repo/.git/config)" "$before" \
		    "F8: .git/config is what it was ($repo)"
		try "echo evil >$repo/.git/hooks/post-checkout"
		refuse "F7: no hook ($repo)" \
		    test -e "$repo/.git/hooks/post-checkout"
	done
	is "$(git status --porcelain)" "?? vendor/" "git status is clean of us"
fi

# --- new trees

settings
fresh
if have git; then
	git init -q "$T/up"
	(cd "$T/up" && mkdir .vscode && echo '{}' >.vscode/tasks.json &&
	    echo x >.gitmodules && echo x >.bashrc && git add -A &&
	    git -c user.name=t -c user.email=t@t commit -q -m one)
	mkdir old
	try 'git init -q old && echo "#!/bin/sh" >old/.git/hooks/post-commit &&
	    git -C old config user.name t'
	is "$st" 0 "git init in an old directory"
	is "$(report "look at $W/old/.git/hooks (.git/hooks of a tree that the command made)")" \
	    1 "the report names its hooks"
	is "$(report "look at $W/old/.git/config (.git/config of a tree that the command made)")" \
	    1 "and its configuration"
	try 'echo evil >>old/.git/hooks/post-commit; git -C old config a.b c'
	refuse "in the next run it is an old one" grep -q evil \
	    old/.git/hooks/post-commit
	refuse "with its configuration" grep -q 'b = c' old/.git/config
	try "git clone -q file://$T/up clone && git -C clone config a.b c"
	is "$st" 0 "git clone"
	check "with all that is in it" test -e clone/.vscode/tasks.json \
	    -a -e clone/.bashrc -a -e clone/.gitmodules
	for name in .vscode .bashrc .gitmodules .git/hooks .git/config; do
		is "$(report "look at $W/clone/$name ($name of a tree that the command made)")" \
		    1 "the report names $name"
	done
	try "git clone -q $T/up clone2"
	is "$st" 0 "git clone, by its path"
	try 'mv clone2/.git/hooks clone2/.git/h; mv clone2 clone3; ls'
	is "$out" "clone
clone2
old" "in the next run it stays where it is"
	rm -rf clone*
else
	skip "git init and git clone" "no git"
fi

fresh
mkdir -p "$T/tree/.vscode" "$T/tree/.git/hooks" "$T/tree/src"
echo '{}' >"$T/tree/.vscode/tasks.json"
echo '#!/bin/sh' >"$T/tree/.git/hooks/pre-commit"
echo 'int x;' >"$T/tree/src/x.c"
tar -C "$T" -cf "$T/tree.tar" tree
tar -C "$T/tree" -cf "$T/flat.tar" .
try "tar xf $T/tree.tar"
is "$st" 0 "tar x of a new tree"
check "with all that is in it" cmp "$T/tree/.git/hooks/pre-commit" \
    tree/.git/hooks/pre-commit
is "$(report "look at $W/tree/.vscode (.vscode of a tree that the command made)")" 1 \
    "the report names what to look at"
mkdir -p flat/.git
echo ref: refs/heads/main >flat/.git/HEAD
try "tar -C flat -xf $T/flat.tar"
is "$st" 2 "tar x over an old one"
check "is refused what is protected, and no more" \
    test -e flat/src/x.c -a ! -e flat/.vscode -a ! -e flat/.git/hooks
is "$(report "deny file-write-create $W/flat/.vscode (.vscode is protected)")" \
    1 "the report names it"

if have npm && have node; then
	fresh
	mkdir pkg && echo '{"name":"pkg","version":"1.0.0"}' >pkg/package.json
	echo 'x=1' >pkg/.npmrc
	echo 'module.exports = 42' >pkg/index.js
	cat >npm.sh <<'EOT'
export HOME=$PWD/home npm_config_cache=$PWD/cache
export npm_config_update_notifier=false
mkdir home app && cd app && npm init -y >/dev/null &&
npm install --offline --no-audit --no-fund --install-links ../pkg \
    >/dev/null && node -p 'require("pkg")'
EOT
	srt sh npm.sh
	is "$out:$st" "42:0" "npm init, npm install"
else
	skip "npm" "no npm"
fi
if have cargo; then
	fresh
	try 'HOME=$PWD cargo new -q app && ls -A app/.git/config app/src'
	is "$st" 0 "cargo new"
else
	skip "cargo new" "no cargo"
fi
fresh
try 'python3 -m venv --without-pip v && v/bin/python -c "print(42)"'
is "$out:$st" "42:0" "python: venv"
if python3 -m pip --version >/dev/null 2>&1; then
	python3 -c '
import zipfile
with zipfile.ZipFile("pkg-1-py3-none-any.whl", "w") as z:
    z.writestr("pkg/__init__.py", "answer = 42\n")
    z.writestr("pkg/.vscode/x.json", "{}\n")
    z.writestr("pkg-1.dist-info/METADATA",
               "Metadata-Version: 2.1\nName: pkg\nVersion: 1\n")
    z.writestr("pkg-1.dist-info/WHEEL", "Wheel-Version: 1.0\n"
               "Generator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr("pkg-1.dist-info/RECORD", "")'
	try 'python3 -m pip install -q --no-index --no-cache-dir --target lib \
	    --disable-pip-version-check pkg-1-py3-none-any.whl &&
	    PYTHONPATH=lib python3 -c "import pkg; print(pkg.answer)"'
	is "$out:$st" "42:0" "pip install of a wheel"
else
	skip "pip install" "no pip"
fi

# --- patterns

fresh
mkdir -p a/b keep sub other
echo orig >a/b/x.lock
settings deny_write="\"$W/**/*.lock\", \"$W/keep/[a-c]?\""
try 'echo x >a/b/x.lock; echo x >a/new.lock; echo x >new.lock; mv keep/ok new.lock
    echo x >keep/a1; echo x >keep/d1; echo x >keep/a11; ln keep/d1 keep/b2
    mkdir c.lock; mkdir -p new/dir; echo x >new/dir/y.lock; touch a/b/x.lock
    rm -f a/b/x.lock; mv a/b/x.lock a/b/y; mv a c'
is "$(find . -type f | sort | tr '\n' ' '):$(cat a/b/x.lock)" \
    "./a/b/x.lock ./keep/a11 ./keep/d1 :orig" \
    "denyWrite: patterns, for what is there and what comes, in new trees too"
is "$(report "deny file-write-create $W/new/dir/y.lock (the policy protects it)")" \
    1 "reported"
try 'ln -s new.lock l; echo x >l; echo x >A.LOCK; echo x >x.locker; ls *.l*'
is "$(find . -maxdepth 1 -iname '*.l*' | sort | tr '\n' ' ')" \
    "./A.LOCK ./x.locker " \
    "by a link neither; case counts"
fresh
mkdir -p src/out out
settings allow_write="\"$W/**/out\", \"$W/*.log\""
try 'echo x >src/out/x; echo x >out/x; mkdir -p out/deep && echo x >out/deep/x
    echo x >src/x; echo x >x; echo x >x.log; mkdir src/new; echo x >src/y.log'
is "$(find . -type f | sort | tr '\n' ' ')" \
    "./out/deep/x ./out/x ./src/out/x ./x.log " "allowWrite: patterns"
is "$(report "deny file-write-create $W/src/x (outside the writable paths)")" 1 \
    "what they do not match is reported"
cd "$T" || exit 1
mkdir -p "$W/sub" "$W/other"
cd "$W/sub" || exit 1
settings deny_write='"**/.env"'
try 'echo x >.env; mkdir d; echo x >d/.env; ls -A'
is "$out" d "P7: denyWrite: a relative pattern"
cd "$W" || exit 1

fresh
mkdir -p a/b
echo secret >a/b/key.pem
echo secret >top.pem
echo plain >a/plain
ln -s a/b/key.pem link
settings deny_read="\"$W/**/*.pem\""
try 'cat a/b/key.pem top.pem link a/plain; cp a/b/key.pem x; ln top.pem y
    cat x y; mv top.pem z; cat z'
is "$out" plain "P5: denyRead: a pattern, for what is there at the start"
# Not of all that there is: the machine may have a large disk.
first=${W#/}
first=${first%%/*}
settings deny_read="\"/${first%?}?${W#/"$first"}/**/*.pem\""
try 'cat a/b/key.pem top.pem link a/plain'
is "$out" plain "P5: with a wildcard in its first component"
settings deny_read="\"$W/**/.env*\""
echo secret >a/.env
echo secret >a/b/.env.local
ln -s a/.env envlink
try 'cat a/.env a/b/.env.local envlink a/plain'
is "$out" plain "P6: .env and the like"
settings deny_read="\"$W/**/*.pem\"" allow_read="\"$W/a/b/*.pem\""
try 'cat a/b/key.pem; cat top.pem'
is "$out" secret "denyRead and allowRead: the more specific pattern"

# All readings of an entry, what is below a match, and where links lead.
fresh
mkdir -p "$T/hidden" private1 shut/in
for file in x[1] x1 x2 private1/deep shut/in/s.pem; do
	echo "$file" >"$file"
done
echo linked >"$T/hidden/l.pem"
ln -s "$T/hidden" way
chmod 0 shut
settings deny_read="\"$W/x[1]\""
try 'cat "x[1]" x1 x2'
is "$out" x2 "P5: denyRead: as a pattern and as it is written"
settings deny_read="{\"path\": \"$W/x[1]\", \"literal\": true}"
try 'cat "x[1]" x1 x2'
is "$out" "x1
x2" "P5: denyRead: literal"
settings deny_read="\"$W/pri*\""
try 'cat private1/deep x2; ls private1'
is "$out" x2 "P5: denyRead: what is below a match"
settings deny_read="\"$W/**/*.pem\""
try "chmod 700 shut; cat shut/in/s.pem way/l.pem $T/hidden/l.pem x2"
is "$out" x2 "P5: denyRead: what cannot be listed, and where links lead"
chmod 700 shut
deep=.
for i in 1 2 3 4 5 6 7 8 9; do
	deep=$deep/d$i/e$i/f$i/g$i
done
mkdir -p "$deep"
run sh -c "ulimit -n 24; exec $SRT -s $T/settings.json echo started"
is "$out" "" "P5: a pattern that cannot be enforced stops the start"
like "$err" 'filesystem\.denyRead.*cannot be enforced' "and srt says so"

fresh
mkdir -p a/b
echo secret >top.pem
echo plain >a/plain
settings deny_read="\"$W/**/*.pem\"" fs_more='"strictReadGlobs": true'
(
	wait_for 25 test -e "$W/go"
	echo secret >"$W/later.pem"
	: >"$W/went"
) &
try ': >go; n=0; while [ ! -e went ] && [ $n -lt 1500 ]; do n=$((n + 1))
    sleep 0.02; done
    cat later.pem; cat <later.pem; echo x >own.pem; cat own.pem
    ln -s later.pem s; cat s; cp a/plain b.pem; cat b.pem; cat a/plain
    cat top.pem; exec 3<later.pem; cat <&3'
is "$out" plain "P5: strictReadGlobs: what the host and the command make later"
is "$(report "deny file-read-data $W/later.pem (the policy hides it)")" 1 \
    "reported, what is read as well"
run "$SRT" -s "$T/settings.json" --violations "$T/pem.json" sh -c \
    'echo hi >new.pem'
like "$err" 'new\.pem: Operation not permitted$' \
    "P5: strictReadGlobs: such a name cannot be made"
is "$(report "deny file-write-create $W/new.pem (the policy hides it)")" 1 \
    "reported once"
is "$(grep -c "\"rule\":\"filesystem\.denyRead" "$T/pem.json"):$(wc -l <"$T/pem.json" | tr -d ' ')" \
    1:1 "with the entry that hides it"
refuse "and it is not there" test -e new.pem

# A path that is not there yet, in a directory that is not, either, and one in
# whose place the host puts another file.
mkdir -p "$T/secrets"
echo old >"$T/secrets/token"
echo old >"$T/secrets/a b\\c"
deny="\"$T/secrets/token\", \"$T/secrets/a b\\\\c\", \"$T/late/x\", \"$T/late/dir\""
# replaced: what the command then reads, in $out
replaced() {
	rm -rf "$T/late" go went
	(
		wait_for 25 test -e "$W/go"
		echo new >"$T/secrets/next" &&
		    mv "$T/secrets/next" "$T/secrets/token"
		# As editors do that keep a copy until they have written.
		mv "$T/secrets/a b\\c" "$T/secrets/old" &&
		    echo new >"$T/secrets/a b\\c" && rm "$T/secrets/old"
		mkdir -p "$T/late/dir" && echo new >"$T/late/x" &&
		    echo new >"$T/late/dir/y" && echo new >"$T/late/z"
		: >"$W/went"
	) &
	try ": >go; n=0; while [ ! -e went ] && [ \$n -lt 1500 ]; do
	    n=\$((n + 1)); sleep 0.02; done
	    cat $T/secrets/token $T/late/x $T/late/dir/y; cat $T/late/z"
}
settings deny_read="$deny"
replaced
is "$out" "new
new
new
new" "P5: without strictReadGlobs a path that comes later can be read, as said"
lifted="others have removed or replaced it: nothing hides what is there now"
is "$(report "look at $T/secrets/token ($lifted)"):$(report \
    "look at $T/secrets/a b\\c ($lifted)"):$(report "look at ")" 1:1:2 \
    "P5: which files others have replaced is told"
settings deny_read="$deny" allow_read="\"$T/late/dir/z\"" \
    fs_more='"strictReadGlobs": true'
replaced
is "$out" new "P5: with it a path is hidden that comes later or is replaced"
is "$(report "look at ")" 0 "P5: and of that there is nothing to tell"
is "$(report "deny file-read-data $T/late/x (the policy hides it)")" 1 \
    "and told of"
echo z >"$T/late/dir/z"
try "cat $T/late/dir/z $T/late/dir/y"
is "$out" z "but not what allowRead names in it"

# --- the record

fresh
mkdir .git keep
echo ref: refs/heads/main >.git/HEAD
settings deny_write="\"$W/keep\", \"$W/**/*.lock\""
run "$SRT" -s "$T/settings.json" -q --violations "$T/v.json" sh -c "
    echo >.bashrc
    echo >.git/config
    echo >keep/x
    echo >a.lock
    mkdir $T/out
    echo >ok
    echo >$T/no"
cat >"$T/records.py" <<'EOT'
import json
import sys
want = {tuple(w.split(" ", 2)) for w in sys.argv[2:]}
got = set()
for line in open(sys.argv[1]):
    v = json.loads(line)
    assert v["v"] == 1 and v["count"] == 1 and v["lost"] == 0, v
    assert v["pid"] > 1 and v["reason"] and v["rule"], v
    assert v["program"] in ("sh", "mkdir", "dash", "bash", "busybox"), v
    if v["rule"].startswith("filesystem.denyWrite"):
        assert v["cure"].startswith("remove "), v
    elif v["target"].endswith(".git/config"):
        assert json.loads("{" + v["cure"] + "}") == \
            {"filesystem": {"allowGitConfig": True}}, v
    elif v["rule"].startswith("filesystem.allowWrite"):
        roots = json.loads("{" + v["cure"] + "}")["filesystem"]["allowWrite"]
        assert v["target"].startswith(roots[0]), v
    got.add((v["operation"], v["target"], v["rule"]))
assert got == want, (got - want, want - got)
EOT
check "the record: operation, path, rule, who, and the cure" \
    python3 "$T/records.py" "$T/v.json" \
    "file-write-create $W/.bashrc mandatory" \
    "file-write-create $W/.git/config mandatory" \
    "file-write-create $W/keep/x filesystem.denyWrite[0] \"$W/keep\"" \
    "file-write-create $W/a.lock filesystem.denyWrite[1] \"$W/**/*.lock\"" \
    "file-write-create $T/out filesystem.allowWrite" \
    "file-write-create $T/no filesystem.allowWrite"

done_testing
