"""Bills of materials of other makers, before the real grype."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.cli import Mlgate

ENGINES = ("--engine", "hadolint=off")
NUMPY = "pkg:pypi/numpy@1.16.2"
LIBSSL = "pkg:deb/debian/libssl3@3.0.9-1?upstream=openssl"


def cyclonedx(*components: dict[str, Any], distribution: bool = True) -> str:
    rows: list[dict[str, Any]] = [{"type": "library", **row} for row in components]
    if distribution:
        rows.insert(0, {"type": "operating-system", "name": "debian", "version": "12"})
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": rows}, indent=1)


def spdx(*purls: str) -> str:
    packages = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": purl.partition("@")[0].rpartition("/")[2],
            "versionInfo": purl.partition("@")[2].partition("?")[0],
            "downloadLocation": "NOASSERTION",
            "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
            ],
        }
        for number, purl in enumerate(purls)
    ]
    about = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "dataLicense": "CC0-1.0"}
    created = {"creators": ["Tool: x"], "created": "2024-01-01T00:00:00Z"}
    related = [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": row["SPDXID"], "relationshipType": "DESCRIBES"}
        for row in packages
    ]
    document = {**about, "documentNamespace": "urn:x", "creationInfo": created, "packages": packages}
    return json.dumps({**document, "relationships": related}, indent=1)


def syft() -> str:
    empty: dict[str, Any] = {"licenses": [], "cpes": [], "language": "", "locations": []}
    metadata = {"package": "libssl3", "source": "openssl", "version": "3.0.9-1", "architecture": "amd64", "files": []}
    artifacts = [
        {**empty, "id": "1", "name": "numpy", "version": "1.16.2", "type": "python", "purl": NUMPY, "language": "python"},
        {**empty, "id": "2", "name": "libssl3", "version": "3.0.9-1", "type": "deb", "purl": LIBSSL,
         "metadataType": "dpkg-db-entry", "metadata": metadata},
    ]  # fmt: skip
    document = {
        "artifacts": artifacts,
        "artifactRelationships": [],
        "source": {"id": "1", "name": "x", "version": "1", "type": "directory", "metadata": {"path": "."}},
        "distro": {"id": "debian", "versionID": "12", "versionCodename": "bookworm"},
        "descriptor": {"name": "syft", "version": "1.51.0"},
        "schema": {
            "version": "16.0.0",
            "url": "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.0.0.json",
        },
    }
    return json.dumps(document, indent=1)


@pytest.mark.parametrize(
    "text",
    [
        cyclonedx({"name": "numpy", "version": "1.16.2", "purl": NUMPY}, {"name": "libssl3", "version": "3.0.9-1", "purl": LIBSSL}),
        spdx(NUMPY, f"{LIBSSL}&distro=debian-12"),
        syft(),
    ],
    ids=["cyclonedx", "spdx", "syft"],
)  # fmt: skip
def test_each_stands_on_the_line_that_names_it(text: str, mlgate: Mlgate) -> None:
    mlgate.write("bill.json", text)
    ran = mlgate("scan", "sbom:bill.json", "--format", "json", *ENGINES)
    assert ran.code == 1, ran.err
    found = {row["rule_id"]: row for row in ran.json["findings"]}
    assert set(found) == {"CVE-2019-6446", "CVE-2024-0727"}
    for row in found.values():
        line = text.splitlines()[row["line"] - 1]
        assert row["package"]["purl"].partition("?")[0] in line
        assert row["path"] == "bill.json"


def test_what_has_no_version_is_not_judged(mlgate: Mlgate) -> None:
    """grype takes it for every version that ever was."""
    good = {"name": "scipy", "version": "1.11.0", "purl": "pkg:pypi/scipy@1.11.0"}
    mlgate.write("bill.json", cyclonedx(good, {"name": "pillow", "purl": "pkg:pypi/pillow"}))
    ran = mlgate("scan", "sbom:bill.json", "--format", "json", *ENGINES)
    assert ran.json["findings"] == []
    assert "not checkable: pillow" in ran.json["engines"][0]["reason"]


def test_a_distributions_package_without_its_release_is_not_judged(mlgate: Mlgate) -> None:
    row = {"name": "libssl3", "version": "3.0.9-1", "purl": LIBSSL}
    mlgate.write("bill.json", cyclonedx(row, distribution=False))
    ran = mlgate("scan", "sbom:bill.json", "--format", "json", *ENGINES)
    assert "not checkable: libssl3" in ran.json["engines"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("hello", "unable to decode"),
        ("{}", "unable to decode"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": null}', "crashed"),
        (cyclonedx(distribution=False), "grype is required, but failed"),
        (cyclonedx({"name": "numpy", "version": "1.16.2", "purl": NUMPY})[:-30], "unable to decode"),
    ],
)
def test_nothing_is_passed_that_was_not_looked_at(content: str, words: str, mlgate: Mlgate) -> None:
    mlgate.write("bill.json", content)
    ran = mlgate("scan", "sbom:bill.json", *ENGINES)
    assert ran.code == 3, ran.out
    assert words in ran.last
    assert "Traceback" not in ran.err


def test_without_grype_there_is_no_verdict(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("bill.json", cyclonedx({"name": "numpy", "version": "1.16.2", "purl": NUMPY}))
    assert mlgate("scan", "sbom:bill.json", "--engine", "grype=off").code == 2
    monkeypatch.delenv("MLGATE_GRYPE")
    monkeypatch.setenv("PATH", str(mlgate.folder))
    ran = mlgate("scan", "sbom:bill.json", *ENGINES)
    assert ran.code == 3 and "grype is not installed" in ran.last


def test_beside_a_dockerfile_each_vulnerability_is_told_once(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM python:3.12\nRUN pip install numpy==1.16.2\n")
    pillow = {"name": "Pillow", "version": "9.5.0", "purl": "pkg:pypi/pillow@9.5.0"}
    mlgate.write("bill.json", cyclonedx({"name": "numpy", "version": "1.16.2", "purl": NUMPY}, pillow))
    ran = mlgate("check", "Dockerfile", "--sbom", "bill.json", "--format", "json", *ENGINES)
    found = {row["package"]["name"]: row for row in ran.json["findings"] if row["package"]}
    assert (found["numpy"]["path"], found["numpy"]["line"]) == ("Dockerfile", 2)
    assert found["Pillow"]["path"] == "bill.json"
    assert len([row for row in ran.json["findings"] if row["package"]]) == 2


def of_an_image(text: str, *created_by: str, places: dict[str, tuple[int, str]]) -> str:
    """A document of syft's with the configuration of its image. ``places``: a package's layer and the evidence for it."""
    document = json.loads(text)
    layers = [f"sha256:{number:064}" for number in range(len(created_by))]
    history = [{"created_by": words} for words in created_by]
    config = {"os": "linux", "architecture": "amd64", "config": {}, "history": history,
              "rootfs": {"type": "layers", "diff_ids": layers}}  # fmt: skip
    for row in document["artifacts"]:
        number, evidence = places[row["name"]]
        found = {"path": "/x", "accessPath": "/x", "layerID": layers[number], "annotations": {"evidence": evidence}}
        status = {**found, "layerID": layers[-1], "annotations": {"evidence": "primary"}}
        row["locations"] = [found, status] if evidence == "supporting" else [found]
    image = {"userInput": "x", "imageID": "", "manifestDigest": "", "mediaType": "", "tags": [], "imageSize": 1,
             "layers": [{"mediaType": "", "digest": layer, "size": 1} for layer in layers], "manifest": "e30=",
             "config": base64.b64encode(json.dumps(config).encode()).decode(), "repoDigests": []}  # fmt: skip
    document["source"] = {"id": "1", "name": "x", "version": "1", "type": "image", "metadata": image}
    return json.dumps(document, indent=1)


def test_a_document_of_syfts_knows_the_layers(mlgate: Mlgate) -> None:
    """dpkg's list is of the last layer that wrote it, the package's own files are of that which brought it."""
    mlgate.write("Dockerfile", "FROM debian:12\nRUN pip install numpy\nRUN apt-get install -y curl\n")
    steps = (
        "ADD rootfs /",
        "RUN /bin/sh -c pip install numpy # buildkit",
        "RUN /bin/sh -c apt-get install -y curl # buildkit",
    )
    text = of_an_image(syft(), *steps, places={"numpy": (1, "primary"), "libssl3": (0, "supporting")})
    mlgate.write("x.json", text)
    ran = mlgate("check", "Dockerfile", "--sbom", "x.json", "--select", "grype", "--format", "json", *ENGINES)
    found = {row["package"]["name"]: row for row in ran.json["findings"]}
    assert {name: row["package"]["introduced_by"] for name, row in found.items()} == {
        "numpy": {"kind": "instruction", "path": "Dockerfile", "line": 2},
        "libssl3": {"kind": "base", "path": "Dockerfile", "line": 1},
    }
    assert found["numpy"]["package"]["layer"] == f"sha256:{1:064}"
    mlgate.write("Dockerfile", "FROM debian:12\nRUN another\n")
    ran = mlgate("check", "Dockerfile", "--sbom", "x.json", "--select", "grype", "--format", "json", *ENGINES)
    assert {row["path"] for row in ran.json["findings"]} == {"x.json"}


def test_a_version_that_cannot_be_compared_is_named(mlgate: Mlgate) -> None:
    mlgate.write("x.json", cyclonedx({"name": "numpy", "version": "1.x", "purl": "pkg:pypi/numpy@1.x"}))
    ran = mlgate("scan", "sbom:x.json", "--format", "json")
    assert [row["name"] for row in ran.json["vulnerabilities"]["not_checkable"]] == ["numpy"]
