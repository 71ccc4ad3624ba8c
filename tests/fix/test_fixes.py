"""Making and applying edits where the text is not plain: continuations, JSON, here-documents, comments, odd bytes."""

from __future__ import annotations

import pytest

from gate import fixes, fixing
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.fixing import applied
from gate.model import Edit, Finding, Fix, Place, Severity, Span
from gate.pipeline import Options, Request
from gate.policy import EngineChoice

OFF = {"engines": {name: EngineChoice("off") for name in ("hadolint", "grype")}}


def fixed(text: str | bytes, *rules: str, platforms: tuple[str, ...] = (), unsafe: bool = True) -> str:
    """What the fixes of some rules (none: of all) make of a Dockerfile."""
    data = text.encode() if isinstance(text, str) else text
    overrides = {**OFF, "select": rules, "platforms": platforms, "fresh": True}
    request = Request(["-"], stdin=data, overrides=overrides, options=Options(cache=False))
    outcome = fixing.fix(request, unsafe=unsafe)
    assert not outcome.failures
    return outcome.files[0].after.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("PKG001", "RUN apt-get install\\\n    curl\n", "RUN apt-get install -y\\\n    curl\n"),
        ("PKG001", "RUN apt-get in\\\nstall curl\n", None),
        ("PKG001", 'RUN ["apt-get", "install", "curl"]\n', 'RUN ["apt-get", "install", "-y", "curl"]\n'),
        ("PKG001", "RUN bash -c 'apt-get install curl'\n", "RUN bash -c 'apt-get install -y curl'\n"),
        ("PKG001", 'ENV A="apt-get install"\nRUN $A curl\n', None),
        ("PKG001", "RUN <<-E\n\tapt-get install curl\n\tE\n", "RUN <<-E\n\tapt-get install -y curl\n\tE\n"),
        ("PKG001", "ONBUILD RUN apt-get install curl\n", "ONBUILD RUN apt-get install -y curl\n"),
        ("PKG001", "RUN apt-get install -y=false curl\n", None),
        ("PKG001", "RUN curl https://sh.rustup.rs | sh -s --\n", "RUN curl https://sh.rustup.rs | sh -s -- -y\n"),
        ("PKG002", "RUN bash -c 'pip install a>=1'\n", None),
        ("PKG004", "RUN apt-get update # all\n", None),
        ("PKG004", "RUN sudo apt-get update\n", None),
        ("PKG004", "RUN apt-get update\nRUN apt-get install -y x\n", None),
        (
            "PKG004",
            "RUN a \\\n  # c\n  && apt-get update\n",
            "RUN a \\\n  # c\n  && apt-get update \\\n  && rm -rf /var/lib/apt/lists/*\n",
        ),
        ("LAY001", "RUN a\nRUN b # x\nRUN c\n", None),
        ("LAY001", "# hadolint ignore=DL3001\nRUN a\nRUN b\n", None),
        ("LAY001", "RUN cd /x\nRUN b\n", None),
        ("LAY001", "RUN a\n\nRUN b || c\n", None),
        ("LBL006", 'MAINTAINER A "B" $C\n', 'LABEL org.opencontainers.image.authors="A \\"B\\" \\$C"\n'),
        ("LBL006", "MAINTAINER A\nMAINTAINER B\n", None),
        ("LBL007", "LABEL a=1 \\\n  # about b\n  b=2 \\\n  a=3\n", None),
        ("LBL007", "LABEL a=1 \\\n  b='#' \\\n  a=3\n", "LABEL b='#' \\\n  a=3\n"),
        ("ENT001", "ENTRYPOINT exec python 'a b.py'\n", 'ENTRYPOINT ["python", "a b.py"]\n'),
        ("ENT001", "ENTRYPOINT cd /a && python b.py\n", None),
        ("ENT001", "ENTRYPOINT A=1 python b.py\n", None),
        ("ENT001", "ENTRYPOINT python b.py *.txt\n", None),
        ("ENT007", "CMD ['sh', '-c', 'echo $X']\n", None),
        ("BLD002", "RUN a; b || c\n", None),
        ("BLD002", "RUN make ; make test; make install\n", "RUN make && make test && make install\n"),
        ("SEC005", "RUN curl \\\n  -k \\\n  -O https://x.org/y\n", "RUN curl \\\n  -O https://x.org/y\n"),
        ("SEC007", "USER 1000\nRUN sudo make\n", None),
        ("SEC007", "RUN sudo -u app make\n", None),
        ("GAT005", "# mlgate: ignore[SEC007] x\nRUN a\n# mlgate: ignore[SEC007] x", "RUN a\n"),
    ],
)  # fmt: skip
def test_only_what_stands_there_plainly(rule: str, before: str, after: str | None) -> None:
    words = (rule, "SEC007") if rule == "GAT005" else (rule,)
    head = "FROM debian:12.5\n"
    assert fixed(head + before, *words) == head + (before if after is None else after)


def test_a_comment_stays_with_its_instruction() -> None:
    text = "FROM python:3.12\n\n# hadolint ignore=DL3025\n  # why\nCMD a\n"
    command = parse(Source("Dockerfile", text.encode())).instructions[-1]
    edit = fixes.line_before(command, "ENV A=1")
    assert edit is not None and (edit.place.line, edit.text) == (3, "ENV A=1\n")


def test_bytes_that_are_no_text_do_not_move_an_edit() -> None:
    text = b"FROM debian:12.5\r\nRUN echo '\xff\xf0\x9f\x98\x80' && apt-get install curl"
    assert fixed(text, "PKG001").encode("utf-8", "surrogateescape") == text.replace(b"install", b"install -y")


def _finding(*edits: tuple[int, int, str], rule: str = "X") -> Finding:
    made = tuple(Edit(Place("f", Span(1, start + 1, 1, end + 1)), text) for start, end, text in edits)
    return Finding(rule, "x", Severity.LOW, "x", Place("f", Span(1, 1, 1, 1)), fix=Fix("x", made))


def test_edits_that_touch_each_other_wait() -> None:
    source = Source("f", b"0123456789")
    cases = {
        ((2, 2, "a"), (2, 2, "b")): "01a23456789",
        ((2, 5, ""), (4, 6, "b")): "0156789",
        ((2, 5, "a"), (3, 3, "b")): "01a56789",
        ((2, 5, "a"), (5, 6, "b")): "01ab6789",
        ((2, 2, "a"), (2, 3, "b")): "01ab3456789",
    }
    for (first, second), after in cases.items():
        assert applied(source, [_finding(first), _finding(second)])[0] == after
    text, done = applied(source, [_finding((0, 1, "a"), (5, 6, "b")), _finding((5, 7, "c"), (8, 9, "d"))])
    assert (text, len(done)) == ("a1234b6789", 1), "all edits of a fix, or none"
    assert applied(source, [_finding((0, 11, ""))]) == ("0123456789", [])


def test_a_fix_that_does_not_help_is_taken_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "acm001.py").write_text(
        "from gate import fixes\nfrom gate.model import Severity\nfrom gate.rule import Rule\n"
        "rule = Rule(id='ACM001', name='acme', severity=Severity.LOW, summary='s.', reason='r.', fix='f.', bad=[], good=[])\n"
        "@rule.on_instruction('USER')\n"
        "def check(instruction, build):\n"
        "    mended = fixes.fix('x', fixes.line_before(instruction, 'LABEL a.b=1'))\n"
        "    yield rule.finding(instruction, 'Seen.', fix=mended)\n"
    )
    text = b"FROM debian:12.5\nRUN apt-get install curl\nUSER 1\n"
    overrides = {**OFF, "rules_dirs": (str(folder),), "select": ("ACM001", "PKG001"), "fresh": True}
    outcome = fixing.fix(Request(["-"], stdin=text, overrides=overrides, options=Options(cache=False)))
    assert outcome.files[0].after == text.replace(b"install", b"install -y")
    assert [finding.rule_id for finding in outcome.fixed] == ["PKG001"]
    assert "ACM001" in [finding.rule_id for finding in outcome.left]
