"""Package URLs of what is installed, in the form that grype looks up; and why some packages have none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.facts import facts
from gate.image.base import Release, identify
from gate.lazy import pattern
from gate.packages.options import listed
from gate.packages.requirement import normalized
from gate.record import dataclass, replace

if TYPE_CHECKING:
    from gate.dockerfile.tree import Stage

_DISTRIBUTIONS = {
    "debian": ("deb", "debian", "debian"),
    "ubuntu": ("deb", "ubuntu", "ubuntu"),
    "alpine": ("apk", "alpine", "alpine"),
    "rhel": ("rpm", "redhat", "rhel"),
    "centos": ("rpm", "centos", "centos"),
    "centos-stream": ("rpm", "centos", "centos"),
    "fedora": ("rpm", "fedora", "fedora"),
    "rockylinux": ("rpm", "rocky", "rocky"),
    "almalinux": ("rpm", "almalinux", "almalinux"),
    "amazonlinux": ("rpm", "amzn", "amzn"),
}
"""Product → package type, namespace, and the ID of its os-release."""
_SYSTEM_VERSION = {
    "deb": pattern(r"(?:\d+:)?\d[0-9A-Za-z.+~:-]*"),
    "apk": pattern(r"\d[0-9A-Za-z._-]*"),
    "rpm": pattern(r"(?:\d+:)?[0-9A-Za-z][0-9A-Za-z._+~^-]*"),
}
_SHOWN = 40
_TYPES = {"npm": "npm", "gem": "gem", "golang": "golang", "cargo": "cargo"}

_CONDA_NAMES = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-base": "tensorflow",
    "py-xgboost": "xgboost",
    "py-opencv": "opencv-python",
    "msgpack-python": "msgpack",
    "pytables": "tables",
    "ruamel_yaml": "ruamel.yaml",
}
"""Conda packages that PyPI knows by another name."""
_NOT_PYPI = listed(
    """python pip conda mamba cudatoolkit cudnn mkl openssl nodejs r-base gcc gxx cmake git curl make sqlite zlib bzip2 xz tk
    readline ncurses ca-certificates openjdk libgcc-ng perl ffmpeg hdf5 tzdata blas opencv opencv4 glib pango cairo boost
    boost-cpp arrow-cpp krb5 icu freetype jpeg libpng giflib lz4-c zstd ninja-base nccl magma compilers patchelf expat"""
)
_NOT_PYPI_PREFIXES = (
    "r-",
    "lib",
    "cuda",
    "_",
    "ld_",
    "gcc_",
    "gxx_",
    "perl-",
    "bioconductor-",
    "xorg-",
    "sysroot_",
    "font-",
)


@dataclass(frozen=True, slots=True)
class Named:
    """A package as grype is told about it."""

    name: str
    version: str
    type: str
    purl: str
    assumed: bool = False


def named(name: str, version: str, ecosystem: str, stage: Stage) -> Named | str:
    """The package URL of a pin, or why it has none."""
    if ecosystem == "pypi":
        return _python(name, version)
    if ecosystem == "conda":
        lower = name.lower()
        if lower in _NOT_PYPI or lower.startswith(_NOT_PYPI_PREFIXES):
            return "nobody keeps advisories for conda packages, and it is no Python package"
        found = _python(_CONDA_NAMES.get(lower, name), version)
        return found if isinstance(found, str) else replace(found, assumed=True)
    if ecosystem in _TYPES:
        path = quote(name, safe="/") if ecosystem != "cargo" else quote(name, safe="")
        return Named(name, version, _TYPES[ecosystem], f"pkg:{ecosystem}/{path}@{quote(version, safe='')}")
    if ecosystem in _SYSTEM_VERSION:
        return _system(name, version, ecosystem, stage)
    return f"nobody keeps advisories for packages of {ecosystem}"


def _python(name: str, version: str) -> Named | str:
    """grype says nothing about a version that it cannot read, so that it must not be asked about one."""
    from packaging.version import Version

    try:
        parsed = str(Version(version))
    except ValueError:  # no version, or one with more digits than Python turns into a number
        return f"{version[:_SHOWN]} is no version of a Python package"
    return Named(name, parsed, "python", f"pkg:pypi/{quote(normalized(name), safe='')}@{quote(parsed, safe='')}")


def distribution(stage: Stage) -> Release | None:
    """The distribution of a stage's base image, as its reference tells."""
    base = stage.root.base
    return identify(base).distribution if base is not None else None


def _system(name: str, version: str, ecosystem: str, stage: Stage) -> Named | str:
    """A distribution's package, only where the release is known: without it, another release's advisories would match."""
    release = distribution(stage)
    if release is None:
        return "the release of the distribution is not known"
    if "*" in version:
        return "its version is a pattern"
    if not _SYSTEM_VERSION[ecosystem].fullmatch(version):
        return f"{version[:_SHOWN]} is no version of a package"
    kind, namespace, product = _DISTRIBUTIONS.get(release.product, ("", "", ""))
    if kind != ecosystem:
        return f"nobody keeps advisories for such packages on {release.product}"
    qualifiers = {"distro": f"{product}-{release.version}"}
    if kind == "rpm":
        epoch, colon, rest = version.partition(":")
        version, qualifiers = (rest, {**qualifiers, "epoch": epoch}) if colon else (version, qualifiers)
    upstream = _upstream(name, version, kind)
    if upstream:
        qualifiers["upstream"] = upstream
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(qualifiers.items()))
    return Named(
        name, version, kind, f"pkg:{kind}/{namespace}/{quote(name, safe='')}@{quote(version, safe='')}?{query}"
    )


def _upstream(name: str, version: str, kind: str) -> str:
    """The source of a binary package; with its version where that differs."""
    source = _sources(kind).get(name, "")
    if source and name in facts("sources")["debian-without-epoch"]:
        return f"{source}@{version.partition(':')[2] or version}"
    return source


@lru_cache(maxsize=4)
def _sources(kind: str) -> dict[str, str]:
    table = facts("sources").get({"deb": "debian", "apk": "alpine"}.get(kind, ""), {})
    return {binary: source for source, binaries in table.items() for binary in binaries}


def file_version(url: str) -> tuple[str, str]:
    """Name and version of a source archive, by its file name: ``numpy-1.16.2.tar.gz``."""
    stem = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
    match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*?)-v?(\d[0-9A-Za-z.+!]*)\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)", stem)
    return (match[1], match[2]) if match else ("", "")


_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "golang.org", "gopkg.in"})


def go_module(path: str) -> str:
    """The module that a package belongs to, as far as its path tells; "" where any of its folders may be one.

    A repository is a module, and what stands under its ``cmd`` is a program of it; so are those of ``golang.org/x/NAME``.
    """
    parts = path.split("/")
    root = 2 if parts[0] == "gopkg.in" else 3
    if len(parts) > root and re.fullmatch(r"v[2-9]\d*|v1\d+", parts[root]):
        root += 1
    if len(parts) <= root or path.endswith("/..."):
        return path.removesuffix("/...")
    if parts[0] not in _FORGES or not (parts[root] == "cmd" or path.startswith("golang.org/x/")):
        return ""
    return "/".join(parts[:root])
