"""Programs that no instruction copies: the base image's, and those that packages bring."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from gate.model import Unknown
from gate.platforms.bases import USUAL_PATH, Known

if TYPE_CHECKING:
    from gate.platforms.brought import Brought

_PLACES = {
    "sh": ("/bin", "/usr/bin"), "bash": ("/bin", "/usr/bin"), "env": ("/usr/bin",), "perl": ("/usr/bin",),
}  # fmt: skip


class Supply:
    """Answers for what is in the folders that may hold more than is listed."""

    def __init__(self, reference: str | None, base: Known, brought: Brought) -> None:
        self.reference = reference
        self.base = base
        self.brought = brought

    def __call__(self, path: str, why: Unknown, searching: bool) -> bool | Unknown:
        folder, name = posixpath.split(path)
        if path in self.base.has:
            return True
        answer = self._has(name, why, folder)
        if answer is not True or searching:
            return answer
        places = self.brought.places(name) or _PLACES.get(name, ())
        if self.reference is not None and folder == "/usr/local/bin" and name.startswith(("python", "pip")):
            places = (*places, "/usr/local/bin")
        return True if folder in places else why

    def module(self, name: str) -> bool | Unknown:
        """Whether a module is installed for Python."""
        built = self.brought.build.built
        if built is not None and built.usable:
            return built.module(name)
        if self.base.plain:
            return self.brought.module(name)
        return self.brought.module(name) or Unknown(
            f"{self.reference or 'the base image'} may bring the module {name}", "--image"
        )

    def on_path_of_base(self, name: str) -> bool | Unknown:
        """Whether a program is in the folders of the base image's PATH, where these are not known."""
        return self._has(name, Unknown(f"the PATH of {self.reference or 'the base image'} is not known", "--image"))

    def _in_base(self, folder: str) -> bool:
        """Whether the base image's own programs may be in a folder (empty: one of its PATH)."""
        return not folder or self.base.path is None or folder in USUAL_PATH or folder in self.base.path.split(":")

    def _has(self, name: str, why: Unknown, folder: str = "") -> bool | Unknown:
        if "\r" in name or "\ufeff" in name:
            return False  # nobody calls a program that
        brought = self.brought.program(name, folder)
        if brought is True or (self._in_base(folder) and (name in self.base.has or name in self.base.answers)):
            return True
        if name in self.base.lacks:
            return brought
        return brought if isinstance(brought, Unknown) else why
