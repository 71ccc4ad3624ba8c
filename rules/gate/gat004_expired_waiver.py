"""GAT004 expired-waiver: an ignore comment or a waiver of the policy is past its date."""

from gate.model import Severity
from gate.rule import Results, Rule
from gate.suppression import Suppression

rule = Rule(
    id="GAT004",
    name="expired-waiver",
    severity=Severity.HIGH,
    summary="A suppression or a waiver is past its date.",
    reason="Somebody accepted the finding until that day, and nobody has looked at it since; it counts again.",
    fix="Mend what it hid, or decide anew and write a later date.",
    bad=["FROM debian:12.5\n»# mlgate: ignore[SEC007] until=2020-01-31 old image\nRUN sudo true\n"],
    good=["FROM debian:12.5\n# mlgate: ignore[SEC007] until=2999-12-31 sudo drops rights here\nRUN sudo true\n"],
)


@rule.on_suppression
def check(suppression: Suppression) -> Results:
    if suppression.expired and suppression.until is not None:
        names = ", ".join(word.text for word in suppression.words)
        what = "waiver" if suppression.kind == "waiver" else "suppression"
        day = suppression.until.isoformat()
        yield rule.finding(suppression.place, f"The {what} of {names} expired on {day}.")
