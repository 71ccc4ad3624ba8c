"""Random small images for ``benchmarks.oracle_launch``: every fault that an entry file can have, and their combinations.

Three kinds: FROM scratch with a static busybox under a few names; FROM an image that mlgate cannot see; FROM Debian with
bash, dash and Python.
"""

from __future__ import annotations

import json
import random
import struct
from dataclasses import dataclass, field

MARK = "STARTED"
PLATFORMS = {"sagemaker-training": "train", "sagemaker-hosting": "serve", "docker": None, "vertex-training": None}
HIDDEN = "mlgate-test/hidden"
"""An image that mlgate cannot see; the tag says what is in it."""
HIDDEN_KINDS = {
    "plain": ["ENV PATH=/usr/local/bin:/usr/bin:/bin"],
    "entry": ['ENTRYPOINT ["/bin/sh", "-c", "exec \\"$@\\"", "--"]'],
    "broken": ['ENTRYPOINT ["/nowhere"]', 'CMD ["x"]'],
    "user": ["USER app", "WORKDIR /home/app", "ENV PATH=/home/app/bin:/bin"],
}
"""Tag → what makes it of a busybox image."""
DEBIAN = "debian:12"
INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal"
"""The image with Python, as its author would write it; the real one is made beforehand."""


@dataclass
class Case:
    """One image: the Dockerfile, its context (path → content, mode), and the platform. ``base``: scratch, hidden, debian."""

    dockerfile: str
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    platform: str = "docker"
    base: str = "scratch"


def generate(rng: random.Random) -> Case:
    """A random image."""
    roll = rng.random()
    if roll < 0.45:
        return _scratch(rng)
    if roll < 0.75:
        return _applets(rng)
    return _hidden(rng) if roll < 0.85 else _debian(rng)


def _scratch(rng: random.Random) -> Case:
    """Everything at once: a shell that may not be there, users, modes, first lines, links."""
    case = Case("", platform=rng.choice(list(PLATFORMS)))
    calm = rng.random() < 0.5  # at most one or two things wrong
    word = PLATFORMS[case.platform] or rng.choice(["train", "serve", "app"])
    lines = ["FROM scratch"]
    shell = "/bin/sh" if calm else rng.choice(["/bin/sh"] * 6 + ["/bin/bash", "/usr/bin/sh", None])
    if shell:
        lines.append(f"COPY --chmod=755 busybox {shell}")
    if calm or rng.random() < 0.75:
        lines.append("COPY --chmod=755 busybox /usr/bin/env")
    if rng.random() < 0.5:
        lines.append("COPY passwd group /etc/")
        case.files["passwd"] = (b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n", 0o644)
        case.files["group"] = (b"root:x:0:\napp:x:1000:\nstaff:x:50:app\n", 0o644)
    lines += (
        _paths(rng) if not calm else rng.choice([["ENV PATH=/opt/program:$PATH"], ["ENV PATH=/opt/program:/x:$PATH"]])
    )
    lines += _program(rng, case, word, calm)
    for name in ("run", "entry.sh") if calm else ():
        lines += _program(rng, case, name, calm)
    if rng.random() < 0.5:
        lines += _program(rng, case, rng.choice([word, "run", "entry.sh", "train", "serve"]), False)
    if rng.random() < 0.3:
        lines.append("WORKDIR " + rng.choice(["/opt/program", "/x", "sub", "/bin"]))
    if rng.random() < 0.35:
        lines.append(
            "USER " + rng.choice(["1000", "app", "root", "0", "1000:50", "nobody", "app:staff", "12:34", "app:none"])
        )
    if rng.random() < 0.15:
        lines.append(
            "SHELL " + rng.choice(['["/bin/sh", "-ec"]', '["/bin/bash", "-c"]', '["/usr/bin/env", "sh", "-c"]'])
        )
    lines += _launches(rng, word)
    if rng.random() < 0.15:
        lines[0] = "FROM scratch AS base"
        at = rng.randrange(1, len(lines))
        lines.insert(at, "FROM base")
    case.dockerfile = "\n".join(lines) + "\n"
    return case


def _paths(rng: random.Random) -> list[str]:
    return rng.choice(
        [
            [], ["ENV PATH=/opt/program:$PATH"], ["ENV PATH=/opt/program:${PATH}"], ["ENV PATH /opt/program:/usr/bin:/bin"],
            ["ENV PATH=/x"], ["ENV PATH="], ["ENV PATH=:/bin"], ["ENV PATH=.:/bin:/usr/bin"], ["ENV PATH=bin:/opt/program:/bin"],
            ["ENV PATH=/opt/program/:/x/../bin"], ["ENV PATH=/nowhere:/opt/program/train:/bin:/usr/bin"],
        ]
    )  # fmt: skip


_FIRST = [
    b"#!/bin/sh\n", b"#!/bin/sh\n", b"#!/bin/sh\n", b"#!/bin/sh -e\n", b"#! /bin/sh\n", b"#!\t/bin/sh \t\n", b"#!/usr/bin/env sh\n",
    b"#!/usr/bin/env sh -e\n", b"#!/usr/bin/env -S sh -e\n", b"#!/bin/bash\n", b"#!/usr/bin/env bash\n", b"#!/bin/sh\r\n", b"#!/bin/sh -e\r\n",
    b"#!/usr/bin/env sh\r\n", b"", b"\n#!/bin/sh\n", b" #!/bin/sh\n", b"\xef\xbb\xbf#!/bin/sh\n", b"#!\n", b"#!   \n", b"#!/nowhere/sh\n", b"#!sh\n",
    b"#!bin/sh\n", b"#!/bin/" + b"./" * 150 + b"sh\n", b"#!" + b" " * 240 + b"/bin/sh\n", b"#!" + b" " * 248 + b"/bin/sh\n", b"#!/bin\n", b"#!/etc/passwd\n",
    b"#!/opt/program/run\n", b"#!/usr/bin/env absent\n", b"#!/bin/sh /opt/program/entry.sh\n", b"#!/bin/sh\0\n", b"#!/bin/sh -x y\n", b"#!/bin/sh --\n",
]  # fmt: skip
_BODIES = [
    "echo %s\n", "echo %s\n", "echo %s\n", 'echo %s; exec "$@"\n', 'exec "$@"\n', '"$@"\n', 'shift\nexec "$@"\n', "exec /opt/program/run\n", "run\n",
    'cd /opt/program && exec ./run\n', 'set -e\nabsent\necho %s\n', 'absent\necho %s\n', 'case "$1" in\n  train) exec absent ;;\n  *) echo %s ;;\nesac\n',
    'if [ "$1" = serve ]; then\n  exec /absent\nfi\necho %s\n', "sh /opt/program/run\n", "sh /absent.sh\n", "exec env run\n", 'exec env "$@"\n', "absent || echo %s\n",
    "true && absent\n", "exec absent\n", 'main() {\n  exec "$@"\n}\nmain run\n', 'echo %s; [ $# -gt 1 ] && absent; exit 0\n', "X=1 run\n", 'set -- run\nexec "$@"\n',
]  # fmt: skip


def _script(rng: random.Random) -> bytes:
    first = rng.choice(_FIRST)
    body = rng.choice(_BODIES).replace("%s", MARK).encode()
    if b"\r" in first and rng.random() < 0.8:
        body = body.replace(b"\n", b"\r\n")
    return first + body


def _content(rng: random.Random) -> bytes:
    roll = rng.random()
    if roll < 0.86:
        return _script(rng)
    return rng.choice(
        [
            b"", b"#!/bin/sh\necho hi\n".decode().encode("utf-16"), b"\x7fELF", b"\x7fELF" + b"\0" * 60, b"MZ\x90\0", b"\0\0\0",
            _elf(183), _elf(62, loader=b"/lib64/nowhere.so\0"), _elf(62)[:100], b"#!/bin/sh",
        ]
    )  # fmt: skip


def _elf(machine: int, loader: bytes = b"") -> bytes:
    """A program of 64 bits that ends at once with 0; with ``loader`` it asks for one."""
    code = b"\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05"  # exit(0)
    count = 2 if loader else 1
    start = 64 + 56 * count
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400000 + start, 64, 0, 0, 64, 56, count, 0, 0, 0)
    size = start + len(code) + len(loader)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 4096)
    interp = struct.pack("<IIQQQQQQ", 3, 4, start + len(code), 0, 0, len(loader), len(loader), 1) if loader else b""
    return header + interp + load + code + loader


def _program(rng: random.Random, case: Case, name: str, calm: bool) -> list[str]:
    """The lines that bring one program into the image."""
    number = len(case.files)
    source = rng.choice([name, name, f"{name}{number}.sh"])
    mode = rng.choice([0o755] * 8 + [0o644, 0o644, 0o744, 0o700, 0o711, 0o001, 0o010, 0o655, 0o111])
    folder = rng.choice(["/opt/program", "/opt/program", "/x", "/usr/bin", "/bin", "/usr/local/bin"])
    if calm and rng.random() < 0.8:
        mode, folder = 0o755, "/opt/program"
    case.files[f"{number}/{source}"] = (
        _content(rng)
        if not calm or rng.random() < 0.2
        else b"#!/bin/sh\n" + rng.choice(_BODIES).replace("%s", MARK).encode(),
        mode,
    )
    lines: list[str] = []
    flags = rng.choice(
        [""] * 6
        + [
            "--chmod=755 ",
            "--chmod=644 ",
            "--chown=1000:1000 ",
            "--chown=1000 --chmod=700 ",
            "--chown=0:50 --chmod=750 ",
        ]
    )
    roll = 0.0 if calm else rng.random()
    if roll < 0.55:
        lines.append(f"COPY {flags}{number}/{source} {folder}/{name}")
    elif roll < 0.7:
        lines.append(f"COPY {flags}{number}/ {folder}/")
    elif roll < 0.78:
        lines.append(f"COPY {flags}{number}/{source} {folder}")
    elif roll < 0.84:
        lines.append(f"COPY {flags}{number}/ {folder}/{name}/")
    elif roll < 0.92:
        case.links[f"{number}/link"] = rng.choice(
            [source, "/opt/program/run", "absent", f"../{name}", f"{folder}/{source}", "link"]
        )
        lines += [f"COPY {flags}{number} /data/{number}", f"COPY {number}/{source} {folder}/{source}",
                  f"COPY l{number} {folder}/"]  # fmt: skip
        case.links[f"l{number}/{name}"] = rng.choice(
            [f"/data/{number}/{source}", "/nowhere", source, f"/data/{number}/link", name]
        )
    else:
        lines.append(f"COPY {flags}<<EOF {folder}/{name}\n#!/bin/sh\necho {MARK}\nEOF")
    return lines


def _launches(rng: random.Random, word: str) -> list[str]:
    entry = [
        [], [], [], [word], ["/opt/program/" + word], ["./" + word], [f"/opt/program/{word}/"], ["/opt/program/entry.sh"], ["entry.sh"], ["run"], ["/bin/sh"], ["sh", "run"],
        ["/bin/sh", "-c"], ["/bin/sh", "-c", 'exec "$@"', "--"], ["/bin/sh", "-c", 'exec "$@"'], ["sh", "-c", "run"], ["env"], ["/usr/bin/env", "A=1"], ["env", "-i"],
        ["/bin/sh", "/opt/program/run"], ["sh", "absent.sh"], ["absent"], ["/absent/x"], [""], ["/opt/program"], ["../bin/sh"], ["bin/sh"], ["/bin/sh", "-e"], ["busybox", "sh"],
        ["/opt/program/run", "--flag"], ["/bin/sh", "-c", "cd /opt/program && ./run"], ["/bin/sh", "-c", "absent || run"], ["sh", "-c", 'exec "$0" "$@"'],
    ]  # fmt: skip
    lines = []
    roll = rng.random()
    if roll < 0.7:
        chosen = rng.choice(entry)
        if chosen:
            lines.append("ENTRYPOINT " + json.dumps(chosen))
    elif roll < 0.85:
        lines.append(
            "ENTRYPOINT "
            + rng.choice(
                [
                    "run",
                    "exec run",
                    f"/opt/program/{word}",
                    f"echo {MARK}",
                    "absent",
                    "exec ./run x",
                    "['run']",
                    '["run"',
                    'exec "$0"',
                    "cd /x && run",
                ]
            )
        )
    if rng.random() < 0.45:
        lines.append(
            "CMD "
            + rng.choice(
                [
                    f'["{word}"]',
                    '["run"]',
                    '["--flag"]',
                    "run",
                    f"echo {MARK}",
                    "[]",
                    '["sh", "run"]',
                    '[""]',
                    '["echo STARTED"]',
                    '["/opt/program/run"]',
                ]
            )
        )
    if rng.random() < 0.1:
        lines.append("ENTRYPOINT []")
    rng.shuffle(lines)
    return lines


# Images with a whole busybox, or one that cannot be seen ---------------------------------------------------------------

_LINKS = (
    "sh",
    "ash",
    "env",
    "nohup",
    "nice",
    "timeout",
    "setsid",
    "chroot",
    "cat",
    "sleep",
    "su",
    "time",
    "xargs",
    "train",
)
_GOOD_FIRST = [b"#!/bin/sh\n"] * 5 + [b"#!/bin/sh -e\n", b"#!/bin/busybox sh\n", b"#!/bin/busybox\n", b"#!/bin/env sh\n", b"", b"#!/bin/nohup sh\n", b"#!/bin/sh\r\n",
    b"#!/bin/cat\n", b"#!/bin/train\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf#!/bin/sh\n"]  # fmt: skip
_MORE_BODIES = [
    'if [ "$1" = train ]; then\n  echo %s\nelif [ "$1" = serve ]; then\n  exec run\nelse\n  exec "$@"\nfi\n', 'exec "${1:-run}"\n', 'exec "$@" --flag\n', 'exec nohup run\n',
    'sh -c run\n', """sh -c 'exec "$@"' -- run\n""", 'exec sh /opt/program/run\n', 'exec sh -c "absent"\n', 'cd "$(dirname "$0")" && ./run\n', 'for x in a b; do\n  echo %s\ndone\n',
    '. /opt/program/env.sh\n', '. /absent\n', 'exec /opt/program/run "$@"\n', 'trap "exit 0" TERM\nrun & wait $!\n', '(run)\n', '{ run; }\n', 'run | cat\n', '! absent\necho %s\n', 'absent; exec run\n',
    'set -eu\nrun "$@"\n', 'exec 2>/dev/null\nabsent\n', 'echo %s >/dev/null; absent\n', '[ -f /opt/program/run ] && exec /opt/program/run\nabsent\n', '[ -x /nowhere ] || exec run\n',
    'command -v absent >/dev/null || exec run\n', 'umask 022; run\n', 'export PATH=/nowhere\nrun\n', 'PATH=/nowhere run\n', 'export PATH="/opt/program:$PATH"; exec run\n', 'echo %s', 'exec run',
    'exec env -i run\n', 'exec env PATH=/opt/program run\n', 'exec timeout 5 run\n', 'exec nice -n 5 absent\n', 'while true; do\n  run\n  break\ndone\n',
    'case "$1" in\n  train|serve) exec run "$@" ;;\n  -*) absent ;;\n  *) exec "$@" ;;\nesac\n', 'f() { run; }\nf "$@"\n', 'sleep 0\n', 'test -n "$1" && run\n',
    'if [ $# -eq 0 ]; then exec run; fi\nexec "$@"\n', 'eval run\n', 'eval "$@"\n', 'X="run"\n$X\n', 'CMD="run"\nexec $CMD\n', '"$@" || echo %s\n', 'run && absent\n', 'run; true\n',
]  # fmt: skip
_WAYS = [
    [], [], [], ["/bin/sh"], ["sh"], ["/bin/sh", "/opt/program/run"], ["sh", "-c", "run"], ["sh", "-e"], ["sh", "-ec", 'exec "$@"', "x"], ["sh", "-c", '"$0" "$@"'], ["sh", "--", "run"],
    ["sh", "-c", "exec run $0"], ["sh", "-x", "run"], ["sh", "-s"], ["sh", "-l", "-c", "run"], ["sh", "-c"], ["sh", "/opt/program"], ["sh", "/bin/busybox"], ["env"], ["env", "-i"], ["env", "-i", "PATH=/opt/program"],
    ["env", "-u", "PATH"], ["env", "A=1", "run"], ["env", "-S", "run"], ["env", "absent"], ["env", "--", "run"], ["busybox"], ["busybox", "sh"], ["busybox", "absent"], ["/bin/busybox", "env", "run"], ["nohup"], ["nohup", "run"],
    ["nohup", "absent"], ["nice", "run"], ["nice", "-n", "3", "absent"], ["timeout", "9", "run"], ["timeout", "9", "absent"], ["setsid", "run"], ["chroot", "/", "run"], ["chroot", "/", "absent"], ["time", "run"], ["xargs"],
    ["./run"], ["run"], ["./opt/program/run"], ["opt/program/run"], ["/opt/program/run"], ["/opt/program/entry.sh"], ["entry.sh"], ["/opt/program/./run"], ["/opt/program/../program/run"],
    ["/opt//program/run"], ["/bin/train"], ["train"], ["serve"], ["/opt/program/train"], ["./train"], ["bin/sh", "-c", "run"], ["absent"], ["/opt/program/lib/run"], ["lib/run"], [""], ["", "x"], [" run"], ["run "], ["RUN"],
]  # fmt: skip
_MODES = [0o755] * 9 + [0o644, 0o700, 0o4755, 0o2755, 0o1755, 0o555, 0o500, 0o711, 0o751, 0o001, 0o100, 0o010]


def _text(rng: random.Random) -> bytes:
    first = rng.choice(_GOOD_FIRST) if rng.random() < 0.5 else b"#!/bin/sh\n"
    body = rng.choice(_BODIES + _MORE_BODIES * 2).replace("%s", MARK).encode()
    if rng.random() < (0.5 if b"\r" in first else 0.06):
        body = body.replace(b"\n", b"\r\n")
    return first + body


def _applets(rng: random.Random) -> Case:
    case = Case("", platform=rng.choice(list(PLATFORMS)))
    word = PLATFORMS[case.platform] or rng.choice(["train", "serve", "run"])
    lines = ["FROM scratch", "COPY --chmod=755 busybox /bin/busybox", "COPY bin/ /bin/"]
    for name in rng.sample(_LINKS, rng.randint(4, len(_LINKS))) if rng.random() < 0.3 else _LINKS[:-1]:
        case.links[f"bin/{name}"] = rng.choice(["busybox"] * 9 + ["/bin/busybox", "../bin/busybox", "absent"])
    case.files["bin/keep"] = (b"", 0o644)
    if rng.random() < 0.7:
        lines.append("COPY passwd group /etc/")
        case.files["passwd"] = (b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n", 0o644)
        case.files["group"] = (b"root:x:0:\napp:x:1000:\nstaff:x:50:app\n", 0o644)
    lines += _tree(rng, case, word)
    case.dockerfile = "\n".join(lines) + "\n"
    return case


def _tree(rng: random.Random, case: Case, word: str) -> list[str]:
    """A program folder with the word's file, a second program and an entry script, and what starts them."""
    lines = []
    folder = rng.choice(["/opt/program"] * 8 + ["/opt/program/", "/usr/local/bin", "/opt"])
    for name in {word, "run", "entry.sh"}:
        if rng.random() < 0.92:
            case.files[f"src/{name}"] = (_text(rng), rng.choice(_MODES))
    case.files["src/lib/run"] = (_text(rng), 0o755)
    case.files["src/env.sh"] = (b"X=1\nrun_it() { run; }\n", 0o644)
    flags = rng.choice(
        [""] * 6 + ["--chmod=755 ", "--chown=1000:1000 ", "--chown=0:50 ", "--chmod=a+x ", "--chmod=u+x,go= "]
    )
    lines.append(f"COPY {flags}src {folder}")
    if rng.random() < 0.15:
        kind = rng.choice(["link", "folder", "dangling", "loop", "chain"])
        target = {"link": "run", "dangling": "/absent/x", "loop": word, "chain": "/opt/program/other"}.get(kind)
        if target is None:
            case.files[f"more/{word}/x"] = (b"", 0o644)
        else:
            case.links[f"more/{word}"] = target
        if kind == "chain":
            case.links["more/other"] = "run"
        lines.append(f"COPY more/ {rng.choice(['/opt/program/', '/x/', '/usr/local/bin/'])}")
    if rng.random() < 0.25:
        made = rng.choice(["RUN chmod +x /opt/program/run", f"RUN chmod 644 /opt/program/{word}", f"RUN rm -f /opt/program/{word}", f"RUN ln -s /opt/program/run /bin/{word}2",
            f"RUN ln -sf /opt/program/run /opt/program/{word}", "RUN chmod -R 700 /opt/program", f"RUN mv /opt/program/run /opt/program/{word}", "RUN cp /opt/program/run /bin/absent", "RUN chown -R 1000 /opt/program",
            "RUN mkdir -p /x && cp /opt/program/run /x/", r"RUN sed -i 's/\r$//' /opt/program/*", "RUN chmod a+x /opt/program/*", "RUN chmod -x /opt/program/entry.sh", f"RUN printf '#!/bin/sh\\necho STARTED\\n' > /x{word}",
        ])  # fmt: skip
        lines.append(made)
    path = rng.choice(["/opt/program:/bin"] * 5 + ["/opt/program:$PATH", "$PATH:/opt/program", "/x:/opt/program:/bin", "/usr/local/bin:/bin", "/opt/program", "/bin:", ":/bin:/opt/program", "./:/bin", "opt/program:/bin",
        "/opt/program/lib:/opt/program:/bin", "/opt/program/run:/bin:/opt/program", "/absent:/bin", "/bin/:/opt/program/", "//opt//program:/bin"])  # fmt: skip
    lines.append(f"ENV PATH={path}")
    for line, chance in ((f"WORKDIR {rng.choice(['/opt/program', '/opt', '/', 'new', '/x/y'])}", 0.5),
                         (f"USER {rng.choice(['1000', 'app', 'root', '0:0', '1000:1000', '1000:50', 'ghost', '65534', '0:app', 'app:ghost'])}", 0.3)):  # fmt: skip
        if rng.random() < chance:
            lines.append(line)
    return lines + _starts(rng, word, _WAYS)


def _starts(rng: random.Random, word: str, ways: list[list[str]]) -> list[str]:
    """ENTRYPOINT and CMD."""
    lines = []
    roll = rng.random()
    if roll < 0.8:
        chosen = rng.choice(ways)
        if chosen:
            lines.append("ENTRYPOINT " + json.dumps(chosen))
    elif roll < 0.9:
        lines.append("ENTRYPOINT " + rng.choice(["run", "exec run", f"/opt/program/{word}", "absent", "cd /opt/program && ./run", "['run']", 'exec "$0" "$@"', "./run --x", "true && run", "run || absent"]))  # fmt: skip
    if rng.random() < 0.5:
        commands = ['["run"]', '["sh", "run"]', '["/opt/program/run", "x"]', "run", "exec run", "absent", '["absent"]', f'["{word}"]', '["-c", "run"]', '["--help"]', '["sh", "-c", "run"]', "[]", '["env", "run"]',
                    '["/opt/program"]', '["./run"]', '["cat"]']  # fmt: skip
        lines.append("CMD " + rng.choice(commands))
    rng.shuffle(lines)
    return lines


def _hidden(rng: random.Random) -> Case:
    """What comes from the base is not known; what this file brings is."""
    case = Case("", platform=rng.choice(list(PLATFORMS)), base=rng.choice(list(HIDDEN_KINDS)))
    word = PLATFORMS[case.platform] or rng.choice(["train", "serve", "run"])
    case.files["tool"] = (_elf(62), 0o755)
    lines = [f"FROM {HIDDEN}:{case.base}", *_tree(rng, case, word)]
    if rng.random() < 0.4:
        lines.insert(
            1,
            f"COPY --chmod={rng.choice(['755', '755', '644', '700'])} tool {rng.choice(['/opt/program/run', '/opt/tool', '/opt/program/' + word, '/bin/' + word])}",
        )
        if rng.random() < 0.6:
            lines.append(
                "ENTRYPOINT "
                + json.dumps(
                    rng.choice(
                        [["/opt/tool"], ["/opt/program/run"], ["/opt/program/" + word], ["/bin/" + word], [word]]
                    )
                )
            )
    lines = [line for line in lines if not line.startswith("RUN") or rng.random() < 0.5]
    case.dockerfile = "\n".join(lines) + "\n"
    return case


# Debian ---------------------------------------------------------------------------------------------------------------

_DEBIAN_FIRST = [b"#!/bin/sh\n", b"#!/bin/bash\n", b"#!/usr/bin/env bash\n", b"#!/usr/bin/env -S bash -e\n", b"#!/usr/bin/env bash -e\n", b"", b"#!/bin/dash\n", b"#!/bin/bash\r\n", b"#!/usr/bin/env bash\r\n",
    b"#!/usr/bin/env -S bash\r\n", b"#!/bin/sh -e\r\n"]  # fmt: skip
_PYTHON_FIRST = [b"#!/usr/bin/env python3\n", b"#!/usr/bin/python3\n", b"#!/usr/bin/env python\n", b"#!/usr/bin/env python3\r\n", b"#!/usr/bin/env -S python3 -u\n", b"#!/usr/bin/env python3 -u\n", b"",
    b"\xef\xbb\xbf#!/usr/bin/env python3\n"]  # fmt: skip
_PYTHON_BODIES = [
    "import sys\nprint('%s')\n",
    "import os\nif True:\n    print('%s')\n",
    "def main():\n    print('%s')\nmain()\n",
]
_DEBIAN_WAYS = [
    [], [], [], ["bash"], ["/bin/bash"], ["bash", "-c", 'exec "$@"', "--"], ["bash", "-c", "python3 main.py"], ["bash", "-lc", "run"], ["bash", "--login", "-c", "run"], ["bash", "run"], ["bash", "-m", "run"], ["bash", "-x", "run"],
    ["bash", "absent.sh"], ["bash", "lib"], ["bash", "--norc", "run"], ["bash", "-e", "-u", "run"], ["bash", "-o", "pipefail", "-c", "run"], ["bash", "-c"], ["bash", "--", "run"], ["bash", "python3"], ["bash", "/usr/bin/python3", "a"],
    ["sh", "python3"], ["sh", "/usr/bin/python3"], ["dash", "run"], ["sh", "absent.sh"], ["python3"], ["python3", "main.py"], ["python3", "-u", "main.py"], ["python3", "/opt/program/main.py"], ["python3", "absent.py"], ["python3", "lib"],
    ["python3", "pkg"], ["python3", "-m", "pkg"], ["python3", "-m", "pkg.tool"], ["python3", "-m", "pkg.absent"], ["python3", "-m", "pkg.sub"], ["python3", "-m", "tool"], ["python3", "-m", "tool.x"], ["python3", "-m", "spaces.tool"],
    ["python3", "-um", "pkg.tool"], ["python3", "-W", "ignore", "main.py"], ["python3", "-Wignore", "-X", "utf8", "main.py"], ["python3", "-c", "print('STARTED')"], ["python3", "-m"], ["python3", "-"], ["python3.11", "main.py"],
    ["python", "main.py"], ["/usr/bin/python3", "main.py"], ["env", "python3", "main.py"], ["env", "-S", "python3 main.py"], ["/usr/bin/env", "-S", "bash -e run"], ["env", "-i", "run"], ["env", "-C", "/opt/program", "run"],
    ["nohup", "absent"], ["timeout", "9", "absent"], ["nice", "absent"], ["stdbuf", "-o0", "run"], ["setsid", "run"], ["setsid", "absent"], ["setpriv", "--reuid=1000", "--clear-groups", "run"], ["perl", "absent.pl"], ["perl", "-e", "print 1"],
    ["chroot", "/", "absent"], ["run"], ["./run"], ["entry.sh"], ["/opt/program/entry.sh"], ["main.py"], ["./main.py"], ["node", "x.js"], ["tini", "--", "run"], ["/bin/sh", "-c", 'python3 main.py "$@"', "x"],
]  # fmt: skip


def _debian(rng: random.Random) -> Case:
    """bash, dash, perl and Python for real."""
    case = Case("", platform=rng.choice(list(PLATFORMS)), base="debian")
    word = PLATFORMS[case.platform] or rng.choice(["train", "serve", "run"])
    for name in sorted({word, "run", "entry.sh"}):
        if rng.random() < 0.9:
            case.files[f"src/{name}"] = (_debian_text(rng), rng.choice(_MODES))
    case.files["src/main.py"] = (_python_text(rng), rng.choice([0o644, 0o755, 0o600]))
    for name in ("lib/x.txt", "pkg/__init__.py", "pkg/tool.py", "pkg/sub/__init__.py", "tool.py", "spaces/tool.py"):
        if rng.random() < 0.9:
            case.files["src/" + name] = (b"" if "init" in name else b"print('STARTED')\n", 0o644)
    if rng.random() < 0.4:
        case.files["src/pkg/__main__.py"] = (b"print('STARTED')\n", 0o644)
    lines = [f"FROM {DEBIAN}", INSTALL, f"COPY src {rng.choice(['/opt/program', '/opt/program', '/srv'])}"]
    lines.append(rng.choice(["WORKDIR /opt/program"] * 3 + ["WORKDIR /", "WORKDIR /srv"]))
    if rng.random() < 0.8:
        lines.append(
            rng.choice(
                ['ENV PATH="/opt/program:${PATH}"'] * 3
                + ["ENV PATH=/usr/bin:/bin:/opt/program", "ENV PATH=/opt/program"]
            )
        )
    if rng.random() < 0.2:
        lines.append("USER " + rng.choice(["1000", "root", "nobody", "daemon", "65534:65534"]))
    lines += _starts(rng, word, _DEBIAN_WAYS)
    if rng.random() < 0.3 and not any(line.startswith("CMD") for line in lines):
        lines.append(
            "CMD "
            + rng.choice(
                [
                    '["python3", "main.py"]',
                    "python3 main.py",
                    '["main.py"]',
                    "exec python3 absent.py",
                    "bash run",
                    "cd /srv && python3 main.py",
                ]
            )
        )
    case.dockerfile = "\n".join(lines) + "\n"
    return case


def _debian_text(rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return _python_text(rng)
    body = rng.choice(
        _BODIES
        + _MORE_BODIES
        + [
            'exec python3 main.py "$@"\n',
            "python3 -m pkg.tool\n",
            "python3 absent.py\n",
            'exec "${@:1}"\n',
            'exec "${@}"\n',
            "source run\n",
            '[[ "$1" == train ]] && exec run\n',
        ]
    )
    body = body.replace("%s", MARK)
    first = rng.choice(_DEBIAN_FIRST[:5]) if rng.random() < 0.6 else rng.choice(_DEBIAN_FIRST)
    text = body.encode().replace(b"\n", b"\r\n" if rng.random() < (0.7 if b"\r" in first else 0.05) else b"\n")
    return first + text


def _python_text(rng: random.Random) -> bytes:
    first = _PYTHON_FIRST[0] if rng.random() < 0.5 else rng.choice(_PYTHON_FIRST)
    return first + rng.choice(_PYTHON_BODIES).replace("%s", MARK).encode()
