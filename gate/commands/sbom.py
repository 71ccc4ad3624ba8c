"""``mlgate sbom``: the bill of materials before the build."""

from __future__ import annotations

import json

from gate import files
from gate.commands.arguments import Arguments
from gate.commands.one import one, refused
from gate.commands.output import tell_exit, write
from gate.judge import PASSED, UNJUDGED
from gate.sbom.components import bill
from gate.sbom.cyclonedx import document


def run(arguments: Arguments, output: str | None) -> int:
    """Write the CycloneDX document of what the Dockerfile pins, to a file or to standard output."""
    found = one(arguments)
    if found is None:
        return UNJUDGED
    build, _ = found
    if refused(build, UNJUDGED):
        return UNJUDGED
    listed = bill(build)
    data = (json.dumps(document(listed.components, build.dockerfile.path, listed.unchecked), indent=2) + "\n").encode()
    if output is None:
        write(data)
    else:
        try:
            files.write(output, data)
        except OSError as error:
            tell_exit(UNJUDGED, f"{output}: cannot be written: {error.strerror}")
            return UNJUDGED
    unchecked = f"; without a fixed version, and so left out: {len(listed.unchecked)}" if listed.unchecked else ""
    tell_exit(PASSED, f"{len(listed.components)} pinned packages{unchecked}")
    return PASSED
