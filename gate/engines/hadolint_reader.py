"""Has hadolint read many small Dockerfiles, on several cores, and says for each what it printed or why it could not.

hadolint prints nothing at all when one of its inputs kills it, so a call that failed is cut in halves until the culprit
stands alone. Its exit status says nothing (1 is findings, bad options and crashes alike): a call has succeeded when it
printed a JSON array of rows.
"""

from __future__ import annotations

import heapq
import json
import os
import threading
import time
from collections.abc import Sequence

from gate import scratch
from gate.engines.hadolint_rows import Answer, Row, row_of
from gate.engines.process import Output, Process

_RUNTIME = {"GHCRTS": "-N1 -A16m -M1g"}
"""For the Haskell runtime: one core (its default of five threads costs a third more time in all), a larger nursery, and
an end of memory: ShellCheck needs it by the square, 440 MB for a script of 1,000 commands."""
_PROBE = "FROM scratch\n"
_PROBE_NAME = "probe"
_CONFIG = "hadolint.yaml"

_WORTH_A_PROCESS = 0.04
_CALL = 1.0
"""Seconds of work in one call: long enough to make its start cheap, short enough to lose little when it fails."""
_PATIENCE = 10.0
_SLOWNESS = 20.0
"""A call that takes 10 s and 20 times what was expected, or half of the time, is cut up to find what is to blame."""


class Reader:
    """hadolint at work on ``texts``. ``costs``: the seconds expected for each. Done within ``timeout`` seconds."""

    def __init__(self, path: str, texts: Sequence[str], costs: Sequence[float], *, jobs: int, timeout: float) -> None:
        self._path = path
        self._costs = costs
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._answers: list[Answer] = ["was not read"] * len(texts)
        self._queue = calls(costs, jobs)
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._running: set[Process] = set()
        self._cancelled = False
        self._proven = False
        self._broken = ""
        self._environment: dict[str, str] = _RUNTIME
        self._folder = _workplace(texts) if texts else ""
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(min(jobs, len(self._queue)))]
        for thread in self._threads:
            thread.start()

    def answers(self) -> list[Answer]:
        """One answer for each text, in order. Waits for them."""
        try:
            for thread in self._threads:
                thread.join()
        finally:
            self.cancel()
        return self._answers

    def cancel(self) -> None:
        """Stop. Harmless at the end."""
        self._cancelled = True
        with self._lock:
            for process in self._running:
                process.kill()
        for thread in self._threads:
            thread.join()
        if self._folder:
            scratch.remove(self._folder)

    def _work(self) -> None:
        while True:
            try:
                call = self._queue.pop()
            except IndexError:
                return
            self._read(call)

    def _read(self, indices: list[int]) -> None:
        remaining = self._deadline - time.monotonic()
        if self._broken or self._cancelled or remaining <= 0:
            self._blame(indices, self._broken or f"did not end within {self._timeout:g} s")
            return
        patience = remaining
        if len(indices) > 1 or self._queue:
            patience = min(remaining / 2, _PATIENCE + _SLOWNESS * sum(self._costs[index] for index in indices))
        environment = self._environment
        output = self._run([str(index) for index in indices], patience)
        rows = parsed(output, len(self._costs))
        if rows is not None:
            self._proven = True
            for index in indices:
                self._answers[index] = tuple(rows.get(index, ()))
        elif not self._works(output):
            self._blame(indices, self._broken)
        elif self._environment is not environment:
            self._read(indices)
        elif len(indices) == 1:
            self._blame(indices, ending(output))
        else:
            half = len(indices) // 2
            for part in (indices[:half], indices[half:]):
                if len(part) > 1:
                    self._read(part)
                else:  # if it hangs, everything else has been read by then
                    self._queue.insert(0, part)

    def _blame(self, indices: Sequence[int], reason: str) -> None:
        for index in indices:
            self._answers[index] = reason

    def _works(self, failed: Output) -> bool:
        """Whether hadolint can read anything at all. Some builds of it refuse the options for their runtime."""
        with self._probing:
            for environment in (_RUNTIME, {}):
                if self._proven or self._broken:
                    break
                self._environment = environment
                patience = min(_PATIENCE, max(self._deadline - time.monotonic(), 0.0))
                self._proven = parsed(self._run([_PROBE_NAME], patience), 0) is not None
            if not self._proven and not self._broken:
                self._broken = ending(failed)
        return self._proven

    def _run(self, names: list[str], patience: float) -> Output:
        argv = [self._path, "--no-color", "-f", "json", "-c", _CONFIG, *names]
        process = Process(argv, cwd=self._folder, env=self._environment, timeout=patience)
        with self._lock:
            self._running.add(process)
            if self._cancelled:
                process.kill()
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)


def calls(costs: Sequence[float], jobs: int) -> list[list[int]]:
    """The texts (by index) that go into one call each, about equal in cost, the dearest first."""
    total = sum(costs)
    if not costs:
        return []
    count = 1 if total < _WORTH_A_PROCESS else max(jobs, -(-int(total / _CALL) // jobs) * jobs)
    heap = [(0.0, number) for number in range(min(count, len(costs)))]
    found: list[list[int]] = [[] for _ in heap]
    alone: list[list[int]] = []
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        if costs[index] > _CALL:
            alone.append([index])
            continue
        load, number = heap[0]
        heapq.heapreplace(heap, (load + costs[index], number))
        found[number].append(index)
    return alone + [call for call in found if call]


def parsed(output: Output, count: int) -> dict[int, list[Row]] | None:
    """The rows by text; None when what was printed is no answer about ``count`` texts."""
    if output.fault or output.code not in (0, 1):
        return None
    try:
        found = json.loads(output.stdout)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    rows: dict[int, list[Row]] = {}
    names = {str(number): number for number in range(count)}
    for item in found:
        if not isinstance(item, dict) or not isinstance(item.get("file"), str) or item["file"] not in names:
            return None
        row = row_of([item.get(key) for key in ("line", "code", "level", "message")])
        if row is None:
            return None
        rows.setdefault(names[item["file"]], []).append(row)
    return rows


def ending(output: Output) -> str:
    """Why an output is of no use, in words."""
    if output.fault or output.code not in (0, 1):
        reason = output.ending
    elif output.stdout.strip():
        reason = "printed something else than its JSON rows"
    else:
        reason = f"printed nothing and {output.ending}"
    return f"{reason}: {output.complaint}" if output.complaint else reason


def _workplace(texts: Sequence[str]) -> str:
    """A folder of its own with a file for each text: nothing in it is called .hadolint.yaml."""
    folder = scratch.folder()
    for name, text in ((_CONFIG, "{}\n"), (_PROBE_NAME, _PROBE), *((str(at), text) for at, text in enumerate(texts))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    return folder
