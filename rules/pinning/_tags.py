"""How much of a version an image tag fixes."""

from __future__ import annotations

import re
from enum import IntEnum

from gate.lazy import pattern
from gate.packages.options import listed

_FLOATING = listed(
    """stable lts edge nightly main master dev devel develop development rolling current mainline experimental canary beta
    alpha rc snapshot testing unstable oldstable release prod production staging alpine slim fat full base core minimal micro
    runtime cpu gpu cuda rocm jdk jre headless debug sid forky trixie bookworm bullseye buster stretch jessie noble jammy
    focal bionic xenial trusty"""
)
_VARIANT = pattern(
    r"(?:py|python|cu|cuda|cudnn|rocm|ubuntu|debian|alpine|jdk|jre|java|node|el|ubi|fc)v?\d+(?:\.\d+)?\Z"
)
_SPECIFIC = pattern(
    r"\d+\.\d+\.\d+|\d{6,}|\d{4}-\d{2}|(?<![0-9a-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}(?![0-9a-z])|\d+u\d+"
)
_LEADING = pattern(r"[vV]?(\d+(?:\.\d+)*)(?=$|[-_.+a-zA-Z])")
_CALENDAR = pattern(r"[vV]?(?:20\d\d\.\d{1,2}|\d\d\.0\d)(?!\d)|\d\d\.\d\d(?:-\w+)*-py\d")
_LATE_MONTH = pattern(r"[vV]?[12]\d\.1[0-2](?!\d)")  # 24.12, which for Node and Docker is a plain version
_BUILD = pattern(r"\d+\.\d+-\d+(?![\w.])|.*-v\d+\.\d+")  # 1.7-1, 3.5-cpu-py39-v1.0
# Their releases have two parts, so two are all there is.
_TWO_PARTS = pattern(
    r"(?:^|/)(?:debian|ubuntu|postgres|rockylinux|almalinux|oraclelinux|leap|photon|ubi\d*(?:-\w+)*)\Z"
)


class Depth(IntEnum):
    """What a tag fixes, from nothing to a release."""

    LATEST = 0
    NAME = 1  # stable, bookworm, gpu
    MAJOR = 2
    MINOR = 3
    RELEASE = 4


def depth(repository: str, tag: str) -> Depth:
    """How deep a tag goes. A tag that nothing is known of counts as a release: it may be a build of one's own."""
    words = re.split(r"[-_.]", tag.lower())
    if "latest" in words:
        return Depth.LATEST
    if _SPECIFIC.search(tag) or _CALENDAR.match(tag) or _BUILD.match(tag):
        return Depth.RELEASE
    if _LATE_MONTH.match(tag) and "/" in repository and not repository.endswith(("/node", "/nodejs", "/docker")):
        return Depth.RELEASE
    leading = _LEADING.match(tag)
    if leading:
        parts = leading[1].split(".")
        if len(parts) >= 3 or (len(parts) == 1 and len(parts[0]) == 3):
            return Depth.RELEASE
        if len(parts) == 2:
            return Depth.RELEASE if _TWO_PARTS.search(repository) else Depth.MINOR
        return Depth.MAJOR
    if all(word in _FLOATING or _VARIANT.match(word) or word.isdigit() for word in re.split(r"[-_]", tag.lower())):
        return Depth.NAME
    return Depth.RELEASE
