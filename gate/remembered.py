"""What was found out about a Dockerfile in an earlier run, used again when nothing is different that it rests on.

The key of a memory covers the Dockerfile's bytes, its place, the policy, the options, the engines, the day, and the very
files of this program; the memory itself names every look that was taken at the disk, with its answer
(:mod:`gate.context.witness`), and is good only while each of them would be answered alike. Nothing is remembered that
rests on more than that: rules of others, finished images, an engine with a database of its own, an engine or a rule that
failed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from gate import catalogue, clock, files
from gate.cache import Cache, key
from gate.context.items import DiskItem, unchanged
from gate.context.witness import Witness, real
from gate.engines import base
from gate.judged import Judged
from gate.kept import code_stamp
from gate.model import Edit, EngineRun, Finding, Fix, Package, Place, Remark, Severity, Span, Target, Undecided
from gate.policy import ENGINES, Policy
from gate.record import dataclass, names, replace
from gate.selection import wants_engine

if TYPE_CHECKING:
    from gate.discover import Input
    from gate.share import Options

T = TypeVar("T")
_LIMIT = 8 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known about one Dockerfile, and what the engines did with it; these runs have no findings of their own."""

    judged: Judged
    runs: tuple[EngineRun, ...]


class Remembered:
    """The memories of Dockerfiles under one policy and the same options."""

    def __init__(self, policy: Policy, options: Options) -> None:
        self._cache = Cache.default(enabled=options.cache)
        self._base = _common(policy, options) if options.cache else None

    def recall(self, inputs: Iterable[Input]) -> dict[str, Memory]:
        """The memories that are still good, by path."""
        keys = dict(self._keys(inputs)) if self._base is not None else {}
        kept = self._cache.get(keys.values())
        found = {path: _opened(kept[name]) for path, name in keys.items() if name in kept}
        return {path: memory for path, memory in found.items() if memory is not None}

    def keep(self, memories: Iterable[tuple[Input, bytes, Memory, Witness | None]]) -> None:
        """Remember for the next run: each with the Dockerfile's bytes, and with what was looked at beside them."""
        sealed = {}
        for given, data, memory, witness in memories if self._base is not None else ():
            value = _sealed(memory, witness or Witness())
            if value is not None:
                sealed[self._key(given, data)] = value
        self._cache.put(sealed)

    def _keys(self, inputs: Iterable[Input]) -> Iterator[tuple[str, str]]:
        for given in inputs:
            try:
                data = given.read()
            except files.Unreadable:
                continue
            yield given.path, self._key(given, data)

    def _key(self, given: Input, data: bytes) -> str:
        piped = "piped" if given.data is not None else ""
        return key("judged", self._base or "", given.path, repr(given.folder), piped, data)


def _common(policy: Policy, options: Options) -> str | None:
    """What all memories of a policy and some options depend on; None when there can be none."""
    if policy.rules_dirs or catalogue.brought():
        return None
    engines = [_engine(policy, name) for name in ENGINES]
    if None in engines:
        return None
    asked = (options.context, options.use_context, sorted(options.build_args.items()), options.target)
    day = clock.today().isoformat()
    return key(code_stamp(), os.getcwd(), repr(policy), repr(asked), repr(engines), day)


def _engine(policy: Policy, name: str) -> str | None:
    if policy.engine(name).mode == "off" or not wants_engine(policy, name):
        return "not asked"
    return base.state(name)


def of_share(judged: Judged, runs: Iterable[EngineRun]) -> Memory | None:
    """The memory of one Dockerfile of a share, None when it is none to keep: something failed."""
    told = [
        replace(run, findings=(), remarks=(own := tuple(one for one in run.remarks if one.path == judged.path)),
                reason="; ".join(base.told(own)) if run.remarks else run.reason)
        for run in runs
    ]  # fmt: skip
    if judged.failures or not judged.read or any(run.status == "failed" or run.unchecked for run in told):
        return None
    return Memory(judged, tuple(told))


# As JSON --------------------------------------------------------------------------------------------------------------


def _sealed(memory: Memory, witness: Witness) -> bytes | None:
    judged = memory.judged
    for path in {finding.place.path for finding in judged.findings} - {judged.path}:
        DiskItem(real(path, witness), None, witness).read(_LIMIT)  # its line is part of the finding's fingerprint
    looks = [[*question, answer] for question, answer in witness.looks.items()]
    text = json.dumps([looks, judged, memory.runs], default=_values)
    return text.encode() if _memory(json.loads(text)) == memory else None


def _opened(value: bytes) -> Memory | None:
    """The memory, if it is still good."""
    try:
        document = json.loads(value)
        looks = {(how, path, limit): answer for how, path, limit, answer in document[0]}
        return _memory(document) if unchanged(looks) else None
    except (ValueError, TypeError, KeyError, IndexError):  # nothing that this program has written
        return None


def _memory(document: list[Any]) -> Memory:
    judged, runs = document[1:]
    return Memory(_JUDGED(judged), _all(_RUN)(runs))


def _values(record: Any) -> Any:
    """The values of a record's fields, of which each kind here has several."""
    kind: Any = type(record)
    return _getter(kind)(record)


@cache
def _getter(kind: Any) -> Callable[[Any], Any]:
    return attrgetter(*names(kind))


def _reading(kind: Callable[..., T], **inner: Callable[[Any], Any]) -> Callable[[list[Any]], T]:
    """The function that makes a record of a kind again, of the list of its values. ``inner``: what to make of the value
    of a field."""
    order = names(kind)
    makers = [(order.index(name), make) for name, make in inner.items()]

    def read(given: list[Any]) -> T:
        for at, make in makers:
            if given[at] is not None:
                given[at] = make(given[at])
        return kind(*given)

    return read


def _all(read: Callable[[list[Any]], T]) -> Callable[[list[list[Any]]], tuple[T, ...]]:
    return lambda rows: tuple(map(read, rows))


_PLACE = _reading(Place, span=_reading(Span))
_FIX = _reading(Fix, edits=_all(_reading(Edit, place=_PLACE)))
_PACKAGE = _reading(Package, fixed_in=tuple)
_FINDING = _reading(Finding, place=_PLACE, severity=Severity, aliases=tuple, package=_PACKAGE, fix=_FIX)
_UNDECIDED = _reading(Undecided, place=_PLACE)
_TARGET = _reading(Target, evidence=tuple)
_JUDGED = _reading(Judged, findings=_all(_FINDING), undecided=_all(_UNDECIDED), failures=tuple, targets=_all(_TARGET))
_RUN = _reading(EngineRun, findings=tuple, unchecked=tuple, remarks=_all(_reading(Remark)))
