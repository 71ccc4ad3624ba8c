"""Whatever is in the file and the context: an answer, in time, and never an exception."""

import contextlib
import gzip
import random
import time
from typing import Any

import pytest

from gate.context.build_context import Link
from gate.image.inspect import document
from gate.image.tarfile import ArchiveError, decompress, is_tar, members
from tests.image.support import build
from tests.image.test_files import pack


def inspected(dockerfile: str, files: dict[str, Any] | None = None) -> dict[str, Any]:
    begin = time.process_time()
    found = document(build(dockerfile, files))
    assert time.process_time() - begin < 10
    return found


def test_link_loops() -> None:
    files = {
        "one": Link("two"),
        "two": Link("one"),
        "self": Link("self"),
        "deep": Link("deep/deep"),
        "d/up": Link("../../d/up"),
    }
    lines = [
        "COPY one /x",
        "COPY . /",
        "COPY <<EOF /one/y\nEOF",
        "COPY <<EOF /self\nEOF",
        "WORKDIR /deep/x",
        "COPY d /two",
        "COPY --parents */up /x",
    ]
    for line in lines:
        inspected(f"FROM scratch\nCOPY . /all/\nCOPY . /\n{line}\n", files)


def test_deep_folders() -> None:
    deep = "/".join("d" * 1500)
    inspected(
        f"FROM scratch\nCOPY . /x\nCOPY . /x\nCOPY --parents . /y\nWORKDIR /{deep}\nCOPY --link d /x/d\n",
        {f"{deep}/f": "x"},
    )


def test_many_stages() -> None:
    chain = "\n".join(f"FROM s{n} AS s{n + 1}\nCOPY a /{n}\nCOPY --from=s{n} /a /d/\n" for n in range(600))
    inspected(f"FROM scratch AS s0\nCOPY a /a\n{chain}", {"a": ""})
    inspected(
        "FROM scratch AS s0\nCOPY a /d/a\n"
        + "\n".join(f"FROM scratch AS s{n + 1}\nCOPY --from=s{n} / /\n" for n in range(600)),
        {"a": ""},
    )


def test_stages_that_need_each_other() -> None:
    assert inspected("FROM scratch AS a\nCOPY --from=b /x /\nFROM scratch AS b\nCOPY --from=a /x /\n")["faults"]
    assert inspected("FROM scratch AS a\nCOPY --from=a /x /\n")["faults"]


@pytest.mark.parametrize("line", ["COPY {} /x/", "COPY --exclude={} . /x", "COPY --parents {} /x", "ADD {} /", "COPY a {}", "WORKDIR {}", "USER {}",
                                  "COPY --chown={} a /", "COPY --chmod={} a /", "COPY --from={} a /", "ENV {}", "EXPOSE {}", "ONBUILD {}"])  # fmt: skip
def test_odd_words(line: str) -> None:
    words = [
        "*" * 50,
        "[",
        "a" * 5000,
        "../" * 2000,
        "/" * 3000,
        "\\",
        "\0",
        "\udcff",
        "$" * 100,
        "${" * 60,
        "~",
        "-",
        "[" * 1000,
        "*/" * 200,
        ":",
        "=",
        "<<",
    ]
    for word in words:
        document(
            build(
                "FROM scratch\n"
                + line.format(word).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                + "\n",
                {"a": "", "b/a": ""},
            )
        )


def test_archive_bombs() -> None:
    bomb = gzip.compress(b"\0" * (200 << 20), 1)
    found = inspected("FROM scratch\nADD bomb /x/\n", {"bomb": bomb})
    assert found["files"]
    assert (
        inspected("FROM scratch\nADD many /x/\n", {"many": pack(*((f"d/{n}", "d") for n in range(20000)))})["faults"]
        == []
    )


def test_random_archives() -> None:
    rng = random.Random(1)
    whole = pack(("a/b", "text" * 200), ("l", "->a"), ("d", "d"), compress=False)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        data = data[: rng.randrange(len(data))] if rng.random() < 0.3 else data
        packed = gzip.compress(bytes(data)) if rng.random() < 0.3 else bytes(data)
        unpacked, whole_file = decompress(packed, 1 << 20)
        with contextlib.suppress(ArchiveError):
            list(members(unpacked, whole_file))
        is_tar(unpacked)
        document(build("FROM scratch\nADD p /x/\n", {"p": packed}))


def test_scripts_that_start_themselves() -> None:
    inspected("FROM scratch\nCOPY s.sh /\nRUN sh /s.sh\n", {"s.sh": "sh /s.sh\n" * 30 + "echo x > /f\n"})


def test_a_wide_folder_is_not_listed_for_one_file() -> None:
    files = {f"data/{n}": "" for n in range(3000)} | {"train*": "x"}
    found = build("FROM scratch\nCOPY . /app\n", files).image().files
    begin = time.process_time()
    assert found.lookup("/app/train") is not None
    assert time.process_time() - begin < 0.2
