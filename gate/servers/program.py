"""One run of a Python program: what it starts, and what the models of libraries may ask of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from gate.model import Place
from gate.record import dataclass, field
from gate.servers.model import UNKNOWN
from gate.servers.values import External, Function, Module


@dataclass(eq=False, slots=True)
class Serve:
    """A server that a program runs inside of itself. ``values`` are what it is given, by name."""

    kind: str
    app: Any
    place: Place
    certain: bool
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Spawn:
    """A program that is started by another. ``argv`` is a list of values, or one text for a shell."""

    argv: Any
    place: Place
    certain: bool
    cwd: Any = None
    waited: bool = False
    environment: dict[str, Any] = field(default_factory=dict)


class Program(ABC):
    """``serves`` and ``spawns`` are what it was seen to start, in order. ``certain``: what happens now happens whenever it runs;
    ``doubt`` says why not all of it could be followed. ``environment`` gives a variable's value, or else the default."""

    def __init__(self, environment: Callable[[str, Any], Any], argv: Sequence[Any], folders: Sequence[str]) -> None:
        self.environment = environment
        self.argv = list(argv)
        self.folders = list(folders)
        self.modules: dict[str, Module | External] = {}
        self.certain = True
        self.doubt = ""
        self.serves: list[Serve] = []
        self.spawns: list[Spawn] = []
        self.writes: set[str] = set()
        self.waits = False

    @abstractmethod
    def attribute(self, owner: Any, name: str) -> Any:
        """``owner.name``."""

    @abstractmethod
    def enter(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Go through a function of the program."""

    def serve(self, kind: str, app: Any, place: Place, **values: Any) -> Any:
        self.serves.append(Serve(kind, app, place, self.certain, values))
        return UNKNOWN

    def spawn(self, argv: Any, place: Place, cwd: Any = None, *, waited: bool, environment: Any = None) -> Any:
        given = environment if isinstance(environment, dict) else {}
        self.spawns.append(Spawn(argv, place, self.certain, cwd, waited, given))
        return External("subprocess.Popen()")
