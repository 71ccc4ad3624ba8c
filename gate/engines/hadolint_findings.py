"""A row of hadolint → a finding: name, severity, place, and whether what we know of the file contradicts it."""

from __future__ import annotations

from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.engines.hadolint_noise import contradicted
from gate.engines.hadolint_places import place_of
from gate.engines.hadolint_rows import Row
from gate.model import Finding, Severity

SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "style": Severity.INFO}

NAMES = {
    "DL3000": "relative-workdir", "DL3001": "pointless-command", "DL3002": "last-user-is-root",
    "DL3003": "cd-instead-of-workdir", "DL3004": "sudo", "DL3006": "image-without-tag", "DL3007": "image-tag-latest",
    "DL3008": "unpinned-apt-package", "DL3009": "apt-lists-kept", "DL3010": "archive-copied-then-unpacked",
    "DL3011": "invalid-port", "DL3012": "repeated-healthcheck", "DL3013": "unpinned-pip-package",
    "DL3014": "apt-get-asks", "DL3015": "apt-get-install-recommends", "DL3016": "unpinned-npm-package",
    "DL3018": "unpinned-apk-package", "DL3019": "apk-cache-kept", "DL3020": "add-instead-of-copy",
    "DL3021": "copy-of-many-to-a-file", "DL3022": "copy-from-unknown-stage", "DL3023": "copy-from-own-stage",
    "DL3024": "repeated-stage-name", "DL3025": "shell-form", "DL3026": "untrusted-registry",
    "DL3027": "apt-instead-of-apt-get", "DL3028": "unpinned-gem", "DL3029": "constant-platform", "DL3030": "yum-asks",
    "DL3032": "yum-cache-kept", "DL3033": "unpinned-yum-package", "DL3034": "zypper-asks",
    "DL3035": "zypper-dist-upgrade", "DL3036": "zypper-cache-kept", "DL3037": "unpinned-zypper-package",
    "DL3038": "dnf-asks", "DL3040": "dnf-cache-kept", "DL3041": "unpinned-dnf-package", "DL3042": "pip-cache-kept",
    "DL3043": "forbidden-onbuild", "DL3044": "env-refers-to-itself", "DL3045": "relative-copy-without-workdir",
    "DL3046": "useradd-high-uid", "DL3047": "wget-progress", "DL3048": "invalid-label-key",
    "DL3059": "consecutive-runs", "DL3060": "yarn-cache-kept", "DL3061": "from-is-not-first",
    "DL3062": "unpinned-go-package", "DL3063": "reserved-stage-name", "DL3064": "secret-in-variable",
    "DL3065": "redundant-platform", "DL3066": "user-without-number", "DL3067": "copy-of-a-whole-stage",
    "DL4000": "maintainer", "DL4001": "wget-and-curl", "DL4003": "repeated-cmd", "DL4004": "repeated-entrypoint",
    "DL4005": "shell-by-ln", "DL4006": "pipe-without-pipefail",
}  # fmt: skip
"""Our words for hadolint's ids, which have none of their own."""


def finding(build: Build, instruction: Instruction, row: Row) -> Finding | None:
    """The finding of a row, None for a known false alarm."""
    _, code, level, message = row
    try:
        if contradicted(build, instruction, code):
            return None
        place = place_of(build, instruction, code, message)
    except Exception:  # a fault in our reading of the shell must not take hadolint's word away
        place = instruction.place
    return Finding(
        rule_id=code,
        name=NAMES.get(code, "shellcheck" if code.startswith("SC") else code.lower()),
        severity=SEVERITIES[level],
        message=message,
        place=place,
        help=_help(code),
        engine="hadolint",
        stage=instruction.stage.label if instruction.stage is not None else None,
    )


def _help(code: str) -> str:
    if code.startswith("SC"):
        return f"See https://www.shellcheck.net/wiki/{code}."
    return f"See https://github.com/hadolint/hadolint/wiki/{code}."
