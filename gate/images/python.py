"""What an image has for Python: the distributions that are installed, and the modules that can be imported."""

from __future__ import annotations

import re

from gate.images.layers import Entry, Stack
from gate.lazy import pattern
from gate.record import dataclass

_FOLDER = pattern(r"site-packages|dist-packages|python3\.\d+")
_INSTALLED = pattern(r"(.+?)-\d[^/]*\.(?:dist|egg)-info")


_LEADS_ON = pattern(r"(?!distutils-precedence).+\.(?:pth|egg-link)")


@dataclass(frozen=True, slots=True)
class Installed:
    """``distributions``: their names, normalized. ``modules``: what is found without anything else; ``complete`` is False where
    links lead to more (editable installations, ``.pth`` files)."""

    distributions: frozenset[str]
    modules: frozenset[str]
    complete: bool


def installed(stack: Stack) -> Installed:
    """One walk over the folders of the image."""
    distributions: set[str] = set()
    modules: set[str] = set()
    complete = True
    waiting: list[tuple[str, Entry]] = [("", stack.root)]
    while waiting:
        name, folder = waiting.pop()
        here = folder.children or {}
        if _FOLDER.fullmatch(name):
            distributions.update(_normalized(match[1]) for each in here if (match := _INSTALLED.fullmatch(each)))
            modules.update(each.partition(".")[0] for each, entry in here.items() if _is_module(each, entry))
            complete = complete and not any(map(_LEADS_ON.fullmatch, here))
        waiting.extend((each, entry) for each, entry in here.items() if entry.children is not None)
    return Installed(frozenset(distributions), frozenset(modules), complete)


def _is_module(name: str, entry: Entry) -> bool:
    return entry.children is not None or name.endswith((".py", ".so", ".pyc"))


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
