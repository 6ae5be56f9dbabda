# SPDX-License-Identifier: ISC
#
# What PRIVSEP.md's table of promises names, against what the tests have said:
# was each check ok, and not skipped, in this run?
#
#	python3 regress/shown.py [-n] TAP-OF-THE-USER [TAP-OF-ROOT]
#
# The folders are those that run_tests.sh keeps.  A check that nobody has
# shown fails it, unless regress/shown.known lists it and its test said so;
# with -n all of them are only told of.

import os
import platform
import re
import sys

TABLE = 'PRIVSEP.md'
KNOWN = 'regress/shown.known'
MACHINE = 'machine ' + platform.machine()
# What is promised to a caller who is root is shown by that one.
BY_ROOT = {'F13', 'F14'}

RESULT = re.compile(r'(not )?ok\b *\d* *(?:- )?(.*?)'
                    r'(?: *(?<!\\)# *(SKIP|TODO)\S* *(.*))?$', re.I)
NOTHING = re.compile(r'1\.\.0 *# *SKIP\S* *(.*)$', re.I)
# What a shell, a C or a Python program puts a value in for.
VALUE = re.compile(r'\$\{[^}]*\}|\$\w+|%[-0-9.]*[a-z]+')


def promised():
    """(file, name, whether by root) of every check in the table."""
    with open(TABLE, encoding='utf-8') as table:
        rows = table.read().split('\n| promise |', 1)[1].split('\n')[2:]
    for row in rows:
        if not row.startswith('|'):
            break
        cells = [cell.strip() for cell in row.split('|')]
        file = None
        for named, name in re.findall(r'`([^`]*)`|"([^"]*)"', cells[4]):
            if named:
                file = named
            else:
                yield file, name, bool(BY_ROOT & set(cells[2].split()))


def listed():
    """What may be missing: (file or *, name or *, what is said then)."""
    with open(KNOWN, encoding='utf-8') as known:
        for line in known:
            if line.strip() and not line.startswith('#'):
                file, name, says, _ = (f.strip() for f in line.split(' | ', 3))
                yield file, name, re.compile(says)


def said(folder):
    """What each test has said, by the end of its path."""
    tests = {}
    for where, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(where, file)
            place = path.rfind('/regress/')
            ok, skips = tests.setdefault(path[place + 1:], ([], []))
            with open(path, encoding='utf-8', errors='replace') as tap:
                for line in tap:
                    if match := NOTHING.match(line):
                        skips.append(match[1])
                    elif match := RESULT.match(line):
                        if match[3]:
                            skips.append('%s: %s' % (match[2], match[4]))
                        elif not match[1]:
                            ok.append(match[2])
    return tests


def scripts(file, tests):
    """The tests by which a check of that file shows."""
    stem, kind = os.path.splitext(os.path.basename(file))
    if kind == '.t':
        return [file] if file in tests else []
    if '/unit/' in file or '/fuzz/' in file:
        return [t for t in tests if t == 'regress/' + stem]
    # A program of several scripts, some of which share a file of their own.
    word = stem if kind == '.c' else os.path.basename(file)
    return [t for t in tests if t.endswith('.t') and
            re.search(r'\b%s\b' % re.escape(word), open(t).read())]


def pattern(file, name):
    if '/fuzz/' in file:
        return re.compile('')
    if file.endswith('.py') and name.startswith('test_'):
        name = name[len('test_'):]
    name = name.replace("'\\''", "'")
    return re.compile('.*'.join(map(re.escape, VALUE.split(name))))


def shown(file, name, runs):
    """Whether, and what its tests have skipped and why."""
    why = [] if runs else ['by root alone']
    wanted = pattern(file, name)
    for tests in runs:
        for script in scripts(file, tests):
            ok, skips = tests[script]
            if any(wanted.search(text) for text in ok):
                return True, []
            why += [s for s in skips if wanted.search(s)] or skips
    return False, sorted(set(why))


def main():
    arguments = sys.argv[1:]
    only_tell = arguments[:1] == ['-n']
    folders = [os.path.abspath(folder) for folder in arguments[only_tell:]]
    # Elsewhere most of it is another system's.
    only_tell = only_tell or sys.platform != 'linux'
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    runs = [said(folder) for folder in folders]
    checks = list(promised())
    known = list(listed())
    for file, name, _ in known:
        if not any(file in ('*', f) and name in ('*', n)
                   for f, n, _ in checks):
            sys.exit('%s: the table has no "%s" of %s' % (KNOWN, name, file))
    wrong = []
    missing = {}
    for file, name, root in checks:
        there, why = shown(file, name, runs[1:] if root else runs)
        if there:
            continue
        if any(f in ('*', file) and n in ('*', name) and says.search(text)
               for f, n, says in known for text in why + [MACHINE]):
            head = 'not on this machine'
        else:
            head = 'not shown'
            wrong.append(name)
        reasons = '; '.join(why) or 'nothing of that name'
        missing.setdefault((head, file, reasons), []).append(name)
    print('%s: %d checks, %d shown' %
          (TABLE, len(checks), len(checks) - sum(map(len, missing.values()))))
    for (head, file, reasons), names in sorted(missing.items()):
        print('%s: %s: %s (%s)' % (head, file,
              ', '.join('"%s"' % name for name in names), reasons))
    if wrong and not only_tell:
        sys.exit('%d of them should have been; what a machine may be unable '
                 'to show is in %s' % (len(wrong), KNOWN))


main()
