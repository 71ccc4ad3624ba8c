"""The containers and volumes of one verification: started with limits, never left behind.

Files go in and out through the engine's archive interface, not through mounts of this machine's folders: that works with
an engine elsewhere, and nothing that a container wrote as root is left here.
"""

from __future__ import annotations

import io
import signal
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import IO, Any

from gate.contract.words import LINES, Fault, lines, refusal
from gate.record import dataclass, field

LABEL = "mlgate.verify"
_PROCESSES = 4096
_LOG_BYTES = "4m"
_POLL = 0.05
_EXEC = 5.0
_TABLE = 1 << 20


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume in a container. What the image has there is hidden, as the platforms hide it."""

    path: str
    volume: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """How a container is started. ``command`` None: the image's CMD. ``ports``: container ports to publish on this
    machine's loopback address, at ports that are free. ``isolated``: without any network."""

    command: Sequence[str] | None = None
    entrypoint: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()
    ports: Sequence[int] = ()
    isolated: bool = False
    hostname: str | None = None
    restricted: str | None = None
    """The user of a container that can change nothing but /tmp and gain no rights, as on AWS Lambda."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    heeds_health: bool = False
    """Whether the image's HEALTHCHECK is run, as Docker alone does."""


class Containers:
    """What one verification makes in an engine; :meth:`close` removes all of it."""

    def __init__(self, client: Any, image: str, run: str) -> None:
        self.client = client
        self._image = image
        self._run = run
        self._count = 0
        information = client.info()
        self.architecture = str(information.get("Architecture") or "")
        self.memory = int(information.get("MemTotal") or 4 << 30) * 3 // 4
        self.version = str(information.get("ServerVersion") or "")

    def volume(self) -> str:
        """The name of a new, empty volume."""
        return str(self.client.volumes.create(name=self._name(), labels={LABEL: self._run}).name)

    def create(self, start: Start) -> Container | Fault:
        """A container that does not run yet, or the image's fault. Raises ``docker.errors.DockerException``."""
        from docker.errors import APIError

        try:
            made = self.client.containers.create(self._image, **self._arguments(start))
        except APIError as error:
            fault = refusal(str(error.explanation or error), None)
            if fault is None:
                raise
            return fault
        return Container(self, made)

    def fill(self, volume: str, tar: IO[bytes]) -> None:
        """Unpack an archive (also a compressed one) into a volume. Raises ``docker.errors.DockerException``."""
        helper = self.create(Start(["true"], mounts=[Mount("/mlgate", volume)], isolated=True))
        if isinstance(helper, Fault):
            raise OSError(helper.text)
        try:
            helper.put("/mlgate", tar)
        finally:
            helper.remove()

    def close(self) -> None:
        """Remove everything that carries this verification's label; an impatient user does not stop that."""
        with _undisturbed():
            while self._remove_all():
                pass

    def _remove_all(self) -> bool:
        """Whether something could be removed: what was being made when the user lost patience appears a moment later."""
        mine = {"label": f"{LABEL}={self._run}"}
        removed = False
        for container in _tried(lambda: self.client.containers.list(all=True, filters=mine)):
            with suppress(Exception):
                container.remove(force=True, v=True)
                removed = True
        for volume in _tried(lambda: self.client.volumes.list(filters=mine)):
            with suppress(Exception):
                volume.remove(force=True)
                removed = True
        return removed

    def _name(self) -> str:
        self._count += 1
        return f"mlgate-verify-{self._run}-{self._count}"

    def _arguments(self, start: Start) -> dict[str, Any]:
        from docker.types import LogConfig
        from docker.types import Mount as VolumeMount

        arguments: dict[str, Any] = {
            "command": list(start.command) if start.command is not None else None,
            "name": self._name(),
            "labels": {LABEL: self._run},
            "environment": dict(start.environment),
            "mounts": [
                VolumeMount(mount.path, mount.volume, type="volume", read_only=mount.read_only, no_copy=True)
                for mount in start.mounts
            ],
            "ports": {f"{port}/tcp": ("127.0.0.1", None) for port in start.ports},
            "init": False,  # an init of the engine's would hide what process 1 does with signals
            "mem_limit": self.memory,
            "pids_limit": _PROCESSES,
            "log_config": LogConfig(type="json-file", config={"max-size": _LOG_BYTES, "max-file": "1"}),
        }
        if start.entrypoint is not None:
            arguments["entrypoint"] = list(start.entrypoint)
        if not start.heeds_health:
            arguments["healthcheck"] = {"test": ["NONE"]}
        if start.isolated:
            arguments["network_mode"] = "none"
        if start.hostname is not None:
            arguments["hostname"] = start.hostname
        hosts = {**start.hosts, **({start.hostname: "127.0.0.1"} if start.hostname and start.isolated else {})}
        if hosts:
            arguments["extra_hosts"] = hosts
        if start.restricted is not None:
            arguments.update(
                user=start.restricted,
                read_only=True,
                tmpfs={"/tmp": "size=512m,mode=1777"},  # noqa: S108  a folder of the container
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
            )
        return arguments


class Container:
    """One container of a verification."""

    def __init__(self, containers: Containers, made: Any) -> None:
        self._containers = containers
        self._made = made
        made.reload()
        self.began = monotonic()
        self.argv = (str(made.attrs.get("Path") or ""), *map(str, made.attrs.get("Args") or ()))

    def start(self, word: str | None) -> Fault | None:
        """Start it; the image's fault if it does not start. Raises ``docker.errors.DockerException``."""
        from docker.errors import APIError

        try:
            self.began = monotonic()
            self._made.start()
        except APIError as error:
            fault = refusal(str(error.explanation or error), word)
            if fault is None:
                raise
            return fault
        return None

    @property
    def state(self) -> dict[str, Any]:
        self._made.reload()
        return dict(self._made.attrs.get("State") or {})

    @property
    def exit_code(self) -> int | None:
        """None as long as it runs."""
        state = self.state
        return None if state.get("Running") else int(state.get("ExitCode") or 0)

    @property
    def out_of_memory(self) -> bool:
        return bool(self.state.get("OOMKilled"))

    def wait(self, seconds: float) -> int | None:
        """The exit code as soon as it has ended; None where it still runs after that time."""
        end = monotonic() + seconds
        while True:
            code = self.exit_code
            if code is not None or monotonic() >= end:
                return code
            sleep(_POLL)

    def stop(self, seconds: float) -> float:
        """``docker stop``: the signal, that much time, SIGKILL. How long it took."""
        began = monotonic()
        self._made.stop(timeout=int(seconds))
        return monotonic() - began

    def kill(self) -> None:
        with suppress(Exception):
            self._made.kill()

    def remove(self) -> None:
        with suppress(Exception):
            self._made.remove(force=True, v=True)

    def log(self) -> tuple[str, ...]:
        with suppress(Exception):
            return lines(self._made.logs(tail=LINES))
        return ()

    def port(self, number: int) -> int | None:
        """The port of this machine at which a container port is published."""
        self._made.reload()
        bound = (self._made.attrs.get("NetworkSettings", {}).get("Ports") or {}).get(f"{number}/tcp") or []
        return int(bound[0]["HostPort"]) if bound else None

    def put(self, path: str, tar: IO[bytes]) -> None:
        """Unpack an archive there."""
        self._made.put_archive(path, tar)

    def read(self, path: str, limit: int) -> bytes | None:
        """The beginning of a regular file; None where there is none."""
        for member, tar in self._members(path, limit + (64 << 10)):
            file = tar.extractfile(member) if member.isreg() else None
            return file.read(limit) if file is not None else None
        return None

    def files(self, path: str, known: frozenset[str] = frozenset()) -> int:
        """How many regular files lie below a folder, beside those that are known; it is not counted beyond a thousand,
        nor beyond the first 64 MB."""
        found = 0
        for member, _ in self._members(path, 64 << 20):
            found += member.isreg() and member.name.partition("/")[2] not in known
            if found >= 1000:
                break
        return found

    def _members(self, path: str, limit: int) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        """The entries of a path, as far as ``limit`` bytes reach."""
        from docker.errors import NotFound

        try:
            chunks, _ = self._made.get_archive(path, chunk_size=1 << 16)
        except NotFound:
            return
        try:
            with (
                suppress(tarfile.TarError, ValueError, OverflowError),
                tarfile.open(fileobj=_Beginning(chunks, limit), mode="r|") as tar,
            ):
                for member in tar:
                    yield member, tar
        finally:
            close: Callable[[], None] = getattr(chunks, "close", lambda: None)
            close()

    def sockets(self) -> str | None:
        """Its ``/proc/net/tcp`` and ``tcp6``; None where neither this machine nor a program of the image shows them."""
        with suppress(Exception):
            return _sockets_of(int(self.state.get("Pid") or 0), str(self._made.id))
        with suppress(Exception):
            text = self._printed("cat", "/proc/net/tcp", "/proc/net/tcp6")
            return text if "local_address" in text else None
        return None

    def _printed(self, *command: str) -> str:
        """What a program of the image prints; it may be anything, so that it is given neither much time nor much room."""
        api = self._containers.client.api
        began, text = monotonic(), b""
        patience, api.timeout = api.timeout, _EXEC
        try:
            for chunk in self._made.exec_run(list(command), stream=True).output:
                text += chunk
                if len(text) > _TABLE or monotonic() - began > _EXEC:
                    break
        finally:
            api.timeout = patience
        return text.decode("ascii", "replace")

    def processor_seconds(self) -> float | None:
        """How much of the processor it has used; None where the engine does not say."""
        with suppress(Exception):
            found = self._made.stats(stream=False, one_shot=True)
            return float(found["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
        return None

    def on_sigterm(self) -> str:
        """What process 1 does with SIGTERM: ``handled``, ``ignored``, or ``dropped`` by the kernel because there is no
        handler; "" where that cannot be seen."""
        bit = 1 << (signal.SIGTERM - 1)
        with suppress(Exception):
            pid = str(self.state.get("Pid") or 0)
            for row in self._made.top(ps_args="-eo pid,caught,ignored")["Processes"]:
                if row[0] == pid:
                    return "handled" if int(row[1], 16) & bit else "ignored" if int(row[2], 16) & bit else "dropped"
        return ""


class _Beginning(io.RawIOBase):
    """A stream of chunks as a file that ends after so many bytes."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks, self._left, self._held = chunks, limit, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held and self._left > 0:
            self._held = next(self._chunks, b"")
            self._left -= len(self._held)
        data, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _sockets_of(pid: int, container: str) -> str:
    """From the outside, on an engine of this machine. Raises OSError where it is another one."""
    with open(f"/proc/{pid}/cgroup", encoding="ascii", errors="replace") as file:
        if not pid or container not in file.read():
            raise OSError("this is another process")
    tables = []
    for name in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{name}", encoding="ascii", errors="replace") as file:
            tables.append(file.read(_TABLE))
    return "".join(tables)


def _tried(call: Callable[[], list[Any]]) -> list[Any]:
    try:
        return call()
    except Exception:  # an engine that is gone takes its containers along
        return []


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the signals by which a user or a CI system ends a program."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDING = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does, so that what it made is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDING if number != signal.SIGINT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
