"""SEC003 pipe-to-shell: a downloaded script is run without being looked at."""

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.command import Command, Node, ShellWord
from gate.dockerfile.tree import Run
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.security._downloads import (
    DOWNLOADERS,
    Download,
    fetched,
    has_version,
    interprets,
    run_later,
)

rule = Rule(
    id="SEC003",
    name="pipe-to-shell",
    severity=Severity.MEDIUM,
    security=True,
    summary="A script from the network is run as it comes.",
    reason="Whoever controls the server, today or next year, runs code as root in your build; and without pipefail a download that fails "
    "half-way runs half a script and the build goes on.",
    fix="Download a pinned release, check its sha256, then run it; or COPY --from an image that is pinned by digest.",
    bad=[
        "FROM debian:12.5\nRUN »curl -sSfL https://example.com/install.sh | sh -s\n",
        "FROM debian:12.5\nRUN bash <(»curl -s https://example.com/install.sh)\n",
        'FROM debian:12.5\nRUN sh -c "$(»curl -fsSL https://example.com/install.sh)"\n',
        "FROM debian:12.5\nRUN »wget https://example.com/install.sh && bash install.sh\n",
    ],
    good=[
        'FROM debian:12.5\nRUN curl -o x.sh https://example.com/x.sh && echo "$SHA  x.sh" | sha256sum -c - && bash x.sh\n',
        "FROM debian:12.5\nCOPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\n",
        "FROM debian:12.5\nRUN curl -s https://example.com/data.csv | grep x > y\n",
        'FROM debian:12.5\nRUN echo "curl https://example.com/x | sh"\n',
    ],
)


@rule.on_run(*DOWNLOADERS)
def check(run: Run, build: Build) -> Results:
    found, checked = fetched(run, build)
    for download, how in _executed(found, checked, build.script(run).commands):
        severity = Severity.LOW if has_version(download.url) else None
        yield rule.finding(
            download.command,
            f"The script from {_short(download.url)} is {how} without a check of its content.",
            severity=severity,
        )


def _executed(found: list[Download], checked: bool, commands: tuple[Command, ...]) -> Iterator[tuple[Download, str]]:
    seen: set[int] = set()
    for download in found:
        if id(download.command) in seen:
            continue
        if download.file is None and _feeds_interpreter(download.command):
            seen.add(id(download.command))
            yield download, "piped into an interpreter"
        elif download.file and not checked and run_later(download, commands):
            seen.add(id(download.command))
            yield download, "run"


def _feeds_interpreter(command: Command) -> bool:
    """Whether the command's output is read as a program: ``| sh``, ``bash <( )``, ``sh -c "$( )"``, ``eval "$( )"``."""
    node: Node = command
    while node.parent is not None:
        parent = node.parent
        if parent.kind == "pipeline":
            after = parent.children[_index(parent, node) + 1 :]
            for sibling in after:
                if any(isinstance(inner, Command) and _reads_program(inner) for inner in sibling.walk()):
                    return True
        elif parent.kind == "substitution" and isinstance(parent.parent, Command):
            holder = parent.parent
            return holder.name in {"eval", ".", "source"} or (interprets(holder) and _runs_word(holder, parent))
        node = parent
    return False


def _index(parent: Node, node: Node) -> int:
    return next(index for index, child in enumerate(parent.children) if child is node)


def _reads_program(command: Command) -> bool:
    """An interpreter that takes its program from standard input: no script among its arguments."""
    if not interprets(command):
        return False
    for value in command.values:
        if value in {"-", "-s", "--"}:
            return value != "--"
        if value in {"-c", "-e", "-m", "-n", "-V", "--version"}:
            return False
        if value is None or not value.startswith("-"):
            return value == "/dev/stdin"
    return True


def _runs_word(holder: Command, substitution: Node) -> bool:
    """The substitution is the interpreter's program: the word after ``-c``, or its first operand."""
    start = substitution.text.start
    words: list[ShellWord] = list(holder.arguments)
    for index, word in enumerate(words):
        if word.text.start <= start < word.text.end:
            return (
                index == 0
                or words[index - 1].value in {"-c", "-ec", "-lc", "-e"}
                or all((w.value or "x").startswith("-") for w in words[:index])
            )
    return False


def _short(url: str) -> str:
    return url.partition("?")[0][:80]
