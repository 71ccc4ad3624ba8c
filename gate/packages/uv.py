"""uv: ``uv pip …`` speaks like pip; ``sync`` installs from ``uv.lock``; ``add``, ``tool install`` and ``uvx`` name
packages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gate.dockerfile.command import Command, ShellWord
from gate.packages.model import FileRef, Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.pip import file_refs, pip_words, python_requests, word_request

_VALUES = listed(
    """--all-extras-except --allow-insecure-host --bounds --branch --build-constraint --build-constraints
        --cache-dir --color --config-file --config-setting --config-settings --constraint --constraints
        --default-index --directory --editable --env-file --exclude-newer --exclude-newer-package --extra
        --extra-index-url --find-links --fork-strategy --from --group --index --index-strategy --index-url
        --keyring-provider --link-mode --marker --no-binary --no-binary-package --no-build-isolation-package
        --no-build-package --no-extra --no-group --no-install-package --no-sources-package --only-binary
        --only-group --optional --output-format --override --overrides --package --prefix --prerelease --project
        --python --python-platform --python-version --refresh-package --reinstall-package --requirement
        --requirements --resolution --rev --script --tag --target --torch-backend --upgrade-group
        --upgrade-package --with --with-editable --with-executables-from --with-requirements -C -P -b -c -e -f -i
        -m -p -r -w"""
)
_UV = Table(_VALUES)
_RUN = Table(_VALUES, stop=True)


def uv(command: Command) -> Install | None:
    words = command.arguments
    head = scan(words, _RUN)
    verb = head.operands[0].value if head.operands else None
    rest = head.operands[1:]
    if verb == "pip":
        return _pip(command, head, rest)
    if verb == "tool":
        install = _tool(command, rest)
        if install is not None:
            install.arguments.options[:0] = head.options
        return install
    if verb not in {"sync", "add"}:
        return None
    arguments = scan(rest, _UV)
    arguments.options[:0] = head.options
    if arguments.has("--dry-run", "--help", "-h"):
        return None
    directory = arguments.last("--project", "--directory")
    if verb == "sync":
        frozen = arguments.has("--frozen", "--locked")
        return Install("uv", "pypi", "install", command, arguments, locks=("uv.lock",), frozen=frozen,
                       directory=directory.value if directory else None)  # fmt: skip
    if arguments.has("--frozen", "--no-sync"):
        return None
    return Install("uv", "pypi", "install", command, arguments, python_requests(arguments, arguments.operands),
                   file_refs(arguments), complete=arguments.complete and command.complete)  # fmt: skip


def _pip(command: Command, head: Arguments, words: Sequence[ShellWord]) -> Install | None:
    if words and words[0].value == "sync":
        arguments = scan(words[1:], _UV)
        files = tuple(FileRef("requirements", word.value, word) for word in arguments.operands)
        arguments.options[:0] = head.options
        return Install("uv", "pypi", "install", command, arguments, files=(*files, *file_refs(arguments)))
    install = pip_words(command, words, _UV, "uv")
    if install is not None:
        install.arguments.options[:0] = head.options
    return install


def _tool(command: Command, words: Sequence[ShellWord]) -> Install | None:
    verb = words[0].value if words else None
    if verb == "run":
        return _run(command, words[1:])
    if verb != "install":
        return None
    arguments = scan(words[1:], _UV)
    return _tools(command, arguments, arguments.operands[:1])


def uvx(command: Command) -> Install | None:
    return _run(command, command.arguments)


def _run(command: Command, words: Sequence[ShellWord]) -> Install | None:
    arguments = scan(words, _RUN)
    source = arguments.last("--from")
    return _tools(command, arguments, [source.word] if source else arguments.operands[:1])


def _tools(command: Command, arguments: Arguments, words: Sequence[ShellWord]) -> Install | None:
    requests = [_tool_request(word) for word in words]
    requests += [
        word_request(option.word) for option in arguments.all("--with", "-w") if option.word.value != option.name
    ]
    if not requests:
        return None
    return Install("uv", "pypi", "install", command, arguments, tuple(requests), complete=arguments.complete)


def _tool_request(word: ShellWord) -> Request:
    """``ruff``, ``ruff==0.5``, and uv's own ``ruff@0.5`` and ``ruff@latest``."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)@([0-9A-Za-z][^/:]*)", word.value or "")
    if match is None:
        return word_request(word)
    latest = match[2] == "latest"
    pin = Pin.NONE if latest else Pin.EXACT
    return Request(match[1], "pypi", pin, word, None if latest else match[2], "@" + match[2])


PROGRAMS = {"uv": uv, "uvx": uvx}
