#!/bin/sh
# SPDX-License-Identifier: ISC
#
# git at work: over http and ssh, in worktrees and submodules, with branches
# and large commits; and what a refusal looks like to it.

. "$(dirname "$0")/lib.sh"

have git || skip_all "no git"
have python3 || skip_all "no python3 for the server"

rig_more() {
	mkdir -p "$T/git"
	rig_user git init -q --bare "$T/git/project.git" &&
	    rig_user git -C "$T/git/project.git" config \
	    http.receivepack true || return 1
	rig_user git init -q --bare "$T/git/ssh.git"
	rig_sshd 203.0.113.12 22
	rig_internet_user python3 "$E2E/cgi.py" 203.0.113.12 80 "$T/git" \
	    >"$T/git/log" 2>&1 &
	wait_for 10 curl -sf -o /dev/null \
	    'http://203.0.113.12/project.git/info/refs?service=git-upload-pack'
}

rig net

cat >"$HOME/.gitconfig" <<'EOT'
[user]
	name = Tester
	email = tester@allowed.test
[init]
	defaultBranch = main
[safe]
	directory = *
[advice]
	detachedHead = false
EOT

settings net_allow='"git.test"'
srt git clone -q http://git.test/project.git p
is "$st" 0 "clone"
is "$err" "warning: You appear to have cloned an empty repository.
<sandbox_violations>
look at $W/p/.git/hooks (.git/hooks of a tree that the command made)
look at $W/p/.git/config (.git/config of a tree that the command made)
</sandbox_violations>" "and nothing is said but by git, and of what to look at"
cd p || exit 1
echo text >file
srt git add file
is "$st:$err" "0:" "add"
srt git commit -q -m first
is "$st:$err" "0:" "commit"
srt git push -q origin HEAD:main
is "$st" 0 "push"
is "$(git -C "$T/git/project.git" log --format=%s main)" first \
    "the commit is there"
head -c 3000000 /dev/urandom >big
srt sh -c 'git add big && git commit -q -m big'
is "$st" 0 "commit of three megabytes"
srt git -c http.postBuffer=10000000 push -q origin HEAD:main
is "$st" 0 "push of three megabytes"
cd .. || exit 1
srt git clone -q -b main http://git.test/project.git again
check "a second clone has them" cmp p/big again/big

settings
srt git ls-remote http://git.test/project.git
is "$st" 128 "git is refused"
like "$err" '403' "git says why"
like "$err" '^deny network-outbound git\.test:80 ' "the report says which"
settings net_allow='"git.test"'
srt env -i PATH="$PATH" HOME="$HOME" git -C again fetch -q
is "$st:$err" "0:" "fetch, with no proxy in its environment"

# --- ssh

if [ -x /usr/sbin/sshd ] && have ssh; then
	mkdir -m 700 "$HOME/.ssh"
	cp "$T/ssh/config" "$HOME/.ssh/config"
	wait_for 5 rig_ssh git.test true || diag "$(cat "$T/ssh/log")"
	URL=ssh://git.test$T/git/ssh.git
	srt sh -c "git clone -q $URL s && cd s && echo text >file &&
	    git add file && git commit -q -m by-ssh && git push -q origin main"
	is "$st" 0 "ssh: clone, commit, push"
	is "$(git -C "$T/git/ssh.git" log --format=%s main)" by-ssh \
	    "ssh: the commit is there"
	srt sh -c "cd s && git fetch -q && git pull -q && git status -sb"
	is "$out" "## main...origin/main" "ssh: fetch and pull, in the next run"
	settings
	srt git ls-remote "$URL"
	is "$st" 128 "ssh is refused"
	like "$err" 'git\.test' "the report says which"
else
	skip ssh "no sshd"
fi

# --- the work of a day, in a repository of the host's

settings net_allow=''
rm -rf "$W"
mkdir "$W"
cd "$W" || exit 1
git init -q repo
cd repo || exit 1
echo one >file
git add file
git commit -q -m one
# work NAME SCRIPT: runs it with git in the sandbox, which is to succeed and
# to be silent.
work() {
	_name=$1
	srt sh -ec "$2"
	is "$st:$out:$err" "0::" "$_name"
}
work "add, commit" 'echo two >>file; git add file; git commit -q -m two'
work "commit -a, amend" 'echo 3 >>file; git commit -qam three
    git commit -q --amend -m Three'
work "branch, switch" 'git branch topic; git switch -q topic
    echo topic >topic; git add topic; git commit -q -m topic
    git switch -q main'
work "merge" 'echo trunk >trunk; git add trunk; git commit -q -m main
    git merge -q --no-edit topic'
srt git branch -q -d topic
is "$st:$(git branch --list topic)" "0:" \
    "branch -d, though there is no changing of its configuration"
work "rebase" 'git switch -q -c side HEAD~1; echo side >side; git add side
    git commit -q -m side; git rebase -q main; git switch -q main
    git merge -q --ff-only side'
work "stash" 'echo stashed >>file; git stash -q; git diff --quiet
    git stash pop -q; git checkout -q file'
work "tag, reset, revert" 'git tag -a -m v1 v1; git rm -q side
    git reset -q --hard v1; git revert --no-edit HEAD >/dev/null'
work "cherry-pick, conflict and all" 'git switch -q -c pick
    echo other >file; git commit -qam other; git switch -q main
    echo ours >file; git commit -qam ours
    ! git cherry-pick pick >/dev/null 2>&1; git checkout -q --theirs file
    git add file; git -c core.editor=true cherry-pick --continue >/dev/null'
work "gc, repack, prune" 'git gc -q --prune=now; git repack -q -a -d
    git prune; git pack-refs --all; git reflog expire --expire=now --all'
work "archive, bundle, format-patch, am" 'git archive -o ../a.tar HEAD
    git bundle create -q ../b main; git format-patch -q -o .. -1 v1
    git switch -q -c am v1~1; git am -q ../0001-*.patch 2>/dev/null ||
    git am --abort; git switch -q main'
work "large add" 'mkdir many; i=0; while [ $i -lt 2000 ]; do i=$((i + 1))
    echo $i >many/$i; done; git add many; git commit -q -m many'
is "$(git ls-tree -r HEAD many | wc -l)" 2000 "and all of it is there"
work "clean" 'echo x >junk; mkdir d; echo x >d/x; git clean -qfdx
    git checkout -q HEAD~1; git checkout -q main'
work "notes, config from the command line" 'git notes add -m note
    git -c user.name=x commit -q --allow-empty -m x'
check "git fsck has no complaint" git fsck --strict --no-progress
is "$(git status --porcelain):$(find . -mindepth 1 -maxdepth 1 | sort |
    tr '\n' ' ')" ":./.git ./file ./many ./topic ./trunk " "and there is no litter"

# --- worktrees

# Made inside the sandbox, used in the next run, and removed by the user.
look="look at $W/tree/.git (.git of a tree that the command made)
look at $W/repo/.git/worktrees/tree/commondir (.git/commondir of a tree that the command made)"
srt sh -ec 'git worktree add -q ../tree -b tree
    cd ../tree; echo tree >tree; git add tree; git commit -q -m tree'
is "$st:$err" "0:<sandbox_violations>
$look
</sandbox_violations>" "worktree add, and what to look at"
cd ../tree || exit 1
work "worktree, in the next run" 'echo more >>tree; git commit -qam more
    git switch -q -c tree2; git stash list; git gc -q'
cd "$W/repo" || exit 1
git worktree remove ../tree
work "worktree add, remove, prune" 'git worktree add -q ../two -b two
    git -C ../two commit -q --allow-empty -m two; git worktree remove ../two
    git worktree prune'
check "git fsck has no complaint" git fsck --strict --no-progress

# Its repository is somewhere else, and that is allowed as well.
mkdir "$T/elsewhere"
git init -q "$T/elsewhere/main"
git -C "$T/elsewhere/main" commit -q --allow-empty -m one
git -C "$T/elsewhere/main" worktree add -q "$W/linked" -b linked
cd "$W/linked" || exit 1
srt sh -c 'echo x >x; git add x; git commit -q -m x'
refuse "linked worktree: the repository is not in a write root" \
    test "$st" -eq 0
like "$err" "^deny file-write-[a-z]+ $T/elsewhere/main/\.git/.* \(outside the writable paths\)" \
    "linked worktree: that is reported"
settings net_allow='' allow_write="\"$W\", \"$T/elsewhere/main/.git\""
work "linked worktree: its repository is" \
    'echo x >x; git add x; git commit -q -m x; git switch -q -c y
    echo y >y; git add y; git commit -q -m y; git stash list'
is "$(git -C "$T/elsewhere/main" log --format=%s y | tr '\n' ' ')" "y x one " \
    "linked worktree: the commits are there"
srt sh -c "echo evil >$T/elsewhere/main/.git/hooks/post-commit
    git config core.hooksPath /tmp; git config --worktree a.b c
    echo gitdir: /tmp >.git; rm -f .git; mv .git x.git
    echo /tmp >$T/elsewhere/main/.git/worktrees/linked/commondir
    echo '* diff=x' >$T/elsewhere/main/.git/info/attributes"
is "$(ls "$T/elsewhere/main/.git/hooks/post-commit" \
    "$T/elsewhere/main/.git/info/attributes" x.git 2>/dev/null)" "" \
    "F6, F8: linked worktree: hooks and attributes stay closed"
is "$(git config core.hooksPath; git config a.b; cat .git)" \
    "gitdir: $T/elsewhere/main/.git/worktrees/linked" \
    "F6, F8: linked worktree: the configuration and where it is, too"
check "git fsck has no complaint" git fsck --strict --no-progress

# --- objects that lie somewhere else

settings net_allow='' allow_write="\"$W\", \"$T/elsewhere/objects\""
cd "$W" || exit 1
git init -q lent
git -C lent commit -q --allow-empty -m one
mv lent/.git/objects "$T/elsewhere/objects"
ln -s "$T/elsewhere/objects" lent/.git/objects
cd lent || exit 1
work "objects behind a link to a write root" 'echo x >x; git add x
    git commit -q -m x; git gc -q; git stash list'
settings net_allow=''
srt sh -c 'echo y >y; git add y'
refuse "objects behind a link to no write root" test "$st" -eq 0
like "$err" "^deny file-write-create $T/elsewhere/objects/.* \(outside the writable paths\)" \
    "that is reported"
check "git fsck has no complaint" git fsck --strict --no-progress
rm y
cd "$W" || exit 1
git clone -q --shared lent borrowed
cd borrowed || exit 1
work "objects borrowed from a folder that is only read" 'echo z >z; git add z
    git commit -q -m z; git gc -q; git checkout -q HEAD~1; git switch -q -'
check "git fsck has no complaint" git fsck --strict --no-progress
mkdir "$T/elsewhere/apart"
git init -q --separate-git-dir "$T/elsewhere/apart/.git" "$W/apart"
settings net_allow='' allow_write="\"$W\", \"$T/elsewhere/apart\""
cd "$W/apart" || exit 1
work "a repository apart from its tree" 'echo x >x; git add x
    git commit -q -m x; git switch -q -c y; git gc -q'
srt sh -c "echo evil >$T/elsewhere/apart/.git/hooks/post-commit
    git config core.fsmonitor /tmp/evil; rm .git"
is "$(ls "$T/elsewhere/apart/.git/hooks/post-commit" 2>/dev/null
    git config core.fsmonitor; cat .git)" "gitdir: $T/elsewhere/apart/.git" \
    "F6, F8: its hooks and configuration stay closed"

# --- repositories of any name

settings net_allow=''
cd "$W" || exit 1
git init -q --bare store
mkdir sub hollow
: >sub/keep
# What git on the host would run by them.
cat >"$T/evil" <<EOT
#!/bin/sh
echo ran >>$T/ran
EOT
chmod 755 "$T/evil"
cat >bare.sh <<EOT
mkdir -p \$1/objects \$1/refs
printf '[core]\\nrepositoryformatversion = 0\\nbare = false\\n' >\$1/config
printf 'worktree = %s\\nfsmonitor = $T/evil\\n' "\$1" >>\$1/config
echo ref: refs/heads/main >\$1/HEAD
EOT
srt sh bare.sh "$W/sub"
git -C sub status >"$T/out" 2>&1
refuse "F8: what was made in an old directory is no repository" \
    grep -q 'On branch' "$T/out"
refuse "F8: and nothing of it runs" test -e "$T/ran"
like "$err" "^deny file-write-create $W/sub/HEAD \(a bare repository's HEAD is protected\)" \
    "F8: that is reported"
# What the tests are worth.
mkdir "$T/sub"
sh bare.sh "$T/sub"
git -C "$T/sub" status >"$T/out" 2>&1
check "outside it is one, and it runs" test -e "$T/ran"
rm -f "$T/ran"
before=$(cat store/config)
srt sh -c "git -C store config core.fsmonitor $T/evil
    echo evil >store/hooks/post-update; rm -rf store/hooks
    mv store/config x; mv store store2; mkdir new; mv store new/store
    printf '[core]\nfsmonitor = /x\n' >store/c; mv store/c store/config
    ln -s / store/commondir; echo '* diff=x' >store/info/attributes"
is "$(cat store/config):$(ls store/hooks/post-update store/commondir \
    store/info/attributes 2>/dev/null)" "$before:" \
    "F7, F8: an old bare repository stays what it was"
rm -f store/c
rmdir new 2>/dev/null
work "a bare repository of the host's is pushed to" "cd repo
    git push -q ../store main:main
    git push -q ../store main:other; git push -q ../store :other
    cd ../store; git symbolic-ref HEAD refs/heads/main; git gc -q
    git update-server-info"
is "$(git -C store log -1 --format=%s main)" \
    "$(git -C repo log -1 --format=%s main)" "and the commits are there"
check "git fsck has no complaint" git -C store fsck --strict --no-progress
srt sh -ec 'git init -q --bare hollow; git init -q --bare made
    git -C hollow config a.b c; echo x >made/hooks/post-update
    git clone -q --bare repo copy; git -C copy config a.b c
    tar cf t.tar store; mkdir out; tar xf t.tar -C out
    git -C repo push -q ../out/store main:third; rm t.tar
    git clone -q --mirror repo mirror'
is "$st" 0 "init --bare, also in an empty directory; clone --bare; tar x"
is "$(printf '%s\n' "$err" | sed -n "s|^look at $W/\([^ ]*\) (.*|\1|p" |
    sort | tr '\n' ' ')" "copy/config copy/hooks hollow/config hollow/hooks made/config made/hooks mirror/config mirror/hooks out/store/config out/store/hooks " \
    "and what to look at"
srt sh -c 'git -C hollow config d.e f; echo x >made/hooks/update'
is "$(git -C hollow config d.e; ls made/hooks/update 2>/dev/null)" "" \
    "in the next run they are old ones"
work "a worktree of a bare repository" 'git -C store worktree add -q ../t main \
    2>/dev/null; cd t; git commit -q --allow-empty -m x; cd ..
    git -C store worktree remove --force t'
rm -rf sub hollow made copy mirror out bare.sh t

# --- the configuration

cd "$W/repo" || exit 1
settings net_allow='"git.test"'
config=$(cat .git/config)
srt git config user.name Mallory
refuse "git config is refused" test "$st" -eq 0
srt git remote add origin http://git.test/project.git
refuse "git remote add, too" test "$st" -eq 0
is "$(cat .git/config)" "$config" "the configuration is what it was"
settings net_allow='"git.test"' fs_more='"allowGitConfig": true'
work "allowGitConfig: config" 'git config user.name Other
    git config --unset user.name'
work "allowGitConfig: remote add, fetch, push -u, branch -D" '
    git remote add origin http://git.test/project.git; git fetch -q
    git push -q -u origin main:topic >/dev/null; git branch -q copy
    git branch -q -D copy'
is "$(git config branch.main.merge; git -C "$T/git/project.git" \
    log -1 --format=%s topic)" "refs/heads/topic
x" "allowGitConfig: it is written, and the commits are there"
srt sh -c 'echo evil >.git/hooks/post-commit'
refuse "allowGitConfig: hooks stay closed" test -e .git/hooks/post-commit

# --- submodules

settings net_allow='"git.test"'
rm -rf "$W"
mkdir "$W"
cd "$W" || exit 1
git init -q "$T/super"
(
	cd "$T/super" &&
	git submodule --quiet add -b main http://203.0.113.12/project.git \
	    mod && git config -f .gitmodules submodule.mod.url \
	    http://git.test/project.git && git commit -qam super
) || diag "no superproject"
git clone -q "$T/super" super
cd super || exit 1
git submodule --quiet init
srt git submodule --quiet update
is "$st" 0 "submodule update of a clone of the host's"
check "it is there" cmp mod/big "$W/super/mod/big"
like "$(git submodule status)" '^ [0-9a-f]+ mod' "and is what it should be"
work "commit in a submodule" 'cd mod; git switch -q -c new; echo x >x
    git add x; git commit -q -m x; cd ..; git add mod; git commit -q -m mod'
before=$(ls -i .git/modules/mod/config):$(cat .git/modules/mod/config)
git -C mod checkout -q HEAD~1
srt git submodule --quiet update
is "$st:$err" "0:" "submodule update, in the next run"
like "$(git submodule status)" '^ [0-9a-f]+ mod' "it is what it should be"
is "$(ls -i .git/modules/mod/config):$(cat .git/modules/mod/config)" \
    "$before" "its configuration is written with the same, and not touched"
work "configuration that stays what it is" \
    'git -C mod config core.bare "$(git -C mod config core.bare)"
    git config core.bare "$(git config core.bare)"'
srt git -C mod config core.bare true
refuse "another one is refused" test "$st" -eq 0
srt sh -c 'echo evil >.git/modules/mod/hooks/post-checkout
    git -C mod config core.fsmonitor /tmp/evil; echo evil >.gitmodules
    echo gitdir: x >mod/.git; mv mod mod2'
is "$(ls .git/modules/mod/hooks/post-checkout mod2 2>/dev/null
    git -C mod config core.fsmonitor; cat mod/.git)" \
    "gitdir: ../.git/modules/mod" "F7, F8: in the next run it is an old one"
is "$(git status --porcelain)" "" "git status is clean"
check "git fsck has no complaint" git fsck --strict --no-progress
check "nor of the submodule" git -C mod fsck --strict --no-progress

# One more is refused in an old repository, whose .gitmodules is protected.
git init -q "$W/old"
git -C "$W/old" commit -q --allow-empty -m one
cd "$W/old" || exit 1
srt git submodule --quiet add -b main http://git.test/project.git mod
refuse "submodule add in an old repository is refused" test "$st" -eq 0
like "$err" "^deny file-write-[a-z]+ $W/old/\.(gitmodules|git/config).* is protected\)" \
    "and reported"
is "$(ls .gitmodules 2>/dev/null; git config -l --local | grep submodule)" "" \
    "nothing of it is left"
cd "$W" || exit 1
srt sh -ec 'git init -q made; cd made; git commit -q --allow-empty -m one
    git submodule --quiet add -b main http://git.test/project.git mod
    git commit -q -m mod; cd mod; echo s >s; git add s; git commit -q -m s
    cd ..; git add mod; git commit -q -m mod2; git submodule --quiet update
    git submodule status | cut -c 1'
is "$st:$out" "0: " "submodule add, commit, update in a new one"
is "$(printf '%s\n' "$err" | sed -n "s|^look at $W/made/\([^ ]*\) (.*|\1|p" |
    sort | tr '\n' ' '):$(printf '%s\n' "$err" | grep -vc '^look at ')" \
    ".git/config .git/hooks .git/modules .git/modules/mod/config .git/modules/mod/hooks .gitmodules mod/.git :2" \
    "and what to look at"
check "git fsck has no complaint" git -C made fsck --strict --no-progress

done_testing
