"""Our ``dataclass`` and ``pattern`` do what the standard ones do."""

from __future__ import annotations

import dataclasses
import pickle
import re
from typing import Any, ClassVar

import pytest

from gate import record
from gate.lazy import pattern


def classes(module: Any) -> dict[str, Any]:
    """The same classes, made by a module's decorator."""
    decorate, field = module.dataclass, module.field

    @decorate(frozen=True, slots=True, order=True)
    class Span:
        """A docstring."""

        line: int
        column: int = 1
        KIND: ClassVar[str] = "span"

        def __str__(self) -> str:
            return f"{self.line}:{self.column}"

    @decorate
    class Plain:
        names: list[str] = field(default_factory=list)
        hidden: str = field(default="x", repr=False)
        made: dict[str, int] = field(default_factory=dict, init=False)

    @decorate(slots=True, eq=False)
    class Base:
        keyword: str
        index: int = 0

    @decorate(slots=True, eq=False)
    class Child(Base):
        image: str = field(kw_only=True)
        name: str | None = field(default=None, kw_only=True)

    @decorate(frozen=True)
    class Empty:
        pass

    return {"Span": Span, "Plain": Plain, "Base": Base, "Child": Child, "Empty": Empty}


OURS, THEIRS = classes(record), classes(dataclasses)
both = pytest.mark.parametrize("made", [OURS, THEIRS], ids=["ours", "theirs"])


@both
def test_values(made: dict[str, Any]) -> None:
    span = made["Span"](2)
    assert (span.line, span.column, str(span), span.KIND, span.__doc__) == (2, 1, "2:1", "span", "A docstring.")
    assert span == made["Span"](2, 1) != made["Span"](2, column=2)
    assert span != (2, 1) and span != object()
    assert hash(span) == hash(made["Span"](2)) and len({span, made["Span"](2, 1)}) == 1
    assert span < made["Span"](2, 2) <= made["Span"](2, 2) < made["Span"](3, 0)
    assert sorted([made["Span"](3), span]) == [span, made["Span"](3)]
    assert not hasattr(span, "__dict__")


@both
def test_defaults_are_not_shared(made: dict[str, Any]) -> None:
    one, two = made["Plain"](), made["Plain"]()
    one.names.append("a")
    one.made["b"] = 1
    assert (two.names, two.made, two.hidden) == ([], {}, "x")
    assert one != two
    with pytest.raises(TypeError):
        hash(one)
    with pytest.raises(TypeError):
        made["Plain"](made={})


@both
def test_many_objects_are_made_as_the_first(made: dict[str, Any]) -> None:
    for number in range(100):
        assert made["Plain"](["a"], "y") == made["Plain"](names=["a"], hidden="y")
        assert made["Span"](number, column=2) == made["Span"](number, 2)


@pytest.mark.parametrize("wrong", [((), {}), ((1, 2, 3), {}), ((1,), {"line": 1}), ((1,), {"no": 1})])
def test_a_mistake_is_a_type_error(wrong: tuple[Any, Any]) -> None:
    arguments, keywords = wrong
    for made in (classes(record), classes(dataclasses)):
        with pytest.raises(TypeError, match="__init__"):
            made["Span"](*arguments, **keywords)
        assert made["Span"](1).column == 1


@both
def test_representation(made: dict[str, Any]) -> None:
    assert repr(made["Plain"](["a"])).endswith("Plain(names=['a'], made={})")
    assert repr(made["Empty"]()).endswith("Empty()")


@both
def test_inheritance_and_keywords(made: dict[str, Any]) -> None:
    child = made["Child"]("FROM", 3, image="a")
    assert (child.keyword, child.index, child.image, child.name) == ("FROM", 3, "a", None)
    assert child != made["Child"]("FROM", 3, image="a"), "eq=False compares identity"
    assert hash(child)
    for wrong in (("FROM",), ("FROM", 3, "a")):
        with pytest.raises(TypeError):
            made["Child"](*wrong)
    with pytest.raises(TypeError):
        made["Base"]()


@both
def test_the_standard_helpers(made: dict[str, Any]) -> None:
    span = made["Span"](2)
    assert dataclasses.replace(span, column=5) == made["Span"](2, 5)
    assert dataclasses.asdict(made["Plain"](["a"])) == {"names": ["a"], "hidden": "x", "made": {}}
    assert [field.name for field in dataclasses.fields(made["Child"])] == ["keyword", "index", "image", "name"]
    assert dataclasses.is_dataclass(span)


@record.dataclass(frozen=True, slots=True)
class Sent:
    a: int
    b: tuple[str, ...] = ()


def test_instances_travel_to_other_processes() -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(Sent(1, ("x",)), protocol)) == Sent(1, ("x",))


def test_a_lazy_pattern() -> None:
    lazy = pattern(r"(\d+)-(?P<b>x)", re.I)
    match = lazy.fullmatch("12-X")
    assert match is not None and match["b"] == "X"
    assert lazy.search("a 1-x") and not lazy.match("a")
    assert (lazy.pattern, lazy.groups, lazy.groupindex) == (r"(\d+)-(?P<b>x)", 2, {"b": 2})
    assert lazy.sub("", "a1-xb") == "ab" and lazy.findall("1-x2-x") == [("1", "x"), ("2", "x")]


def test_a_broken_pattern_says_so_when_it_is_used() -> None:
    with pytest.raises(re.error):
        pattern("(").match("x")
