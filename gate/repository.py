"""Where a file stands in its repository: what code hosts go by, wherever mlgate was started."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path


class Repository:
    """Paths as users see them (relative to the working directory) → relative to the root of the repository.

    The root is the folder that GitHub Actions checked out, else the nearest one with ``.git``, else the working
    directory. Hosts know files by their real names, so that symbolic links inside of the repository are followed.

    An image that was scanned is in no repository: it gets a path of its own below ``images/``, without tag and digest,
    which change from build to build.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ, images: Collection[str] = ()) -> None:
        self._environment = environment
        self._images = images
        self._root = ""
        self._known: dict[str, str] = {}

    def path(self, shown: str) -> str:
        """Forward slashes, no ``..``, nothing in front. A file outside keeps what is left of its path."""
        if shown not in self._known:
            self._known[shown] = self._find(shown)
        return self._known[shown]

    def is_image(self, shown: str) -> bool:
        """Whether this is no file but an image, an archive or a bill of materials that was scanned."""
        return shown in self._images

    def _find(self, shown: str) -> str:
        if self.is_image(shown):
            return _image_path(shown)
        self._root = self._root or _root(self._environment)
        try:
            for path in (os.path.realpath(shown), os.path.abspath(shown)):
                inside = os.path.relpath(path, self._root)
                if inside != "." and inside.split(os.sep)[0] != "..":
                    return inside.replace(os.sep, "/")
        except (OSError, ValueError):  # no such working directory, a NUL, another drive
            pass
        return "/".join(part for part in shown.split("/") if part not in ("", ".", ".."))


def _image_path(name: str) -> str:
    """``localhost:5000/team/model:1.2@sha256:…`` → ``images/localhost_5000/team/model``."""
    folder, slash, last = name.partition("@")[0].rpartition("/")
    parts = f"{folder}{slash}{last.partition(':')[0]}".replace(":", "_").split("/")
    return "/".join(["images", *(part for part in parts if part not in ("", ".", ".."))])


def _root(environment: Mapping[str, str]) -> str:
    try:
        here = os.path.realpath(".")
    except OSError:
        return os.sep
    workspace = os.path.realpath(environment.get("GITHUB_WORKSPACE") or here)
    if workspace != here and Path(here).is_relative_to(workspace):
        return workspace
    return git_root(here) or here


@lru_cache(maxsize=4096)
def git_root(folder: str) -> str | None:
    """The nearest folder at or above this one that holds ``.git`` (a file in worktrees and submodules)."""
    if os.path.exists(os.path.join(folder, ".git")):
        return folder
    above = os.path.dirname(folder)
    return None if above == folder else git_root(above)
