"""What commands leave behind in their layer: caches, downloads, clones, unpacked archives."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from gate.dockerfile.command import Command
from gate.lazy import pattern
from gate.packages.options import Table, listed, scan
from gate.rules.layers._caches import Getter, caches_of
from gate.rules.layers._made import Made
from gate.rules.layers._paths import Place, written

_ARCHIVE = pattern(r"\.(?:tar(?:\.\w+)?|tgz|tbz2|txz|zip|whl)$")

_WGET = Table(
    listed(
        "-O --output-document -P --directory-prefix -o --output-file -t --tries -T --timeout --header -U --user-agent -i --input-file --user --password -a -e -Q --limit-rate --ca-certificate --waitretry -w --wait --method --body-data --post-data"
    )
)
_CURL = Table(
    listed(
        "-o --output --output-dir -H --header -A --user-agent -d --data -u --user -x --proxy -X --request -m --max-time --retry --retry-delay --retry-max-time --connect-timeout -e --referer -b --cookie -c --cookie-jar -K --config -F --form -w --write-out -T --upload-file --cacert --cert --key --resolve -r --range -C --continue-at -z --time-cond --limit-rate --proto --url"
    )
)
_CLONE = Table(
    listed(
        "-b --branch --depth -c --config -o --origin --reference -j --jobs --filter --separate-git-dir -u --upload-pack --template --shallow-since -C"
    )
)
_TAR = Table(
    listed(
        "-C --directory -f --file --strip-components --strip --exclude -T --files-from --transform -I --use-compress-program --one-top-level --owner --group --mode -X"
    )
)
_UNZIP = Table(listed("-d -x -P"))


def made_by(command: Command, place: Place, get: Getter) -> list[Made]:
    """What one command leaves behind, as far as its words tell."""
    name = command.name or ""
    maker = _installer if name.endswith(".sh") else _MAKERS.get(name)
    made = [*maker(command, place)] if maker is not None else []
    made += caches_of(command, place, get)
    if command.redirects and name in _PRINTERS:
        for redirect in command.redirects:
            to_file = redirect.operator in (">", ">>", ">|") and redirect.fd in (None, 1)
            if to_file and redirect.target is not None:
                made.append(Made(place.absolute(written(redirect.target)), "file", "the downloaded file"))
    return made


_PRINTERS = listed("curl wget gunzip zcat gzip")
"""Programs whose output is a big file, when it goes to one."""


def _wget(command: Command, place: Place) -> Iterator[Made]:
    arguments = scan(command.arguments, _WGET)
    output = arguments.last("-O", "--output-document")
    if output is not None:
        name = written(output.word) if output.value is None else output.value
        if name not in ("-", "/dev/stdout", "/dev/null"):
            yield Made(place.absolute(name), "file", "the downloaded file")
        return
    folder = arguments.last("-P", "--directory-prefix")
    if any(option.name in ("-r", "-m", "--recursive", "--mirror", "--spider") for option in arguments.options):
        return
    for word in arguments.operands:
        name = _last_part(written(word))
        if name:
            yield Made(
                place.absolute(posixpath.join(folder.value or "", name) if folder else name),
                "file",
                "the downloaded file",
            )


def _curl(command: Command, place: Place) -> Iterator[Made]:
    texts = [word.value or word.prefix for word in command.arguments]
    if not any(text[:1] == "-" and ("o" in text or "O" in text) for text in texts):
        return  # no option that names a file: it goes into a pipe
    arguments = scan(command.arguments, _CURL)
    folder = arguments.last("--output-dir")
    for output in arguments.all("-o", "--output"):
        name = written(output.word) if output.value is None else output.value
        if name not in ("-", "/dev/null", "/dev/stdout"):
            yield Made(
                place.absolute(posixpath.join((folder.value or "") if folder else "", name)),
                "file",
                "the downloaded file",
            )
    if arguments.has("-O", "--remote-name", "--remote-name-all"):
        for word in arguments.operands:
            name = _last_part(written(word))
            if name:
                yield Made(
                    place.absolute(posixpath.join((folder.value or "") if folder else "", name)),
                    "file",
                    "the downloaded file",
                )


def _last_part(url: str) -> str:
    """The file name that a URL is saved under."""
    path = url.partition("?")[0].partition("#")[0]
    return path.rpartition("/")[2] if "/" in path.partition("://")[2] or "://" not in path else ""


def _git(command: Command, place: Place) -> Iterator[Made]:
    arguments = scan(command.arguments, _CLONE)
    operands = [written(word) for word in arguments.operands]
    if not operands or operands[0] != "clone" or len(operands) < 2:
        return
    url = operands[1]
    folder = (
        operands[2] if len(operands) > 2 else url.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
    )
    if folder:
        yield Made(place.absolute(folder), "tree", "the clone")


def _tar(command: Command, place: Place) -> Iterator[Made]:
    words = command.arguments
    first = written(words[0]) if words else ""
    bundle = not first.startswith("-")
    letters = (
        first if bundle else "".join(written(word) for word in words if re.fullmatch(r"-[A-Za-z]+", written(word)))
    )
    if "x" not in letters and "--extract" not in command.values:
        return
    arguments = scan(words[1:] if bundle else words, _TAR)
    folder = arguments.last("-C", "--directory")
    archive = arguments.last("-f", "--file")
    name = (
        archive.value
        if archive
        else next((written(word) for word in arguments.operands if _ARCHIVE.search(written(word))), None)
    )
    if any(option.name.startswith("--strip") for option in arguments.options):
        return
    if name:
        stem = _ARCHIVE.sub("", posixpath.basename(name))
        yield Made(
            place.absolute(posixpath.join((folder.value or "") if folder else "", stem)), "tree", "the unpacked archive"
        )


def _unzip(command: Command, place: Place) -> Iterator[Made]:
    arguments = scan(command.arguments, _UNZIP)
    folder = arguments.last("-d")
    if not arguments.operands or arguments.has("-l", "-t", "-p", "-Z"):
        return
    into = place.absolute(folder.value) if folder and folder.value else place.absolute(".")
    stem = _ARCHIVE.sub("", posixpath.basename(written(arguments.operands[0])))
    yield Made(posixpath.join(into, stem), "tree", "the unpacked archive")
    if folder and folder.value:
        yield Made(posixpath.join(into, "*"), "file", "the unpacked archive")  # of names that nobody knows


def _copy(command: Command, place: Place) -> Iterator[Made]:
    operands = [written(word) for word in command.arguments if not written(word).startswith("-")]
    if len(operands) == 2:
        source, target = operands
        whole = any(
            (value or "").startswith("-") and ("r" in (value or "").lower() or "a" in (value or ""))
            for value in command.values
        )
        path = posixpath.join(target, posixpath.basename(source)) if target.endswith("/") else target
        if not any(sign in path for sign in "*?["):
            yield Made(place.absolute(path), "tree" if whole else "file", "the copy")


def _venv(command: Command, place: Place) -> Iterator[Made]:
    values = [written(word) for word in command.arguments]
    if (command.name or "").startswith("python") and values[:2] != ["-m", "venv"]:
        return
    if command.name == "uv" and values[:1] != ["venv"]:
        return
    last = next((value for value in reversed(values) if not value.startswith("-") and value not in ("venv",)), None)
    if last:
        yield Made(place.absolute(last), "tree", "the virtual environment")


def _installer(command: Command, place: Place) -> Iterator[Made]:
    """``bash Miniconda3.sh -b -p /opt/conda``."""
    values = [written(word) for word in command.words]
    if not any(re.search(r"(?i)conda|mamba|miniforge|anaconda", value) for value in values[:3]) or (
        "-b" not in values and "-bfp" not in values
    ):
        return
    for option, value in pairwise(values):
        if option.startswith("-") and option.endswith("p"):
            yield Made(place.absolute(value), "tree", "the installation")
            yield Made(place.absolute(value) + "/pkgs/*", "cache", "conda's package cache")


_MAKERS: dict[str, Callable[[Command, Place], Iterator[Made]]] = {
    "wget": _wget, "curl": _curl, "git": _git, "tar": _tar, "unzip": _unzip, "cp": _copy, "virtualenv": _venv, "python": _venv,
    "python3": _venv, "uv": _venv, "bash": _installer, "sh": _installer,
}  # fmt: skip

PROGRAMS = frozenset(_MAKERS) | _PRINTERS
"""The programs that this module knows, beside those of :mod:`gate.rules.layers._caches`."""
