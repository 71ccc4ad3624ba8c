"""The server that a Studio app starts: its command line, as ENTRYPOINT, CMD or the script behind them have it."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Launch
from gate.model import Place
from gate.record import dataclass
from gate.rules.launch._entryfile import entry_script, find_entry
from gate.rules.sagemaker._answer import cmd_of, entrypoint_of

_JUPYTER = frozenset({"jupyter", "jupyter-lab", "jupyter-server", "jupyter-notebook", "jupyter-labhub"})
_CODE = frozenset({"code-server", "sagemaker-code-editor", "openvscode-server"})


@dataclass(frozen=True, slots=True)
class Server:
    """``kind``: ``jupyter`` or ``code``. ``words`` are the arguments, None where one is not known."""

    kind: str
    words: tuple[str | None, ...]
    place: Place

    def option(self, *names: str) -> str | None:
        """The value of an option, written ``--name=value`` or ``--name value``; ``""`` for a flag, None without it."""
        for at, word in enumerate(self.words):
            name, equals, value = (word or "").partition("=")
            if name in names:
                following = self.words[at + 1] if at + 1 < len(self.words) else ""
                return (
                    value.strip("'\"") if equals else (following or "") if not (following or "").startswith("-") else ""
                )
        return None

    @property
    def complete(self) -> bool:
        return None not in self.words and not any(word in ("$@", "$*") for word in self.words if word)


def servers(build: Build) -> Iterator[Server]:
    """The servers that the image's own ENTRYPOINT and CMD start."""
    entrypoint, cmd = entrypoint_of(build), cmd_of(build)
    if entrypoint is not None and entrypoint.exec is not None:
        words = [str(word) for word in entrypoint.exec]
        if cmd is not None and cmd.exec is not None:
            words += [str(word) for word in cmd.exec]
        yield from _started(words, entrypoint, build)
        return
    for launch in (entrypoint, cmd):
        if launch is None:
            continue
        if launch.exec is not None:
            yield from _started([str(word) for word in launch.exec], launch, build)
        else:
            for command in build.script(launch).commands:
                yield from _server([word.value for word in command.words], launch.place)


def _started(words: list[str], launch: Launch, build: Build) -> Iterator[Server]:
    """The server that an exec form starts, or the shell script that it starts does."""
    found = list(_server([*words], launch.place))
    yield from found
    if found or not words:
        return
    file = find_entry(words[-1] if words[0].rpartition("/")[2] in ("sh", "bash") else words[0], build)
    script = entry_script(file, build) if file is not None else None
    for command in script.commands if script is not None else ():
        yield from _server([word.value for word in command.words], command.place)


def _server(words: list[str | None], place: Place) -> Iterator[Server]:
    for at, word in enumerate(words):
        name = (word or "").rpartition("/")[2]
        if name in _JUPYTER and not (name == "jupyter" and words[at + 1 : at + 2] not in (["lab"], ["server"], ["notebook"], ["labhub"])):  # fmt: skip
            yield Server("jupyter", tuple(words[at + 1 :]), place)
            return
        if name in _CODE:
            yield Server("code", tuple(words[at + 1 :]), place)
            return
