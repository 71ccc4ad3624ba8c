"""Compare our reading of Dockerfiles with BuildKit's own parser, over any folders.

    python benchmarks/oracle_parser.py DIR…

Every file below the folders whose name says Dockerfile is read by both; equal files count once. BuildKit's parser comes
from the PyPI package ``dockerfile``. Instruction names and line ranges must be the same, and a file that BuildKit's
parser refuses must have a fault. Prints each difference and the totals; exit code 1 when there is any. The last lines
tell how long both took, and how many files ``dockerfile-parse`` reads in the same way.
"""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import dockerfile as oracle
from dockerfile_parse import DockerfileParser

from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source

Instructions = list[tuple[str, int, int]]
_NAME = re.compile(r"(?i)(.*[._-])?(dockerfile|containerfile)([._-].*)?")


def files(folders: Iterable[str]) -> Iterator[tuple[Path, bytes]]:
    """Each distinct Dockerfile, with its content."""
    seen: set[bytes] = set()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if _NAME.fullmatch(path.name) and path.is_file():
                data = path.read_bytes()
                if data not in seen:
                    seen.add(data)
                    yield path, data


def buildkit(data: bytes) -> Instructions | str:
    """What BuildKit's parser reads, or why it does not."""
    try:
        found = oracle.parse_string(data.decode("utf-8", "replace"))
    except oracle.GoParseError as error:
        return str(error)
    return [(each.cmd.upper(), each.start_line, each.end_line) for each in found]


def ours(data: bytes) -> tuple[Instructions, list[str]]:
    tree = parse(Source("Dockerfile", data))
    instructions = [(each.head.value.upper(), each.line, each.end_line) for each in tree.instructions]
    return instructions, [fault.message for fault in tree.faults]


def dockerfile_parse(data: bytes) -> Instructions:
    try:
        structure = DockerfileParser(fileobj=io.BytesIO(data)).structure
    except UnicodeDecodeError:
        return []
    return [
        (each["instruction"], each["startline"] + 1, each["endline"] + 1)
        for each in structure
        if each["instruction"] != "COMMENT"
    ]


def difference(theirs: Instructions | str, mine: Instructions, faults: list[str]) -> str:
    """How the two readings differ; empty when they do not."""
    if isinstance(theirs, str):
        return "" if faults else f"refused ({theirs}), but not by us"
    pairs = zip(theirs, mine, strict=False)
    first = next((f"{one} and ours {other}" for one, other in pairs if one != other), "")
    return first or (f"{len(theirs)} instructions and ours {len(mine)}" if len(theirs) != len(mine) else "")


def main() -> int:
    count = refused = different = alone = 0
    seconds = {"ours": 0.0, "dockerfile-parse": 0.0}
    for path, data in files(sys.argv[1:]):
        count += 1
        theirs = buildkit(data)
        started = time.process_time()
        mine, faults = ours(data)
        middle = time.process_time()
        plain = dockerfile_parse(data)
        seconds["ours"] += middle - started
        seconds["dockerfile-parse"] += time.process_time() - middle
        refused += isinstance(theirs, str)
        alone += not isinstance(theirs, str) and plain == theirs
        if problem := difference(theirs, mine, faults):
            different += 1
            print(f"{path}: {problem}")
    print(f"{count} distinct files, {refused} refused by BuildKit's parser, {different} read differently by us")
    print(f"dockerfile-parse on its own reads {alone} of the other {count - refused} in the same way")
    for name, total in seconds.items():
        print(f"{name}: {1000 * total / max(count, 1):.3f} ms a file")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
