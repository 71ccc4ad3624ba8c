"""The package managers of distributions: apt-get, apt, aptitude; apk; dnf, yum, microdnf, tdnf; zypper."""

from __future__ import annotations

import re
from collections.abc import Callable

from gate.dockerfile.command import Command, ShellWord
from gate.lazy import pattern
from gate.packages.model import Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.requirement import version_in_url

APT = Table(
    listed(
        """-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P
        --build-profiles --with-source"""
    ),
    short_equals=True,
)
APTITUDE = Table(
    listed("-o --option -t --target-release --default-release -w --width -q= -F -O -S -h=") - {"-q=", "-h="},
    short_equals=True,
)
APK = Table(
    listed(
        """-t --virtual -X --repository -p --root --arch --keys-dir --cache-dir --repositories-file --wait
        --cache-max-age --progress-fd --timeout"""
    )
)
DNF = Table(
    listed(
        """-c --config --setopt --enablerepo --disablerepo --repo --repoid --repofrompath --exclude -x --installroot
        --releasever --advisory --advisories --bz --bzs --cve --cves --sec-severity --secseverity --comment
        --forcearch --destdir --downloaddir -d --debuglevel -e --errorlevel -R --randomwait --disableplugin
        --enableplugin --color --rpmverbosity --disableexcludes --from-repo --enable-repo --disable-repo
        --use-host-config --store"""
    )
    - {"--use-host-config"}
)
ZYPPER = Table(
    listed(
        """-c --config -C --reposd-dir --cache-dir --raw-cache-dir --solv-cache-dir --pkg-cache-dir -R --root
        --installroot -D --plus-repo -p --plus-content --releasever --target-os -t --type -r --repo --from
        --solver-focus --download -x -s --userdata --category --bugzilla --cve --date --severity
        --auto-agree-with-product-licenses"""
    )
    - {"--auto-agree-with-product-licenses", "-x", "-s"}
)


_APT_INSTALLS = frozenset({"install", "satisfy", "reinstall"})


def apt(command: Command) -> Install | None:
    if _APT_INSTALLS.isdisjoint(command.values):
        return None
    table = APTITUDE if command.name == "aptitude" else APT
    arguments = scan(command.arguments, table)
    verb = _verb(arguments)
    simulated = arguments.has("-s", "--simulate", "--just-print", "--dry-run", "--recon", "--no-act", "--print-uris")
    if verb not in _APT_INSTALLS or simulated:
        return None
    downloads = arguments.has("-d", "--download-only")
    return _install(command, arguments, "deb", _deb, verb="download" if downloads else "install")


def _deb(word: ShellWord) -> Request | None:
    """``name``, ``name=version``, ``name/suite``, ``name:arch``, ``name+``, ``name-`` (remove), a file."""
    value = word.value
    if value is None:
        return _unresolved(word, "deb", r"([a-z0-9][a-z0-9.+-]*)(?::\w+)?=")
    if value.endswith(".deb") or value.startswith(("./", "/", "../")):
        return Request("", "deb", Pin.LOCAL, word, url=value)
    name, equals, version = value.partition("=")
    if equals:
        name = name.partition(":")[0]
        if not version:
            return Request(name, "deb", Pin.UNRESOLVED, word)
        wild = "*" in version
        return Request(name, "deb", Pin.WILDCARD if wild else Pin.EXACT, word, None if wild else version, "=" + version)
    name = value.partition("/")[0].partition(":")[0]
    if name.endswith("-"):
        return None
    return Request(name, "deb", Pin.NONE, word)


def apk(command: Command) -> Install | None:
    arguments = scan(command.arguments, APK)
    if _verb(arguments) != "add" or arguments.has("-s", "--simulate"):
        return None
    return _install(command, arguments, "apk", _apk)


def _apk(word: ShellWord) -> Request | None:
    value = word.value
    if value is None:
        return _unresolved(word, "apk", r"([A-Za-z0-9][A-Za-z0-9._+-]*)[=<>~@]")
    if value.startswith("!"):
        return None
    if value.endswith(".apk") or "/" in value:
        return Request("", "apk", Pin.LOCAL, word, url=value)
    match = re.fullmatch(r"([^=<>~@]+)(?:@[^=<>~]+)?(.*)", value)
    if match is None:
        return None
    name, specifier = match[1], match[2]
    if not specifier:
        return Request(name, "apk", Pin.NONE, word)
    operator = specifier[: len(specifier) - len(specifier.lstrip("=<>~"))]
    version = specifier[len(operator) :].partition("@")[0]
    if not version:
        return Request(name, "apk", Pin.UNRESOLVED, word, specifier=specifier)
    if operator in {"=", "=="}:
        return Request(name, "apk", Pin.EXACT, word, version, specifier)
    return Request(name, "apk", Pin.COMPATIBLE if "~" in operator else Pin.RANGE, word, None, specifier)


_DNF_INSTALLS = listed("""install in install-n install-na install-nevra localinstall reinstall rei downgrade dg""")


def dnf(command: Command) -> Install | None:
    arguments = scan(command.arguments, DNF)
    verb = _verb(arguments)
    words = [word.value or "" for word in arguments.operands[:2]] + ["", ""]
    if arguments.has("--downloadonly", "--assumeno"):
        return None
    if verb in _DNF_INSTALLS:
        return _install(command, arguments, "rpm", _rpm)
    if verb == "groupinstall":
        return _install(command, arguments, "rpm", _group)
    if verb in {"group", "groups", "grp", "module"} and words[1] == "install":
        return _install(command, arguments, "rpm", _group, first=2)
    return None


_ARCH = r"(?:x86_64|i[3-6]86|aarch64|armv7hl|noarch|ppc64le|s390x|src)"
_NEVRA = pattern(
    rf"(?P<name>.+?)-(?P<version>(?:\d+:)?\d+(?:\.[A-Za-z0-9_~^+]+)+(?:-[0-9][A-Za-z0-9._~^+]*?)?"
    rf"|(?:\d+:)?\d[A-Za-z0-9_~^+.]*-[0-9][A-Za-z0-9._~^+]*\.(?:el|fc|amzn|cm|azl|ph)\d[A-Za-z0-9._]*?)(?:\.{_ARCH})?"
)


def _rpm(word: ShellWord) -> Request | None:
    """``name``, ``name-version[-release][.arch]``, a file, an address, ``@group``.

    Many names end in numbers of their own (``java-11-openjdk``, ``cuda-toolkit-12-1``): only a part with a dot in it,
    or one with a distribution's release tag, is a version.
    """
    value = word.value
    if value is None:
        return _unresolved(word, "rpm", r"([A-Za-z0-9][A-Za-z0-9._+-]*?)-(?=[0-9]*$)")
    if "://" in value:
        version = version_in_url(value.removesuffix(".rpm") + ".tar")
        latest = "latest" in value
        return Request("", "rpm", Pin.MOVABLE if latest else Pin.EXACT, word, version, url=value)
    if value.endswith(".rpm") or value.startswith(("/", "./", "../")):
        return Request("", "rpm", Pin.LOCAL, word, url=value)
    if value.startswith("@"):
        return _group(word)
    if re.search(r"\s[<>=]+\s", value):
        name, operator, version = value.split(None, 2)
        exact = operator in {"=", "=="}
        return Request(
            name, "rpm", Pin.EXACT if exact else Pin.RANGE, word, version if exact else None, operator + version
        )
    match = _NEVRA.fullmatch(value)
    if match:
        return Request(match["name"], "rpm", Pin.EXACT, word, match["version"], "-" + match["version"])
    wild = re.fullmatch(r"(.+?)-(\d[^-]*\*.*)", value)
    if wild:
        return Request(wild[1], "rpm", Pin.WILDCARD, word, None, "-" + wild[2])
    return Request(re.sub(rf"\.{_ARCH}\Z", "", value), "rpm", Pin.NONE, word)


def _group(word: ShellWord) -> Request | None:
    if word.value is None:
        return _unresolved(word, "rpm", r"(@\S+)")
    return Request(word.value, "rpm", Pin.NONE, word)


def zypper(command: Command) -> Install | None:
    arguments = scan(command.arguments, ZYPPER)
    if _verb(arguments) not in {"install", "in"} or arguments.has("--dry-run", "-d", "--download-only"):
        return None
    return _install(command, arguments, "rpm", _zypp)


def _zypp(word: ShellWord) -> Request | None:
    value = word.value
    if value is None:
        return _unresolved(word, "rpm", r"([A-Za-z0-9][A-Za-z0-9._+-]*)[=<>]")
    if value.startswith(("!", "-")):
        return None
    if "://" in value or value.endswith(".rpm") or value.startswith(("/", "./")):
        return Request("", "rpm", Pin.LOCAL, word, url=value)
    match = re.fullmatch(r"\+?([^=<>\s]+?)\s*(>=|<=|=|<|>)\s*(.+)", value)
    if match is None:
        return Request(value.lstrip("+").rpartition(":")[2], "rpm", Pin.NONE, word)
    exact = match[2] == "=" and "*" not in match[3]
    return Request(
        match[1], "rpm", Pin.EXACT if exact else Pin.RANGE, word, match[3] if exact else None, match[2] + match[3]
    )


def _install(
    command: Command,
    arguments: Arguments,
    ecosystem: str,
    read: Callable[[ShellWord], Request | None],
    verb: str = "install",
    first: int = 1,
) -> Install:
    """``first``: the operand that is the first package."""
    requests = [read(word) for word in arguments.operands[first:] if word.value != ""]
    return Install(
        command.name or "",
        ecosystem,
        verb,
        command,
        arguments,
        tuple(request for request in requests if request is not None),
        complete=arguments.complete and command.complete,
    )


def _verb(arguments: Arguments) -> str:
    return (arguments.operands[0].value or "") if arguments.operands else ""


def _unresolved(word: ShellWord, ecosystem: str, name: str) -> Request:
    match = re.match(name, word.prefix)
    return Request(match[1] if match else "", ecosystem, Pin.UNRESOLVED, word, specifier=word.prefix)


PROGRAMS = {
    "apt-get": apt,
    "apt": apt,
    "aptitude": apt,
    "apk": apk,
    "dnf": dnf,
    "yum": dnf,
    "microdnf": dnf,
    "tdnf": dnf,
    "zypper": zypper,
}
