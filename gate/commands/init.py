"""``mlgate init``: what a project needs to begin, a policy and the files of its CI. Nothing is overwritten unasked."""

from __future__ import annotations

import json
import os
from importlib.resources import files as resources
from pathlib import Path

from gate import __version__, files, policyfinder
from gate.commands.output import OutputError, say, write
from gate.policy import FILE_NAME, PolicyError
from gate.words import did_you_mean

CI = {
    "github": (".github/workflows/mlgate.yml", "github.yml"),
    "gitlab": (".gitlab-ci.yml", "gitlab.yml"),
    "codebuild": ("buildspec.yml", "codebuild.yml"),
    "pre-commit": (".pre-commit-config.yaml", "pre-commit.yaml"),
}
"""System → the file that it reads, and what is written into it."""


def schema() -> int:
    """Print the JSON Schema of a policy file, for editors."""
    from gate.schema import json_schema

    write((json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n").encode())
    return 0


def run(systems: tuple[str, ...], force: bool) -> int:
    """Write into the working directory. Raises :class:`PolicyError` when a file is there already, before anything is
    written."""
    for system in systems:
        if system not in CI:
            raise PolicyError(f"--ci: there is no '{system}'{did_you_mean(system, CI)}; there are {', '.join(CI)}")
    wanted = {path: template(name) for path, name in (CI[system] for system in systems)}
    in_force = policyfinder.find(Path())
    if not systems and not force and in_force == Path("pyproject.toml").resolve():
        raise PolicyError("pyproject.toml has a policy, which mlgate.yaml would take the place of; --force writes it")
    if not systems or in_force is None:
        wanted[FILE_NAME] = template("mlgate.yaml")
    new = {path: text for path, text in wanted.items() if _content(path) != text.encode()}
    there = [path for path in new if os.path.lexists(path)]
    if there and not force:
        for path in there:
            say(f"# what {path} would be, to be added by hand\n{new[path]}\n")
        raise PolicyError(f"{', '.join(there)}: there already, nothing was written; --force overwrites")
    for path, text in new.items():
        _write(path, text)
    for path in wanted:
        say(f"{'wrote' if path in new else 'kept '}  {path}\n")
    if systems and in_force is not None:
        say(f"kept   {os.path.relpath(in_force)}, the policy in force\n")
    return 0


def template(name: str) -> str:
    """A shipped file, for this version of mlgate."""
    text = (resources("gate") / "templates" / name).read_text(encoding="utf-8")
    return text.replace("@VERSION@", __version__)


def _content(path: str) -> bytes | None:
    try:
        return files.read(path)
    except files.Unreadable:
        return None


def _write(path: str, text: str) -> None:
    """A link is replaced, not followed: it may lead out of the project."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if os.path.islink(path):
            os.unlink(path)
        files.write(path, text.encode())
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
