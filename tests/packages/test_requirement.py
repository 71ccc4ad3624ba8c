"""One requirement, held against pip's own reading of the same text."""

from __future__ import annotations

import itertools

import pytest

from gate.dockerfile.source import Source, Text
from gate.packages.model import Pin, Request
from gate.packages.requirement import is_floor, normalized, pin_of, requirement, version_in_url

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def read(value: str, **kw: object) -> Request:
    return requirement(value, Text(Source("r", b""), value, ((0, 0),)), **kw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "name", "pin", "version"),
    [
        ("foo", "foo", Pin.NONE, None),
        ("Foo.Bar_baz", "Foo.Bar_baz", Pin.NONE, None),
        ("foo==1", "foo", Pin.EXACT, "1"),
        ("foo == 1.0", "foo", Pin.EXACT, "1.0"),
        ("foo===1.0", "foo", Pin.EXACT, "1.0"),
        ("foo==1.0,<2", "foo", Pin.EXACT, "1.0"),
        ("foo[x,y]==1.0", "foo", Pin.EXACT, "1.0"),
        ("foo==1.0;python_version<'3'", "foo", Pin.EXACT, "1.0"),
        ("foo==1.0 ; python_version < '3' and os_name == 'posix'", "foo", Pin.EXACT, "1.0"),
        ("torch==2.1.0+cu121", "torch", Pin.EXACT, "2.1.0+cu121"),
        ("foo==1.0a1.post2.dev3", "foo", Pin.EXACT, "1.0a1.post2.dev3"),
        ("foo==1!2.0", "foo", Pin.EXACT, "1!2.0"),
        ("foo>=1.2,<=1.2", "foo", Pin.EXACT, "1.2"),
        ("foo==1.*", "foo", Pin.WILDCARD, None),
        ("foo==1.2.*,!=1.2.3", "foo", Pin.WILDCARD, None),
        ("foo~=1.0", "foo", Pin.COMPATIBLE, None),
        ("foo>=1", "foo", Pin.RANGE, None),
        ("foo>=1,<2", "foo", Pin.RANGE, None),
        ("foo<2", "foo", Pin.RANGE, None),
        ("foo!=1.5", "foo", Pin.RANGE, None),
        ("foo (>=1)", "foo", Pin.RANGE, None),
        ("foo; python_version<'3'", "foo", Pin.NONE, None),
        ("uvicorn[standard]", "uvicorn", Pin.NONE, None),
        (".", "", Pin.LOCAL, None),
        (".[dev]", "", Pin.LOCAL, None),
        ("..", "", Pin.LOCAL, None),
        ("./pkg", "", Pin.LOCAL, None),
        ("pkg/", "", Pin.LOCAL, None),
        ("pkg/sub[extra]", "", Pin.LOCAL, None),
        ("/wheels/foo.whl", "", Pin.LOCAL, None),
        ("~/pkg", "", Pin.LOCAL, None),
        ("dist/*.whl", "", Pin.LOCAL, None),
        ("foo-1.0-py3-none-any.whl", "foo", Pin.LOCAL, "1.0"),
        ("foo-1.0.tar.gz", "", Pin.LOCAL, None),
        ("file:///x/foo.tar.gz", "", Pin.LOCAL, None),
        ("foo @ file:///x", "foo", Pin.LOCAL, None),
        ("git+https://h/a/b", "", Pin.MOVABLE, None),
        ("git+https://h/a/b@main", "", Pin.MOVABLE, None),
        ("git+https://h/a/b@v1.2", "", Pin.MOVABLE, None),
        ("git+https://user@h/a/b", "", Pin.MOVABLE, None),
        ("git+https://user:pw@h/a/b.git#egg=b", "b", Pin.MOVABLE, None),
        ("git+ssh://git@h/a/b.git", "", Pin.MOVABLE, None),
        (f"git+https://h/a/b@{COMMIT}", "", Pin.HASH, None),
        (f"git+https://user@h/a/b@{COMMIT}#egg=b&subdirectory=c", "b", Pin.HASH, None),
        (f"git+ssh://git@h/a/b.git@{COMMIT}", "", Pin.HASH, None),
        (f"git+git@h:a/b.git@{COMMIT}", "", Pin.HASH, None),
        (f"foo @ git+https://h/a/b@{COMMIT}", "foo", Pin.HASH, None),
        ("foo@git+https://h/a/b@main", "foo", Pin.MOVABLE, None),
        ("foo @ git+https://h/a/b ; python_version < '3'", "foo", Pin.MOVABLE, None),
        ("hg+https://h/a/b", "", Pin.MOVABLE, None),
        ("https://h/foo-1.0-py3-none-any.whl", "foo", Pin.EXACT, "1.0"),
        ("https://h/torch-1.4.0%2Bcpu-cp36-cp36m-linux_x86_64.whl", "torch", Pin.EXACT, "1.4.0+cpu"),
        ("https://h/foo-1.0.tar.gz", "", Pin.EXACT, "1.0"),
        ("https://h/a/b/archive/refs/tags/v1.2.3.tar.gz", "", Pin.EXACT, "1.2.3"),
        ("https://h/a/b/archive/main.zip", "", Pin.MOVABLE, None),
        (f"https://h/a/b/archive/{COMMIT}.zip", "", Pin.HASH, None),
        ("https://h/a/b/archive/9ea0afa.zip", "", Pin.EXACT, None),
        (f"https://h/foo.zip#sha256={'0' * 64}", "", Pin.HASH, None),
        ("foo @ https://h/foo.zip", "foo", Pin.MOVABLE, None),
        ("git+https://[broken/a@main", "", Pin.MOVABLE, None),
        ("https://[broken/foo-1.0.tar.gz", "", Pin.EXACT, "1.0"),
        ("git+https://h@main", "", Pin.MOVABLE, None),
        ("foo==", "foo", Pin.UNRESOLVED, None),
        ("foo=1.0", "foo", Pin.UNRESOLVED, None),
        ("foo bar", "", Pin.UNRESOLVED, None),
    ],
)
def test_read(value: str, name: str, pin: Pin, version: str | None) -> None:
    request = read(value)
    assert (request.name, request.pin, request.version) == (name, pin, version)


def test_parts() -> None:
    request = read("foo[a, b]>=1 ; python_version < '3'")
    assert request.extras == ("a", "b")
    assert request.specifier == ">=1"
    assert request.marker == "python_version < '3'"
    assert read("git+https://h/a@release/1.0#egg=x").revision == "release/1.0"
    assert read("foo==1", hashes=("sha256:0",)).pin is Pin.HASH
    assert read("pkg", editable=True).pin is Pin.LOCAL
    assert read("git+https://h/a", editable=True).pin is Pin.MOVABLE


def test_normalized() -> None:
    assert {normalized(name) for name in ("A.b_c", "a-b-c", "a__b..C")} == {"a-b-c"}


@pytest.mark.parametrize(
    ("specifier", "floor"),
    [(">=1", True), (">1", True), (">= 1", True), (">=1,<2", False), ("~=1", False), ("", False)],
)
def test_floor(specifier: str, floor: bool) -> None:
    assert is_floor(specifier) is floor


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("https://h/x/v1.2.3/wheel-cu11-py3.whl", "1.2.3"),
        ("https://h/foo-2.4rc1.zip", "2.4rc1"),
        ("https://h/x/tarball/v1.2", "1.2"),
        ("https://h/x/master.zip", None),
    ],
)
def test_version_in_url(url: str, version: str | None) -> None:
    assert version_in_url(url) == version


NAMES = ["a", "Foo.bar", "x1_y"]
EXTRAS = ["", "[e]", "[e,f-g]"]
SPECIFIERS = [
    "",
    "==1",
    "== 1.0.*",
    ">=1,<2",
    "~=1.4.2",
    "===x.y",
    "!=1",
    "(>=1)",
    "<=2 , >1",
    "==1.0+l.1",
    ">=1,==1.5",
]
MARKERS = ["", ';python_version<"3"', ' ; os_name == "posix"']


@pytest.mark.parametrize("text", ["".join(parts) for parts in itertools.product(NAMES, EXTRAS, SPECIFIERS, MARKERS)])
def test_like_packaging(text: str) -> None:
    """The ``packaging`` library, which pip carries along, reads the same name, extras and clauses."""
    from packaging.requirements import Requirement

    theirs = Requirement(text)
    ours = read(text)
    assert ours.name == theirs.name
    assert set(ours.extras) == theirs.extras
    assert bool(ours.marker) == (theirs.marker is not None)
    exact = [
        s for s in theirs.specifier if s.operator == "===" or (s.operator == "==" and not s.version.endswith(".*"))
    ]
    assert (ours.pin is Pin.EXACT) == bool(exact)
    assert ours.version == (exact[0].version if exact else None)
    assert (ours.pin is Pin.NONE) == (not theirs.specifier)


@pytest.mark.parametrize("specifier", ["=1", "1", "==", ">=", "==1 2", ",", "~1"])
def test_what_packaging_refuses_is_unresolved(specifier: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if specifier != ",":
        with pytest.raises(InvalidSpecifier):
            SpecifierSet(specifier)
    assert pin_of(specifier)[0] is Pin.UNRESOLVED


LINKS = [
    "git+https://user@h/a/b.git@main#egg=b",
    f"git+https://h/a/b@{COMMIT}#egg=b",
    "git+ssh://git@h/a/b.git@v1",
    "git+https://h/a@b/c",
    "https://h/foo-1.0-py3-none-any.whl",
    "foo @ https://h/x.zip",
    "./foo-1.0-py3-none-any.whl",
]


@pytest.mark.parametrize("text", LINKS)
def test_revisions_like_pip(text: str) -> None:
    """pip's own constructor and its version control back end find the same revision."""
    vcs = pytest.importorskip("pip._internal.vcs")
    constructors = pytest.importorskip("pip._internal.req.constructors")
    theirs = constructors.install_req_from_line(text)
    ours = read(text)
    assert theirs.link is not None
    backend = vcs.vcs.get_backend_for_scheme(theirs.link.scheme)
    revision = backend.get_url_rev_and_auth(theirs.link.url)[1] if backend else None
    assert ours.revision == revision
    assert (ours.name or None) == (theirs.req.name if theirs.req else None)
