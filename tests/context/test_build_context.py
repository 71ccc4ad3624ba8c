"""Contexts, from disk and from memory: what is in them, what is ignored, what is sent."""

import os
import socket
from pathlib import Path

import pytest

from gate.context import memory_context, open_context
from gate.context.build_context import BuildContext, Folder, Link
from gate.context.items import Item, MemoryItem
from gate.context.paths import BadPattern
from gate.context.transfer import Sent


def paths(context: BuildContext) -> list[str]:
    return [entry.path for entry in context.entries()]


def sent_paths(context: BuildContext, *wanted: str) -> list[str]:
    """Everything that arrives when these paths are asked for."""
    found: list[str] = []
    waiting = [context.sent(set(wanted))]
    while waiting:
        for sent in waiting.pop().children().values():
            found.append(sent.path)
            waiting.append(sent)
    return sorted(found)


FILES = {"a": "1", "d/a": "2", "d/b.md": "3", "d/e/f.py": "4", "src/x.py": "5", "README.md": "6"}


def test_entries_are_sorted_and_complete() -> None:
    context = memory_context({**FILES, "l": Link("a"), "empty": Folder()}, modes={"a": 0o755})
    assert paths(context) == [
        "README.md",
        "a",
        "d",
        "d/a",
        "d/b.md",
        "d/e",
        "d/e/f.py",
        "empty",
        "l",
        "src",
        "src/x.py",
    ]
    entry = context.get("a")
    assert entry is not None and (entry.type, entry.mode, entry.size) == ("file", 0o755, 1)
    link = context.get("l")
    assert link is not None and (link.type, link.link) == ("symlink", "a")
    assert context.get(".") is None and context.get("nope") is None


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("*\n!src\n", ["src", "src/x.py"]),
        ("d\n", ["README.md", "a", "src", "src/x.py"]),
        ("d\n!d/b.md\n", ["README.md", "a", "d", "d/b.md", "src", "src/x.py"]),
        ("d/**\n", ["README.md", "a", "d", "src", "src/x.py"]),
        ("*\n!d/e/f.py\n", ["d", "d/e", "d/e/f.py"]),
        ("**\n!**/*.md\n", ["README.md", "d", "d/b.md"]),
        (".\n/\n", ["README.md", "a", "d", "d/a", "d/b.md", "d/e", "d/e/f.py", "src", "src/x.py"]),
    ],
)
def test_ignore_file(ignore: str, left: list[str]) -> None:
    context = memory_context({**FILES, ".dockerignore": ignore})
    assert [path for path in paths(context) if path != ".dockerignore"] == left
    assert context.ignore_file == ".dockerignore"


def test_ignored_is_about_what_is_there() -> None:
    context = memory_context({**FILES, ".dockerignore": "d\n!d/b.md\n"})
    assert (context.ignored("d/a"), context.ignored("d/b.md"), context.ignored("d/nope"), context.ignored("a")) == (
        True,
        False,
        False,
        False,
    )
    assert context.read("d/a") is None and context.read("d/b.md") == b"3"


def test_own_ignore_file_replaces_the_common_one() -> None:
    context = memory_context({**FILES, ".dockerignore": "d\n"}, own_ignore="src\n")
    assert context.get("d/a") is not None and context.get("src") is None
    assert context.ignore_file == "Dockerfile.dockerignore"
    assert memory_context({**FILES, ".dockerignore": "d\n"}, own_ignore="").get("d/a") is not None


@pytest.mark.parametrize(
    ("ignore", "message"),
    [("[\n", "syntax error in pattern"), ("!\n", "illegal exclusion"), ("x" * 70000, "token too long")],
)
def test_faulty_ignore_file(ignore: str, message: str) -> None:
    context = memory_context({"a": "", ".dockerignore": ignore})
    assert message in context.ignore_fault
    assert context.get("a") is not None


def test_links_stay_inside() -> None:
    context = memory_context({
        "a": "text", "d/x": "deep", "up": Link("../../../a"), "root": Link("/d"), "loop": Link("loop"), "chain": Link("root/../up"),
        "dangling": Link("/etc/passwd"), "d/back": Link("../a"),
    })  # fmt: skip
    assert (
        context.read("up") == context.read("chain") == context.read("d/back") == context.read("root/../../a") == b"text"
    )
    assert context.read("root/x") == b"deep"
    assert context.read("loop") is None and context.read("dangling") is None and context.read("d") is None
    assert context.read("a", 2) == b"te"


def test_what_is_asked_for_is_sent() -> None:
    context = memory_context(FILES)
    assert sent_paths(context, "/d/a") == ["d", "d/a"]
    assert sent_paths(context, "/src", "/a") == ["a", "src", "src/x.py"]
    assert sent_paths(context, "/*.md") == ["README.md"]
    assert sent_paths(context, "/d/nope*") == []
    assert len(sent_paths(context, "/")) == 9


def test_links_on_the_way_are_followed() -> None:
    context = memory_context({**FILES, "l": Link("d"), "m": Link("/l/e"), "n": Link("nowhere")})
    assert sent_paths(context, "/l/a") == ["d", "d/a", "l"]
    assert sent_paths(context, "/m/f.py") == ["d", "d/e", "d/e/f.py", "l", "m"]
    assert sent_paths(context, "/n/x") == ["n"]
    # Of two paths through one link, only the first is followed.
    assert sent_paths(context, "/l/a", "/l/b.md") == ["d", "d/a", "l"]


def test_an_ignored_link_still_leads_to_its_target() -> None:
    context = memory_context({"l": Link("d"), "d/a": "", ".dockerignore": "l\n"})
    assert sent_paths(context, "/l/a") == ["d", "d/a"]


def test_a_name_that_reads_as_a_pattern() -> None:
    assert sent_paths(memory_context({"!x": "", "y": ""}), "/!x") == []
    with pytest.raises(BadPattern, match="invalid includepatterns"):
        memory_context({"a": ""}).sent({"/a["})
    with pytest.raises(BadPattern, match="non-printable"):
        memory_context({"a\tb": ""}).sent({"/a\tb"})
    assert sent_paths(memory_context({"a\tü": ""}), "/a\tü") == ["a\tü"]


def test_a_file_that_is_listed_but_not_opened_arrives_empty() -> None:
    context = memory_context({"d/f": "full", ".dockerignore": "d\n!d/f\nd\n"})
    entry = context.get("d/f")
    assert entry is not None and entry.size == 0 and context.read("d/f") == b""


class Unlistable(MemoryItem):
    """A folder that must not be listed."""

    __slots__ = ()

    def children(self) -> dict[str, Item]:  # type: ignore[override]
        raise AssertionError("listed")


def test_a_folder_that_nobody_needs_is_not_listed() -> None:
    root = MemoryItem("directory", 0o755)
    root.add("train", MemoryItem("file", 0o644, b"x"))
    root.add("data", Unlistable("directory", 0o755))
    context = BuildContext(root)
    sent = context.sent({"/train"})
    assert sent.child("train") is not None and list(sent.children()) == ["train"]
    assert context.read("train") == b"x" and context.get("data") is not None
    assert isinstance(context.sent(None).child("data"), Sent)


# On disk -------------------------------------------------------------------------------------------------------------


def test_disk(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"hello")
    (tmp_path / "d" / "f").chmod(0o4750)
    (tmp_path / "l").symlink_to("/d/f")
    os.mkfifo(tmp_path / "pipe")
    context = open_context(str(tmp_path), shown_root="ctx")
    assert [(e.path, e.type, oct(e.mode), e.size) for e in context.entries()][1:3] == [
        ("d/f", "file", "0o4750", 5),
        ("l", "symlink", "0o777", 0),
    ]
    assert context.read("l") == b"hello" and context.read("pipe") is None
    assert context.shown("d/f") == "ctx/d/f"
    pipe = context.get("pipe")
    assert pipe is not None and pipe.type == "other"


def test_socket_arrives_as_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        context = open_context(str(tmp_path))
        entry = context.get("s")
        assert entry is not None and (entry.type, entry.size, context.read("s")) == ("file", 0, b"")


def test_own_ignore_file_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "Dockerfile.dockerignore").write_text("a\n")
    context = open_context(str(tmp_path), dockerfile=str(tmp_path / "Dockerfile"), shown_dockerfile="Dockerfile")
    assert context.get("a") is None and context.ignore_file == "Dockerfile.dockerignore"
    assert open_context(str(tmp_path)).get("a") is not None


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))).write_bytes(b"x")
    context = open_context(str(tmp_path))
    assert paths(context) == ["\udcff\udcfe"] and context.read("\udcff\udcfe") == b"x"


def test_a_context_that_is_not_there() -> None:
    context = open_context("/nonexistent/folder")
    assert (
        paths(context) == [] and context.get("a") is None and context.ignore_file is None and context.read("a") is None
    )


def test_what_is_beside_the_context_is_never_looked_at(tmp_path: Path) -> None:
    (tmp_path / "context" / "folder").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x")
    context = open_context(str(tmp_path / "context"))
    for path in ("../secret.txt", "folder/../../secret.txt", "..", "../context/folder"):
        assert context.lacks(path) and context.get(path) is None and not context.ignored(path), path
    assert context.witness is not None and not any("secret" in str(seen) for seen in context.witness.looks)
    assert context.get("folder/../folder") is not None


def test_names_that_cannot_be(tmp_path: Path) -> None:
    context = open_context(str(tmp_path))
    assert context.get("a\0b") is None and context.get("x" * 5000) is None and context.read("../../etc/passwd") is None


def test_link_loops_and_deep_folders(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    place = tmp_path
    for _ in range(300):
        place = place / "d"
        place.mkdir()
    context = open_context(str(tmp_path))
    assert context.read("one/x") is None
    assert len(paths(context)) == 302
    assert context.sent({"/one/x"}).child("one") is not None


def test_unreadable_files_are_not_skipped_silently(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    context = open_context(str(tmp_path))
    assert context.get("f") is not None
    (tmp_path / "f").unlink()
    assert context.read("f") is None
    item = context.sent(None).child("f")
    assert item is not None and "no such file" in item.problem
