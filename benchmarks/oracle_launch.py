"""Random small images: what mlgate says a platform will start, and what the Docker Engine then starts.

    python -m benchmarks.oracle_launch --count 300 --seed 1

The images (``benchmarks.launch_cases``) have every fault that an entry file can have: modes, owners, line ends, marks,
first lines, links, PATH, WORKDIR, USER, SHELL, both forms of ENTRYPOINT and CMD, wrappers and interpreters. Each is built
(FROM scratch with BuildKit, the others by the engine), started with the platform's word, and the verdict, the exit code and
the kind of error are compared. A works that does not start, a fails that does, another exit code or another text is a wrong
prediction; an undecided is one, too, unless the image comes from one that mlgate cannot see.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.launch_cases import DEBIAN, HIDDEN, HIDDEN_KINDS, INSTALL, PLATFORMS, Case, generate
from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.platforms.launch import launch
from gate.platforms.outcome import Outcome, Verdict
from tests.engines.bases import busybox_base, debian_base
from tests.engines.buildkit import BuildKit, buildkit
from tests.engines.docker_engine import DockerEngine, docker_engine


@dataclass
class Seen:
    """What the engine did. ``error`` is its own text, or what the container wrote to standard error."""

    started: bool
    code: int | None
    error: str
    output: str


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
    name = "mlgate-test/launch:1"
    built = _build_from_scratch if case.base == "scratch" else _build_from_base
    if not built(case, folder, name, bk, engine):
        return None
    word = PLATFORMS[case.platform]
    made = engine.run("create", name, *([word] if word else []))
    if made.returncode:
        return Seen(False, None, made.stderr.strip(), "")
    container = made.stdout.strip()
    try:
        ran = subprocess.run(
            [engine.cli, "start", "-a", container],
            env=engine.environment, capture_output=True, encoding="utf-8", errors="replace", timeout=5, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:  # it runs and runs
        engine.run("rm", "-f", container)
        return Seen(True, None, "", "")
    state = engine.run("inspect", "-f", "{{.State.ExitCode}}|{{.State.Error}}", container).stdout.strip()
    engine.run("rm", "-f", container)
    code, _, error = state.partition("|")
    return Seen(not error, int(code), error or ran.stderr.strip(), ran.stdout)


def _build_from_scratch(case: Case, folder: Path, name: str, bk: BuildKit, engine: DockerEngine) -> bool:
    archive = folder.parent / "image.tar"
    if not bk.build(folder, folder / "Dockerfile", archive=archive, name=name).ok:
        return False
    engine.run("load", "-i", archive, check=True)
    return True


def _build_from_base(case: Case, folder: Path, name: str, bk: BuildKit, engine: DockerEngine) -> bool:
    """With the engine's own builder, which has the base images."""
    text = case.dockerfile
    if case.base == "debian":
        base = "mlgate-test/debian-python:1"
        _import(base, debian_base("python3-minimal"), [f"ENV PATH={_DEBIAN_PATH}", 'CMD ["bash"]'], engine)
        text = text.replace(f"FROM {DEBIAN}\n{INSTALL}\n", f"FROM {base}\n")
    else:
        _import(f"{HIDDEN}:{case.base}", busybox_base(), HIDDEN_KINDS[case.base], engine)
    (folder / "Dockerfile.real").write_text(text)
    real = subprocess.run(
        [engine.cli, "build", "-t", name, "-f", folder / "Dockerfile.real", folder],
        env={**engine.environment, "DOCKER_BUILDKIT": "1"}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    (folder / "Dockerfile.real").unlink()
    return real.returncode == 0


_DEBIAN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_made: set[tuple[str, str]] = set()


def _import(name: str, root: Path, changes: list[str], engine: DockerEngine) -> None:
    """Make a base image of a root file system, once for each engine."""
    if (engine.host, name) not in _made:
        engine.run("import", *(f"--change={line}" for line in changes), root, name, check=True)
        _made.add((engine.host, name))


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
    text, seen_text = (outcome.error or "").lower(), seen.error.lower()
    if outcome.exit_code == 139 or not seen_text:
        return ""
    if outcome.depth == 0 and not seen.started:
        return "" if text in seen_text else f"error text {seen.error[-160:]!r}"
    return "" if _kinds(text) & _kinds(seen_text) else f"error text {seen.error[-160:]!r}"


_KINDS = {
    "absent": (
        "not found",
        "no such file",
        "no module named",
        "cannot find",
        "can't find",
        "not known",
        "unable to find",
        "not a directory",
        "symbolic links",
    ),
    "denied": ("permission denied", "not permitted"),
    "format": ("exec format error", "cannot execute binary", "syntax error", "not found"),
    "usage": (
        "syntax error",
        "illegal",
        "invalid",
        "unrecognized",
        "requires",
        "expected",
        "is a directory",
        "loop",
        "symbolic links",
    ),
}


def _kinds(text: str) -> set[str]:
    """What an error text is about; shells have words of their own for the same thing."""
    return {kind for kind, words in _KINDS.items() if any(word in text for word in words)}


def compare(seed: int, bk: BuildKit, engine: DockerEngine) -> tuple[str, str]:
    """A random case; see :func:`compare_case`."""
    return compare_case(generate(random.Random(seed)), f"seed {seed}", bk, engine)


def compare_case(case: Case, label: str, bk: BuildKit, engine: DockerEngine) -> tuple[str, str]:
    """``(kind, explanation)``: kind is ``right``, ``wrong``, ``unbuilt``, ``undecided``."""
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
    if outcome.verdict is Verdict.UNDECIDED and _base_decides(case, outcome):
        return "right", "undecided, the base decides"
    if (
        outcome.verdict is Verdict.UNDECIDED
        and outcome.unknown
        and outcome.unknown.reason.endswith(" is no shell text")
    ):
        return "right", "undecided, a shell is told to read the bytes of a program"
    kind = "undecided" if outcome.verdict is Verdict.UNDECIDED else "wrong"
    said = f"{outcome.verdict.value} {outcome.exit_code} {outcome.error!r}"
    rows = [f"{label} {case.platform}: {problem}", f"  said {said}", f"  seen {seen}", case.dockerfile]
    rows += [f"  {name} {mode:04o} {content[:160]!r}" for name, (content, mode) in case.files.items()]
    rows += [f"  {name} -> {target}" for name, target in case.links.items()]
    return kind, "\n".join(rows)


_NOT_SEEN = (" may bring ", "/etc/passwd", "RUN on line 2 ", "is not read", "the mode of /run")


def _base_decides(case: Case, outcome: Outcome) -> bool:
    """Whether what is not known is in the base image, or in what a package manager installs."""
    why = outcome.unknown.reason if outcome.unknown is not None else ""
    return case.base in HIDDEN_KINDS or (case.base == "debian" and any(part in why for part in _NOT_SEEN))


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
