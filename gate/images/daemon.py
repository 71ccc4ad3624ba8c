"""Images that a Docker Engine has (Podman's socket speaks the same language): looked up, and saved to a file.

An image is saved by its id, so that it stays the same image while it is read, whatever happens to its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from gate.dockerfile.image_ref import ImageRefError, parse_image_ref
from gate.images.source import ImageError
from gate.images.stream import Limits, store
from gate.lazy import pattern
from gate.policy import PolicyError

_ID = pattern(r"(?:sha256:)?[0-9a-f]{6,64}")
_CONNECT = 30.0
_CHUNK = 4 << 20
_ROOM = 64 << 20
"""Bytes that stay free on the disk."""


def save(reference: str, folder: str, *, seconds: float, tell: Callable[[str], None] = lambda text: None) -> str:
    """Save an image of the engine to a file in a folder; give its path. Raises :class:`~gate.images.source.ImageError`."""
    limits = Limits(monotonic() + seconds)
    with engine(seconds) as client:
        image = find(client, reference)
        size = int(image.attrs.get("Size") or 0)
        free = shutil.disk_usage(folder).free
        if free < size + _ROOM:
            raise ImageError(
                f"needs {_megabytes(size)} MB of disk to be looked into, {_megabytes(free)} MB are free; TMPDIR names another place"
            )
        path = os.path.join(folder, "image.tar")
        written = 0
        with open(path, "wb") as file:
            for chunk in image.save(chunk_size=_CHUNK, named=False):
                limits.check_time()
                written += len(chunk)
                if written > 2 * size + (1 << 30):
                    raise ImageError("is larger than the engine says")
                store(file, chunk)
                tell(f"saving {reference}: {_megabytes(written)} of about {_megabytes(size)} MB")
    return path


def find(client: Any, reference: str) -> Any:
    """An image of the engine, by its name or id. Raises :class:`~gate.images.source.ImageError`."""
    from docker.errors import APIError, ImageNotFound

    if not _ID.fullmatch(reference):
        try:
            parse_image_ref(reference)
        except ImageRefError as error:  # the engine's address of `a/../b` would be that of another image
            raise ImageError(f"no image is called so: {error}") from None
    try:
        return client.images.get(reference)
    except ImageNotFound:
        raise ImageError(f"the engine has no such image; to get it: docker pull {reference}") from None
    except APIError as error:
        raise ImageError(f"the engine refuses: {plain(error.explanation or error)}") from None


@contextmanager
def engine(seconds: float, instead: str = ", or save the image and write docker-archive:FILE") -> Iterator[Any]:
    """A client of the engine that the user talks to. What goes wrong with it is an :class:`ImageError`; ``instead`` is
    what else a user can do where none answers."""
    import docker
    from docker.errors import DockerException

    client = None
    try:
        client = docker.DockerClient(timeout=int(max(min(seconds, _CONNECT), 1)), version="auto", **_address())
        client.api.timeout = max(seconds, 1)
        yield client
    except (ImageError, PolicyError):
        raise
    except (DockerException, OSError, ValueError) as error:  # those of requests are OSErrors
        if client is None:
            raise ImageError(f"no Docker Engine answers ({_why(error)}); start one{instead}") from None
        raise ImageError(f"the engine stopped answering: {plain(error)}") from None
    finally:
        if client is not None:
            with suppress(Exception):
                client.close()


def _address() -> dict[str, Any]:
    """Where the engine is: the environment's, else that of the current context of ``docker``."""
    from docker.utils import kwargs_from_env

    if os.environ.get("DOCKER_HOST"):
        found: dict[str, Any] = kwargs_from_env()
        return found
    with suppress(Exception):  # a broken docker configuration is no reason not to try the default
        from docker.context import ContextAPI

        context = ContextAPI.get_current_context()
        if context is not None and context.Host:
            return {"base_url": context.Host, **({"tls": context.TLSConfig} if context.TLSConfig else {})}
    return {}


_NO_ANSWER = {
    "FileNotFoundError": "there is no socket of one",
    "Connection refused": "the connection is refused",
    "NameResolutionError": "there is no such host",
    "PermissionError": "this user may not use its socket",
}


def _why(error: object) -> str:
    """Why nobody answers; the SDK wraps it in several layers of exceptions."""
    text = str(error)
    return next((said for name, said in _NO_ANSWER.items() if name in text), plain(text))


def plain(error: object) -> str:
    """What an error says, on one line."""
    text = " ".join("".join(character if character.isprintable() else " " for character in str(error)).split())
    return text if len(text) <= 200 else text[:200] + "…"


def _megabytes(size: int) -> int:
    return size // 1_000_000
