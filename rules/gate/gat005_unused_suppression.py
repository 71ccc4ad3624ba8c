"""GAT005 unused-suppression: an ignore comment hides nothing."""

from gate.model import Severity
from gate.rule import Results, Rule
from gate.suppression import Suppression

rule = Rule(
    id="GAT005",
    name="unused-suppression",
    severity=Severity.LOW,
    summary="A suppression quiets nothing.",
    reason="The fault is gone, or the comment stands in the wrong place; left there, it hides the next one.",
    fix="Remove it, or put it right above the instruction that it is about.",
    bad=["FROM debian:12.5\n# mlgate: ignore[»SEC007] sudo drops rights here\nRUN true\n"],
    good=["FROM debian:12.5\n# mlgate: ignore[SEC007] sudo drops rights here\nRUN sudo true\n"],
)


@rule.on_suppression
def check(suppression: Suppression) -> Results:
    for word in suppression.unused:
        yield rule.finding(word.place, f"{word.text} is suppressed here, but not found.")
