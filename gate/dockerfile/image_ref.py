"""Image references: ``[registry[:port]/]path[:tag][@digest]``, by the grammar of distribution/reference."""

from __future__ import annotations

import re
from functools import lru_cache

from gate.lazy import pattern
from gate.record import dataclass

DEFAULT_REGISTRY = "docker.io"
_LEGACY_REGISTRY = "index.docker.io"
_OFFICIAL = "library/"
_LONGEST_PATH = 255

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST_PART = r"[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_DOMAIN = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = pattern(
    rf"(?:({_DOMAIN})/)?({_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::([0-9A-Za-z_][0-9A-Za-z_.-]{0,127}))?"
    r"(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)
_IDENTIFIER = pattern(r"[a-f0-9]{64}")
_DIGEST = pattern(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class ImageRefError(ValueError):
    """The text is no image reference; the message is the one that ``docker`` gives."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A reference after normalisation: ``debian`` has the registry ``docker.io`` and the path ``library/debian``.

    ``tag`` and ``digest`` (``sha256:…``) are None when they are not written; nothing is filled in for them.
    """

    written: str
    registry: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Registry and path, normalised: ``docker.io/library/debian``."""
        return f"{self.registry}/{self.path}"

    @property
    def familiar(self) -> str:
        """The name as users write it: ``debian``, ``org/app``, ``ghcr.io/org/app``."""
        if self.registry != DEFAULT_REGISTRY:
            return self.name
        short = self.path.removeprefix(_OFFICIAL)
        return self.path if "/" in short else short

    @property
    def effective_tag(self) -> str | None:
        """The tag that decides: ``latest`` without tag and digest, None when a digest decides."""
        return None if self.digest is not None else self.tag or "latest"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest is not None else "")


@lru_cache(maxsize=256)  # the reader of the file and several rules ask about the same few
def parse_image_ref(text: str) -> ImageRef:
    """Read an image reference. Raises :class:`ImageRefError`."""
    if _IDENTIFIER.fullmatch(text):
        raise ImageRefError(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    registry, remainder = _split_registry(text)
    remote = remainder.partition(":")[0]
    if remote.lower() != remote:
        raise ImageRefError(f"invalid reference format: repository name ({remote}) must be lowercase")
    whole = f"{registry}/{remainder}"
    match = _REFERENCE.fullmatch(whole)
    if match is None:
        if _REFERENCE.fullmatch(whole.lower()):
            raise ImageRefError("repository name must be lowercase")
        raise ImageRefError("invalid reference format")
    domain, path, tag, digest = match.groups()
    if len(path) > _LONGEST_PATH:
        raise ImageRefError(f"repository name must not be more than {_LONGEST_PATH} characters")
    if digest is not None:
        check_digest(digest)
    return ImageRef(text, domain or DEFAULT_REGISTRY, path, tag, digest)


def _split_registry(text: str) -> tuple[str, str]:
    """What stands in front of the first slash is a registry when it looks like a host name."""
    first, slash, rest = text.partition("/")
    if not slash:
        return DEFAULT_REGISTRY, _OFFICIAL + text
    if first == _LEGACY_REGISTRY:
        registry, path = DEFAULT_REGISTRY, rest
    elif first == "localhost" or "." in first or ":" in first or first.lower() != first:
        registry, path = first, rest
    else:
        registry, path = DEFAULT_REGISTRY, text
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = _OFFICIAL + path
    return registry, path


def check_digest(digest: str) -> None:
    """Raises :class:`ImageRefError` for what is no digest that can be checked."""
    algorithm, _, encoded = digest.partition(":")
    length = _HEX_LENGTHS.get(algorithm)
    if length is None:
        if _DIGEST.fullmatch(digest):
            raise ImageRefError("unsupported digest algorithm")
        raise ImageRefError("invalid checksum digest format")
    if len(encoded) != length:
        raise ImageRefError("invalid checksum digest length")
    if not re.fullmatch("[a-f0-9]+", encoded):
        raise ImageRefError("invalid checksum digest format")
