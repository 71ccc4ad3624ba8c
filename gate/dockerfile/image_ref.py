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

# One pattern for each part: one for all takes five times as long to compile.
_COMPONENT = pattern(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_HOST_PART = pattern(r"[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*")
_ADDRESS = pattern(r"\[[a-fA-F0-9:]+\](?::[0-9]+)?")
_PORT = pattern(r"[0-9]+")
_TAG = pattern(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}")
_WRITTEN_DIGEST = pattern(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
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
    parts = _parts(whole)
    if parts is None:
        if _parts(whole.lower()) is not None:
            raise ImageRefError("repository name must be lowercase")
        raise ImageRefError("invalid reference format")
    domain, path, tag, digest = parts
    if len(path) > _LONGEST_PATH:
        raise ImageRefError(f"repository name must not be more than {_LONGEST_PATH} characters")
    if digest is not None:
        check_digest(digest)
    return ImageRef(text, domain or DEFAULT_REGISTRY, path, tag, digest)


def _parts(whole: str) -> tuple[str, str, str | None, str | None] | None:
    """Domain (empty when there is none), path, tag and digest; None for what is no reference."""
    name, at, digest = whole.partition("@")
    domain, slash, rest = name.partition("/")
    if not slash or not _is_domain(domain):
        domain, rest = "", name
    path, colon, tag = rest.partition(":")
    valid = (
        all(map(_COMPONENT.fullmatch, path.split("/")))
        and (not colon or _TAG.fullmatch(tag))
        and (not at or _WRITTEN_DIGEST.fullmatch(digest))
    )
    return (domain, path, tag if colon else None, digest if at else None) if valid else None


def _is_domain(text: str) -> bool:
    if text[:1] == "[":
        return _ADDRESS.fullmatch(text) is not None
    host, colon, port = text.partition(":")
    return all(map(_HOST_PART.fullmatch, host.split("."))) and (not colon or _PORT.fullmatch(port) is not None)


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
