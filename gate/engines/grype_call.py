"""One call of grype, and whether what it leaves proves anything.

grype runs in an empty folder with an empty environment and a configuration of ours, without network; nothing in the
repository can silence it. Its exit code alone proves nothing: a threshold and a crash of its runtime share one. The report
decides, and a report that is not whole, contradicts itself, or knows fewer packages than it was given, is a failure and
never a clean result.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from gate import files, scratch
from gate.engines import process
from gate.lazy import pattern
from gate.record import dataclass, replace

MAX_AGE_DAYS = 5
"""How old a database may be when the policy does not say: grype's own limit."""
MEND_DATABASE = "grype db update"

_LARGEST_REPORT = 256 << 20
_MEMORY = 6 << 30
"""Bytes that grype may use. It is told to stay below a third of it, so that only a runaway is stopped."""
_COMPONENTS = b'\n  "components": '
"""How the components begin in grype's own layout; no text inside of a JSON document can read so."""
_USABLE = """\
SELECT 1 FROM (SELECT * FROM affected_package_handles LIMIT 1000) AS row
JOIN packages ON packages.id = row.package_id JOIN blobs ON blobs.id = row.blob_id
JOIN vulnerability_handles ON vulnerability_handles.id = row.vulnerability_id LIMIT 1"""
"""Finds something in a database that can find something."""
_INCOMPLETE = "matcher returned error"
_LOOKED_UP = pattern(r"^\[\d+\] +INFO found \d+ vulnerability matches across (\d{1,9}) packages$", re.MULTILINE)
_REMARK = pattern(r"^\[\d+\] +INFO .*\n?", re.MULTILINE)
"""What it says on the way, when it is asked to."""
_DATABASE_FAULTS = (
    (r"was built .* ago \(max allowed age", "its vulnerability database is too old"),
    (r"database does not exist|no vulnerability database|no such file or directory.*vulnerability\.db",
     "it has no vulnerability database"),
    (r"not a v\d+ database|no such table|unsupported .*(?:schema|model)|incompatible",
     "it cannot use this vulnerability database, which is of another kind"),
    (r"checksum|digest|hash|import metadata|malformed|not a database", "its vulnerability database is damaged"),
    (r"vulnerability (?:db|database)|\bdb\b.*(?:load|read|open|locked)|sqlite",
     "its vulnerability database cannot be read"),
)  # fmt: skip
"""What grype says when its database is of no use, and what that means; the first that fits."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that can be relied on. ``built``: when the database was made; ``set_aside``: matches that grype's own rules
    left out; ``ended``: the distributions without support, whose advisories are no longer complete; ``image``: the id of the
    image that was looked at, empty for anything else; ``looked_at``: how many packages were; ``components``: these packages,
    where they were to be listed."""

    matches: list[dict[str, Any]]
    looked_at: int
    components: list[dict[str, Any]]
    built: str | None
    set_aside: int
    ended: tuple[str, ...] = ()
    image: str = ""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a call proves nothing."""

    reason: str
    built: str | None = None


Check = Callable[[Report], str]
"""What the caller knows about the report: why it is not the answer to what was asked, or ""."""


class Call:
    """grype at work on one source, from the constructor on. ``source`` has its scheme: ``sbom:/x.json``,
    ``docker-archive:/x.tar``; or there is the text of a bill of materials, a ``document``. ``max_age``: of the database, in
    days. ``listing``: grype is to list the packages that it looked at; else it only counts them, which takes a fifth less of
    its time. Raises :class:`OSError` where there is no room to work."""

    def __init__(
        self,
        program: str,
        source: str,
        *,
        timeout: float,
        max_age: int | None = None,
        document: str = "",
        listing: bool = True,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self._listing = listing
        self._folder = scratch.folder()
        self._max_age = max_age
        here = Path(self._folder)
        try:
            (here / "grype.yaml").write_text("{}\n", encoding="utf-8")
            (here / "tmp").mkdir()
            if document:
                source = f"sbom:{here / 'in.cdx.json'}"
                (here / "in.cdx.json").write_text(document, encoding="utf-8")
        except OSError:
            scratch.remove(self._folder)
            raise
        self._source = source.partition(":")[2]
        argv = [program, source, "-c", str(here / "grype.yaml"), "-o", f"json={here / 'out.json'}"]
        argv += ["-o", f"cyclonedx-json={here / 'out.cdx.json'}"] if listing else ["-v"]
        self._process = process.Process(
            argv,
            cwd=str(here),
            timeout=timeout,
            env={**environment(str(here), max_age), **(extra or {})},
            memory=_MEMORY,
            watch=_INCOMPLETE,
        )

    def result(self, check: Check = lambda report: "") -> Report | Unusable:
        """What came of it; waits for the end."""
        try:
            return self._judge(self._process.wait(), check)
        finally:
            self.cancel()

    def cancel(self) -> None:
        self._process.kill()
        scratch.remove(self._folder)

    def _judge(self, output: process.Output, check: Check) -> Report | Unusable:
        reason = _complaint(replace(output, stderr=_REMARK.sub("", output.stderr)), self._source)
        if reason:
            return Unusable(reason)
        said = _read(Path(self._folder, "out.json"))
        components: list[dict[str, Any]] | None = None
        looked_at = _counted(output.stderr)
        if self._listing:
            components = _listed(Path(self._folder, "out.cdx.json"))
            looked_at = len(components) if components is not None else None
        built = _built(said)
        reason = _shape(said, looked_at) or _age(built, self._max_age) or ("" if said["matches"] else _emptiness())
        if reason or looked_at is None:
            return Unusable(reason, built)
        report = Report(
            matches=said["matches"],
            looked_at=looked_at,
            components=components or [],
            built=built,
            set_aside=len(said.get("ignoredMatches") or ()),
            ended=tuple(_ended(said)),
            image=_image(said),
        )
        reason = check(report)
        return Unusable(reason, built) if reason else report


def environment(folder: str, max_age: int | None = None) -> dict[str, str]:
    """All that grype gets to see: its own database, a home of its own, no network."""
    tmp = Path(folder, "tmp")
    allowed = f"{max_age * 24}h" if max_age else os.environ.get("GRYPE_DB_MAX_ALLOWED_BUILT_AGE")
    return {
        "HOME": folder,
        "TMPDIR": str(tmp if tmp.is_dir() else folder),
        "NO_COLOR": "1",
        "NO_TTY": "1",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_REQUIRE_UPDATE_CHECK": "false",
        "GRYPE_DB_CACHE_DIR": database_folder(),
        "GRYPE_DB_MAX_ALLOWED_BUILT_AGE": allowed or f"{MAX_AGE_DAYS * 24}h",
        "GOMEMLIMIT": "2GiB",
        "GOGC": "800",  # less to compute, for memory that nobody needs back below the limit
    }


def database_folder() -> str:
    """Where grype keeps its database."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return os.environ.get("GRYPE_DB_CACHE_DIR") or str(Path(base, "grype", "db"))


def _complaint(output: process.Output, source: str) -> str:
    """Why the run itself proves nothing; empty when it ended well. ``source``: what it looked at, whose place nobody is told."""
    text = f"{output.stderr}\n{output.stdout[:4096].decode('utf-8', 'replace')}"
    if output.fault:
        return output.fault
    if output.code is not None and output.code < 0:
        return f"crashed: {output.ending}"
    if output.code != 0:
        crash = re.search(r"^(?:panic|fatal error|runtime): .*", text, re.MULTILINE)
        if crash:
            return f"crashed: {last_words(crash[0])}"
        fault = database_fault(text)
        if fault:
            return f"{fault}; to mend it: {MEND_DATABASE}"
        return f"{output.ending}: {last_words(output.stderr, source) or 'without a word'}"
    if output.seen:
        return f"did not finish: {_INCOMPLETE}"
    return ""


def database_fault(text: str) -> str:
    """What is wrong with the database, by what grype says; empty when it is about something else."""
    return next((words for said, words in _DATABASE_FAULTS if re.search(said, text, re.IGNORECASE)), "")


def last_words(stderr: str, place: str = "") -> str:
    """The last line that says something, without control characters and without the ``place`` of what it is about."""
    for line in reversed(stderr[-20_000:].splitlines()):
        clean = "".join(c for c in re.sub(r"\x1b\[[0-9;]*m", "", line) if c.isprintable()).strip()
        clean = re.sub(r"^\[\d+\] +(?:ERROR|WARN) +", "", clean)
        if clean:
            clean = clean.replace(place, os.path.basename(place)) if os.path.isabs(place) else clean
            return clean.replace(database_folder(), "its cache")[:200]
    return ""


def _read(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is none that is whole and says everything once."""
    data = _data(path)
    try:
        found = json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse) if data else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(path: Path) -> list[dict[str, Any]] | None:
    """The packages of grype's bill of materials, which comes with all the advisories behind them; None when it is none."""
    data = _data(path)
    at = data.find(_COMPONENTS)
    try:
        text = data[at + len(_COMPONENTS) :].decode() if at >= 0 else ""
        document = {"components": json.JSONDecoder().raw_decode(text)[0]} if text else _read(path)
    except (ValueError, RecursionError):
        return None
    if document.get("bomFormat") == "CycloneDX":
        document.setdefault("components", [])  # left out where there are none
    rows = document.get("components")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    return [row for row in rows if row.get("type") not in ("file", "operating-system")]


def _counted(stderr: str) -> int | None:
    """How many packages grype says that it has looked up; None when it does not say."""
    found = _LOOKED_UP.findall(stderr)
    return int(found[-1]) if found else None


def _data(path: Path) -> bytes:
    try:
        return files.read(str(path), _LARGEST_REPORT)
    except files.Unreadable:
        return b""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that is there twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _shape(said: Mapping[str, Any], looked_at: int | None) -> str:
    """Why the report is not what grype writes; empty when it is."""
    matches = said.get("matches")
    if not isinstance(matches, list):
        return "ended without a whole report"
    if not all(map(_is_match, matches)):
        return "its report has a match without a vulnerability or a package"
    ignored = said.get("ignoredMatches")
    if ignored is not None and not isinstance(ignored, list):
        return "ended without a whole report"
    status = _status(said)
    if status.get("valid") is False or status.get("error"):
        return f"its vulnerability database is not valid; to mend it: {MEND_DATABASE}"
    return "does not say what it looked at" if looked_at is None else ""


def _is_match(match: Any) -> bool:
    if not isinstance(match, dict):
        return False
    vulnerability, artifact = match.get("vulnerability"), match.get("artifact")
    return (
        isinstance(vulnerability, dict)
        and isinstance(artifact, dict)
        and all(isinstance(value, str) and value for value in (vulnerability.get("id"), artifact.get("name")))
    )


def _status(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the report says of the database: under ``status`` since grype 0.90, flat before."""
    found: Any = said
    for key in ("descriptor", "db"):
        found = found.get(key) if isinstance(found, dict) else None
    found = found if isinstance(found, dict) else {}
    status = found.get("status", found)
    return status if isinstance(status, dict) else {}


def _built(said: Mapping[str, Any]) -> str | None:
    found = _status(said).get("built")
    return found if isinstance(found, str) else None


def _image(said: Mapping[str, Any]) -> str:
    source = said.get("source")
    target = source.get("target") if isinstance(source, dict) else None
    found = target.get("imageID") if isinstance(target, dict) else None
    return found if isinstance(found, str) else ""


def _age(built: str | None, max_age: int | None) -> str:
    """Why the database is older than the policy allows, whatever grype itself makes of its age."""
    if max_age is None:
        return ""
    moment = parsed(built)
    if moment is None:
        return "does not say when its vulnerability database was built"
    age = datetime.now(timezone.utc) - moment
    if age > timedelta(days=max_age):
        return (
            f"its vulnerability database is too old ({age.days} days, {max_age} allowed); to mend it: {MEND_DATABASE}"
        )
    return ""


def _emptiness() -> str:
    """Whether there is nothing in the database: then finding nothing says nothing. Only what is certain counts."""
    import sqlite3

    path = Path(database_folder(), "6", "vulnerability.db")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            found = database.execute(_USABLE).fetchone()
    except sqlite3.Error:
        return ""
    return "" if found else f"its vulnerability database is empty; to mend it: {MEND_DATABASE}"


def parsed(moment: str | None) -> datetime | None:
    """A time as grype writes it."""
    try:
        found = datetime.fromisoformat(re.sub(r"\.\d+|Z\Z", "", moment or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _ended(said: Mapping[str, Any]) -> list[str]:
    """The distributions that have reached the end of their life, as the report's alerts name them."""
    alerts = said.get("alertsByPackage")
    found: dict[str, None] = {}
    for row in alerts if isinstance(alerts, list) else ():
        inner = row.get("alerts") if isinstance(row, dict) else None
        for alert in inner if isinstance(inner, list) else ():
            about = alert.get("metadata") if isinstance(alert, dict) and alert.get("type") == "distro-eol" else None
            if isinstance(about, dict):
                found[f"{about.get('name')} {about.get('version')}"] = None
    return sorted(found)


def missing(given: Sequence[str], components: Sequence[Mapping[str, Any]]) -> str:
    """Why a report is not about what was given: some of it is not there.

    ``given``: the number of each package that grype was handed (syft's ``layerID``)."""
    seen = {
        each.get("value")
        for row in components
        for each in (row["properties"] if isinstance(row.get("properties"), list) else ())
        if isinstance(each, dict)
        and each.get("name") == "syft:location:0:layerID"
        and isinstance(each.get("value"), str)
    }
    lost = sum(1 for number in given if number not in seen)
    return f"looked at {len(given) - lost} of {len(given)} packages" if lost else ""
