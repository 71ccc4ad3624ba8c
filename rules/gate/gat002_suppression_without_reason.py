"""GAT002 suppression-without-reason: an ignore comment does not say why."""

from gate.model import Severity
from gate.rule import Results, Rule
from gate.suppression import Suppression

rule = Rule(
    id="GAT002",
    name="suppression-without-reason",
    severity=Severity.MEDIUM,
    summary="A suppression does not say why.",
    reason="Whoever reads the file next year cannot tell an accepted risk from a forgotten one.",
    fix="Write the reason behind the bracket: `# mlgate: ignore[PKG001] the base image answers for us`.",
    bad=["FROM debian:12.5\n»# mlgate: ignore[SEC007]\nRUN sudo true\n"],
    good=["FROM debian:12.5\n# mlgate: ignore[SEC007] sudo drops rights here\nRUN sudo true\n"],
)


@rule.on_suppression
def check(suppression: Suppression) -> Results:
    if suppression.kind != "hadolint" and not suppression.reason and not suppression.fault:
        names = ", ".join(word.text for word in suppression.words)
        yield rule.finding(suppression.place, f"The suppression of {names} gives no reason.")
