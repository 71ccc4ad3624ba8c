"""What a source word of COPY or ADD is: a path of the context, a URL, or a repository."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from gate.dockerfile.convert import is_git, is_remote


def kind(source: str) -> str:
    """``local``, ``http`` or ``git``. A name like ``github.com/a/b`` is a path, as for the builder."""
    if is_git(source):
        return "git"
    return "http" if is_remote(source) else "local"


def file_name(url: str) -> str:
    """The name that a downloaded file gets."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return "__unnamed__"
    return path.rstrip("/").rpartition("/")[2] or "__unnamed__"
