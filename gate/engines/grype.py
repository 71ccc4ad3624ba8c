"""grype as an engine: the known vulnerabilities of what Dockerfiles pin, before anything is built, and of what was built.

The pins of all Dockerfiles go to grype in one bill of materials, so that its database is opened once. ``scan`` hands it a
source of its own kind: an image, an archive, somebody's bill of materials.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate import scratch
from gate.engines import grype_call, process
from gate.engines.base import EngineOptions, Found, Missing, search
from gate.engines.grype_call import Call, Check, Report, Unusable
from gate.engines.identity import identity
from gate.kept import keep, recalled
from gate.model import EngineRun, Unchecked
from gate.words import counted

if TYPE_CHECKING:
    from gate.build import Build
    from gate.engines.grype_findings import Artifact, Attribute, Origin
    from gate.sbom.model import Component

NAME = "grype"
OLDEST = (0, 88, 0)
"""The first one that reads the databases of today (schema 6)."""
SCHEMA = 6

MEND = "curl -sSfL https://get.anchore.io/grype | sudo sh -s -- -b /usr/local/bin"

_VERSION_PATIENCE = 20.0
_KEPT = "version-grype"
_NAMED = 5
_DOCKER = ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONTEXT")
"""What grype must see to find the Docker Engine that the user talks to."""


def engine(options: EngineOptions) -> Grype:
    return Grype(options)


class Grype:
    name = NAME

    def __init__(self, options: EngineOptions) -> None:
        self._options = options

    def find(self) -> Found | Missing:
        """``MLGATE_GRYPE``, else the first on PATH."""
        given = os.environ.get("MLGATE_GRYPE")
        path = given or search("grype", os.environ.get("PATH", "").split(os.pathsep))
        if not path:
            return Missing("grype is not installed", MEND)
        if given and not (Path(given).is_file() and os.access(given, os.X_OK)):
            return Missing(f"MLGATE_GRYPE: {Path(given).name} is no program that can be run", MEND, "failed")
        path = os.path.abspath(path)
        version = self._version(path)
        if isinstance(version, Missing):
            return version
        numbers = tuple(map(int, re.findall(r"\d{1,9}", version)[:3]))
        if numbers and numbers < OLDEST:
            return Missing(
                f"grype {version} is too old: {'.'.join(map(str, OLDEST))} or later is needed", MEND, "failed"
            )
        return Found(path, version)

    def start(self, builds: Sequence[Build]) -> Work:
        """Look up what the Dockerfiles pin."""
        found = self.find()
        if isinstance(found, Missing):
            return Work(_unable(found))
        from gate.sbom.components import bill

        bills = [bill(build) for build in builds]
        unchecked = tuple(Unchecked(*row) for each in bills for row in each.unchecked)
        components = [component for each in bills for component in each.components]
        run = EngineRun(NAME, "ok", found.version, unchecked=unchecked)
        if not components:
            return Work(run, said="nothing is pinned, so nothing was looked up")
        count = len(components)
        return Work(
            run,
            self._on_pins(found, components, _max_age(builds[0].settings)),
            _of_pins(components),
            [f"component-{number}" for number in range(count)],
            f"{counted(count, 'pinned package')} looked up",
        )

    def scan(
        self,
        source: str,
        attribute: Attribute,
        settings: Mapping[str, Any] | None = None,
        check: Check = lambda report: "",
    ) -> Work:
        """Look up what an image or a document holds.

        ``source``: with its scheme and an absolute path (``docker-archive:/x.tar``, ``oci-archive:``, ``oci-dir:``,
        ``sbom:``), or ``docker:REF``. ``attribute`` says where each package comes from; it is asked about those with
        vulnerabilities only. ``settings``: the policy's. ``check`` says why the report is not about what was meant.
        """
        found = self.find()
        if isinstance(found, Missing):
            return Work(_unable(found))
        extra = {name: os.environ[name] for name in _DOCKER if name in os.environ} if source[:7] == "docker:" else {}
        call = Call(
            found.path,
            source,
            timeout=self._options.timeout,
            max_age=_max_age(settings or {}),
            listing=not source.startswith("sbom:"),
            extra=extra,
        )
        return Work(EngineRun(NAME, "ok", found.version), call, attribute, said="{} packages looked up", check=check)

    def _on_pins(self, found: Found, components: Sequence[Component], max_age: int | None) -> Call:
        from gate.sbom.cyclonedx import document

        text = json.dumps(document(components, "Dockerfile"))
        return Call(found.path, "", timeout=self._options.timeout, max_age=max_age, document=text)

    def _version(self, path: str) -> str | Missing:
        """What it says it is; asked only once of a program in machine code. ``unknown`` for a build without a version."""
        about = identity(path)
        known = recalled(_KEPT, about) if about else None
        if isinstance(known, str):
            return known
        said, fault = self._asked(path)
        if fault:
            return Missing(f"{Path(path).name} version {fault}", MEND, "failed")
        schema = said.get("supportedDbSchema")
        if isinstance(schema, int) and schema < SCHEMA:
            return Missing(f"grype reads databases of schema {schema}: {SCHEMA} is needed", MEND, "failed")
        version = str(said.get("version") or "")
        version = version if re.match(r"v?\d", version) else "unknown"
        if about:
            keep(_KEPT, about, version)
        return version

    def _asked(self, path: str) -> tuple[dict[str, Any], str]:
        """The answer to ``grype version``, and what is wrong with it."""
        patience = min(self._options.timeout, _VERSION_PATIENCE)
        folder = scratch.folder()
        try:
            output = process.run(
                [path, "version", "-o", "json"], cwd=folder, timeout=patience, env=grype_call.environment(folder)
            )
        finally:
            scratch.remove(folder)
        try:
            said = json.loads(output.stdout)
        except (ValueError, RecursionError):
            said = None
        if output.fault or output.code != 0:
            return {}, output.ending
        if not isinstance(said, dict) or said.get("application") != NAME:
            return {}, "does not say that it is grype"
        return said, ""


class Work:
    """grype at work. ``run`` is what is known already: all of it when there is no ``call``. ``given``: the packages that
    grype was handed, by number; left out where it finds them itself. ``said``: what the run was about."""

    def __init__(
        self,
        run: EngineRun,
        call: Call | None = None,
        attribute: Attribute | None = None,
        given: Sequence[str] | None = None,
        said: str = "",
        check: Check = lambda report: "",
    ) -> None:
        self._check_more = check
        self._run = run
        self._call = call
        self._attribute = attribute
        self._given = given
        self._said = said

    def cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()

    def result(self) -> EngineRun:
        if self._call is None:
            return self._with(reason=self._run.reason or self._said + not_checkable(self._run.unchecked))
        from gate.engines.grype_findings import findings  # while grype is at work

        assert self._attribute is not None
        report = self._call.result(self._check)
        if isinstance(report, Unusable):
            return self._with(status="failed", reason=report.reason, database_built=report.built)
        return self._with(
            reason=self._said.format(report.looked_at) + not_checkable(self._run.unchecked) + _ended(report),
            database_built=report.built,
            findings=tuple(findings(report.matches, self._attribute)),
            set_aside=report.set_aside,
        )

    def _with(self, **changes: Any) -> EngineRun:
        from gate.record import replace

        return replace(self._run, **changes)

    def _check(self, report: Report) -> str:
        """Why the report is not about what grype was given."""
        if self._given is None:
            found_none = "" if report.looked_at else "found no package at all, so nothing was looked up"
            return found_none or self._check_more(report)
        lost = grype_call.missing(self._given, report.components)
        if lost:
            return lost
        from gate.engines.grype_findings import artifact_of

        known = set(self._given)
        strange = next((row for match in report.matches if _number(row := artifact_of(match)) not in known), None)
        return f"its report names {strange.name}, which it was not given" if strange is not None else ""


def _of_pins(components: Sequence[Component]) -> Attribute:
    """Where each pin stands."""
    from gate.engines.grype_findings import Origin

    def attribute(artifact: Artifact) -> Origin:
        component = components[int(_number(artifact).rpartition("-")[2])]
        run = component.run
        return Origin(
            place=component.place,
            introduced_by={"kind": "instruction", "path": run.source.path, "line": run.line},
            stage=component.stage.label,
            assumed=component.assumed,
            pinned=True,
        )

    return attribute


def _number(artifact: Artifact) -> str:
    """The name that a package has in our bill of materials."""
    names = [location.layer for location in artifact.locations]
    return next((name for name in (*names, artifact.id) if re.fullmatch(r"component-\d{1,9}", name)), "")


def _max_age(settings: Mapping[str, Any]) -> int | None:
    """How old the policy lets the database be, in days."""
    found = (settings.get("cve") or {}).get("max-db-age")
    return found if isinstance(found, int) else None


def _unable(found: Missing) -> EngineRun:
    reason = f"{found.reason}; to mend it: {found.mend}" if found.mend else found.reason
    return EngineRun(NAME, found.status, reason=reason)


def not_checkable(unchecked: Sequence[Unchecked]) -> str:
    """The packages that have no fixed version, so that nobody takes silence for a clean bill."""
    names = list(dict.fromkeys(package.name for package in unchecked))
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"; not checkable: {', '.join(names[:_NAMED])}{more}"


def _ended(report: Report) -> str:
    """The distributions whose advisories are no longer complete."""
    return f"; without support, so that much is not known: {', '.join(report.ended)}" if report.ended else ""
