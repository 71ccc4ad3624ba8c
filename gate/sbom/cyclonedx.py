"""The bill of materials as a CycloneDX document, in the form that syft and grype read back without losing the places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gate import __version__
from gate.sbom.model import Component, Unchecked

SPEC_VERSION = "1.6"


def document(components: Sequence[Component], name: str, unchecked: Iterable[Unchecked] = ()) -> dict[str, Any]:
    """A CycloneDX document. Each component carries its file and line: as properties for people, and as syft's location, in
    which ``layerID`` is the component's number, so that a match leads back to its pin. What has no fixed version can be no
    component; it is named in the properties of the whole."""
    left_out = [
        {"name": "mlgate:unchecked", "value": f"{package} ({place.path}:{place.line}): {why}"}
        for package, place, why in unchecked
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "mlgate", "version": __version__}]},
            "component": {"type": "file", "name": name, "bom-ref": "dockerfile"},
            **({"properties": left_out} if left_out else {}),
        },
        "components": list(_rows(components)),
    }


def _rows(components: Iterable[Component]) -> Iterable[dict[str, Any]]:
    for number, component in enumerate(components):
        span = component.place.span
        row: dict[str, Any] = {
            "type": "library",
            "bom-ref": f"component-{number}",
            "name": component.name,
            "version": component.version,
            "purl": component.purl,
            "properties": [
                {"name": "mlgate:path", "value": component.place.path},
                {"name": "mlgate:line", "value": str(span.line)},
                {"name": "mlgate:column", "value": str(span.column)},
                {"name": "mlgate:stage", "value": component.stage.label},
                {"name": "syft:location:0:path", "value": component.place.path},
                {"name": "syft:location:0:layerID", "value": f"component-{number}"},
            ],
        }
        if component.assumed:
            row["properties"].append({"name": "mlgate:assumed", "value": "the PyPI package of that name"})
        yield row
