"""GPUs: the CUDA of the base image, what the image installs, the machines it is meant for (``policies/accelerators.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.facts import facts
from gate.image.base import identify
from gate.lazy import pattern
from gate.memo import memo
from gate.packages.installs import installs
from gate.packages.model import Install, Request
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted

_TAG_CUDA = pattern(r"(?:^|[-_.:])(?:cuda[-_]?(\d{1,2})[._](\d{1,2})|cu(\d{2})(\d))(?![\d])")
_LEADING = pattern(r"(\d{1,2})\.(\d{1,2})(?=$|[-.])")

Version = tuple[int, int]


def base_cuda(build: Build) -> Version | None:
    """The CUDA that the base image's reference names; None where it names none."""
    reference = build.target.root.base if build.target is not None else None
    if not reference or reference == "scratch":
        return None
    image = identify(reference)
    if image.repository.rpartition("/")[2] in ("cuda", "cuda-arm64", "cudagl", "cuda-ppc64le"):
        match = _LEADING.match(image.tag)
        return (int(match[1]), int(match[2])) if match else None
    match = _TAG_CUDA.search(image.tag) or _TAG_CUDA.search(image.repository)
    if match is None:
        return None
    return (int(match[1]), int(match[2])) if match[1] else (int(match[3]), int(match[4]))


def version(text: str) -> Version:
    """``"11.2"`` → ``(11, 2)``."""
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def shown(cuda: Version) -> str:
    return f"{cuda[0]}.{cuda[1]}"


def shipped_requests(build: Build) -> list[tuple[Install, Request]]:
    """What the shipped stages install: the commands' own words and their files'."""
    kept = memo(build, "shipped requests")
    found: list[tuple[Install, Request]] | None = kept.get("all")
    if found is None:
        found = kept["all"] = [
            (install, request)
            for install in installs(build)
            if install.verb == "install" and install.stage is not None and build.ships(install.stage)
            for request in (*install.requests, *wanted(install, build).from_files)
        ]
    return found


def python_requests(build: Build) -> Iterator[tuple[Install, Request, str]]:
    """The PyPI packages among them, with their normalised names."""
    for install, request in shipped_requests(build):
        if request.ecosystem == "pypi" and request.name:
            yield install, request, normalized(request.name)


def brings_own_cuda(build: Build) -> bool:
    """Whether something installs CUDA libraries beside those of the base."""
    begins = tuple(facts("accelerators")["brings-cuda"])
    return any(request.name.lower().startswith(begins) for _, request in shipped_requests(build))


def families(build: Build) -> list[str]:
    """The instance families that the policy declares (``instance-types: [ml.g5.xlarge]`` → ``g5``)."""
    given = [str(word).removeprefix("ml.").partition(".")[0] for word in build.settings.get("instance-types") or ()]
    return list(dict.fromkeys(given))


def without_gpu(build: Build) -> str:
    """Why the image runs on machines without a GPU only; empty where that is not said."""
    if build.platforms == {"lambda"}:
        return "Lambda has no GPU"
    declared = families(build)
    if declared and not any(family in facts("accelerators")["gpu-families"] for family in declared):
        return f"{', '.join(declared)} {'has' if len(declared) == 1 else 'have'} no GPU"
    return ""
