"""Random small images: what mlgate says a platform will start, and what the Docker Engine then starts.

    python -m benchmarks.oracle_launch --count 300 --seed 1

Each image is FROM scratch with a static busybox under a few names, and scripts with every fault that an entry file can
have: modes, owners, line ends, marks, first lines, links, PATH, WORKDIR, USER, SHELL, both forms of ENTRYPOINT and CMD.
It is built with BuildKit, started with the platform's word, and the verdict, the exit code and the kind of error are
compared. A works that does not start, a fails that does, another exit code or another text is a wrong prediction.
"""



from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.platforms.launch import launch
from gate.platforms.outcome import Outcome, Verdict
from tests.engines.bases import busybox_base
from tests.engines.buildkit import BuildKit, buildkit
from tests.engines.docker_engine import DockerEngine, docker_engine

MARK = "STARTED"
PLATFORMS = {"sagemaker-training": "train", "sagemaker-hosting": "serve", "docker": None, "vertex-training": None}


@dataclass
class Case:
    """One image: the Dockerfile, its context (path → content, mode), and the platform."""

    dockerfile: str
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    platform: str = "docker"


@dataclass
class Seen:
    """What the engine did. ``error`` is its own text, or what the container wrote to standard error."""

    started: bool
    code: int | None
    error: str
    output: str


def generate(rng: random.Random) -> Case:
    """A random image."""
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


def _content(rng: random.Random, busybox: bytes = b"") -> bytes:
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
    import struct

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


# Building, predicting, running ----------------------------------------------------------------------------------------


def write(case: Case, folder: Path) -> None:
    """The context on disk."""
    with tarfile.open(busybox_base()) as tar:
        program = tar.extractfile("bin/busybox")
        assert program is not None
        (folder / "busybox").write_bytes(program.read())
    for name, (content, mode) in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    for name, target in case.links.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    (folder / "Dockerfile").write_text(case.dockerfile)


def predict(case: Case, folder: Path) -> Outcome:
    """What mlgate says."""
    build = Build(
        parse(Source("Dockerfile", case.dockerfile.encode())),
        context=open_context(str(folder), shown_root="", dockerfile=str(folder / "Dockerfile")),
    )
    return launch(build, case.platform)


def observe(case: Case, folder: Path, bk: BuildKit, engine: DockerEngine) -> Seen | None:
    """What the engine does; None where the image cannot be built."""
    archive = folder.parent / "image.tar"
    name = "mlgate-test/launch:1"
    built = bk.build(folder, folder / "Dockerfile", archive=archive, name=name)
    if not built.ok:
        return None
    engine.run("load", "-i", archive, check=True)
    word = PLATFORMS[case.platform]
    made = engine.run("create", name, *([word] if word else []))
    if made.returncode:
        return Seen(False, None, made.stderr.strip(), "")
    container = made.stdout.strip()
    try:
        ran = engine.run("start", "-a", container, timeout=5)
    except subprocess.TimeoutExpired:  # it runs and runs
        engine.run("rm", "-f", container)
        return Seen(True, None, "", "")
    state = engine.run("inspect", "-f", "{{.State.ExitCode}}|{{.State.Error}}", container).stdout.strip()
    engine.run("rm", "-f", container)
    code, _, error = state.partition("|")
    return Seen(not error, int(code), error or ran.stderr.strip(), ran.stdout)


_REFUSED = ("exec format error", "exec: ", "unable to find", "no command specified")


def wrong(outcome: Outcome, seen: Seen) -> str:
    """Why a prediction is wrong; empty when it is right."""
    if outcome.verdict is Verdict.UNDECIDED:
        return f"undecided: {outcome.unknown.reason if outcome.unknown else ''}"
    if outcome.verdict is Verdict.WORKS:
        failed = (
            not seen.started
            or seen.code in (126, 127)
            or (seen.code in (1, 2, 139) and bool(seen.error or seen.code == 139))
        )
        return "it does not start" if failed else ""
    if outcome.exit_code != seen.code:
        return f"exit code {seen.code}, not {outcome.exit_code}"
    text = (outcome.error or "").lower()
    if outcome.exit_code == 139:
        return ""
    if text not in seen.error.lower() and text.rpartition(": ")[2] not in seen.error.lower():
        return f"error text {seen.error[-160:]!r}"
    if outcome.depth == 0 and not seen.started and text not in seen.error.lower():
        return f"error text {seen.error[-160:]!r}"
    return ""


def compare(seed: int, bk: BuildKit, engine: DockerEngine) -> tuple[str, str]:
    """``(kind, explanation)``: kind is ``right``, ``wrong``, ``unbuilt``, ``undecided``."""
    case = generate(random.Random(seed))
    top = Path(tempfile.mkdtemp(prefix="mlgate-launch-"))
    folder = top / "context"
    folder.mkdir()
    try:
        write(case, folder)
        seen = observe(case, folder, bk, engine)
        if seen is None:
            return "unbuilt", ""
        outcome = predict(case, folder)
    finally:
        shutil.rmtree(top)
    problem = wrong(outcome, seen)
    if not problem:
        return "right", outcome.verdict.value
    kind = "undecided" if outcome.verdict is Verdict.UNDECIDED else "wrong"
    said = f"{outcome.verdict.value} {outcome.exit_code} {outcome.error!r}"
    rows = [f"seed {seed} {case.platform}: {problem}", f"  said {said}", f"  seen {seen}", case.dockerfile]
    rows += [f"  {name} {mode:04o} {content[:160]!r}" for name, (content, mode) in case.files.items()]
    rows += [f"  {name} -> {target}" for name, target in case.links.items()]
    return kind, "\n".join(rows)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=10)
    chosen = options.parse_args()
    counts: dict[str, int] = {}
    with buildkit() as bk, docker_engine() as engine:
        for seed in range(chosen.seed, chosen.seed + chosen.count):
            kind, told = compare(seed, bk, engine)
            key = f"right ({told})" if kind == "right" else kind
            counts[key] = counts.get(key, 0) + 1
            if kind in ("wrong", "undecided") and counts[kind] <= chosen.show:
                print(told, flush=True)
    print("  ".join(f"{name}: {count}" for name, count in sorted(counts.items())))
    return 1 if counts.get("wrong") else 0


if __name__ == "__main__":
    sys.exit(main())
