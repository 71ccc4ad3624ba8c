"""Random builds without RUN, and whether `mlgate inspect` says of one what BuildKit makes of it.

A case is a context, an ignore file and a Dockerfile of `FROM scratch` stages. The pools hold what real files hold and
every oddity that BuildKit is known for; many cases are ill-formed on purpose.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.image.inspect import document


@dataclass
class Case:
    """`entries`: path → ("file", mode, content), ("dir", mode), ("link", target), ("hard", other path), ("fifo", mode)."""

    seed: int
    dockerfile: bytes = b""
    entries: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    own_ignore: bytes | None = None
    target: str | None = None
    build_args: dict[str, str] = field(default_factory=dict)
    inside: bool = False  # the Dockerfile stands in the context
    ill: bool = False  # anything goes; otherwise only what BuildKit should take


NAMES = [
    "a", "b", "c.txt", "run.sh", "train", "README.md", ".env", "x.py", "model.bin", "sp ace", "ünï", "x[1]", "st*r", "$v", "!bang",
    "#hash", " lead", "q?m", "a-b_c", "UPPER", "b.md", "requirements.txt", "serve", "tab\tname", "back\\slash", "caret^",
]  # fmt: skip
FOLDERS = ["d", "src", "d/e", "src/pkg", ".hidden", "d/e/f", "data", "sp dir", "d2", "src/pkg/sub"]
MODES = [0o644] * 8 + [0o755] * 4 + [0o600, 0o400, 0o777, 0o4755, 0o2755, 0o1644, 0o000, 0o711, 0o640]
FOLDER_MODES = [0o755] * 6 + [0o700, 0o775, 0o1777, 0o2775, 0o555, 0o711]
TARGETS = [
    "a", "d", "./b", "../a", "d/e", "/a", "/d", "../../../d", "nowhere", "loop1", "loop2", "l1", "l2", "..", ".", "/", "d/../a",
    "l1/../b", "/src/pkg", "src", "e", "/d/e/../../a", "l2/x.py",
]  # fmt: skip
PATTERNS = [
    "*", "d", "/d", "d/", "d/*", "d/**", "**/*.md", "*.txt", "!d/b.md", "!d", "!src/pkg", "!*.py", "# comment", " # spaced", "a # x",
    ".", "/", "./d", "d/e/", "d/a/", "[a-c]*", "?", "**", "!README.md", "**/e", "src/**/x.py", "!**/a", "*.py", "  b  ", "!  a",
    "data", "d/../a", "**/f/**", "!d/e", "d*", "\\!bang", "x\\[1\\]", "*/*", "!*/a", ".*", "!.env", "[!a]", "[^a]*", "src/p?g", "**/",
    "/*", "!/d/e", "../a", "*/", "d/e/**/a", "**/*", "!d/**", "src/*", "!src/*.py", "a/", "README.md/", "d\\e", "[b-a]", "[", "!",
]  # fmt: skip


def make_case(seed: int) -> Case:
    rng = random.Random(seed)
    case = Case(seed, ill=rng.random() < 0.25)
    _context(rng, case)
    if rng.random() < 0.35:
        case.entries[".dockerignore"] = ("file", 0o644, _ignore(rng, case.ill))
    if rng.random() < 0.06:
        case.own_ignore = rng.choice([b"", _ignore(rng, case.ill), _ignore(rng, case.ill)])
    if rng.random() < 0.1:
        case.inside = True
        case.entries["Dockerfile"] = ("file", 0o644, b"")
    case.dockerfile = _Writer(rng, case).text()
    if case.inside:
        case.entries["Dockerfile"] = ("file", 0o644, case.dockerfile)
    return case


# Contexts ------------------------------------------------------------------------------------------------------------


def _context(rng: random.Random, case: Case) -> None:
    entries = case.entries
    folders = [""] + [folder for folder in FOLDERS if rng.random() < 0.6]
    for folder in folders[1:]:
        parent = os.path.dirname(folder)
        if parent and parent not in entries:
            continue
        entries[folder] = ("dir", rng.choice(FOLDER_MODES))
    places = [""] + [path for path, entry in entries.items() if entry[0] == "dir"]
    common = ["a", "b", "b.md", "x.py", "run.sh", "train", "README.md"]
    for _ in range(rng.choice([4, 6, 8, 10, 14, 14, 30])):
        name = rng.choice(common) if rng.random() < 0.6 else rng.choice(NAMES)
        path = _join(rng.choice(places), name)
        entries.setdefault(path, ("file", rng.choice(MODES), _content(rng)))
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        path = _join(rng.choice(places), rng.choice(["l1", "l2", "l3", "loop1", "loop2", "link.txt"]))
        entries.setdefault(path, ("link", rng.choice(TARGETS)))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        name, data = _archive(rng)
        entries.setdefault(_join(rng.choice(places), name), ("file", rng.choice(MODES[:10]), data))
    if rng.random() < 0.08:
        files = [path for path, entry in entries.items() if entry[0] == "file"]
        entries.setdefault(_join(rng.choice(places), "hard"), ("hard", rng.choice(files)))
    if rng.random() < 0.05:
        entries.setdefault(_join(rng.choice(places), "pipe"), ("fifo", rng.choice(MODES[:10])))
    if rng.random() < 0.05:
        entries.setdefault(_join(rng.choice(places), "socket"), ("socket", 0o755))
    if rng.random() < 0.1:
        entries.setdefault(
            "passwd", ("file", 0o644, b"root:x:0:0::/root:/bin/sh\n# c\n app:x:1001:1002:App:/app:/bin/sh\nbad\n")
        )
        entries.setdefault("group", ("file", 0o644, b"root:x:0:\nstaff:x:50:app\n"))


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _content(rng: random.Random) -> bytes:
    return rng.choice([
        b"", b"hello\n", b"#!/bin/sh\necho hi\n", b"#!/usr/bin/env python3\r\nprint(1)\r\n", b"\x00\xff" * rng.randint(1, 40),
        str(rng.random()).encode(), b"\x1f\x8b\x08 not gzip", gzip.compress(b"plain text", mtime=0), b"BZh9 no",
    ])  # fmt: skip


def _archive(rng: random.Random) -> tuple[str, bytes]:
    """A tar archive of some form and compression, sometimes damaged."""
    buffer = io.BytesIO()
    form = rng.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for _ in range(rng.choice([0, 1, 2, 4, 6])):
            _add_member(rng, archive)
    data = buffer.getvalue()
    if rng.random() < 0.1:
        data = data.rstrip(b"\0") + b"\0" * rng.choice([0, 100, 512])
    kind = rng.choice(["tar", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz", "bin"])
    if kind in ("tar.gz", "tgz"):
        data = gzip.compress(data, mtime=0)
    elif kind == "tar.bz2":
        data = bz2.compress(data)
    elif kind == "tar.xz":
        data = lzma.compress(data)
    if rng.random() < 0.08:
        data = data[: rng.randint(0, len(data))]
    return f"pack{rng.randint(1, 3)}.{kind}", data


def _add_member(rng: random.Random, archive: tarfile.TarFile) -> None:
    name = rng.choice([
        "f", "t/f", "t/u/g", "./dot", "t/", "t", "/abs/f", "../up", "a", "d", "d/x", "bin/tool", "lnk", "lnk/in", "x" * 120, "é/ü", ".", "./",
        "t/../w", "hl", "d/e/",
    ])  # fmt: skip
    if archive.format == tarfile.USTAR_FORMAT:
        name = name.replace("x" * 120, "x" * 90)
    info = tarfile.TarInfo(name)
    info.mode = rng.choice([0o644, 0o755, 0o600, 0o4755, 0o1777, 0o700, 0o100644])
    big = (3000000, 3) if archive.format != tarfile.USTAR_FORMAT else (7, 0)
    info.uid, info.gid = rng.choice([(0, 0), (1000, 1000), (5, 7), big])
    kind = rng.random()
    if name.endswith("/") or name == "." or kind < 0.2:
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    elif kind < 0.35:
        info.type, info.linkname = tarfile.SYMTYPE, rng.choice(["f", "t", "/etc/x", "../..", "nowhere", "y" * 95])
        archive.addfile(info)
    elif kind < 0.42:
        info.type, info.linkname = tarfile.LNKTYPE, rng.choice(["f", "t/f", "nope", "a", "./f", "lnk"])
        archive.addfile(info)
    elif kind < 0.46:
        info.type = tarfile.FIFOTYPE
        archive.addfile(info)
    else:
        data = _content(rng)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))


def _ignore(rng: random.Random, ill: bool) -> bytes:
    lines = [rng.choice(PATTERNS if ill and rng.random() < 0.1 else PATTERNS[:-4]) for _ in range(rng.randint(1, 7))]
    if rng.random() < 0.6:  # most ignore files leave something
        lines = [line for line in lines if line not in ("*", "**", "/*", "**/", "**/*", "*/*", "d*")] + [
            "!a",
            "!d",
            "!b",
        ]
        rng.shuffle(lines)
    text = rng.choice(["\n"] * 6 + ["\r\n"]).join(lines) + rng.choice(["\n", ""])
    return rng.choice([b"", b"", b"", b"\xef\xbb\xbf"]) + text.encode()


# Dockerfiles ---------------------------------------------------------------------------------------------------------

DESTINATIONS = [
    "/", ".", "./", "x", "x/", "/x", "/x/", "/x/y", "/x/y/", "/app", "/app/", "/app/train", "/opt/program", "/opt/ml/", "d", "../up",
    "/a/../b", "/x/.", "/x/./y", "/l1", "/l1/", "/d/l1", "sub/deep/er/", "$V/x", "${W:-w}/", "/etc/", "/x//y", "~", "/d", "/d/", "/d/e",
    "/lnk", "/lnk/", "/a", "..", "/..", "/x/..",
]  # fmt: skip
PORTS = ["80", "8080/tcp", "53/udp", "8000-8003", "443/TCP", "${P:-99}", "9/sctp", "80 81", "1:2", "127.0.0.1:80:81", "0", "+7",
         "8080/tcp 8080", "[::1]:1:2", "65535", "1-1"]  # fmt: skip
BAD_PORTS = ["80/xyz", "70000", "5-3", "x", "$U", "1.2.3:4:5", "80-", "/tcp"]
WORDS = [
    "1", "v", '"two words"', "'single $V'", "a\\ b", "a\\nb", "$V", "${V}", "${V:-d}", "${V-d}", "${V:+p}", "${U:-u$V}", "$$", "x$", '""', "''",
    '"$V"', "pre$V", "${V}post", "a'b'c\"d\"", "${U}", "\\$V", "${V%v*}", "${V##*a}", "${V/a/b}", "${V//a/b}", "é", "a=b", "#x", '"a\\"b"',
    "[X]", "${W+w}", "$TARGETARCH", "${TARGETPLATFORM:-none}", "$TARGETSTAGE", "~", "<<", "a<b", "C:\\\\x", "${V#p}", "${U:+x}y",
]  # fmt: skip
BAD_WORDS = ["${V//b}", "${U:?no}", "${V:0}", '"open', "${", "${V", "$(x)"]
OWNERS = [
    "5",
    "5:6",
    ":50",
    "7:",
    "app",
    "app:staff",
    "0:0",
    "root",
    "root:5",
    "nobody",
    "-1",
    "+3",
    "4294967295",
    "$V",
    "1000:app",
    "app:9",
    "a:b:c",
    "",
]
CHMODS = [
    "644", "755", "0600", "4755", "1777", "u+x", "go-w", "a=r", "u=rwX,go=rX", "+x", "u=rwX", "g=u", "-w", "u+s", "+t", "o=", "a+X", "7777", "0",
    "u=g,o=u", "ug+rw,o-rwx", "=", "+xt", "g+s", "$M", "u=rwx,g=u-w,o=g", "a-s", "u=rws,g=xs", "o+t", "go=u-w+x", "+r-w=x",
]  # fmt: skip
BAD_CHMODS = ["10000", "99", "u+z", "rw", "u+x,", "0o644", "", "8"]
SIGNALS = ["SIGTERM", "9", "sigusr1", "INT", "99", "RTMIN+3", "-5", "${S:-KILL}"]
BAD_SIGNALS = ["SIGFOO", "0", "$U", "RTMAX-15"]
USERS = ["app", "1000", "1000:1000", "root", "${V:-5}", "app:staff", "nobody", "0"]


class _Writer:
    """Writes one Dockerfile."""

    def __init__(self, rng: random.Random, case: Case) -> None:
        self.rng = rng
        self.case = case
        self.stages: list[str] = []
        self.lines: list[str] = []
        self.outputs: list[list[str]] = []  # destinations of each stage: what others may copy from it
        self.made: list[str] = []
        self.current = 0
        self.named = False
        self.source_stage = 0

    def text(self) -> bytes:
        rng = self.rng
        for _ in range(rng.choice([0, 0, 1, 2])):
            self.lines.append(f"ARG {rng.choice('VWUB')}{rng.choice(['', '=1', '=val', '=$V', '=scratch'])}")
        count = rng.choice([1, 1, 1, 2, 2, 3, 4])
        for index in range(count):
            self._stage(index)
        named = [name for name in self.stages if name]
        if rng.random() < 0.08 and named:
            self.case.target = self._pick([*named, named[0].upper()], ["nope", "0"])
        for name in "VWUPM":
            if rng.random() < 0.06:
                self.case.build_args[name] = rng.choice(["given", "", "7", "a b"])
        end = "\r\n" if rng.random() < 0.04 else "\n"
        if rng.random() < 0.03:
            self.lines = ["# escape=`", *(line.replace("\\\n", "`\n") for line in self.lines)]
        if rng.random() < 0.03:
            self.lines.insert(0, "# check=skip=all" if rng.random() < 0.5 else "\ufeff# a comment")
        return end.join(line.replace("\n", end) for line in self.lines).encode() + end.encode()

    def _pick(self, good: list[str], bad: list[str]) -> str:
        """One of the good ones; in an ill-formed case sometimes a bad one."""
        return self.rng.choice(bad if self.case.ill and self.rng.random() < 0.2 else good)

    def _stage(self, index: int) -> None:
        rng = self.rng
        base = "scratch"
        self.named = False
        if self.stages and rng.random() < 0.55:
            named = [name for name in self.stages if name]
            base = rng.choice(named) if named else "scratch"
        if self.case.ill and rng.random() < 0.03:
            base = "$B"
        name = (
            f"s{index}"
            if rng.random() < 0.8
            else rng.choice(["", "", "", "scratch", "s0"])
            if rng.random() < 0.2
            else ""
        )
        self.lines.append(f"FROM {base}" + (f" AS {name.upper() if rng.random() < 0.1 else name}" if name else ""))
        self.current = index
        self.made = ["/"]
        for _ in range(rng.choice([1, 2, 3, 4, 5, 6, 8])):
            self.lines.append(self._instruction())
        self.stages.append(name)
        self.outputs.append(self.made)

    def _instruction(self) -> str:
        rng = self.rng
        writers: list[tuple[int, Callable[[], str]]] = [
            (34, self._copy), (5, self._add), (5, self._heredoc), (9, self._workdir), (7, self._env), (5, self._arg), (3, self._label),
            (3, self._user), (2, self._expose), (2, self._volume), (3, self._cmd), (3, self._entrypoint), (2, self._health), (1, self._stop),
            (1, self._shell), (3, self._onbuild), (1, self._maintainer), (2, self._accounts), (2, self._onto),
        ]  # fmt: skip
        weights, choices = zip(*writers, strict=True)
        line = rng.choices(choices, weights)[0]()
        self.named = self.named or line.startswith(("COPY", "ADD"))  # from here on there is a layer to look names up in
        if rng.random() < 0.03:
            line = line.lower().split(" ", 1)[0] + " " + line.split(" ", 1)[1] if " " in line else line
        if rng.random() < 0.05 and "<<" not in line:
            line = line.replace(" ", rng.choice([" \\\n   ", " \\ \n  # between\n ", "\t\\\n\n  "]), 1)
        if rng.random() < 0.03 and "<<" not in line:
            line = rng.choice(["  " + line, line + "  ", "\t" + line, "# a comment\n" + line, line + "\n\n"])
        return line

    # COPY and ADD

    def _source(self) -> str:
        rng = self.rng
        paths = list(self.case.entries)
        bad = [
            "nope", "d/nope", "a/x", "[", "a[", "[]a]", "nope/*", "loop1", "../..", "data/nope*/x", "d/nope*", "\\", "", "a/.", "d/\x01",
            "nope?", "zz?", "l3", "l1/x", "d/e/..", "//", "!bang",
        ]  # fmt: skip
        links = [path for path, entry in self.case.entries.items() if entry[0] == "link"]
        kind = rng.random()
        if self.case.ill and kind < 0.15:
            return rng.choice(bad)
        if kind < 0.6:
            path = rng.choice(paths)
            if not self.case.ill and self.case.entries[path][0] == "link":
                path = "."
            return rng.choice(["", "", "", "/", "./", "../", "/../"]) + path if rng.random() < 0.3 else path
        if kind < 0.7:
            folders = [path for path, entry in self.case.entries.items() if entry[0] == "dir"]
            return rng.choice(
                [".", "./", "/", *(folder + rng.choice(["", "/", "/.", "/*", "/./"]) for folder in folders)]
            )
        if kind < 0.74 and links:
            return rng.choice(links) + rng.choice(["", "", "/", "/a", "/*", "/e"])
        return rng.choice([
            "*", "*.md", "*.txt", "?", "[a-c]", "d*", "*/*", "**", "*.py", "[^.]*", "x[[]1]", "st\\*r", "?.txt", "*/b.md", "[a-z]*", "l*", "*1",
            "a*", ".*", "*.tar*", "pack*", "**/b.md", "src*/pkg", "./*", "*/a", "nope*", "*nope", "[x-z]*", "[!a]*", "*.sh", "*e*",
        ])  # fmt: skip

    def _words(self, sources: list[str], destination: str) -> str:
        """The JSON form where blanks need it, and sometimes where they do not."""
        rng = self.rng
        words = [source if rng.random() < 0.03 else _escaped(source) for source in sources] + [destination]
        if any(not word or any(blank in word for blank in " \t") for word in words) or rng.random() < 0.12:
            return json.dumps(words, ensure_ascii=rng.random() < 0.5)
        return " ".join(words)

    def _flags(self, *, copy: bool) -> list[str]:
        rng = self.rng
        flags = []
        if rng.random() < 0.14:
            flags.append(
                f"--chown={self._pick(OWNERS[:3] + OWNERS[6:8] + OWNERS[10:12] + OWNERS * self.named, OWNERS)}"
            )
        if rng.random() < 0.14:
            flags.append(f"--chmod={self._pick(CHMODS, BAD_CHMODS)}")
        if rng.random() < 0.1:
            flags.append(rng.choice(["--link", "--link", "--link", "--link=true", "--link=false"]))
        while rng.random() < 0.12:
            flags.append("--exclude=" + rng.choice([
                "*.md", "a", "d/a", "**/a", "*", "!a", "*.py", "e", "d/e", "**/*.md", "e/**", "d", "!d/e/a", "x.*", "[a-b]", "*/*", "**",
            ]))  # fmt: skip
        if copy and rng.random() < 0.1:
            flags.append(rng.choice(["--parents", "--parents", "--parents=false"]))
        if copy and self.stages and rng.random() < 0.3:
            self.source_stage = rng.randrange(len(self.stages))
            name = self.stages[self.source_stage]
            good = [name.upper(), name, str(self.source_stage)] if name else [str(self.source_stage)]
            flags.append("--from=" + self._pick(good, ["9", str(self.current), "$V", "-1"]))
        if not copy and rng.random() < 0.15:
            flags.append(rng.choice(["--unpack", "--unpack=false", "--unpack=true"]))
        if self.case.ill and rng.random() < 0.02:
            flags.append(rng.choice(["--nope", "--chown", "--link=maybe", "--checksum=sha256:00"]))
        rng.shuffle(flags)
        return flags

    def _copy(self) -> str:
        rng = self.rng
        flags = self._flags(copy=True)
        if any(flag.startswith("--from") for flag in flags):
            sources = [self._stage_source() for _ in range(rng.choice([1, 1, 1, 2]))]
        else:
            sources = [self._source() for _ in range(rng.choice([1, 1, 1, 1, 2, 3]))]
        if "--parents" in flags and rng.random() < 0.6:
            sources = [
                rng.choice(
                    [
                        "./d/./e",
                        "d/./e/f",
                        "**/x.py",
                        "**/*.md",
                        "d/e",
                        "src/pkg",
                        "d/*",
                        "./d/e/f",
                        "./*/./*",
                        "d/./**",
                        "./x.py",
                        "/d/e",
                        "*/./*",
                        "src/./pkg/./sub",
                        "d/../a",
                        "[a-d]*/*",
                        "l1/a",
                        "l1/./a",
                        "./l1/.",
                        "**",
                        "*",
                        ".",
                        "d/*/f",
                        "d*/./e*",
                    ]
                )
            ]
        return " ".join(["COPY", *flags, self._words(sources, self._destination())])

    def _destination(self) -> str:
        found = self.rng.choice(DESTINATIONS)
        self.made.append(found if found.startswith("/") else "/")
        return found

    def _stage_source(self) -> str:
        made = self.outputs[self.source_stage]
        return self._pick(
            [
                *made,
                *made,
                "/",
                ".",
                "/*",
                "/x*",
                "/[a-d]*",
                "/*/*",
                "/no*",
                self.rng.choice(made) + "/*",
                self.rng.choice(made) + "/",
            ],
            ["/nope", "nope/x", "/x/y", "/app", "/l1", "/t", "/etc/passwd"],
        )

    def _add(self) -> str:
        rng = self.rng
        archives = [path for path in self.case.entries if "pack" in path]
        if archives and rng.random() < 0.75:
            sources = [rng.choice(archives)]
        else:
            sources = [self._source() for _ in range(rng.choice([1, 1, 2]))]
        return " ".join(["ADD", *self._flags(copy=False), self._words(sources, self._destination())])

    def _heredoc(self) -> str:
        rng = self.rng
        name = self._pick(["EOF", "f.txt", "run.sh", "'EOF'", '"run.sh"', "a"], ['"x y"', "a/b", "..", "'open"])
        dash = rng.choice(["", "", "-"])
        body = "\n".join(rng.choice([
            "hello", "$V and ${W:-w}", "\ttabbed", "'quoted $V'", '"double $V"', "back\\slash \\$V", "", "#!/bin/sh", "é", "${U}", "  two", "$$",
            "a\\", "`x`", "<<", '\\"',
        ]) for _ in range(rng.randint(0, 4)))  # fmt: skip
        plain = name.strip("'\"")
        text = f"{rng.choice(['COPY', 'COPY', 'ADD'])} {' '.join(self._flags(copy=False))} <<{dash}{name} "
        if rng.random() < 0.15:
            text += f"{rng.choice(['a', 'd/', 'b.md'])} "
        second = rng.random() < 0.12
        if second:
            text += "<<END "
        text += self._destination()
        text = text.replace("--unpack=false", "").replace("--unpack=true", "").replace("--unpack", "")
        return text + f"\n{body}{chr(10) if body else ''}{plain}" + ("\nsecond $V\nEND" if second else "")

    # The rest

    def _workdir(self) -> str:
        return "WORKDIR " + self.rng.choice([
            "/", "/app", "/app/", "x", "../y", "/a/../b", "$V", "/x/y/z", ".", "./sub", "/l1", "/l1/deep", '"/q q"', "a/b/", "//two", "..", "/d/e",
            "/x", "/opt/ml", "${W:-/dflt}", "/a",
        ])  # fmt: skip

    def _word(self) -> str:
        return self._pick(WORDS, BAD_WORDS)

    def _pairs(self) -> str:
        rng = self.rng
        keys = ["V", "W", "A", "B", "P", "M", "S", "PATH", "a.b"]
        return rng.choice([" ", " ", " \\\n    "]).join(
            f"{rng.choice(keys)}={self._word()}" for _ in range(rng.choice([1, 1, 2, 3]))
        )

    def _env(self) -> str:
        rng = self.rng
        if rng.random() < 0.12:
            return f"ENV {rng.choice('VWA')} {self._word()} {self._word()}"
        return "ENV " + self._pairs()

    def _arg(self) -> str:
        rng = self.rng
        if rng.random() < 0.1:
            return "ARG " + rng.choice(
                ["TARGETARCH", "TARGETPLATFORM", "BUILDOS", "TARGETSTAGE", "TARGETVARIANT", "BUILDPLATFORM"]
            )
        return "ARG " + " ".join(
            rng.choice("VWUPMS") + rng.choice(["", f"={self._word()}"]) for _ in range(rng.choice([1, 1, 2]))
        )

    def _label(self) -> str:
        rng = self.rng
        key = rng.choice(["version", "a.b.c", '"quoted key"', "$V", "x"])
        return f"LABEL {key}={self._word()}" + (f" l2={self._word()}" if rng.random() < 0.3 else "")

    def _user(self) -> str:
        return "USER " + self.rng.choice(USERS)

    def _expose(self) -> str:
        return "EXPOSE " + " ".join(self._pick(PORTS, BAD_PORTS) for _ in range(self.rng.choice([1, 1, 2])))

    def _volume(self) -> str:
        return "VOLUME " + self._pick(
            ["/data", '["/a","/b c"]', "/a /b", "x$V", '["/data"]', "${W:-/w}", "data", '["/$V"]', "[/x]"],
            ["$U", '[""]', '[" "]', "[]"],
        )

    def _form(self) -> str:
        if self.case.ill and self.rng.random() < 0.1:
            return '["x", 1]'
        return self.rng.choice([
            '["a","b"]', "echo $V hi", '["a",]', "[]", '["a"] # c', "", "exec  two   blanks", '["/bin/sh", "-c", "x"]', "'q' \"r\"",
            '[ "a" ]', '["é\\u00e9\\n"]', "a \\\n  b",
        ])  # fmt: skip

    def _cmd(self) -> str:
        return f"CMD {self._form()}".rstrip()

    def _entrypoint(self) -> str:
        return f"ENTRYPOINT {self._form()}".rstrip()

    def _health(self) -> str:
        rng = self.rng
        if rng.random() < 0.15:
            return "HEALTHCHECK NONE"
        flags = "".join(
            f"--{name}={rng.choice(values)} "
            for name, values in {
                "interval": ["5s", "1m30s", "0s", "1.5h", "100ms", "1h2m3s4ms", ".5s"]
                + ["x", "-1s", "500us", "5"] * self.case.ill,
                "timeout": ["3s", "2m"],
                "retries": ["3", "0", "+4"] + ["-1", "x"] * self.case.ill,
                "start-period": ["1h"],
                "start-interval": ["2s"],
            }.items()
            if rng.random() < 0.3
        )
        form = self._form()
        return f"HEALTHCHECK {flags}CMD {form if form not in ('', '[]') or self.case.ill else 'x'}".rstrip()

    def _stop(self) -> str:
        return "STOPSIGNAL " + self._pick(SIGNALS, BAD_SIGNALS)

    def _shell(self) -> str:
        return "SHELL " + self._pick(['["/bin/bash","-c"]', '["pwsh"]', '["a b", "\\u00e9"]'], ["[]", "bash -c"])

    def _onbuild(self) -> str:
        rng = self.rng
        child = rng.choice([
            self._copy, self._env, self._cmd, self._workdir, self._label, self._arg, self._heredoc, self._entrypoint, self._user, self._expose,
        ])()  # fmt: skip
        return "ONBUILD " + self._pick([child], ["ONBUILD COPY a b", "FROM x", "NOPE x", "COPY", "MAINTAINER x"])

    def _accounts(self) -> str:
        """Accounts of the image's own, so that names mean something."""
        rng = self.rng
        self.named = True
        name, text = rng.choice([
            ("passwd", "root:x:0:0::/root:/bin/sh\napp:x:1001:1002:App:/app:/bin/sh"), ("group", "root:x:0:\nstaff:x:50:app\napp:x:77:"),
            ("passwd", " app:x:7:8 \n\napp:x:9:9\nnobody:*:65534:65534"), ("passwd", "app:x:zz:3\nnobody"), ("group", "staff:x::a,b"),
        ])  # fmt: skip
        return f"COPY <<EOF /etc/{name}\n{text}\nEOF"

    def _onto(self) -> str:
        """Something over something: a link, a folder, a file of before."""
        rng = self.rng
        source = rng.choice(
            ["d", "a", "src", "d/", ".", "b.md", "*", "d/*"]
            + [path for path, entry in self.case.entries.items() if entry[0] == "dir"]
        )
        first = self._words([source], rng.choice(["/", "/x", "/x/", "/d"]))
        second = self._words(
            [self._source()],
            rng.choice(["/l1", "/l2/", "/x/l1", "/d", "/d/l1", "/x/d", "/a", "/x/a", "/link.txt", "/x/loop1", "/d/e"]),
        )
        self.made += ["/x", "/d"]
        return f"COPY {first}\nCOPY {' '.join(self._flags(copy=True))} {second}"

    def _maintainer(self) -> str:
        return "MAINTAINER " + self.rng.choice(["Me <me@x>", "a b"])


def _escaped(path: str) -> str:
    """A path as a source word that means it: what the builder expands or matches is escaped."""
    if set("*?[").intersection(path) and not path.endswith(("*r", "[1]", "?m")):
        return path
    for name in ("st*r", "x[1]", "q?m"):
        path = path.replace(name, name.replace("*", "\\\\*").replace("[", "\\\\[").replace("?", "\\\\?"))
    return path.replace("$v", "\\$v")


# Writing, predicting, comparing --------------------------------------------------------------------------------------


def write(case: Case, folder: Path) -> Path:
    """Write the case and return its Dockerfile, which stands beside the context so that patterns cannot reach it."""
    context = folder / "context"
    context.mkdir(parents=True)
    for path, entry in case.entries.items():
        place = context / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry[0] == "dir":
            place.mkdir(exist_ok=True)
        elif entry[0] == "file":
            place.write_bytes(entry[2])
        elif entry[0] == "link":
            place.symlink_to(entry[1])
        elif entry[0] == "hard":
            os.link(context / entry[1], place)
        elif entry[0] == "fifo":
            os.mkfifo(place)
        else:
            _make_socket(place)
    for path, entry in sorted(case.entries.items(), reverse=True):
        if entry[0] in ("dir", "file", "fifo"):
            (context / path).chmod(entry[1])
    dockerfile = place_of(case, folder)
    dockerfile.write_bytes(case.dockerfile)
    if case.own_ignore is not None:
        Path(f"{dockerfile}.dockerignore").write_bytes(case.own_ignore)
    return dockerfile


def place_of(case: Case, folder: Path) -> Path:
    """Where the Dockerfile stands."""
    return (folder / "context" if case.inside else folder) / "Dockerfile"


def _make_socket(place: Path) -> None:
    import socket

    here = os.getcwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place.name)
    finally:
        os.chdir(here)


@dataclass
class Outcome:
    """What a build makes, in terms that both sides share. `files`: path → (type, mode, uid, gid, size, link, digest)."""

    refused: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    undecided: list[Any] = field(default_factory=list)


def predict(case: Case, folder: Path) -> Outcome:
    """What mlgate says."""
    dockerfile = place_of(case, folder)
    context = open_context(str(folder / "context"), dockerfile=str(dockerfile))
    tree = parse(Source("Dockerfile", case.dockerfile))
    build = Build(tree, context=context, build_args=case.build_args, target=case.target, plain=True)
    found = document(build)
    if found["faults"]:
        return Outcome(refused=found["faults"][0]["message"])
    contents = {}
    if build.target is not None:
        for file in build.image().files:
            if file.type == "file":
                data = file.read(1 << 30)
                contents[file.path] = hashlib.sha256(data).hexdigest() if data is not None else None
    files = {
        row["path"]: (
            row["type"],
            row["mode"],
            row["uid"],
            row["gid"],
            row["size"],
            row["link"] or "",
            contents.get(row["path"], ""),
        )
        for row in found["files"]
    }
    return Outcome("", found["config"], files, found["undecided"])


def truth(result: Any) -> Outcome:
    """What BuildKit built."""
    if not result.ok:
        return Outcome(refused=result.error_text)
    config = result.config
    plain = {
        "Env": config.get("Env") or [], "Entrypoint": config.get("Entrypoint") or None, "Cmd": config.get("Cmd") or None,
        "WorkingDir": config.get("WorkingDir", ""), "User": config.get("User", ""), "Labels": config.get("Labels") or {},
        "ExposedPorts": sorted(config.get("ExposedPorts") or {}), "Volumes": sorted(config.get("Volumes") or {}),
        "StopSignal": config.get("StopSignal"), "Shell": config.get("Shell"), "Healthcheck": config.get("Healthcheck"),
        "OnBuild": config.get("OnBuild") or [],
    }  # fmt: skip
    files = {
        path: (file.type, file.mode, file.uid, file.gid, file.size, file.link, file.sha256)
        for path, file in result.files.items()
    }
    return Outcome("", plain, files)


def differences(said: Outcome, built: Outcome) -> list[str]:
    """What differs, in words; empty when all is equal. Something undecided is a difference, too."""
    if "failed to resolve source metadata" in built.refused:
        return []  # an image from outside
    if said.refused or built.refused:
        if bool(said.refused) == bool(built.refused):
            return []
        return [f"refused here: {said.refused!r}, by BuildKit: {built.refused!r}"]
    rows = [f"undecided: {row}" for row in said.undecided]
    rows += [
        f"config {key}: {said.config.get(key)!r} != {value!r}"
        for key, value in built.config.items()
        if said.config.get(key) != value
    ]
    for path in sorted(said.files.keys() | built.files.keys()):
        mine, theirs = said.files.get(path), built.files.get(path)
        if mine != theirs:
            rows.append(f"file {path!r}: {mine} != {theirs}")
    return rows


def run(
    oracle: Any, seeds: Iterator[int] | range, folder: Path, ahead: int = 8
) -> Iterator[tuple[Case, Outcome, Outcome]]:
    """Each case with what mlgate says and what BuildKit does, in order; some builds run ahead."""
    waiting: list[tuple[Case, Path, Any]] = []

    def finish() -> tuple[Case, Outcome, Outcome]:
        case, place, future = waiting.pop(0)
        built = truth(future.result())
        said = predict(case, place)
        shutil.rmtree(place, ignore_errors=True)
        return case, said, built

    for seed in seeds:
        case = make_case(seed)
        place = folder / str(seed)
        dockerfile = write(case, place)
        # Its digests leave excluded files out, so with a cache BuildKit would hand out files of earlier builds.
        future = oracle.submit(
            place / "context", dockerfile, target=case.target, build_args=case.build_args, attrs={"no-cache": ""}
        )
        waiting.append((case, place, future))
        if len(waiting) >= ahead:
            yield finish()
    while waiting:
        yield finish()
