"""The shape of a policy file, as pydantic models: what is allowed, what it means, and the JSON Schema of it.

Imported only when there is a policy file to read: a run without one pays nothing for it. Keys are written with hyphens;
underscores are taken too. The rule options (:class:`Options`) reach the rules as ``build.settings``: plain values under
their hyphenated keys, and only those that the policy sets, so that each rule states its own default.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from gate.model import PLATFORMS

SeverityWord = Literal["critical", "high", "medium", "low", "info"]
EngineMode = Literal["auto", "required", "off"]
LabelType = Literal["text", "url", "semver", "hash", "rfc3339", "spdx", "email"]
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _listed(value: object) -> object:
    """One word is a list of one."""
    return [value] if isinstance(value, str) else value


def _bytes(value: object) -> object:
    """``"500 MB"`` → 500000000. Numbers are bytes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,15})(\.\d{1,6})?\s*([A-Za-z]*)", value.strip())
    if match is None or match[3].upper() not in _UNITS:
        raise ValueError("write a size like 500MB, 10 GB or 2GiB")
    return int(float(match[1] + (match[2] or "")) * _UNITS[match[3].upper()])


def _day(value: object) -> object:
    """``"2027-01-31"`` → that day. Nothing else is a date: no time, no bare number."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError("write a date like 2027-01-31")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("there is no such day") from None
    return value


def _platform(value: str) -> str:
    if value not in PLATFORMS:
        raise ValueError(f"no such platform; there are {', '.join(PLATFORMS)}")
    return value


def _mode(value: object) -> object:
    """``hadolint: off`` is short for ``hadolint: {mode: off}``."""
    return {"mode": value} if isinstance(value, str) else value


Words = Annotated[list[StrictStr], BeforeValidator(_listed, json_schema_input_type=list[StrictStr] | StrictStr)]
Size = Annotated[int, Field(ge=0, strict=True), BeforeValidator(_bytes, json_schema_input_type=int | str)]
Day = Annotated[date, BeforeValidator(_day)]
Platform = Annotated[StrictStr, AfterValidator(_platform), Field(json_schema_extra={"enum": list(PLATFORMS)})]
Platforms = Annotated[list[Platform], BeforeValidator(_listed, json_schema_input_type=list[Platform] | Platform)]


class Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
        frozen=True,
        use_attribute_docstrings=True,
    )


class Labels(Model):
    required: list[StrictStr] | dict[str, LabelType] = []
    """Labels that the image must carry: a list of keys, or key → type."""
    types: dict[str, LabelType] = {}
    """Label key → the type that its value must have."""
    provided_at_build: Words = []
    """Labels that the build command adds (`docker build --label`), so that the Dockerfile need not."""
    strict: StrictBool = False
    """No label outside `required`, `types` and `provided-at-build`."""


class Pinning(Model):
    images: Literal["tag", "major", "minor", "patch", "digest"] = "patch"
    """How exact an image reference must be: any tag but latest, `3`, `3.11`, `3.11.9`, or a digest."""
    packages: Literal["range", "compatible", "wildcard", "exact", "hash"] = "exact"
    """How exact a package version must be: `>=1`, `~=1.2`, `==1.2.*`, `==1.2.3`, or with a hash."""


class Thresholds(Model):
    model_size: Size = 500_000_000
    """Model files above this size, baked into the image, are a high finding."""
    data_size: Size = 10_000_000
    """Data sets above this size should not be in the image."""
    context_size: Size | None = None
    """The largest build context."""
    image_size: Size | None = None
    """The largest image."""


class Budget(Model):
    critical: Annotated[int, Field(ge=0, strict=True)] | None = None
    high: Annotated[int, Field(ge=0, strict=True)] | None = None
    medium: Annotated[int, Field(ge=0, strict=True)] | None = None
    low: Annotated[int, Field(ge=0, strict=True)] | None = None


class Budgets(Model):
    base: Budget | None = None
    """How many vulnerabilities the base image may bring, per severity."""
    own: Budget | None = None
    """How many the Dockerfile's own instructions may add."""


class Cve(Model):
    fail_on: Literal["critical", "high", "medium", "low", "info", "never"] | None = None
    """Vulnerabilities of this severity or above fail the gate; default: `fail-on` of the whole policy."""
    only_fixed: StrictBool = False
    """Of these, only those that have a fix block. The others stay in the reports, and are counted."""
    kev: StrictBool = False
    """A vulnerability that is known to be exploited blocks whatever its severity."""
    epss: Annotated[float, Field(ge=0, le=1)] | None = None
    """A vulnerability with at least this exploit probability blocks whatever its severity. One without a score is judged
    by its severity."""
    budgets: Budgets | None = None
    """How many vulnerabilities are let through, per severity. One more, and all of that severity block."""
    max_db_age: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The oldest vulnerability database to be trusted, in days."""


class Engine(Model):
    mode: EngineMode = "auto"
    timeout: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The longest that one call may take, in seconds."""


EngineChoice = Annotated[Engine, BeforeValidator(_mode, json_schema_input_type=EngineMode | Engine)]


class Waiver(Model):
    rule: StrictStr | None = None
    """The rule (id, name, or another linter's id) that is waived."""
    cve: StrictStr | None = None
    """The vulnerability that is waived."""
    path: StrictStr | None = None
    """Only in files that match this pattern; `**` crosses folders."""
    package: StrictStr | None = None
    """Only in this package, as a purl; a version may be left out."""
    reason: Annotated[StrictStr, Field(min_length=1, pattern=r"\S")]
    owner: StrictStr | None = None
    expires: Day | None = None
    """The last day on which the waiver holds."""


class Options(Model):
    """What rules ask the policy for."""

    labels: Labels | None = None
    trusted_registries: Words | None = None
    """Where images may come from: `ghcr.io`, a part of it (`ghcr.io/acme`), a pattern (`*.dkr.ecr.*.amazonaws.com`)."""
    pinning: Pinning | None = None
    thresholds: Thresholds | None = None
    artifacts: Literal["separate", "baked"] | None = None
    """Where model files belong: outside the image, or in it (edge, air-gapped)."""
    separate_artifacts: StrictBool | None = None
    """The same as `artifacts: separate`."""
    container_entrypoint: Words | None = None
    """What the platform is told to run instead of ENTRYPOINT."""
    container_arguments: Words | None = None
    """What the platform is told to pass instead of CMD."""
    command: Words | None = None
    """The same as `container-entrypoint`, as Kubernetes, KServe and Vertex AI call it; it is theirs alone."""
    args: Words | None = None
    """The same as `container-arguments`, as Kubernetes, KServe and Vertex AI call it; it is theirs alone."""
    instance_types: Words | None = None
    """The machines that the image is meant for (`ml.g5.xlarge`)."""
    squash: StrictBool | None = None
    """The build squashes its layers."""
    cve: Cve | None = None
    """Which vulnerabilities block."""
    options: dict[str, dict[str, Any]] | None = None
    """Options of rules that other packages bring: rule id → its keys."""


class PolicyFile(Options):
    """A policy of mlgate: what blocks, what is looked for, what is waived."""

    name: StrictStr | None = None
    """What reports call this policy."""
    extends: Words = []
    """Policies to start from: shipped ones by name, or files."""
    fail_on: Literal["critical", "high", "medium", "low", "info", "never"] | None = None
    """Findings of this severity or above fail the gate."""
    select: Words | None = None
    """Only these rules: ids, prefixes, names, or engines."""
    ignore: Words = []
    """Not these."""
    extend_select: Words = []
    """These as well."""
    per_file_ignores: dict[str, Words] = {}
    """Path pattern → what to ignore there."""
    severity: dict[str, SeverityWord] = {}
    """Rule id or prefix → the severity that it has here."""
    unknown_severity: SeverityWord | None = None
    """What a vulnerability of unknown severity counts as."""
    platforms: Platforms | None = None
    """The platforms that the image is meant for; without it they are detected."""
    targets: Platforms | None = None
    """The same as `platforms`."""
    engines: dict[Literal["hadolint", "grype"], EngineChoice] = {}
    """Engine → whether it is used: auto (when it is there), required, off."""
    vex: Words = []
    """OpenVEX documents, relative to this file: vulnerabilities that are known not to affect the product."""
    rules_dirs: Words = []
    """Folders with more rules, relative to this file. Their code is run."""
    waivers: list[Waiver] = []
    """Findings that are accepted, with a reason."""
    baseline: StrictStr | None = None
    """A file of findings that are accepted as they are, relative to this file."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file, for editors."""
    schema = PolicyFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "mlgate policy"}
