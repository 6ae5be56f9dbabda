# SPDX-License-Identifier: ISC
#
# Is a bill of materials what SPDX 2.3 asks for, and does it tell the truth?
#
#	sbom.py FILE TREE BUILD-FOLDER

import hashlib
import json
import os
import re
import subprocess
import sys

name, tree, build = sys.argv[1:]
wrong = []


def need(condition, what):
    if not condition:
        wrong.append(what)


def keys(thing, wanted, what):
    for key in wanted:
        need(thing.get(key), "%s: no %s" % (what, key))


with open(name, encoding="utf-8") as f:
    bill = json.load(f)

keys(bill, ("spdxVersion", "dataLicense", "SPDXID", "name",
    "documentNamespace", "creationInfo", "packages", "files",
    "relationships"), "document")
need(bill["spdxVersion"] == "SPDX-2.3", "version")
need(bill["dataLicense"] == "CC0-1.0", "licence of the data")
need(bill["SPDXID"] == "SPDXRef-DOCUMENT", "identifier of the document")
need(re.fullmatch(r"https://[^#\s]+", bill["documentNamespace"]), "namespace")
need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    bill["creationInfo"]["created"]), "date")
for creator in bill["creationInfo"]["creators"]:
    need(re.match(r"(Tool|Person|Organization): ", creator), "creator")

ids = [bill["SPDXID"]]
for thing in bill["packages"] + bill["files"]:
    ids.append(thing["SPDXID"])
    need(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", ids[-1]), ids[-1])
need(len(ids) == len(set(ids)), "an identifier is there twice")
for relation in bill["relationships"]:
    keys(relation, ("spdxElementId", "relationshipType",
        "relatedSpdxElement"), "relation")
    for end in ("spdxElementId", "relatedSpdxElement"):
        need(relation[end] in ids, "nobody is " + relation[end])

for package in bill["packages"]:
    keys(package, ("name", "versionInfo", "downloadLocation",
        "licenseConcluded", "licenseDeclared", "copyrightText"),
        package["SPDXID"])
    need(package["versionInfo"] != "NOASSERTION",
        package["name"] + ": which version?")
own = bill["packages"][0]
with open(os.path.join(tree, "common/version"), encoding="utf-8") as f:
    need(f.read().split() == ["version", own["versionInfo"]], "srt's version")
need(own["licenseDeclared"] == "ISC", "srt's licence")
need(bill["name"] == "srt-" + own["versionInfo"], "name")

sums = []
for entry in bill["files"]:
    path = entry["fileName"]
    keys(entry, ("fileTypes", "checksums", "licenseConcluded",
        "licenseInfoInFiles", "copyrightText"), path)
    binary = entry["fileTypes"] == ["BINARY"]
    with open(os.path.join(build if binary else tree, path), "rb") as f:
        content = f.read()
    got = {c["algorithm"]: c["checksumValue"] for c in entry["checksums"]}
    for algorithm in ("SHA1", "SHA256"):
        need(got.get(algorithm) ==
            hashlib.new(algorithm.lower(), content).hexdigest(),
            "%s: %s" % (path, algorithm))
    if path.endswith((".c", ".h")):
        need(entry["licenseInfoInFiles"] == ["ISC"], path + ": licence")
    sums.append(got.get("SHA1", ""))
need(own["packageVerificationCode"]["packageVerificationCodeValue"] ==
    hashlib.sha1("".join(sorted(sums)).encode()).hexdigest(),
    "verification code")

# What a program is linked with says the program.
LIBRARIES = {"libc.so.6": "glibc", "libm.so.6": "glibc",
    "libssl": "openssl", "libcrypto": "openssl", "libbsd": "libbsd",
    "libmd": "libmd", "libyajl": "yajl", "libevent_core-2": "libevent"}
programs = [f for f in bill["files"] if f["fileTypes"] == ["BINARY"]]
need(len(programs) == 5, "five programs")
by_id = {p["SPDXID"]: p["name"] for p in bill["packages"]}
for program in programs:
    linked = {kind: {by_id.get(r["relatedSpdxElement"])
        for r in bill["relationships"] if r["relationshipType"] == kind and
        r["spdxElementId"] == program["SPDXID"]}
        for kind in ("DYNAMIC_LINK", "STATIC_LINK", "GENERATED_FROM")}
    shown = subprocess.run(["readelf", "-d",
        os.path.join(build, program["fileName"])], capture_output=True,
        check=True, env=dict(os.environ, LC_ALL="C"), text=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", shown)
    need(bool(needed) == bool(linked["DYNAMIC_LINK"]),
        program["fileName"] + ": shared libraries")
    for library in needed:
        of = LIBRARIES.get(library) or LIBRARIES.get(library.split(".")[0])
        need(of is None or of in linked["DYNAMIC_LINK"],
            "%s: %s" % (program["fileName"], library))
    need(linked["DYNAMIC_LINK"] | linked["STATIC_LINK"] >= {"glibc"},
        program["fileName"] + ": what is it linked with?")
    need(linked["GENERATED_FROM"], program["fileName"] + ": made of what?")

for what in wrong:
    print("sbom:", what)
sys.exit(bool(wrong))
