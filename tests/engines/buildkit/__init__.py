"""The real BuildKit: what does this Dockerfile build, and with which words is it refused?

    with buildkit() as bk:
        result = bk.build(context, context / "Dockerfile", target="final", build_args={"VERSION": "1"})
        result.ok, result.error_text, result.config, result.files["/app/train"].mode

One `buildkitd` serves a whole test run. The Go program beside this file keeps the connection, so that a build of
`FROM scratch` stages costs some 20 ms. Builds are thread-safe; as many run at once as there are processors.
The daemon's state lives in memory and vanishes with it.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.engines.cache import apt_program, as_root, go, installed, source_key

VERSION = "0.32.2"  # as in go.mod
SOURCE = Path(__file__).parent


@dataclass(frozen=True)
class File:
    """One path of a built image."""

    type: str  # file, directory, symlink, fifo or device
    mode: str  # four octal digits, such as "0755"
    uid: int
    gid: int
    size: int  # bytes; 0 for everything but a file
    link: str  # a symlink's target, else ""
    sha256: str  # a file's content, else ""
    layer: int  # index of the layer that wrote it last


@dataclass(frozen=True)
class LintWarning:
    """One finding of BuildKit's own Dockerfile linter."""

    text: str
    line: int  # 1-based; 0 when it names none


@dataclass(frozen=True)
class BuildResult:
    """What one build gave. After a failure only `error_text`, `error_lines`, `log` and `warnings` say something."""

    ok: bool
    error_text: str  # as `buildctl` prints it after "error: "
    error_lines: list[int]  # the Dockerfile lines that BuildKit blames
    log: str  # what the RUN commands printed
    warnings: list[LintWarning]
    image: dict[str, Any]  # the whole OCI image configuration: config, rootfs, history, …
    files: dict[str, File]  # absolute path -> file, whiteouts applied

    @property
    def config(self) -> dict[str, Any]:
        """The `config` of the image: Env, Entrypoint, Cmd, WorkingDir, User, Labels, …"""
        config: dict[str, Any] = self.image.get("config", {})
        return config


class BuildKit:
    """A running daemon and the program that hands builds to it. Made by `buildkit()`."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process = process
        self._errors = errors
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[BuildResult]] = {}
        self._count = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def build(self, context: Path, dockerfile: Path | None = None, **options: Any) -> BuildResult:
        """Build and wait; the arguments are those of `submit`. Raises RuntimeError if the daemon itself is gone."""
        return self.submit(context, dockerfile, **options).result()

    def submit(
        self,
        context: Path,
        dockerfile: Path | None = None,
        *,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        attrs: Mapping[str, str] | None = None,
        archive: Path | None = None,
        name: str = "",
        timeout: float = 120,
    ) -> Future[BuildResult]:
        """Start a build and return at once.

        `dockerfile` is a path, in the context or not; without it, the context's own. `attrs` are further options of
        the Dockerfile frontend, such as {"platform": "linux/arm64"} or {"no-cache": ""}. With `archive` the image is
        also written there under `name`, for `docker load`. `timeout` is in seconds.
        """
        request = {
            "context": str(context.absolute()),
            "dockerfile": str((dockerfile or context / "Dockerfile").absolute()),
            "target": target or "",
            "build_args": dict(build_args or {}),
            "attrs": dict(attrs or {}),
            "archive": str(archive.absolute()) if archive else "",
            "name": name,
            "timeout": timeout,
        }
        future: Future[BuildResult] = Future()
        with self._sending:
            self._count += 1
            self._waiting[self._count] = future
            assert self._process.stdin
            try:
                self._process.stdin.write(json.dumps({"id": self._count, **request}) + "\n")
                self._process.stdin.flush()
            except OSError:
                self._give_up()
        return future

    def close(self) -> None:
        """Let the running builds end, then stop the daemon."""
        assert self._process.stdin
        self._process.stdin.close()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            self._waiting.pop(answer["id"]).set_result(_result(answer))
        with self._sending:
            self._give_up()

    def _give_up(self) -> None:
        """The program is gone: whoever still waits gets its last words."""
        self._process.wait()
        self._errors.seek(0)
        words = self._errors.read()
        for future in self._waiting.values():
            future.set_exception(RuntimeError(f"BuildKit ended: {words}"))
        self._waiting.clear()


def _result(answer: dict[str, Any]) -> BuildResult:
    return BuildResult(
        ok=answer["ok"],
        error_text=answer["error"],
        error_lines=answer["lines"] or [],
        log=answer["log"],
        warnings=[LintWarning(**warning) for warning in answer["warnings"] or []],
        image=answer["image"] or {},
        files={path: File(**file) for path, file in (answer["files"] or {}).items()},
    )


def _daemon(folder: Path) -> None:
    for command in ("buildkitd", "buildctl"):
        package = f"github.com/moby/buildkit/cmd/{command}"
        go("build", "-ldflags=-s -w", "-o", folder / command, package, cwd=SOURCE)


def install() -> Path:
    """The folder with `buildkitd`, `buildctl` and our `builder`; compiled when missing. Raises EngineMissing."""
    apt_program("runc", "runc")
    as_root()
    daemon = installed(f"buildkit-{VERSION}", _daemon)
    key = source_key(SOURCE)

    def complete(folder: Path) -> None:
        go("build", "-ldflags=-s -w", "-o", folder / "builder", ".", cwd=SOURCE)
        for command in ("buildkitd", "buildctl"):
            (folder / command).symlink_to(daemon / command)

    return installed(f"builder-{VERSION}-{key}", complete)


@contextmanager
def buildkit() -> Iterator[BuildKit]:
    """Start the daemon; stop it at the end. Raises EngineMissing."""
    folder = install()
    state = tempfile.mkdtemp(prefix="mlgate-buildkit-")
    command = [*as_root(), str(folder / "builder"), "-buildkitd", str(folder / "buildkitd"), "-root", state]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        daemon = BuildKit(process, errors)
        try:
            yield daemon
        finally:
            daemon.close()
            subprocess.run([*as_root(), "rm", "-rf", state], check=False)
