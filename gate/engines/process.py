"""Runs another program so that it cannot harm us: no shell, an empty environment, no input, bounded time and output.

Its own process group is killed at the end, so that nothing it started stays behind. Everything that can go wrong is a
:class:`Output` with a ``fault``, never an exception.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from gate.record import dataclass

_KEPT_FROM_OURS = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR")
"""Windows starts no program without them."""

_STDERR_LIMIT = 64 << 10
_PIPE_GRACE = 0.5
"""Seconds that a pipe may stay open after its program has ended: then somebody it left behind holds it."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program left. ``code``: its exit status, negative when a signal ended it, None when it never started.

    ``fault`` is empty when it ran to its end by itself within its time and its output limit. ``stderr`` is cut in the
    middle where it is long; ``seen`` tells that the words that were watched for stood anywhere in it.
    """

    code: int | None
    stdout: bytes
    stderr: str
    fault: str = ""
    seen: bool = False

    @property
    def complaint(self) -> str:
        """The first line that it wrote on standard error, without control characters, at most 200 long."""
        for line in self.stderr.splitlines():
            clean = "".join(character for character in line if character.isprintable()).strip()
            if clean:
                return clean[:200]
        return ""

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        if self.fault:
            return self.fault
        if self.code is not None and self.code < 0:
            return f"was killed by {_signal_name(-self.code)}"
        return f"ended with exit code {self.code}"


class Process:
    """A program at work, started by the constructor. ``timeout`` counts in seconds from there; ``memory`` are the bytes
    that each of its processes may take (on Linux); ``watch``: words to look for on its standard error."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int = 64 << 20,
        memory: int | None = None,
        watch: str = "",
    ) -> None:
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._limit = limit
        self._output: Output | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=_environment(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._output = Output(None, b"", "", f"cannot be started: {_reason(error)}")
            return
        _bound(self._process.pid, timeout, memory)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdout = _Drain(self._process.stdout, limit, self.kill)
        self._stderr = _Chatter(self._process.stderr, watch.encode())

    def wait(self) -> Output:
        """What it left, when it has ended; it is made to end when its time is over."""
        if self._output is None:
            assert self._process is not None
            # Its end is the end of its output, unless something that it started still holds the pipe.
            while self._stdout.open and self._process.poll() is None and time.monotonic() < self._deadline:
                self._stdout.join(min(self._deadline, time.monotonic() + _PIPE_GRACE))
            fault = ""
            try:
                self._process.wait(max(self._deadline - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                fault = f"did not end within {self._timeout:g} s"
                self.kill()
            self._output = self._rest(fault)
        return self._output

    def kill(self) -> None:
        """End it and everything in its process group, now. Harmless when there is nothing left."""
        if self._process is None or self._output is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _rest(self, fault: str) -> Output:
        """The output, when the program itself has ended: what it left behind must not hold it up."""
        assert self._process is not None
        drains: tuple[_Drain, ...] = (self._stdout, self._stderr)
        for drain in drains:
            drain.join(time.monotonic() + _PIPE_GRACE)
        self.kill()
        for drain in drains:
            drain.join(time.monotonic() + _PIPE_GRACE)
        if self._stdout.overflowed:
            fault = f"wrote more than {self._limit >> 20} MB"
        code = self._process.wait()
        stderr = self._stderr.data.decode("utf-8", "replace")
        return Output(code, b"" if fault else self._stdout.data, stderr, fault, self._stderr.seen)


class _Drain:
    """Reads a pipe in a thread of its own, so that the program never waits for us. Keeps ``limit`` bytes."""

    def __init__(self, stream: IO[bytes], limit: int, on_overflow: Callable[[], None]) -> None:
        self._stream = stream
        self._limit = limit
        self._on_overflow = on_overflow
        self._chunks: list[bytes] = []
        self._kept = 0
        self.overflowed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def open(self) -> bool:
        """Whether more may come."""
        return self._thread.is_alive()

    @property
    def data(self) -> bytes:
        return b"".join(self._chunks)[: self._limit]

    def join(self, deadline: float) -> None:
        self._thread.join(max(deadline - time.monotonic(), 0.0))

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._stream:
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        if self._kept <= self._limit:
            self._chunks.append(chunk)
            self._kept += len(chunk)
        elif not self.overflowed:
            self.overflowed = True
            self._on_overflow()


class _Chatter(_Drain):
    """Standard error: cut in the middle, not punished. ``seen`` tells that the words stood anywhere in it."""

    def __init__(self, stream: IO[bytes], words: bytes) -> None:
        self._words = words
        self._end = b""
        self.seen = False
        super().__init__(stream, _STDERR_LIMIT, lambda: None)

    @property
    def data(self) -> bytes:
        return super().data + (self._end if self.overflowed else b"")

    def _keep(self, chunk: bytes) -> None:
        before, self._end = self._end, (self._end + chunk)[-_STDERR_LIMIT:]
        if self._words and not self.seen:
            self.seen = self._words in before[-len(self._words) :] + chunk
        super()._keep(chunk)


def _bound(pid: int, timeout: float, memory: int | None) -> None:
    """Bound the processor time (if we are killed, nobody is left to end the program) and the memory."""
    if sys.platform != "linux":
        return
    import resource

    seconds = int(timeout * (os.cpu_count() or 1)) + 10
    with contextlib.suppress(OSError, ValueError):  # it may be gone already
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        if memory is not None:
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory, memory))


def run(argv: Sequence[str], *, cwd: str, timeout: float, env: Mapping[str, str] | None = None) -> Output:
    """Start a program and wait for it."""
    process = Process(argv, cwd=cwd, timeout=timeout, env=env)
    try:
        return process.wait()
    finally:
        process.kill()


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_FROM_OURS if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **kept, **extra}


def _reason(error: Exception) -> str:
    return (error.strerror or "unknown error") if isinstance(error, OSError) else str(error)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
