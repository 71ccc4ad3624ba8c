"""What a base image is, read off its reference: distribution, release, language version.

Only what the reference itself proves: an official repository and its mirrors, or a tag that spells the release out
(``nvidia/cuda:12.4.1-base-ubuntu22.04``). The dated tables are in ``policies/bases.yaml``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gate.facts import facts
from gate.lazy import pattern
from gate.record import dataclass

_DISTRIBUTION_REPOSITORIES = {
    "debian": "debian", "ubuntu": "ubuntu", "centos": "centos", "rockylinux": "rockylinux", "rockylinux/rockylinux": "rockylinux",
    "almalinux": "almalinux", "amazonlinux": "amazonlinux", "fedora": "fedora", "alpine": "alpine", "buildpack-deps": "",
}  # fmt: skip
# A tag or a name that spells its distribution out, wherever the repository comes from.
_IN_TAG = pattern(
    r"(?:^|[-_.])(?:(?P<ubuntu>ubuntu)[-_]?(?P<u>\d\d[._]?\d\d)|(?P<debian>debian)[-_]?(?P<d>\d+)(?![\d])|(?P<centos>centos)[-_]?(?P<c>\d)"
    r"|(?P<rhel>ubi|rhel)(?P<r>\d+)|(?P<rockylinux>rockylinux|rocky)(?P<k>\d+)|(?P<alpine>alpine)(?P<a>3\.\d+)"
    r"|(?P<amazonlinux>amzn|al)(?P<z>2023|2)(?!\d))(?=$|[-_.])"
)  # fmt: skip
_PYTHON_IN_TAG = pattern(r"(?:^|[-_])py(?:thon)?[-_]?(?P<major>[23])[._]?(?P<minor>\d{1,2})(?=$|[-_])")
_UBI = pattern(r"(?:redhat|registry\.access\.redhat\.com|registry\.redhat\.io)/ubi(\d+)(?![^/-])")
"""Red Hat's universal base images, in all their sizes and with any language."""
_LEADING_VERSION = pattern(r"v?(\d+)(?:\.(\d+))?(?=$|[-._])")
_AMAZON_LINUX = pattern(r"137112412989\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/amazonlinux")
"""Amazon Linux from its makers' own registry, which each region has."""
_AWS_DLC = pattern(
    r"(?:\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|public\.ecr\.aws/deep-learning-containers)/"
)


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a distribution or language and the day its free security support ends (None: not in the table)."""

    product: str
    version: str
    end: datetime.date | None
    mirrors_gone: bool = False

    def ended(self, today: datetime.date) -> bool:
        return self.end is not None and self.end < today


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What a reference tells. ``repository`` is the familiar name (``python``, ``nvidia/cuda``, ``gcr.io/x/y``), official
    images under a known mirror included."""

    reference: str
    repository: str
    tag: str
    distribution: Release | None = None
    language: Release | None = None

    def releases(self) -> Iterator[Release]:
        """The language first: it is what the Dockerfile asked for."""
        if self.language:
            yield self.language
        if self.distribution:
            yield self.distribution


@lru_cache(maxsize=512)
def identify(reference: str) -> BaseImage:
    """Read a base image reference; total: an unknown image simply has neither distribution nor language."""
    name, tag = _split(reference)
    repository = familiar(name)
    return BaseImage(reference, repository, tag, _distribution(repository, tag), _language(repository, tag))


def familiar(name: str) -> str:
    """The name that people know an image by: without the default registry, a known mirror's prefix, or an alias."""
    table = facts("bases")
    if name in table["aliases"]:
        return str(table["aliases"][name])
    if _AMAZON_LINUX.fullmatch(name):
        return "amazonlinux"
    for prefix in table["mirrors"]:
        if name.startswith(prefix + "/"):
            return name[len(prefix) + 1 :]
    for prefix in ("docker.io/", "index.docker.io/", "registry-1.docker.io/"):
        if name.startswith(prefix):
            return _familiar_short(name[len(prefix) :])
    return _familiar_short(name)


def _familiar_short(name: str) -> str:
    head, _, rest = name.partition("/")
    return rest if head in {"library", "arm64v8", "arm32v7", "amd64", "i386"} and rest else name


def release(product: str, version: str) -> Release:
    """A release with its dates, where the tables know it."""
    table = facts("bases")
    row: Any = table["distributions"].get(product, {}).get(version)
    if row is not None:
        return Release(product, version, row["end"], row.get("mirrors") == "gone")
    return Release(product, version, table["languages"].get(product, {}).get(version))


def _split(reference: str) -> tuple[str, str]:
    name = reference.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "")


@lru_cache(maxsize=1)
def _codenames() -> dict[str, tuple[str, str]]:
    return {
        row["codename"]: (product, version)
        for product, versions in facts("bases")["distributions"].items()
        for version, row in versions.items()
        if "codename" in row
    }


def _distribution(repository: str, tag: str) -> Release | None:
    universal = _UBI.match(repository)
    if universal:
        return release("rhel", universal[1])
    own = _DISTRIBUTION_REPOSITORIES.get(repository)
    if own:
        found = _own_release(own, tag)
        if found:
            return found
    match = _IN_TAG.search(tag) or _IN_TAG.search(repository.rpartition("/")[2])
    if match:
        product = next(
            name
            for name in ("ubuntu", "debian", "centos", "rhel", "rockylinux", "alpine", "amazonlinux")
            if match[name]
        )
        version = next(match[name] for name in "udcrkaz" if match[name])
        if product == "ubuntu":
            digits = re.sub(r"\D", "", version)
            version = f"{digits[:2]}.{digits[2:]}"
        return release(product, version)
    for word in re.split(r"[-_.]", tag):
        if word in _codenames():
            return release(*_codenames()[word])
    return None


def _own_release(product: str, tag: str) -> Release | None:
    """The release that a distribution's own tag names: ``debian:12.5-slim``, ``ubuntu:22.04``, ``centos:stream9``."""
    word = tag.split("-")[0]
    if product == "centos" and tag in ("", "latest"):
        return release(product, "8")  # the last that there was
    if product == "centos" and tag.startswith("stream"):
        return release("centos-stream", tag.removeprefix("stream")[:2].rstrip("-"))
    if word in _codenames():
        return release(*_codenames()[word])
    match = _LEADING_VERSION.match(tag)
    if not match:
        return None
    major, minor = match[1], match[2]
    if product == "amazonlinux":
        return release(product, "1" if major in {"2016", "2017", "2018"} else major)
    if product == "ubuntu" or product == "alpine":
        return release(product, f"{major}.{minor}") if minor else None
    return release(product, major)


def _language(repository: str, tag: str) -> Release | None:
    short = repository.removeprefix("bitnami/")
    if short in {"python", "node", "circleci/python", "circleci/node", "public.ecr.aws/lambda/python", "public.ecr.aws/lambda/nodejs",
                 "amazon/aws-lambda-python", "amazon/aws-lambda-nodejs", "tiangolo/uvicorn-gunicorn"}:  # fmt: skip
        product = "node" if "node" in short else "python"
        match = _LEADING_VERSION.match(tag) or _LEADING_VERSION.match(tag.removeprefix("python"))
        if not match:
            return None
        if product == "node":
            return release("node", match[1])
        return release("python", f"{match[1]}.{match[2]}") if match[2] else None
    match = _PYTHON_IN_TAG.search(tag)
    if match and (_AWS_DLC.match(repository) or match["major"] == "3"):
        return release("python", f"{match['major']}.{match['minor']}")
    return None
