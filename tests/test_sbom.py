"""``mlgate sbom``: what a Dockerfile pins, as CycloneDX."""

from __future__ import annotations

import json

from tests.cli import Mlgate

PINS = "FROM debian:12\nRUN apt-get install -y curl=7.88.1-10\nRUN pip install numpy==1.26.4 pandas\n"


def test_each_component_says_where_its_pin_stands(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("sbom", "Dockerfile")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    rows = [(row["purl"], {p["name"]: p["value"] for p in row["properties"]}) for row in document["components"]]
    assert [purl for purl, _ in rows] == ["pkg:deb/debian/curl@7.88.1-10?distro=debian-12", "pkg:pypi/numpy@1.26.4"]
    assert [(at["mlgate:path"], at["mlgate:line"], at["mlgate:column"]) for _, at in rows] == [
        ("Dockerfile", "2", "24"),
        ("Dockerfile", "3", "17"),
    ]
    assert "left out: 1" in ran.last


def test_it_goes_to_a_file(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("sbom", "Dockerfile", "-o", "bom.json")
    assert (ran.code, ran.out) == (0, "")
    assert len(json.loads((mlgate.folder / "bom.json").read_text())["components"]) == 2


def test_what_cannot_be_read_is_said(mlgate: Mlgate) -> None:
    assert mlgate("sbom", "Dockerfile").code == 3
    mlgate.write("Dockerfile", "FORM x\n")
    assert mlgate("sbom", "Dockerfile").code == 3
