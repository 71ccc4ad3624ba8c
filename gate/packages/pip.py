"""pip and what speaks like it: ``pip``, ``python -m pip``, ``uv pip``, ``easy_install``, ``pip-sync``, ``pipx``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gate.dockerfile.command import Command, ShellWord
from gate.packages.model import FileRef, Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.requirement import requirement, unresolved_requirement

# The options of pip 10 to 26 that take a value, read off pip's own parsers; a test compares.
PIP = Table(
    values=listed(
        """--abi --all-releases --allow-external --allow-unverified --build --build-constraint --build-dir
        --build-directory --build-option --cache-dir --cert --client-cert --config-setting --config-settings
        --constraint --default-timeout --dest --destination-dir --destination-directory --download
        --download-cache --download-dir --download-directory --editable --exists-action --extra-index-url
        --find-links --global-option --group --hash --implementation --index-url --install-option
        --keyring-provider --local-log --log --log-file --no-binary --only-binary --only-final --output --platform
        --prefix --progress-bar --proxy --pypi-url --python --python-version --refresh-package --report
        --requirement --requirements-from-script --resume-retries --retries --root --root-user-action --source
        --source-dir --source-directory --src --target --timeout --trusted-host --upgrade-strategy
        --uploaded-prior-to --use-deprecated --use-feature --wheel-dir -C -b -c -d -e -f -i -o -r -t -w"""
    ),
    flags=listed(
        """--break-system-packages --check-build-dependencies --compile --debug --disable-pip-version-check --dry-run
        --force-reinstall --help --ignore-installed --ignore-requires-python --isolated --no-build-isolation
        --no-cache-dir --no-clean --no-color --no-compile --no-dependencies --no-deps --no-index --no-input
        --no-proxy-env --no-python-version-warning --no-use-pep517 --no-user --no-verify --no-warn-conflicts
        --no-warn-script-location --pre --only-dependencies --only-deps --no-require-hashes --prefer-binary
        --quiet --require-hashes --require-venv --require-virtualenv --upgrade --use-pep517 --user --verbose
        --version --yes"""
    ),
)
_PIPX = Table(
    listed(
        """--spec --python --pip-args --index-url -i --suffix --preinstall --with --backend --requirement -r -c
        --constraint"""
    )
)
_EASY_INSTALL = Table(
    listed(
        """-d --install-dir -s --script-dir -i --index-url -f --find-links -b --build-directory -O --optimize
        --record -S --site-dirs -H --allow-hosts"""
    )
)
_VERBS = {"install": "install", "download": "download", "wheel": "download", "uninstall": "uninstall"}


def pip(command: Command) -> Install | None:
    return pip_words(command, command.arguments)


def python(command: Command) -> Install | None:
    """``python [options] -m pip …``, ``-m pipx …``; any other use of Python installs nothing that can be seen."""
    words = command.arguments
    for index, word in enumerate(words):
        value = word.value
        if value is None or not value.startswith("-"):
            return None
        if value == "-m" or (value[-1] == "m" and value[1:].isalpha() and "c" not in value):
            module = words[index + 1].value if index + 1 < len(words) else None
            return module_main(command, module, words[index + 2 :])
        if value in {"-W", "-X"}:
            return module_main(command, *_after(words[index + 2 :]))
        if value.startswith("-mpip"):
            return pip_words(command, words[index + 1 :])
        if value.startswith("-c"):
            return None
    return None


def _after(words: Sequence[ShellWord]) -> tuple[str | None, Sequence[ShellWord]]:
    """The module behind ``-m`` when options with a value stand in front of it."""
    for index, word in enumerate(words):
        if word.value == "-m":
            return (words[index + 1].value if index + 1 < len(words) else None), words[index + 2 :]
    return None, ()


def module_main(command: Command, module: str | None, words: Sequence[ShellWord]) -> Install | None:
    """What ``python -m module words…`` installs."""
    if module == "pip":
        return pip_words(command, words)
    if module == "pipx":
        return pipx_words(command, words)
    if module == "easy_install":
        return easy_install_words(command, words)
    return None


def pip_words(command: Command, words: Iterable[ShellWord], table: Table = PIP, manager: str = "pip") -> Install | None:
    """Read ``[options] install …``."""
    arguments = scan(words, table)
    verb = _VERBS.get(arguments.operands[0].value or "") if arguments.operands else None
    if verb is None or arguments.has("--dry-run", "--help", "-h"):
        return None
    return Install(
        manager,
        "pypi",
        verb,
        command,
        arguments,
        requests=python_requests(arguments, arguments.operands[1:]),
        files=file_refs(arguments),
        complete=arguments.complete and command.complete,
    )


def python_requests(arguments: Arguments, operands: Iterable[ShellWord]) -> tuple[Request, ...]:
    """The requests of operands and of ``-e``."""
    requests = [word_request(word) for word in operands if word.value != ""]
    for option in arguments.all("-e", "--editable"):
        if option.value is not None:
            requests.append(requirement(option.value, option.word, editable=True))
        elif option.unknown:
            requests.append(unresolved_requirement(option.word.prefix, option.word, editable=True))
    return tuple(requests)


def word_request(word: ShellWord) -> Request:
    """A request that is one word of a command line."""
    if word.value is not None:
        return requirement(word.value, word)
    request = unresolved_requirement(word.prefix, word)
    written = word.text.value.strip("\"'")
    tail = re.search(r"\]==([0-9][0-9A-Za-z.+!]*)\Z", written)
    if tail and request.name:  # only the extras are unknown: "foo[$EXTRAS]==1.2"
        request.pin, request.version, request.specifier = Pin.EXACT, tail[1], "==" + tail[1]
    elif "/" in word.prefix or re.search(r"(?:\.whl|\.tar\.gz|\.zip|/\.?|^\$\{?PWD\}?)(?:\[[^\]]*\])?\Z", written):
        request.pin = Pin.LOCAL if "://" not in written else Pin.UNRESOLVED
    return request


def file_refs(arguments: Arguments) -> tuple[FileRef, ...]:
    refs = []
    for option in arguments.options:
        if option.name in {"-r", "--requirement", "--requirements", "--with-requirements"}:
            refs.append(FileRef("requirements", option.value, option.word))
        elif option.name in {"-c", "--constraint", "--constraints"}:
            refs.append(FileRef("constraints", option.value, option.word))
    return tuple(refs)


def pipx(command: Command) -> Install | None:
    return pipx_words(command, command.arguments)


def pipx_words(command: Command, words: Iterable[ShellWord]) -> Install | None:
    arguments = scan(words, _PIPX)
    verb = arguments.operands[0].value if arguments.operands else None
    if verb not in {"install", "inject", "run"}:
        return None
    operands = arguments.operands[1:]
    if verb == "inject":
        operands = operands[1:]
    if verb == "run":
        operands = operands[:1]
    spec = arguments.last("--spec")
    if spec is not None:
        operands = [spec.word]
    requests = tuple(word_request(word) for word in operands)
    return Install(
        "pipx", "pypi", "install", command, arguments, requests, complete=arguments.complete and command.complete
    )


def easy_install(command: Command) -> Install | None:
    return easy_install_words(command, command.arguments)


def easy_install_words(command: Command, words: Iterable[ShellWord]) -> Install | None:
    arguments = scan(words, _EASY_INSTALL)
    requests = tuple(word_request(word) for word in arguments.operands)
    return Install("easy_install", "pypi", "install", command, arguments, requests, complete=arguments.complete)


def pip_sync(command: Command) -> Install | None:
    arguments = scan(command.arguments, PIP)
    files = tuple(FileRef("requirements", word.value, word) for word in arguments.operands)
    if not files and command.words:
        files = (FileRef("requirements", "requirements.txt", command.words[0]),)
    return Install("pip-sync", "pypi", "install", command, arguments, files=files)


PROGRAMS = {
    "pip": pip,
    "python": python,
    "pypy": python,
    "pipx": pipx,
    "easy_install": easy_install,
    "pip-sync": pip_sync,
}
