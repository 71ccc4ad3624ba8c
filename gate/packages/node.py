"""npm, yarn, pnpm, bun: packages by name, and projects by lock file."""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, ShellWord
from gate.lazy import pattern
from gate.packages.model import Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan

NODE = Table(
    listed(
        """--registry --prefix -C --cwd --dir --tag --omit --include --cache --userconfig --globalconfig --loglevel
        --workspace -w --script-shell --otp --before --save-prefix --install-strategy --fetch-timeout
        --fetch-retries --maxsockets --proxy --https-proxy --ca --cafile --cert --key --modules-folder
        --cache-folder --network-timeout --network-concurrency --mutex --use-yarnrc --filter -F --store-dir
        --reporter --mode --global-folder --https-proxy --child-concurrency --virtual-store-dir --lockfile-dir
        --call -c --package -p --node-linker --config --python --libc --os --cpu"""
    )
    - {"-w", "-c"}
)
_NPM_INSTALLS = listed("install i in ins inst insta instal isnt isnta isntal isntall add")
_NPM_CI = frozenset(["ci", "clean-install", "ic", "install-clean", "isntall-clean"])
_LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
    "bun": ("bun.lock", "bun.lockb"),
}
_FROZEN = ("--frozen-lockfile", "--immutable", "--pure-lockfile")
_VERSION = pattern(r"[=v]*\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


def npm(command: Command) -> Install | None:
    arguments = scan(command.arguments, NODE)
    verb = _verb(arguments)
    if arguments.has("--dry-run", "--package-lock-only"):
        return None
    if verb in _NPM_CI:
        return _project(command, arguments, frozen=True)
    return _install(command, arguments) if verb in _NPM_INSTALLS else None


def pnpm(command: Command) -> Install | None:
    arguments = scan(command.arguments, NODE)
    verb = _verb(arguments)
    if verb in {"install", "i"} and len(arguments.operands) == 1:
        return _project(command, arguments, frozen=arguments.has(*_FROZEN))
    if verb == "ci":
        return _project(command, arguments, frozen=True)
    return _install(command, arguments) if verb in {"install", "i", "add", "a"} else None


def yarn(command: Command) -> Install | None:
    arguments = scan(command.arguments, NODE)
    verb = _verb(arguments)
    if verb == "global" and len(arguments.operands) > 1 and arguments.operands[1].value == "add":
        arguments.operands = arguments.operands[1:]
        return _install(command, arguments)
    if verb == "add":
        return _install(command, arguments)
    if (verb == "install" or not arguments.operands) and not arguments.has("--version", "-v", "--help", "-h"):
        return _project(command, arguments, frozen=arguments.has(*_FROZEN))
    return None


def _install(command: Command, arguments: Arguments) -> Install:
    requests = [request for word in arguments.operands[1:] if word.value != "" for request in _request(word)]
    if not requests and not arguments.has("-g", "--global") and len(arguments.operands) == 1 and command.complete:
        return _project(command, arguments, frozen=False)
    return Install(
        _manager(command),
        "npm",
        "install",
        command,
        arguments,
        tuple(requests),
        complete=arguments.complete and command.complete,
    )


def _project(command: Command, arguments: Arguments, *, frozen: bool) -> Install:
    manager = _manager(command)
    where = arguments.last("--prefix", "-C", "--cwd", "--dir")
    return Install(
        manager,
        "npm",
        "install",
        command,
        arguments,
        locks=_LOCKS[manager],
        frozen=frozen,
        directory=where.value if where else None,
    )


def _manager(command: Command) -> str:
    return command.name if command.name in _LOCKS else "npm"


def _request(word: ShellWord) -> list[Request]:
    value = word.value
    if value is None:
        match = re.match(r"(@?[a-z0-9._~/-]+)@", word.prefix)
        local = bool(re.search(r"\.tgz[\"']?\Z", word.text.value))
        return [
            Request(
                match[1] if match else "", "npm", Pin.LOCAL if local else Pin.UNRESOLVED, word, specifier=word.prefix
            )
        ]
    if value.startswith((".", "/", "~", "file:", "link:", "workspace:")) or value.endswith((".tgz", ".tar.gz")):
        return [_archive(value, word)]
    name, specifier = _split(value)
    if specifier.startswith("npm:"):
        name, specifier = _split(specifier[4:])
    if re.match(r"(?:git|github|gitlab|bitbucket|gist|https?|ssh)[+:]", specifier or value) or re.match(
        r"[^@/\s]+/[^/\s]+\Z", value
    ):
        return [_repository(name if specifier else "", specifier or value, word)]
    pin, version = npm_pin(specifier)
    return [Request(name, "npm", pin, word, version, "@" + specifier if specifier else "")]


def _split(value: str) -> tuple[str, str]:
    at = value.find("@", 1)
    return (value[:at], value[at + 1 :]) if at > 0 else (value, "")


def _archive(value: str, word: ShellWord) -> Request:
    if "://" not in value:
        return Request("", "npm", Pin.LOCAL, word, url=value)
    versioned = re.search(r"\d+\.\d+", value.rpartition("/")[2])
    return Request("", "npm", Pin.EXACT if versioned else Pin.MOVABLE, word, url=value)


def _repository(name: str, url: str, word: ShellWord) -> Request:
    revision = url.partition("#")[2]
    pin = Pin.HASH if re.fullmatch(r"(?i)[0-9a-f]{40}", revision) else Pin.MOVABLE
    return Request(name, "npm", pin, word, url=url, revision=revision or None)


def npm_pin(specifier: str) -> tuple[Pin, str | None]:
    """The strength of an npm version, range or tag."""
    if not specifier or specifier in {"*", "x"}:
        return Pin.NONE, None
    if _VERSION.fullmatch(specifier):
        return Pin.EXACT, specifier.lstrip("=v")
    if specifier[0] in "^~":
        return Pin.COMPATIBLE, None
    if re.fullmatch(r"[=v]*\d+(?:\.(?:\d+|[xX*]))*", specifier):
        return Pin.WILDCARD, None
    return (Pin.RANGE if specifier[0] in "<>" or " " in specifier else Pin.NONE), None


def _verb(arguments: Arguments) -> str:
    return (arguments.operands[0].value or "") if arguments.operands else ""


PROGRAMS = {"npm": npm, "yarn": yarn, "pnpm": pnpm, "bun": pnpm}
