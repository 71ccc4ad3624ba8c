"""What ``mlgate scan`` and ``--image`` are pointed at: ``docker:REF``, ``docker-archive:FILE``, ``sbom:FILE`` and so on."""

from __future__ import annotations

import os

from gate.discover import shown
from gate.policy import PolicyError
from gate.record import dataclass
from gate.words import did_you_mean

ENGINE, DOCKER_ARCHIVE, OCI_ARCHIVE, OCI_DIR, SBOM = "docker", "docker-archive", "oci-archive", "oci-dir", "sbom"
_SCHEMES = (ENGINE, DOCKER_ARCHIVE, OCI_ARCHIVE, OCI_DIR, SBOM)
_NEVER = {
    "registry": "it would be downloaded behind your back: docker pull {value}, then mlgate scan {value}",
    "podman": "point DOCKER_HOST at Podman's socket and write docker:{value}, or podman save it and write docker-archive:",
    "containerd": "save it (ctr images export) and write oci-archive:FILE",
    "dir": "mlgate scan judges images; for a folder with a Dockerfile there is mlgate check {value}",
    "file": "mlgate scan judges images; for a Dockerfile there is mlgate check {value}",
    "http": "download it first",
    "https": "download it first",
}
_FILES = (".tar", ".json", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class Target:
    """``kind``: one of the schemes. ``value``: an image reference or a path. ``name``: what reports call it."""

    kind: str
    value: str

    @property
    def name(self) -> str:
        return self.value if self.kind == ENGINE else shown(self.value)

    @property
    def is_image(self) -> bool:
        return self.kind != SBOM


def parse_target(text: str, option: str = "scan") -> Target:
    """A bare word is an image that the engine has. Raises :class:`~gate.policy.PolicyError`."""
    scheme, colon, value = text.partition(":")
    if colon and scheme in _SCHEMES:
        if not value or "\0" in value:
            raise PolicyError(f"{option}: write {scheme}:{'IMAGE' if scheme == ENGINE else 'PATH'}, not '{text}'")
        return Target(scheme, value)
    if colon and scheme in _NEVER:
        raise PolicyError(f"{option} {text}: {_NEVER[scheme].format(value=value)}")
    if not text or text.startswith("-") or any(character.isspace() or character < " " for character in text):
        kinds = ", ".join(f"{name}:…" for name in _SCHEMES)
        raise PolicyError(f"{option}: write an image, or one of {kinds}, not '{text}'")
    hint = did_you_mean(scheme, [kind for kind in _SCHEMES if kind != ENGINE]) if colon and "/" not in scheme else ""
    if hint:
        raise PolicyError(f"{option} {text}: there is no kind '{scheme}'{hint}")
    if text.startswith((".", "/", "~")) or text.endswith(_FILES) or ("/" in text and os.path.exists(text)):
        raise PolicyError(f"{option} {text}: this is a path; say what is there: {_guess(text)}:{text}")
    return Target(ENGINE, text)


def _guess(path: str) -> str:
    if os.path.isdir(path):
        return OCI_DIR
    return SBOM if path.endswith(".json") else DOCKER_ARCHIVE
