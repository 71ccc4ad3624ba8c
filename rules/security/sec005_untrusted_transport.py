"""SEC005 untrusted-transport: content comes over a plain or unchecked connection, or its signature is not checked."""

import re
from collections.abc import Callable

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Copy, Instruction, Pairs, Run
from gate.lazy import pattern
from gate.model import Fix, Severity
from gate.rule import Example, Results, Rule
from gate.rules.security._assignments import assignments
from gate.rules.security._downloads import DOWNLOADERS, fetched
from gate.rules.security._whole import instructions, whole_text

rule = Rule(
    id="SEC005",
    name="untrusted-transport",
    severity=Severity.MEDIUM,
    security=True,
    fixes=(fixes.UNSAFE,),
    summary="A download is neither encrypted nor checked.",
    reason="Anybody on the way can change what arrives, and the build runs it as root.",
    fix="Use https and leave the checks on; where a private certificate is in use, install it instead of switching the check off.",
    bad=[
        "FROM debian:12.5\nRUN curl -O »http://example.com/tool.tgz\n",
        Example(
            "FROM debian:12.5\nRUN curl »-k -O https://example.com/tool.tgz\n",
            fixed="FROM debian:12.5\nRUN curl -O https://example.com/tool.tgz\n",
        ),
        "FROM debian:12.5\nRUN pip install »--trusted-host pypi.example.com x==1.0\n",
        "FROM debian:12.5\nENV »PIP_TRUSTED_HOST=pypi.example.com\n",
        "FROM debian:12.5\nRUN git clone »git://example.com/x\n",
    ],
    good=[
        "FROM debian:12.5\nRUN curl -O https://example.com/tool.tgz\n",
        'FROM debian:12.5\nRUN echo "deb http://deb.debian.org/debian bookworm main" > /etc/apt/sources.list\n',
        "FROM debian:12.5\nRUN curl http://localhost:8080/ping\n",
        'FROM debian:12.5\nRUN wget http://example.com/x.tgz && echo "$SHA  x.tgz" | sha256sum -c -\n',
        'FROM debian:12.5\nLABEL url="http://example.com"\n',
    ],
)

_PLAIN = pattern(r"(?:git\+)?(?:http|git|ftp)://", re.IGNORECASE)
_LOCAL = pattern(
    r"://(?:[^/@]*@)?(?:localhost|127\.|0\.0\.0\.0|\[::1\]|169\.254\.|host\.docker\.internal|[^/.:]+(?:[:/]|$))"
)
_ENVIRONMENT: dict[str, Callable[[str], bool]] = {
    "PIP_TRUSTED_HOST": bool,
    "GIT_SSL_NO_VERIFY": lambda value: value.lower() not in {"", "0", "false", "no"},
    "PYTHONHTTPSVERIFY": lambda value: value == "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": lambda value: value == "0",
    "NPM_CONFIG_STRICT_SSL": lambda value: value.lower() == "false",
    "CONDA_SSL_VERIFY": lambda value: value.lower() == "false",
    "UV_INSECURE_HOST": bool,
    "CURL_INSECURE": bool,
    "HF_HUB_DISABLE_SSL_VERIFICATION": lambda value: value not in {"", "0"},
}
"""Variables that switch a check off, and for which values."""

_FLAGS: dict[str, frozenset[str]] = {
    "curl": frozenset({"-k", "--insecure"}),
    "wget": frozenset({"--no-check-certificate"}),
    "pip": frozenset({"--trusted-host"}),
    "uv": frozenset({"--trusted-host", "--allow-insecure-host"}),
    "apt-get": frozenset({"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"}),
    "apt": frozenset({"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"}),
    "apk": frozenset({"--allow-untrusted"}),
    "yum": frozenset({"--nogpgcheck", "--no-gpgcheck", "--no-gpg-checks"}),
    "dnf": frozenset({"--nogpgcheck", "--no-gpgcheck", "--no-gpg-checks"}),
    "microdnf": frozenset({"--nogpgcheck"}),
    "tdnf": frozenset({"--nogpgcheck"}),
    "zypper": frozenset({"--no-gpg-checks"}),
    "rpm": frozenset({"--nosignature", "--nodigest"}),
}
"""Options that switch a check off, by program."""

_BUNDLE = pattern(r"-([A-Za-z]*)k([A-Za-z]*)")
_SETTINGS = pattern(
    r"\b(?:http\.sslverify\s+['\"]?(?:false|0)|strict-ssl[ =]+false|ssl_verify\s+false|sslverify=(?:0|false)|gpgcheck=0)",
    re.IGNORECASE,
)


@rule.on_command(*_FLAGS, "pip3", "python", "python3", "git", "npm", "yarn", "conda", "mamba")
def check_flags(command: Command, build: Build) -> Results:
    name = "pip" if (command.name or "").startswith("pip") or "pip" in command.values[:3] else command.name or ""
    flags = _FLAGS.get(name, frozenset())
    for word in command.arguments:
        value = word.prefix if word.value is None else word.value
        if value.startswith("-"):
            option = value.partition("=")[0]
            if option in flags or (name == "curl" and _BUNDLE.fullmatch(value)):
                yield rule.finding(
                    word, f"{option} switches the check of {_what(name)} off.", fix=_fix(command, word, option)
                )
        elif "://" in value and name in {"pip", "uv", "git"} and _plain(value):
            yield rule.finding(word, f"{value.partition('://')[0]}:// is not encrypted: {value[:80]}.")
    if name in {"git", "npm", "yarn", "conda", "mamba", "pip"} and "config" in command.values:
        text = " ".join(value or "" for value in command.values)
        if _SETTINGS.search(text) or "trusted-host" in text:
            yield rule.finding(command, f"{command.name} config switches the check of certificates off.")


def _fix(command: Command, word: ShellWord, option: str) -> Fix | None:
    """The command without the option. What it was there for may fail then: not safe."""
    bundle = _BUNDLE.fullmatch(word.value or "")
    if command.name == "curl" and bundle and (bundle[1] or bundle[2]):
        return fixes.fix("remove -k", fixes.replace(word.text, f"-{bundle[1]}{bundle[2]}"), safe=False)
    if option in _WITH_VALUE and "=" not in (word.value or ""):
        return None
    return fixes.fix(f"remove {option}", fixes.without(command, word), safe=False)


_WITH_VALUE = frozenset({"--trusted-host", "--allow-insecure-host"})


def _what(name: str) -> str:
    return "certificates" if name in {"curl", "wget", "pip", "uv"} else "signatures"


@rule.on_run(*DOWNLOADERS)
def check_downloads(run: Run, build: Build) -> Results:
    found, checked = fetched(run, build)
    for download in () if checked else found:
        if _plain(download.url):
            yield rule.finding(
                download.word,
                f"{download.url.partition('://')[0]}:// is not encrypted: {download.url[:80]}.",
                stage=run.stage,
            )


@rule.on_instruction("ADD")
def check_add(instruction: Instruction, build: Build) -> Results:
    assert isinstance(instruction, Copy)
    for source in instruction.sources:
        if instruction.flag("checksum") is None and _plain(source.value):
            yield rule.finding(
                source, f"ADD over an unencrypted connection: {source.value[:80]}.", stage=instruction.stage
            )


@rule.on_build
def check_variables(build: Build) -> Results:
    text = whole_text(build).upper()
    if any(map(text.__contains__, _ENVIRONMENT)):
        for instruction in instructions(build):
            if isinstance(instruction, Run):
                yield from _assigned(instruction, build)
            elif isinstance(instruction, Pairs) and instruction.keyword in ("ENV", "ARG"):
                yield from _set(instruction, build)


def _assigned(run: Run, build: Build) -> Results:
    """``GIT_SSL_NO_VERIFY=1 git clone …`` and ``export PIP_TRUSTED_HOST=…``."""
    if any(map(run.text.value.__contains__, _ENVIRONMENT)):
        for command in build.script(run).commands:
            for name, value, text in assignments(command):
                if name in _ENVIRONMENT and _ENVIRONMENT[name](value):
                    message = f"{name}={value} switches the check of certificates off."
                    yield rule.finding(text, message, stage=run.stage)


def _set(instruction: Pairs, build: Build) -> Results:
    for pair in instruction.pairs:
        switched_off = _ENVIRONMENT.get(pair.key.value.upper())
        if switched_off is None or pair.value is None:
            continue
        value = build.expand(pair.value, instruction)
        if isinstance(value, str) and switched_off(value):
            message = f"{pair.key.value}={value} switches the check of certificates off."
            yield rule.finding(pair, message, stage=instruction.stage)


def _plain(url: str) -> bool:
    return bool(_PLAIN.match(url)) and not _LOCAL.search(url)
