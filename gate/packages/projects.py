"""Tools that install a project from its lock file: poetry, pdm, pipenv, pixi, conda-lock."""

from __future__ import annotations

import re
from collections.abc import Callable

from gate.dockerfile.command import Command, ShellWord
from gate.packages.model import Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.pip import file_refs, word_request
from gate.packages.requirement import pin_of

_POETRY = Table(
    listed(
        """-C --directory -P --project -G --group -E --extras --source --python --platform --with --without --only
        --markers"""
    )
)
_PDM = Table(
    listed(
        """-p --project -G --group --with --without -L --lockfile -c --config -e --editable --venv --override
        --python"""
    )
)
_PIPENV = Table(
    listed("""-i --index --pypi-mirror --python -r --requirements -c --categories -e --editable --extra-pip-args""")
)
_PIXI = Table(
    listed(
        """--manifest-path -m -e --environment --channel -c --platform -p --feature -f --color
        --pypi-keyring-provider --with -w"""
    )
)


def poetry(command: Command) -> Install | None:
    arguments = scan(command.arguments, _POETRY)
    verb = _verb(arguments)
    if verb == "self":
        verb = "add" if len(arguments.operands) > 1 and arguments.operands[1].value == "add" else ""
        arguments.operands = arguments.operands[1:]
    if arguments.has("--dry-run"):
        return None
    if verb in {"install", "sync"}:
        return _locked(
            command,
            "poetry",
            arguments,
            ("poetry.lock",),
            frozen=True,
            directory=("-C", "--directory", "-P", "--project"),
        )
    return _added(command, "poetry", arguments, _constraint) if verb == "add" and not arguments.has("--lock") else None


def pdm(command: Command) -> Install | None:
    arguments = scan(command.arguments, _PDM)
    verb = _verb(arguments)
    if arguments.has("--dry-run"):
        return None
    if verb in {"install", "sync"}:
        frozen = verb == "sync" or arguments.has("--frozen-lockfile", "--no-lock", "--check")
        return _locked(command, "pdm", arguments, ("pdm.lock",), frozen=frozen, directory=("-p", "--project"))
    return _added(command, "pdm", arguments, word_request) if verb == "add" and not arguments.has("--no-sync") else None


def pipenv(command: Command) -> Install | None:
    arguments = scan(command.arguments, _PIPENV)
    verb = _verb(arguments)
    if verb not in {"install", "sync"}:
        return None
    requests = tuple(word_request(word) for word in arguments.operands[1:])
    files = file_refs(arguments)
    if requests or files:
        return Install("pipenv", "pypi", "install", command, arguments, requests, files, complete=arguments.complete)
    frozen = verb == "sync" or arguments.has("--deploy", "--ignore-pipfile")
    locks = () if arguments.has("--skip-lock") else ("Pipfile.lock",)
    return _locked(command, "pipenv", arguments, locks or ("",), frozen=frozen)


def pixi(command: Command) -> Install | None:
    arguments = scan(command.arguments, _PIXI)
    verb = _verb(arguments)
    if verb == "install":
        frozen = arguments.has("--frozen", "--locked")
        return _locked(command, "pixi", arguments, ("pixi.lock",), frozen=frozen, ecosystem="conda")
    if verb == "global" and len(arguments.operands) > 1 and arguments.operands[1].value == "install":
        arguments.operands = arguments.operands[1:]
        verb = "add"
    if verb != "add":
        return None
    from gate.packages.conda import spec_request

    return _added(command, "pixi", arguments, spec_request, ecosystem="conda")


def _verb(arguments: Arguments) -> str:
    return (arguments.operands[0].value or "") if arguments.operands else ""


def _locked(
    command: Command,
    manager: str,
    arguments: Arguments,
    locks: tuple[str, ...],
    *,
    frozen: bool,
    directory: tuple[str, ...] = (),
    ecosystem: str = "pypi",
) -> Install:
    where = arguments.last(*directory)
    return Install(
        manager,
        ecosystem,
        "install",
        command,
        arguments,
        locks=locks,
        frozen=frozen,
        directory=where.value if where else None,
    )


def _added(
    command: Command, manager: str, arguments: Arguments, read: Callable[[ShellWord], Request], ecosystem: str = "pypi"
) -> Install:
    requests = tuple(read(word) for word in arguments.operands[1:])
    complete = arguments.complete and command.complete
    return Install(manager, ecosystem, "install", command, arguments, requests, file_refs(arguments), complete=complete)


def _constraint(word: ShellWord) -> Request:
    """poetry's own ``name@constraint`` and ``name^1.2``; everything else is as for pip."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)(\[[^\]]*\])?(?:@\s*|(?=[\^~]))([^/:]+)", word.value or "")
    if match is None or match[3].startswith("~="):
        return word_request(word)
    pin, version = constraint_pin(match[3])
    return Request(match[1], "pypi", pin, word, version, match[3])


def constraint_pin(text: str) -> tuple[Pin, str | None]:
    """The strength of a constraint in poetry's syntax."""
    if text in {"*", "latest"}:
        return Pin.NONE, None
    if text[0] in "^~" and text[:2] != "~=":
        return Pin.COMPATIBLE, None
    if text.endswith(".*"):
        return Pin.WILDCARD, None
    if re.fullmatch(r"[0-9][0-9A-Za-z.+!-]*", text):
        return Pin.EXACT, text
    return pin_of(text)


PROGRAMS = {"poetry": poetry, "pdm": pdm, "pipenv": pipenv, "pixi": pixi}
