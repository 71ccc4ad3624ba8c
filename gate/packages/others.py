"""gem, go, cargo, R, corepack: the languages that come to ML images as tools."""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.packages.model import Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan

_GEM = Table(
    listed(
        """-v --version -i --install-dir -n --bindir -s --source -P --trust-policy -p --http-proxy --platform -g
        --file --build-root --config-file --backtrace= --without --with"""
    )
    - {"--backtrace=", "-p"}
)
_GO = Table(
    listed(
        """-C -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile
        -overlay -pgo -pkgdir -tags -toolexec -covermode -coverpkg -exec -o"""
    ),
    single_dash=True,
    stop=True,
)
_CARGO = Table(
    listed(
        """--version --vers --git --branch --tag --rev --path --registry --index --root --features -F --bin --example
        --target --target-dir --profile --jobs -j --config --color --message-format -Z -C --manifest-path --rename
        -p --package --log-level --install-path --strategies --disable-strategies --pkg-url --pkg-fmt --bin-dir
        --targets --github-token --maximum-resolution-timeout --rate-limit --registry --min-tls-version
        --root-certificates"""
    )
)
_FULL_VERSION = pattern(r"=?v?\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]+)?")


def gem(command: Command) -> Install | None:
    arguments = scan(command.arguments, _GEM)
    verb = (arguments.operands[0].value or "") if arguments.operands else ""
    if verb not in {"install", "i", "in"} or arguments.has("--explain"):
        return None
    version = arguments.last("-v", "--version")
    requests = tuple(
        _gem(word, version.value if version else "", version is not None) for word in arguments.operands[1:]
    )
    return Install(
        "gem", "gem", "install", command, arguments, requests, complete=arguments.complete and command.complete
    )


def _gem(word: ShellWord, version: str | None, given: bool) -> Request:
    value = word.value
    if value is None:
        return Request("", "gem", Pin.UNRESOLVED, word, specifier=word.prefix)
    if value.endswith(".gem") or "/" in value:
        return Request("", "gem", Pin.LOCAL, word, url=value)
    name, colon, own = value.partition(":")
    specifier = own if colon else version
    if specifier is None:
        return Request(name, "gem", Pin.UNRESOLVED, word)
    if not specifier:
        return Request(name, "gem", Pin.UNRESOLVED if given and not colon else Pin.NONE, word)
    match = re.fullmatch(r"\s*=?\s*(\d[0-9A-Za-z.-]*)\s*", specifier)
    if match:
        return Request(name, "gem", Pin.EXACT, word, match[1], specifier)
    return Request(name, "gem", Pin.COMPATIBLE if "~>" in specifier else Pin.RANGE, word, None, specifier)


def go(command: Command) -> Install | None:
    head = scan(command.arguments, _GO)
    verb = (head.operands[0].value or "") if head.operands else ""
    if verb not in {"install", "get", "run"}:
        return None
    arguments = scan(head.operands[1:], _GO)
    operands = arguments.operands[:1] if verb == "run" else arguments.operands
    requests = tuple(request for word in operands if (request := _go(word)) is not None)
    if not requests or (
        verb == "get" and arguments.has("-d") and not any("@" in request.specifier for request in requests)
    ):
        return None
    return Install(
        "go", "golang", "install", command, arguments, requests, complete=arguments.complete and command.complete
    )


def _go(word: ShellWord) -> Request | None:
    """A package with a domain in front, or any path with ``@version``; local ones install nothing from elsewhere."""
    value = word.value
    if value is None:
        name = word.prefix.partition("@")[0]
        return (
            Request(name if "@" in word.prefix else "", "golang", Pin.UNRESOLVED, word, specifier=word.prefix)
            if name
            else None
        )
    path, at, version = value.partition("@")
    if not at and (value.startswith((".", "/", "-")) or "." not in value.partition("/")[0] or value.endswith(".go")):
        return None
    name = path.removesuffix("/...")
    if not at:
        return Request(name, "golang", Pin.NONE, word)
    if re.fullmatch(r"v\d+\.\d+\.\d+(?:[-+].*)?", version):
        return Request(name, "golang", Pin.EXACT, word, version, at + version)
    if re.fullmatch(r"[0-9a-f]{12,40}", version):
        return Request(name, "golang", Pin.HASH, word, None, at + version, revision=version)
    pin = Pin.COMPATIBLE if re.fullmatch(r"v\d+(?:\.\d+)?", version) else Pin.RANGE if version[:1] in "<>" else Pin.NONE
    return Request(name, "golang", pin, word, None, at + version)


def cargo(command: Command) -> Install | None:
    words = command.arguments
    if words and (words[0].value or "").startswith("+"):
        words = words[1:]
    arguments = scan(words, _CARGO)
    verb = (arguments.operands[0].value or "") if arguments.operands else ""
    if verb not in {"install", "binstall"} or arguments.has("--path", "--list", "--dry-run"):
        return None
    git, rev = arguments.last("--git"), arguments.last("--rev", "--tag", "--branch")
    if git is not None:
        pin = Pin.MOVABLE
        if rev is not None and rev.name == "--rev":
            pin = Pin.HASH if rev.value and re.fullmatch(r"[0-9a-f]{7,40}", rev.value) else Pin.UNRESOLVED
        request = Request(
            _first(arguments.operands[1:]), "cargo", pin, git.word, url=git.value, revision=rev.value if rev else None
        )
        return Install("cargo", "cargo", "install", command, arguments, (request,))
    version = arguments.last("--version", "--vers")
    requests = tuple(_crate(word, version.value if version else "") for word in arguments.operands[1:])
    return Install(
        "cargo", "cargo", "install", command, arguments, requests, complete=arguments.complete and command.complete
    )


def _first(words: list[ShellWord]) -> str:
    return (words[0].value or "") if words else ""


def _crate(word: ShellWord, version: str | None) -> Request:
    value = word.value
    if value is None:
        return Request(word.prefix.partition("@")[0], "cargo", Pin.UNRESOLVED, word, specifier=word.prefix)
    name, at, own = value.partition("@")
    specifier = own if at else version
    if specifier is None:
        return Request(name, "cargo", Pin.UNRESOLVED, word)
    if not specifier or specifier == "*":
        return Request(name, "cargo", Pin.NONE, word)
    if _FULL_VERSION.fullmatch(specifier):
        return Request(name, "cargo", Pin.EXACT, word, specifier.lstrip("=v"), specifier)
    pin = Pin.RANGE if specifier[0] in "<>" else Pin.COMPATIBLE
    return Request(name, "cargo", pin, word, None, specifier)


_R_CALL = pattern(
    r"(?P<function>install\.packages|install_version|install_(?:github|gitlab|bitbucket|git|cran|url)|BiocManager::install|biocLite"
    r"|pak::pkg_install|pak::pak|renv::install)\s*\("
)
_R_STRING = pattern(
    r"""(?P<name>\b\w+(?:\.\w+)*\s*=\s*)?(?:c\()?\s*(?P<quote>["'])(?P<text>(?:(?!(?P=quote)).)*)(?P=quote)"""
)
_SNAPSHOT = pattern(r"\d{4}-\d{2}-\d{2}")


def r_code(command: Command) -> Install | None:
    """``R -e CODE``, ``Rscript -e CODE``: the install calls in the code."""
    requests: list[Request] = []
    words = command.arguments
    for index, word in enumerate(words):
        if word.value in {"-e", "--expression"} and index + 1 < len(words) and words[index + 1].value is not None:
            requests += _r_calls(words[index + 1])
    return Install("R", "cran", "install", command, Arguments(), tuple(requests)) if requests else None


def _r_calls(word: ShellWord) -> list[Request]:
    code = word.value or ""
    requests: list[Request] = []
    # A dated snapshot of the repository fixes every version in it.
    dated = bool(_SNAPSHOT.search(code)) and "repos" in code
    for call in _R_CALL.finditer(code):
        requests += _r_requests(call["function"].rpartition("::")[2], _balanced(code, call.end()), word, dated)
    return requests


def _r_requests(function: str, inside: str, word: ShellWord, dated: bool) -> list[Request]:
    keyword = ""
    names: list[str] = []
    keywords: dict[str, str] = {}
    for string in _R_STRING.finditer(inside):
        keyword = (string["name"] or "").strip().rstrip("=").strip()
        if keyword and keyword not in {"pkgs", "package", "repo"}:
            keywords[keyword] = string["text"]
        elif not names or "c(" in inside[: string.start()] or inside[: string.start()].lstrip().startswith("c("):
            names.append(string["text"])
        elif "version" not in keywords:
            keywords["version"] = string["text"]
    if function == "install_version":
        version = keywords.get("version")
        pin = Pin.EXACT if version else Pin.NONE
        return [Request(name, "cran", pin, _named(name, word), version) for name in names[:1]]
    if function.startswith("install_") and function != "install_cran":
        return [_r_repository(name, word) for name in names]
    pin = Pin.EXACT if dated else Pin.NONE
    return [
        Request(name, "cran", Pin.LOCAL if "/" in name and not name.startswith("http") else pin, _named(name, word))
        for name in names
        if not _SNAPSHOT.search(name) and "://" not in name
    ]


def _r_repository(name: str, word: ShellWord) -> Request:
    path, _, revision = name.partition("@")
    pin = Pin.HASH if re.fullmatch(r"[0-9a-f]{7,40}", revision) else Pin.MOVABLE
    at = _named(name, word)
    return Request(path.rpartition("/")[2], "cran", pin, at, url=path, revision=revision or None)


def _named(name: str, word: ShellWord) -> ShellWord | Text:
    """Where R's code names a package; the whole code where that cannot be told."""
    text = word.text
    found = re.search(rf"[\"']({re.escape(name)})\\?[\"']", text.value)
    return text.slice(*found.span(1)) if found else word


def _balanced(code: str, start: int) -> str:
    """The text up to the parenthesis that closes the one before ``start``."""
    depth = 1
    for index in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[index], 0)
        if depth == 0:
            return code[start:index]
    return code[start:]


_LITTLER = Table(listed("-r --repos -l --libloc -n --ncpus -d --deps -t --type -m --method"))


def littler(command: Command) -> Install | None:
    """``install2.r [options] package…``."""
    arguments = scan(command.arguments, _LITTLER)
    repository = arguments.last("-r", "--repos")
    dated = bool(repository and repository.value and _SNAPSHOT.search(repository.value))
    requests = tuple(
        Request(word.value or "", "cran", Pin.EXACT if dated else Pin.NONE if word.value else Pin.UNRESOLVED, word)
        for word in arguments.operands
        if word.value is None or "/" not in word.value
    )
    return Install(
        "install2.r", "cran", "install", command, arguments, requests, complete=arguments.complete and command.complete
    )


def littler_github(command: Command) -> Install | None:
    arguments = scan(command.arguments, _LITTLER)
    requests = tuple(_r_repository(word.value, word) for word in arguments.operands if word.value)
    return Install("installGithub.r", "cran", "install", command, arguments, requests)


PROGRAMS = {
    "gem": gem,
    "go": go,
    "cargo": cargo,
    "R": r_code,
    "Rscript": r_code,
    "install.r": littler,
    "install2.r": littler,
    "installGithub.r": littler_github,
}
