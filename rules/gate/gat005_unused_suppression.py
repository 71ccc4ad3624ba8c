"""GAT005 unused-suppression: an ignore comment hides nothing."""

from gate import fixes
from gate.model import Edit, Fix, Place, Severity, Span
from gate.rule import Example, Results, Rule
from gate.suppression import Suppression

rule = Rule(
    id="GAT005",
    name="unused-suppression",
    severity=Severity.LOW,
    summary="A suppression quiets nothing.",
    reason="The fault is gone, or the comment stands in the wrong place; left there, it hides the next one.",
    fixes=(fixes.SAFE,),
    fix="Remove it, or put it right above the instruction that it is about.",
    bad=[
        Example(
            "FROM debian:12.5\n# mlgate: ignore[»SEC007] sudo drops rights here\nRUN true\n",
            fixed="FROM debian:12.5\nRUN true\n",
        )
    ],
    good=["FROM debian:12.5\n# mlgate: ignore[SEC007] sudo drops rights here\nRUN sudo true\n"],
)


@rule.on_suppression
def check(suppression: Suppression) -> Results:
    for word in suppression.unused:
        yield rule.finding(word.place, f"{word.text} is suppressed here, but not found.", fix=_fix(suppression))


def _fix(suppression: Suppression) -> Fix | None:
    """The line of the comment removed, where all that it names is unused; nothing else stands on it."""
    if suppression.kind == "waiver" or len(suppression.unused) != len(suppression.words):
        return None
    line = suppression.place.line
    return fixes.fix("remove the comment", Edit(Place(suppression.place.path, Span(line, 1, line + 1, 1)), ""))
