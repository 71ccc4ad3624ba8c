"""Which policy is in force: the one that is named, or the one that is found."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from gate.policy import FILE_NAME, Policy, PolicyError, shipped
from gate.repository import git_root
from gate.words import did_you_mean


def named(word: str) -> Policy:
    """The policy that ``--policy`` asks for: a shipped name, or a file. Raises :class:`PolicyError`."""
    if word == "default":
        return Policy()
    if os.sep in word or "/" in word or word.endswith((".yaml", ".yml", ".toml")):
        return _load(word)
    names = shipped()
    if word in names:
        from gate import policyfile

        return policyfile.load_shipped(word)
    if Path(word).is_file():
        return _load(word)
    raise PolicyError(f"there is no policy '{word}'{did_you_mean(word, names)}; shipped: {', '.join(names)}")


def discovered(folder: Path) -> Policy:
    """The policy for the Dockerfiles of a folder: that of the file which :func:`find` finds, else the default.
    Raises :class:`PolicyError`."""
    path = find(folder)
    return Policy() if path is None else _load(path)


def _load(path: str | Path) -> Policy:
    from gate import policyfile  # and all that checks one

    return policyfile.load(Path(path))


def find(folder: str | Path) -> Path | None:
    """The policy file in force in a folder: ``mlgate.yaml``, or ``pyproject.toml`` with ``[tool.mlgate]``, in it or in
    the nearest parent up to the git root.

    Without a git root the search ends at the working directory: a file further up is somebody else's.
    """
    path = os.fspath(folder)
    resolved = os.path.realpath(path) if ".." in path else _resolved(os.path.abspath(path))
    boundary = git_root(resolved)
    if boundary is None:
        here = os.path.join(os.getcwd(), "")
        boundary = os.path.dirname(here) if os.path.join(resolved, "").startswith(here) else resolved
    found = _find_between(resolved, boundary)
    return Path(found) if found is not None else None


@lru_cache(maxsize=4096)
def _resolved(folder: str) -> str:
    """:func:`os.path.realpath` of an absolute path that goes nowhere back; what is above many folders is resolved once."""
    above, name = os.path.split(folder)
    path = os.path.join(_resolved(above), name) if name else folder
    return os.path.realpath(path) if os.path.islink(path) else path


@lru_cache(maxsize=4096)
def _find_between(folder: str, boundary: str) -> str | None:
    own = os.path.join(folder, FILE_NAME)
    if os.path.lexists(own):  # whatever it is: one that cannot be read is an error, not the default policy
        return own
    project = os.path.join(folder, "pyproject.toml")
    if _mentions_mlgate(project):
        return project
    above = os.path.dirname(folder)
    return None if folder in (boundary, above) else _find_between(above, boundary)


def _mentions_mlgate(project: str) -> bool:
    try:
        return os.path.isfile(project) and b"tool.mlgate" in Path(project).read_bytes()
    except OSError:
        return False
