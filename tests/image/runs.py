"""Random builds with RUN on a small base image, and whether anything that `mlgate inspect` decides of one is wrong."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.image.inspect import document
from gate.model import Unknown

FILES = {
    "train": "#!/bin/sh\necho train\n", "serve": "#!/bin/sh\r\necho serve\r\n", "src/a.py": "a\n", "src/b.py": "b\n", "src/sub/c.py": "c\n",
    "setup.sh": "#!/bin/sh\nchmod +x /app/train\nmkdir -p /made/by/script\necho hi > /made/file\n",
    "odd.sh": "cd /app\nfor f in train serve; do chmod 700 $f; done\n", "conf/nginx.conf": "worker 1;\n",
}  # fmt: skip


@dataclass
class RunCase:
    seed: int
    dockerfile: str
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))


def make_case(seed: int, base: str) -> RunCase:
    rng = random.Random(seed)
    lines = [f"FROM {base}"]
    if rng.random() < 0.3:
        lines.append("WORKDIR " + rng.choice(["/app", "/work", "/opt/program"]))
    for _ in range(rng.randint(1, 3)):
        lines.append(rng.choice([
            "COPY . /app", "COPY train serve /app/", "COPY src /app/src", "COPY --chmod=755 train /usr/local/bin/train", "COPY setup.sh odd.sh /tmp/",
            "COPY --chown=app src /opt/program/", "COPY conf /etc/nginx", "COPY train /opt/program/train",
        ]))  # fmt: skip
    lines.insert(1, "RUN mkdir -p /usr/local/bin /opt")
    if rng.random() < 0.5:
        lines.append("RUN mkdir -p /new /opt/program /app/src /etc/nginx")
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.1:
            lines.append(rng.choice(["USER app", "USER 1000", "USER root"]))
        script = _script(rng)
        lines.append(
            "RUN " + script + (rng.choice(["; true", "; true", "", " || true"]) if script[0] not in "[<" else "")
        )
    if rng.random() < 0.2:
        lines.append("COPY train /app/again")
    return RunCase(seed, "\n".join(lines) + "\n")


PATHS = ["/app/train", "/app/serve", "/app/src/a.py", "/app", "/app/src", "/tmp/setup.sh", "/usr/local/bin/train", "/opt/program", "/opt/program/train",
         "/new/file", "/tmp/x", "/app/new", "/etc/nginx/nginx.conf", "/app/src/*.py", "/app/*", "src", "train"]  # fmt: skip


def _path(rng: random.Random) -> str:
    return rng.choice(PATHS[:6] if rng.random() < 0.6 else PATHS)


def _command(rng: random.Random) -> str:
    path = _path(rng)
    other = _path(rng)
    return rng.choice([
        f"chmod +x {path}", f"chmod 755 {path}", f"chmod -R go-w {path}", f"chmod u=rwx,go= {path}", f"chmod -R a+rX {path}", f"chmod 4711 {path}", f"chmod -x {path}",
        f"chown app {path}", f"chown -R app:app {path}", f"chown 5:6 {path}", f"chown :7 {path}", f"chgrp 9 {path}", f"ln -s {path} /usr/local/bin/link",
        f"ln -sf {path} {other}", "ln -s ../train /app/l", f"ln {path} /tmp/hard", f"mv {path} {other}", f"mv {path} /moved", f"cp {path} {other}",
        f"cp -r {path} /copied", f"cp -a {path} /kept/", f"cp -p {path} /tmp/p", f"rm {path}", f"rm -rf {path}", f"mkdir -p {rng.choice(['/made/x/y', '/app/d', '/new', '/kept'])}",
        "mkdir -m 700 /private", "mkdir /app/one /app/two", f"touch {rng.choice(['/app/t', '/tmp/t', path])}", f"install -m 700 {path} /usr/local/bin/tool",
        "install -d /inst/a", f"sed -i 's/\\r$//' {path}", f"sed -i s/a/b/ {path}", f"echo hello world > {rng.choice(['/app/out', '/tmp/out', path])}",
        f"echo more >> {rng.choice(['/app/out', path])}", "printf 'a\\nb\\n' > /app/printed", "printf '%s-' x y > /tmp/f", "cat train > /app/catted", f"echo x | tee {other}",
        f"cat {path}", "cd /app", "cd /tmp", "cd src", "true", "tar -cf /tmp/a.tar -C /app train", "tar -xf /tmp/a.tar -C /opt", "mkdir -p /un && tar -xf /tmp/a.tar -C /un",
        "sh /tmp/setup.sh", "/app/setup.sh", "sh /tmp/odd.sh", "./setup.sh", "rm -f /nope", "test -f /app/train", f"rmdir {path}", "dos2unix /app/serve",
        "find /app -name '*.py' -exec chmod 600 {} +", "find /app -name train -delete", "find /app -type f -exec chown app {} ';'", "cp train /app/a /b", "umask 077", f"chmod +w {path}", "adduser -D -u 1234 new", "ln -s /nowhere /app/dangling",
        "echo '#!/bin/sh' > /usr/local/bin/gen && chmod +x /usr/local/bin/gen", "> /app/empty", ": > /tmp/none", "cp -R /app/src/. /flat/", "mv -t /tmp train serve",
        "mkdir -p /a/b && cd /a/b && touch here", "(cd /tmp; touch sub)", "{ echo a; echo b; } > /app/group", "ln -s /app /alias", "touch /alias/via",
    ])  # fmt: skip


def _script(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.1:
        words = _command(rng).split()
        if not any(mark in word for word in words for mark in "'>|&;{}()*"):
            return "[" + ", ".join(f'"{word}"' for word in words) + "]"
    if kind < 0.2:
        return f"<<EOF\n{_command(rng)}\n{_command(rng)}\nEOF"
    if kind < 0.28:
        return f"if [ -e {_path(rng)} ]; then {_command(rng)}; else {_command(rng)}; fi"
    if kind < 0.34:
        return f"for f in train serve; do {_command(rng)}; chmod +x /app/$f; done"
    commands = [_command(rng) for _ in range(rng.randint(1, 4))]
    joined = commands[0]
    for command in commands[1:]:
        joined += rng.choice([" && ", " && ", " ; ", " || "]) + command
    return joined


def run(oracle: Any, base: str, seeds: range, folder: Path) -> Iterator[tuple[RunCase, Any, list[str], int]]:
    """Each case with BuildKit's result, what is wrong, and how many paths were decided."""
    waiting = []
    below = oracle.build(_empty(folder, base)).files

    def finish() -> tuple[RunCase, Any, list[str], int]:
        case, place, future = waiting.pop(0)
        result = future.result()
        wrong, decided = compare(case, place, result, below) if result.ok else ([], 0)
        shutil.rmtree(place, ignore_errors=True)
        return case, result, wrong, decided

    for seed in seeds:
        case = make_case(seed, base)
        place = folder / str(seed)
        for path, text in case.files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(text.encode())
        (place / "Dockerfile").write_text(case.dockerfile)
        waiting.append((case, place, oracle.submit(place)))
        if len(waiting) >= 4:
            yield finish()
    while waiting:
        yield finish()


def _empty(folder: Path, base: str) -> Path:
    place = folder / "base"
    place.mkdir()
    (place / "Dockerfile").write_text(f"FROM {base}\nENV x=1\n")
    return place


def compare(case: RunCase, place: Path, result: Any, below: dict[str, Any]) -> tuple[list[str], int]:
    build = Build(parse(Source("Dockerfile", case.dockerfile.encode())), context=open_context(str(place)), plain=True)
    found = document(build)
    wrong = [f"fault: {fault}" for fault in found["faults"]]
    files = build.image().files
    decided = 0
    for row in found["files"]:
        if row["type"] == "unknown":
            continue
        real = result.files.get(row["path"])
        mine = (row["type"], row["mode"], row["uid"], row["gid"], row["size"], row["link"] or "")
        theirs = (real.type, real.mode, real.uid, real.gid, real.size, real.link) if real else None
        decided += 1
        if theirs is None or any(a != b for a, b in zip(mine, theirs, strict=True) if a is not None):
            wrong.append(f"{row['path']}: {mine} != {theirs}")
    for path in result.files:
        if path not in below and files.lookup(path, follow=False) is None:
            wrong.append(f"{path}: said to be absent")
    for path in list(below) + list(result.files):
        answer = files.lookup(path, follow=False)
        if (
            answer is not None
            and not isinstance(answer, Unknown)
            and answer.type != "unknown"
            and path not in result.files
        ):
            wrong.append(f"{path}: said to be there")
    return wrong, decided
