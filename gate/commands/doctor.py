"""``mlgate doctor``: what is there, what is missing, and the command that mends it."""

from __future__ import annotations

import platform
from pathlib import Path

from gate import __version__, catalogue
from gate.commands.output import say
from gate.engines.base import EngineOptions, Missing, load
from gate.judge import PASSED, UNJUDGED
from gate.policy import ENGINES, Policy
from gate.policyfinder import discovered, find
from gate.terminal import clean

_PATIENCE = 10.0
"""Seconds for the Docker Engine to answer."""


def run() -> int:
    """Print the state of this installation. Not 0 when mlgate itself is broken, or a required engine is missing or has no
    database to look things up in."""
    known = catalogue.load()
    policy = discovered(Path())
    source = find(Path())
    rows = [
        ("mlgate", "ok" if not known.problems else "BROKEN", f"{__version__}, {len(known.rules)} rules"),
        ("python", "ok", platform.python_version()),
        ("policy", "ok", f"{policy.name} ({source.name if source else 'built in'})"),
    ]
    healthy = not known.problems
    for name in ENGINES:
        found = load(name, EngineOptions()).find()
        mode = policy.engine(name).mode
        if isinstance(found, Missing):
            rows.append((name, "MISSING", f"{found.reason}{f'; to mend: {found.mend}' if found.mend else ''}"))
            healthy = healthy and mode != "required"
        else:
            rows.append((name, "ok" if mode != "off" else "off", f"{found.version} ({found.path})"))
            if name == "grype" and mode != "off":
                rows.append(_database(found.path, policy))
                healthy = healthy and (mode != "required" or rows[-1][1] == "ok")
    rows.append(_docker())
    for label, state, text in rows:
        say(f"{label:<10}{state:<9}{clean(text)}\n")
    for problem in known.problems:
        say(f"{'rules':<10}{'BROKEN':<9}{clean(problem)}\n")
    return PASSED if healthy else UNJUDGED


def _docker() -> tuple[str, str, str]:
    """The row about the Docker Engine, which runs images for ``verify`` and hands them to ``scan``."""
    from gate.images.daemon import engine
    from gate.images.source import ImageError

    try:
        with engine(_PATIENCE, "") as client:
            return "docker", "ok", f"engine {client.version().get('Version', 'of unknown version')}"
    except ImageError as error:
        return "docker", "MISSING", f"{error}; verify needs it, and scan for images that are not in a file"


def _database(program: str, policy: Policy) -> tuple[str, str, str]:
    """The row about the vulnerability database."""
    from gate.engines.grype_database import database

    found = database(program, (policy.settings.get("cve") or {}).get("max-db-age"))
    days = f"{found.age} day{'s' if found.age != 1 else ''} old, {found.allowed} allowed"
    about = [
        f"schema {found.schema}" if found.schema else "",
        f"built {found.built}, {days}" if found.age is not None else "",
        f"{found.fault}; to mend: {found.mend}" if found.fault else "",
    ]
    return "database", "BROKEN" if found.fault else "ok", "; ".join(filter(None, about))
