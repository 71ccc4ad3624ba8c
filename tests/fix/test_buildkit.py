"""What fixes do to an image, by the real builder: nothing but what their findings are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate import catalogue
from gate.dockerfile.source import Source
from gate.fixing import applied
from gate.rule import Example, Rule
from tests.engines.buildkit import BuildKit
from tests.rules.support import found_in, unmark

CHANGED = {
    "BLD005": {"Env", "WorkingDir", "Entrypoint"},
    "ENT001": {"Entrypoint"}, "ENT002": {"Entrypoint"}, "ENT003": {"Cmd"}, "ENT004": {"Cmd"}, "ENT005": {"Cmd"},
    "ENT006": set(), "ENT007": {"Entrypoint", "Cmd"}, "ENT009": {"Cmd"}, "ENT010": set(),
    "LBL003": {"Labels"}, "LBL004": {"Labels"}, "LBL006": {"Labels"}, "LBL007": set(),
    "SMC003": {"Entrypoint", "Cmd", "ArgsEscaped"}, "SMC004": {"Entrypoint"}, "SMP003": {"Volumes"},
    "SMS003": {"ExposedPorts"}, "SMT006": {"Env"}, "SMT008": {"StopSignal"},
}  # fmt: skip
"""The fields of the image's configuration that the fixes of a rule may change."""
FILES_CHANGED = {"BLD005", "ENT009", "ENT010"}
"""The rules whose fixes change a file, or its mode, or make a folder."""


def _pairs(rule: Rule) -> Iterator[tuple[Example, str]]:
    """The rule's examples without a RUN, and what its fixes make of them."""
    for example in rule.bad:
        case, _ = unmark(example)
        if case.image is None and not re.search(r"(?m)^(?:ONBUILD )?RUN", case.dockerfile):
            found = [f for f in found_in(rule.id, case) if f.fix and f.fix.edits[0].place.path == "Dockerfile"]
            text, done = applied(Source("Dockerfile", case.dockerfile.encode()), found)
            if done:
                yield case, text


@pytest.mark.parametrize("rule_id", CHANGED)
def test_only_what_the_finding_is_about_changes(rule_id: str, buildkit: BuildKit, tmp_path: Path) -> None:
    pairs = list(_pairs(catalogue.load().rules[rule_id]))
    assert pairs
    for case, text in pairs:
        for name, content in case.files.items():
            path = tmp_path / name.removesuffix("*")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            path.chmod(0o755 if name.endswith("*") else 0o644)
        images = []
        for version in (case.dockerfile, text):
            dockerfile = tmp_path / "Dockerfile"
            dockerfile.write_text(re.sub(r"(?m)^FROM (?!base\b)\S+", "FROM scratch", version))
            images.append(buildkit.build(tmp_path, dockerfile))
        before, after = images
        assert before.ok and after.ok, after.error_text
        keys = {*before.config, *after.config}
        assert {key for key in keys if before.config.get(key) != after.config.get(key)} <= CHANGED[rule_id]
        if rule_id not in FILES_CHANGED:
            assert before.files == after.files
