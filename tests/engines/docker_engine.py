"""A real Docker Engine: the one that already answers, else a private one that ends with the test run.

The private engine is Debian's `docker.io`. It keeps images and containers in memory, in a mount namespace of its own,
has its own bridge and leaves the machine's firewall alone, so several may run side by side. Published ports work on
the loopback address; a container reaches the outside only with `--network host`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engines.bases import busybox_base
from tests.engines.cache import EngineMissing, apt_program, as_root, cache_folder, dies_with_us, on_path

NAMESPACE = "mlgate-test"  # every image that a test makes is called mlgate-test/…
START_TIMEOUT = 60  # seconds
BRIDGES = 16  # private engines at a time

# $1 folder, $2 bridge, $3 its address, $4 the group that may use the socket. The bridge may be left from an engine
# that was killed.
_START = """
set -e
mount -t tmpfs -o mode=711 mlgate "$1/state"
mkdir "$1/state/data" "$1/state/exec"
ip link add "$2" type bridge 2>/dev/null || true
ip address replace "$3" dev "$2"
ip link set "$2" up
exec dockerd --data-root "$1/state/data" --exec-root "$1/state/exec" --pidfile "$1/state/pid" \
    --host "unix://$1/docker.sock" --group "$4" --bridge "$2" --iptables=false --ip6tables=false
"""


@dataclass
class DockerEngine:
    """An engine that answers at `host`, such as unix:///run/docker.sock."""

    host: str
    cli: Path
    _imported: set[str] = field(default_factory=set, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which `docker` and the SDK find this engine."""
        return {**os.environ, "DOCKER_HOST": self.host}

    def run(
        self, *arguments: str | Path, timeout: float = 120, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """`docker …` with text output captured. `check` raises CalledProcessError on failure."""
        return subprocess.run(
            [self.cli, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout, check=check
        )

    def client(self) -> Any:
        """A client of the Docker SDK for this engine."""
        import docker

        return docker.DockerClient(base_url=self.host, version="auto")

    def import_tar(self, name: str, tar: Path) -> str:
        """`docker import` a root file system once; return the image's full name."""
        image = f"{NAMESPACE}/{name}"
        if image not in self._imported:
            self.run("import", tar, image, check=True)
            self._imported.add(image)
        return image

    def busybox(self) -> str:
        """The name of a base image with a static busybox and its applets, and the users root and app (1000)."""
        return self.import_tar("busybox:1", busybox_base())


def _answers(cli: Path, host: str | None) -> bool:
    env = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    asked = subprocess.run([cli, "version", "-f", "{{.Server.Version}}"], env=env, capture_output=True, timeout=60)
    return asked.returncode == 0


def _present() -> DockerEngine | None:
    cli = on_path("docker")
    if cli is None or not _answers(cli, None):
        return None
    asked = subprocess.run(
        [cli, "context", "inspect", "-f", "{{.Endpoints.docker.Host}}"], capture_output=True, text=True
    )
    return DockerEngine(os.environ.get("DOCKER_HOST") or asked.stdout.strip(), cli)


def install() -> Path:
    """The program of a private engine, with everything that it needs. Raises EngineMissing."""
    as_root()
    for program, package in (
        ("ip", "iproute2"),
        ("runc", "runc"),
        ("unshare", "util-linux"),
        ("setpriv", "util-linux"),
    ):
        apt_program(program, package)
    return apt_program("dockerd", "docker.io")


@contextmanager
def _bridge() -> Iterator[tuple[str, str]]:
    """The name and address of a bridge that no other private engine uses."""
    for number in range(BRIDGES):
        with (cache_folder() / f"dockerd-{number}.lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"mlgate{number}", f"172.31.{200 + number}.1/24"
            return
    raise EngineMissing(f"{BRIDGES} private engines run already")


def _wait(engine: DockerEngine, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(engine.cli, engine.host):
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise EngineMissing(f"dockerd does not answer:\n{last}")
        time.sleep(0.05)


@contextmanager
def _private() -> Iterator[DockerEngine]:
    install()
    # Debian's own client if it is there: a newer one further up on PATH need not understand this engine.
    cli = Path("/usr/bin/docker") if Path("/usr/bin/docker").is_file() else apt_program("docker", "docker.io")
    folder = Path(tempfile.mkdtemp(prefix="mlgate-docker-"))
    (folder / "state").mkdir()
    log = folder / "dockerd.log"
    with _bridge() as (bridge, address), log.open("wb") as output:
        command = [*dies_with_us(), "unshare", "--mount", "sh", "-c", _START, "sh"]
        process = subprocess.Popen(
            [*as_root(), *command, str(folder), bridge, address, str(os.getgid())],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        engine = DockerEngine(f"unix://{folder}/docker.sock", cli)
        try:
            _wait(engine, process, log)
            yield engine
        finally:
            if running := engine.run("ps", "-q").stdout.split():  # each would be given ten seconds to end by itself
                engine.run("kill", *running)
            process.terminate()
            process.wait(timeout=60)
            subprocess.run([*as_root(), "ip", "link", "delete", bridge], capture_output=True, check=False)
            subprocess.run([*as_root(), "rm", "-rf", str(folder)], check=False)


@contextmanager
def docker_engine() -> Iterator[DockerEngine]:
    """Yield an engine; end it, or remove what tests left in it, afterwards. Raises EngineMissing."""
    engine = _present()
    if engine is None:
        with _private() as private:
            yield private
        return
    try:
        yield engine
    finally:
        left = engine.run("image", "ls", "-q", f"{NAMESPACE}/*").stdout.split()
        if left:
            engine.run("image", "rm", "-f", *left)
