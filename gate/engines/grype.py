"""grype as an engine: the known vulnerabilities of what the Dockerfiles pin, before anything is built.

The pins of all Dockerfiles go to grype in one bill of materials, so that its database is opened once. grype runs in an empty
folder with an empty environment and a configuration of ours, without network; nothing in the repository can silence it. Its
exit code alone proves nothing: a threshold and a crash of its runtime share one. The report decides, and a report that is
not whole, or knows fewer components than it was given, is a failure and never a clean result.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gate.build import Build
from gate.cache import Cache
from gate.engines import process
from gate.engines.base import EngineOptions, Found, Missing, search
from gate.engines.grype_findings import findings
from gate.engines.identity import identity
from gate.model import EngineRun
from gate.sbom.components import Bill, bill
from gate.sbom.cyclonedx import document

NAME = "grype"
OLDEST = (0, 88, 0)
"""The first one that reads the databases of today (schema 6)."""

MEND = "curl -sSfL https://get.anchore.io/grype | sudo sh -s -- -b /usr/local/bin"
MEND_DATABASE = "grype db update"
MAX_AGE_HOURS = 120
"""How old a database may be when the policy does not say: grype's own limit."""

_LIMIT = 256 << 20
_VERSION_PATIENCE = 20.0
_NAMED = 5
_DATABASE_FAULTS = (
    (r"was built .* ago \(max allowed age", "its vulnerability database is too old"),
    (
        r"no vulnerability database|db does not exist|database does not exist|unable to find.*database"
        r"|no such file or directory.*vulnerability\.db",
        "it has no vulnerability database",
    ),
    (r"checksum|digest|hash", "its vulnerability database is damaged"),
    (r"failed to load vulnerability db|unable to .*vulnerability (?:db|database)", "its vulnerability database cannot be read"),
)  # fmt: skip


def engine(options: EngineOptions) -> Grype:
    return Grype(options)


class Grype:
    name = NAME

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._cache = Cache.default(enabled=options.cache)

    def find(self) -> Found | Missing:
        """``MLGATE_GRYPE``, else the first on PATH."""
        given = os.environ.get("MLGATE_GRYPE")
        path = given or search("grype", os.environ.get("PATH", "").split(os.pathsep))
        if not path:
            return Missing("grype is not installed", MEND)
        if given and not (Path(given).is_file() and os.access(given, os.X_OK)):
            return Missing(f"MLGATE_GRYPE: {given} is no program that can be run", MEND, "failed")
        version = self._version(path)
        if isinstance(version, Missing):
            return version
        numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
        if numbers and numbers < OLDEST:
            return Missing(
                f"grype {version} is too old: {'.'.join(map(str, OLDEST))} or later is needed", MEND, "failed"
            )
        return Found(path, version)

    def start(self, builds: Sequence[Build]) -> Work:
        return Work(self, builds, self._options)

    def _version(self, path: str) -> str | Missing:
        """What it says it is; asked only once of a program in machine code. ``unknown`` for a build without a version."""
        about = identity(path)
        known = self._cache.get([about]) if about else {}
        if about in known:
            return known[about].decode()
        patience = min(self._options.timeout, _VERSION_PATIENCE)
        with tempfile.TemporaryDirectory(prefix="mlgate-") as folder:
            output = process.run(
                [path, "version", "-o", "json"], cwd=folder, timeout=patience, env=_environment(folder)
            )
        try:
            said = json.loads(output.stdout)
            application = said.get("application")
        except (ValueError, AttributeError):
            application = None
        if output.fault or application != "grype":
            return Missing(
                f"{Path(path).name} version {output.fault or 'does not say that it is grype'}", MEND, "failed"
            )
        version = str(said.get("version") or "")
        version = version if re.match(r"v?\d", version) else "unknown"
        if about:
            self._cache.put({about: version.encode()})
        return version


class Work:
    """grype at work on the pins of some Dockerfiles. It starts when the bill of materials is written."""

    def __init__(self, grype: Grype, builds: Sequence[Build], options: EngineOptions) -> None:
        self._process: process.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._done: EngineRun | None = None
        self._version = ""
        found = grype.find()
        if isinstance(found, Missing):
            self._done = EngineRun(NAME, found.status, reason=_with_mend(found))
            return
        self._version = found.version
        self._bills = [bill(build) for build in builds]
        self._components = [component for each in self._bills for component in each.components]
        if not self._components:
            self._done = EngineRun(
                NAME, "ok", self._version, "nothing is pinned, so nothing was looked up" + _unchecked(self._bills)
            )
            return
        self._start(found.path, options)

    def _start(self, path: str, options: EngineOptions) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mlgate-")
        folder = Path(self._folder.name)
        (folder / "in.cdx.json").write_text(json.dumps(document(self._components, "Dockerfile")), encoding="utf-8")
        (folder / "grype.yaml").write_text("{}\n", encoding="utf-8")
        (folder / "tmp").mkdir()
        argv = [path, f"sbom:{folder / 'in.cdx.json'}", "-c", str(folder / "grype.yaml"), "-o", f"json={folder / 'out.json'}",
                "-o", f"cyclonedx-json={folder / 'out.cdx.json'}"]  # fmt: skip
        self._process = process.Process(argv, cwd=str(folder), timeout=options.timeout, env=_environment(str(folder)))

    def cancel(self) -> None:
        if self._process is not None:
            self._process.kill()
        if self._folder is not None:
            self._folder.cleanup()

    def result(self) -> EngineRun:
        if self._done is None:
            assert self._process is not None
            try:
                self._done = self._judge(self._process.wait())
            finally:
                self.cancel()
        return self._done

    def _judge(self, output: process.Output) -> EngineRun:
        """What grype's report says, when everything about the run holds together."""
        assert self._folder is not None
        report = _read(Path(self._folder.name, "out.json"))
        looked_at = _read(Path(self._folder.name, "out.cdx.json"))
        reason = _fault(output, report, looked_at, len(self._components))
        built = _built(report)
        if reason:
            return EngineRun(NAME, "failed", self._version, reason, built)
        count = len(self._components)
        said = f"{count} pinned package{'s' if count != 1 else ''} looked up{_unchecked(self._bills)}"
        return EngineRun(NAME, "ok", self._version, said, built, tuple(findings(report["matches"], self._components)))


def _environment(folder: str) -> dict[str, str]:
    """All that grype gets to see: its own database, a home of its own, no network."""
    cache = os.environ.get("GRYPE_DB_CACHE_DIR") or _default_cache()
    tmp = Path(folder, "tmp")
    return {
        "HOME": folder,
        "TMPDIR": str(tmp if tmp.is_dir() else folder),
        "NO_COLOR": "1",
        "NO_TTY": "1",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_CACHE_DIR": cache,
        "GRYPE_DB_MAX_ALLOWED_BUILT_AGE": os.environ.get("GRYPE_DB_MAX_ALLOWED_BUILT_AGE") or f"{MAX_AGE_HOURS}h",
        "GOMEMLIMIT": "2GiB",
    }


def _default_cache() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return str(Path(base, "grype", "db"))


def _read(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
        found = json.loads(data) if len(data) <= _LIMIT else None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fault(output: process.Output, report: dict[str, Any], looked_at: dict[str, Any], given: int) -> str:
    """Why the run proves nothing; empty when it does."""
    text = f"{output.stderr}\n{output.stdout[:4096].decode('utf-8', 'replace')}"
    if output.fault:
        return output.fault
    if "panic:" in text or (output.code is not None and output.code < 0):
        return f"crashed: {output.complaint or output.ending}"
    if output.code != 0:
        for pattern, words in _DATABASE_FAULTS:
            if re.search(pattern, text, re.IGNORECASE):
                return f"{words}; to mend it: {MEND_DATABASE}"
        return f"{output.ending}: {_last_words(output.stderr) or 'without a word'}"
    if not isinstance(report.get("matches"), list):
        return "ended without a whole report"
    components = looked_at.get("components")
    if not isinstance(components, list):
        return "does not say what it looked at"
    seen = sum(1 for row in components if isinstance(row, dict) and row.get("type") == "library")
    if seen < given:
        return f"looked at {seen} of {given} packages"
    if "matcher returned error" in text:
        return f"did not finish: {_last_words(output.stderr)}"
    return ""


def _last_words(stderr: str) -> str:
    for line in reversed(stderr.splitlines()):
        clean = "".join(c for c in re.sub(r"\x1b\[[0-9;]*m", "", line) if c.isprintable()).strip()
        if clean:
            return clean[:200]
    return ""


def _built(report: dict[str, Any]) -> str | None:
    """When the database was built, as grype says."""
    found: Any = report
    for key in ("descriptor", "db", "status", "built"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _unchecked(bills: Sequence[Bill]) -> str:
    """The packages that have no fixed version, so that nobody takes silence for a clean bill."""
    names = list(dict.fromkeys(name for each in bills for name, _, _ in each.unchecked))
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"; not checkable: {', '.join(names[:_NAMED])}{more}"


def _with_mend(missing: Missing) -> str:
    return f"{missing.reason}; to mend it: {missing.mend}" if missing.mend else missing.reason
