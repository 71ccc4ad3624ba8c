"""Image references: their parts, and what is none. BuildKit is asked about the latter."""

from __future__ import annotations

import pytest

from gate.dockerfile.image_ref import ImageRefError, parse_image_ref
from tests.engines.frontend import Frontend

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"

GOOD = [
    ("debian", "docker.io", "library/debian", None, None, "debian"),
    ("debian:12", "docker.io", "library/debian", "12", None, "debian"),
    ("org/app:1.2.3-slim", "docker.io", "org/app", "1.2.3-slim", None, "org/app"),
    ("library/debian", "docker.io", "library/debian", None, None, "debian"),
    ("docker.io/debian", "docker.io", "library/debian", None, None, "debian"),
    ("index.docker.io/debian", "docker.io", "library/debian", None, None, "debian"),
    ("docker.io/a/b/c", "docker.io", "a/b/c", None, None, "a/b/c"),
    ("library/a/b", "docker.io", "library/a/b", None, None, "library/a/b"),
    ("reg:5000/debian", "reg:5000", "debian", None, None, "reg:5000/debian"),
    ("localhost/debian:x", "localhost", "debian", "x", None, "localhost/debian"),
    ("localhost:5000/debian", "localhost:5000", "debian", None, None, "localhost:5000/debian"),
    ("reg.io/x:latest", "reg.io", "x", "latest", None, "reg.io/x"),
    ("REG/x", "REG", "x", None, None, "REG/x"),
    ("[::1]:5000/x", "[::1]:5000", "x", None, None, "[::1]:5000/x"),
    ("a__b/c-d.e---f", "docker.io", "a__b/c-d.e---f", None, None, "a__b/c-d.e---f"),
    (f"debian@{DIGEST}", "docker.io", "library/debian", None, DIGEST, "debian"),
    (f"debian:12@{DIGEST}", "docker.io", "library/debian", "12", DIGEST, "debian"),
    ("debian:Upper_1", "docker.io", "library/debian", "Upper_1", None, "debian"),
    ("x:" + "a" * 128, "docker.io", "library/x", "a" * 128, None, "x"),
    ("763104351884.dkr.ecr.us-east-1.amazonaws.com/p:1", "763104351884.dkr.ecr.us-east-1.amazonaws.com", "p", "1", None,
     "763104351884.dkr.ecr.us-east-1.amazonaws.com/p"),
]  # fmt: skip
BAD = [
    ("debian:", "invalid reference format"),
    ("debian@", "invalid reference format"),
    ("Debian", "invalid reference format: repository name (library/Debian) must be lowercase"),
    ("org/App:1", "invalid reference format: repository name (org/App) must be lowercase"),
    ("a:b:c", "invalid reference format"),
    ("a//b", "invalid reference format"),
    ("/a", "invalid reference format"),
    ("a/", "invalid reference format"),
    ("-a", "invalid reference format"),
    ("a_-b", "invalid reference format"),
    ("a___b", "invalid reference format"),
    ("a..b", "invalid reference format"),
    ("a:-b", "invalid reference format"),
    ("x:" + "a" * 129, "invalid reference format"),
    ("a" * 256, "repository name must not be more than 255 characters"),
    ("a/" * 200 + "b", "repository name must not be more than 255 characters"),
    (HEX, f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
    ("é", "invalid reference format"),
    ("{{image}}", "invalid reference format"),
    ("http://a/b", "invalid reference format"),
    ("763104351884.dkr.ecr..amazonaws.com/p", "invalid reference format"),
    (f"debian@sha256:{HEX[:-1]}", "invalid checksum digest length"),
    (f"debian@sha256:{HEX.upper()}", "invalid checksum digest format"),
    (f"debian@md5:{HEX[:32]}", "unsupported digest algorithm"),
    ("debian@sha256:abc", "invalid reference format"),
]


@pytest.mark.parametrize(("text", "registry", "path", "tag", "digest", "familiar"), GOOD)
def test_parts(text: str, registry: str, path: str, tag: str | None, digest: str | None, familiar: str) -> None:
    ref = parse_image_ref(text)
    assert (ref.registry, ref.path, ref.tag, ref.digest, ref.familiar) == (registry, path, tag, digest, familiar)
    assert ref.written == text
    again = parse_image_ref(str(ref))
    assert (again.name, again.tag, again.digest) == (ref.name, tag, digest)


@pytest.mark.parametrize(("text", "message"), BAD)
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(ImageRefError) as refused:
        parse_image_ref(text)
    assert str(refused.value) == message


@pytest.mark.parametrize("text", [row[0] for row in GOOD])
def test_buildkit_takes_it(frontend: Frontend, text: str) -> None:
    assert frontend(f"FROM {text}\n".encode()).error == ""


@pytest.mark.parametrize(("text", "message"), BAD)
def test_buildkit_says_the_same(frontend: Frontend, text: str, message: str) -> None:
    assert frontend(f"FROM {text}\n".encode()).error == f'failed to parse stage name "{text}": {message}'


@pytest.mark.parametrize(
    ("text", "tag"), [("debian", "latest"), ("debian:12", "12"), (f"debian:12@{DIGEST}", None), (f"a@{DIGEST}", None)]
)
def test_the_tag_that_decides(text: str, tag: str | None) -> None:
    assert parse_image_ref(text).effective_tag == tag


@pytest.mark.parametrize("text", ["a" * 1_000_000, "a-" * 500_000 + "A", "a/" * 500_000 + "A", "a." * 500_000 + "/A"])
def test_long_ones_are_told_at_once(text: str) -> None:
    with pytest.raises(ImageRefError):
        parse_image_ref(text)
