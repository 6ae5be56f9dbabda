#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The reader itself: rules of this file's own, not of srt's."""

from sbpl import Profile

TEXT = rb'''; comment (
(version 1)
(deny default (with message "t"))
(allow file-read*)
(deny file-read-data file-write* (subpath "/a") (literal "/b"))
(allow file-read-data (require-all (subpath "/a") (regex #"\.c$")
    (require-not (literal (string-append "/a" "/x.c")))))
(deny file-write-create (require-any (vnode-type SYMLINK) (literal "/q\"(")))
(allow network-outbound (remote ip "localhost:80"))
(allow network-bind (local ip "*:*"))
(allow network-outbound (remote unix-socket (path-regex "^/s[0-9]$")))
(allow mach-lookup (global-name-prefix "com.") (global-name "one"))
'''

ASKED = [
    (True, b"file-read-metadata", {"path": b"/a"}),
    (False, b"file-read-data", {"path": b"/a/b"}),
    (True, b"file-read-data", {"path": b"/ab"}),
    (False, b"file-read-data", {"path": b"/b"}),
    (True, b"file-read-data", {"path": b"/b/c"}),
    (True, b"file-read-data", {"path": b"/a/b.c"}),
    (False, b"file-read-data", {"path": b"/a/b.c\n"}),
    (False, b"file-read-data", {"path": b"/a/x.c"}),
    (False, b"file-write-data", {"path": b"/c"}),
    (False, b"process-exec", {"path": b"/c"}),
    (True, b"network-outbound", {"remote": ("ip", b"::1", 80)}),
    (False, b"network-outbound", {"remote": ("ip", b"::1", 81)}),
    (False, b"network-outbound", {"remote": ("ip", b"192.0.2.1", 80)}),
    (True, b"network-bind", {"local": ("ip", b"192.0.2.1", 80)}),
    (True, b"network-outbound", {"remote": ("unix", b"/s1")}),
    (False, b"network-outbound", {"remote": ("unix", b"/s1x")}),
    (True, b"mach-lookup", {"name": b"com.x"}),
    (True, b"mach-lookup", {"name": b"one"}),
    (False, b"mach-lookup", {"name": b"ones"}),
]

HEAD = b'(version 1)(deny default)'
WRONG = [b"", b"(version 2)(deny default)", b"(version 1)(allow default)",
         HEAD + b"(allow", HEAD + b")", HEAD + b'(allow x (literal "/a))',
         HEAD + rb'(allow x (literal "\q"))', HEAD + b"(permit x)",
         HEAD + b'(allow x (literally "/a"))', HEAD + b"(allow)",
         HEAD + b'(allow x (literal "' + b"a" * 1026 + b'"))',
         HEAD + b'(allow x (remote ip "example.com:80"))',
         HEAD + b'(allow x (literal "/a\nb"))',
         HEAD + b'(allow x (regex "("))']


def main():
    profile = Profile(TEXT)
    for want, op, asked in ASKED:
        assert profile.allows(op, **asked) == want, (op, asked)
    for text in WRONG:
        try:
            Profile(text)
        except Exception:  # of any kind: it is no profile
            continue
        raise AssertionError(text)


if __name__ == "__main__":
    main()
