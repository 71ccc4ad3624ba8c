"""What a RUN fetches, where it lands, and whether anything checks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from gate.build import Build
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Run
from gate.lazy import pattern
from gate.memo import memo
from gate.packages.options import Table, listed, scan
from gate.record import dataclass

_CURL = Table(
    listed(
        "-o -d -H -u -x -A -e -b -c -F -T -X -m -w -C -E -K -Y -y -z -Q -r -t -P -h -U -D --output "
        "--output-dir --data --data-raw --data-binary --data-urlencode --header --user --proxy --user-agent "
        "--referer --cookie --cookie-jar --form --upload-file --request --max-time --connect-timeout "
        "--write-out --continue-at --cert --key --cacert --capath --config --retry --retry-delay "
        "--retry-max-time --range --limit-rate --resolve --dump-header --url --proxy-user --interface "
        "--ciphers --max-redirs --max-filesize --tls-max --noproxy --proto --netrc-file --create-file-mode "
        "--speed-limit --speed-time"
    )
)
_WGET = Table(
    listed(
        "-O -o -P -T -t -U -i -w -e -a -A -R -D -I -X -l -B -Q --output-document --output-file "
        "--directory-prefix --timeout --tries --user-agent --input-file --wait --execute --append-output "
        "--header --user --password --post-data --post-file --method --body-data --ca-certificate "
        "--certificate --limit-rate --progress --retry-on-http-error --load-cookies --save-cookies --referer "
        "--level --accept --reject --domains --cut-dirs --dns-timeout --connect-timeout --read-timeout "
        "--waitretry --http-user --http-password --default-page --base --quota"
    )
)
DOWNLOADERS = ("curl", "wget")
_CHECKSUM = frozenset(
    {"sha256sum", "sha512sum", "sha1sum", "sha384sum", "sha224sum", "md5sum", "shasum", "b2sum", "b3sum"}
)
_VERSION = pattern(r"(?<![A-Za-z0-9])v?\d+[._]\d+|(?<![0-9])\d{6,8}(?![0-9])|[0-9a-f]{40}|/v\d+(?=[/.-])|release-\w+")
_MOVING = pattern(r"(?:^|[/_.=-])(?:latest|master|main|nightly|head|trunk|develop|stable)(?=$|[/_.?-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Download:
    """One URL that a command fetches. ``file`` is where it lands (its basename where the command chooses), None when it
    goes to standard output. ``url`` is what is known of it, with an ellipsis for the parts that are not."""

    command: Command
    word: ShellWord
    url: str
    file: str | None


def fetched(run: Run, build: Build) -> tuple[list[Download], bool]:
    """What a RUN fetches with curl and wget, and whether anything in it checks a download: a checksum or a signature."""
    kept = memo(build, "downloads")
    found: tuple[list[Download], bool] | None = kept.get(id(run))
    if found is None:
        commands = build.script(run).commands
        found = kept[id(run)] = (list(_downloads(commands)), any(map(_verifies, commands)))
    return found


def _downloads(commands: Iterable[Command]) -> Iterator[Download]:
    for command in commands:
        if command.name == "curl":
            yield from _curl(command)
        elif command.name == "wget":
            yield from _wget(command)


def _curl(command: Command) -> Iterator[Download]:
    arguments = scan(command.arguments, _CURL)
    words = [*arguments.operands, *(option.word for option in arguments.all("--url"))]
    remote = arguments.has("-O", "--remote-name", "--remote-name-all")
    output = arguments.last("-o", "--output")
    for word in words:
        url = _known(word)
        if not url:
            continue
        file = output.value if output is not None else _basename(url) if remote else _redirected(command)
        yield Download(command, word, url, file)


def _wget(command: Command) -> Iterator[Download]:
    arguments = scan(command.arguments, _WGET)
    output = arguments.last("-O", "--output-document")
    folder = arguments.last("-P", "--directory-prefix")
    inside = f"{folder.value.rstrip('/')}/" if folder is not None and folder.value else ""
    for word in arguments.operands:
        url = _known(word)
        if not url:
            continue
        file = output.value if output is not None else inside + _basename(url)
        yield Download(command, word, url, _redirected(command) if file == "-" else file)


def _known(word: ShellWord) -> str:
    return word.value if word.value is not None else f"{word.prefix}…{word.suffix}" if word.prefix else ""


def _redirected(command: Command) -> str | None:
    for redirect in command.redirects:
        if redirect.operator in {">", ">>", "&>", ">|"} and redirect.fd in (None, 1) and redirect.target is not None:
            return redirect.target.value
    return None


def _basename(url: str) -> str:
    return urlsplit_path(url).rpartition("/")[2]


def urlsplit_path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return url


def _verifies(command: Command) -> bool:
    if command.name in _CHECKSUM:
        values = [value or "" for value in command.values]
        return any(
            value in {"-c", "--check", "--strict", "--status"} or re.fullmatch(r"-[a-z]*c[a-z]*", value)
            for value in values
        )
    if command.name in {"gpgv", "cosign", "minisign", "slsa-verifier"}:
        return True
    if command.name in {"gpg", "gpg2"}:
        return any(value in {"--verify", "--verify-files"} for value in command.values)
    # [ "$(sha256sum f)" = … ] and its like: a checksum is worked out and compared.
    return command.name in {"[", "test", "[["} and any(
        node.kind == "command" and getattr(node, "name", "") in _CHECKSUM for node in command.walk()
    )


def has_version(url: str) -> bool:
    """Whether a URL names a version or a commit, so that its content is not meant to change."""
    path = url.partition("://")[2].partition("/")[2]
    return bool(_VERSION.search(path)) and not _MOVING.search(path)


_INTERPRETERS = frozenset(
    ["sh", "bash", "dash", "ash", "zsh", "ksh", "python", "perl", "ruby", "node", "php", "Rscript"]
)


def interprets(command: Command) -> bool:
    """Whether it runs programs that it is given: ``bash``, ``python3.11``."""
    return (command.name or "").rstrip("0123456789.") in _INTERPRETERS


def run_later(download: Download, commands: tuple[Command, ...]) -> bool:
    """A later command runs the downloaded file: ``bash f``, ``./f``, ``. f``."""
    file = (download.file or "").removeprefix("./")
    if not file:
        return False
    base = file.rpartition("/")[2]
    for command in commands[_position(download.command, commands) + 1 :]:
        program = (command.words[0].value or "") if command.words else ""
        if program in {file, f"./{base}"} or (program.startswith("/") and program == file):
            return True
        if interprets(command) or command.name in {".", "source"}:
            operand = next((value for value in command.values if value is None or not value.startswith("-")), None)
            if operand is not None and operand.removeprefix("./") in {file, base}:
                return True
    return False


def _position(command: Command, commands: tuple[Command, ...]) -> int:
    return next(index for index, other in enumerate(commands) if other is command)
