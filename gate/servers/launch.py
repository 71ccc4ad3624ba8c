"""One launch as the readers of command lines, shell texts and sites see it: its image, its variables, what it starts next."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gate.image.model import File
from gate.model import Place, Span, Unknown
from gate.platforms.image import launch_image
from gate.platforms.model import Platform
from gate.record import dataclass, field
from gate.servers.model import UNKNOWN, Server, Serving, Variable
from gate.servers.values import Module

if TYPE_CHECKING:
    from gate.build import Build


@dataclass(eq=False, slots=True)
class Start:
    """A program about to run: its words (without its own name), and the process that it becomes.

    ``last``: nothing comes after it, so it is what the container lives for. ``waited``: what starts it waits for its children.
    ``replaced``: it takes the place of process 1. ``unbuffered``: ``python -u``. ``environment`` overrides the image's.
    """

    name: str
    words: list[Any]
    place: Place
    cwd: str
    environment: Mapping[str, Any] = field(default_factory=dict)
    certain: bool = True
    background: bool = False
    last: bool = True
    waited: bool = False
    replaced: bool = True
    unbuffered: bool = False


class Launched(ABC):
    """What is found goes into ``serving``. ``rewritten`` are the paths, ``rewritten_names`` the names of the files that the launch
    writes."""

    def __init__(self, build: Build, platform: Platform, serving: Serving) -> None:
        self.build = build
        self.platform = platform
        self.serving = serving
        self.image = launch_image(build)
        self.rewritten: set[str] = set()
        self.rewritten_names: set[str] = set()

    # Files -----------------------------------------------------------------------------------------------------------

    def file(self, path: str) -> File | Unknown | None:
        found = self.image.files.lookup(path)
        return found if not isinstance(found, File) or found.type == "file" else None

    def folder(self, path: str) -> list[File] | Unknown:
        """The files in a folder; Unknown where the base image may have others."""
        found = self.image.files.lookup(path)
        if found is None:
            return []
        if isinstance(found, Unknown):
            return found
        return self.own_files(path)

    def own_files(self, path: str) -> list[File]:
        """The files that instructions put into a folder, by name."""
        node = self.image.files.root
        for part in path.strip("/").split("/"):
            inner = node.child(part) if node.type == "directory" else None
            if inner is None:
                return []
            node = inner
        if node.type != "directory":
            return []
        found = [self.file(f"{path}/{name}") for name in list(node.children())[:200]]
        return [file for file in found if isinstance(file, File)]

    def uncertain_file(self, path: str) -> bool:
        """Whether a command of unknown effect comes after the file was put there."""
        found = self.image.files.lookup(path)
        return isinstance(found, File) and found.type == "file" and found.read(1) is None

    def shown(self, file: File) -> str:
        context = self.build.context
        return context.shown(file.source) if file.source is not None and context is not None else file.path

    def line_place(self, file: File) -> Callable[[int], Place]:
        """The place of a whole line of a file, by its number."""
        if file.source is None and file.instruction is not None:
            fixed = file.instruction.place
            return lambda number: fixed
        lines = (file.read(1 << 17) or b"").decode("utf-8", "replace").split("\n")
        name = self.shown(file)

        def at(number: int) -> Place:
            width = len(lines[number - 1].rstrip("\r")) if number <= len(lines) else 0
            return Place(name, Span(number, 1, number, max(width, 1) + 1))

        return at

    # Environment -----------------------------------------------------------------------------------------------------

    def variable(self, start: Start, name: str, default: Any) -> Any:
        """A variable's value in a process: the program's own, the platform's, the image's, else ``default``."""
        if name in start.environment:
            return start.environment[name]
        if name in self.platform.port_variables:
            return str(self.platform.port)
        value = self.image.config.env.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, Unknown):
            return UNKNOWN
        return Variable(name, default)

    def unread(self, reason: str, place: Place) -> None:
        self.serving.unread.append((reason, place))

    def place_of(self, name: str, names: dict[str, Any], default: Place) -> Place:
        """Where a module's variable is assigned."""
        for source in self.serving.sources:
            if source.tree is None or names.get("__file__") != source.path:
                continue
            for statement in source.tree.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else ()
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    place: Place = source.place(statement)
                    return place
        return default

    # What it starts --------------------------------------------------------------------------------------------------

    @abstractmethod
    def program(self, argv: Sequence[Any], start: Start, depth: int = 0) -> None:
        """A program with its words."""

    @abstractmethod
    def shell_file(self, path: str, args: list[Any], shell: str, start: Start, depth: int) -> None:
        """A file that a shell reads."""

    @abstractmethod
    def shell_text(self, text: str, start: Start, depth: int = 1) -> None:
        """A text that ``sh -c`` gets."""

    @abstractmethod
    def run_python(self, path: str, start: Start, argv: list[Any], name: str) -> Module | None:
        """The module that a Python file becomes; None where it cannot be read."""

    @abstractmethod
    def load_app(self, server: Server, target: Any, folders: list[str], start: Start, default: str) -> None:
        """Give the server its application: ``module:name``."""
