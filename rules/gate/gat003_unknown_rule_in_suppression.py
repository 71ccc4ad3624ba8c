"""GAT003 unknown-rule-in-suppression: an ignore comment names no rule, or is not understood."""

from gate.model import Severity
from gate.rule import Results, Rule
from gate.suppression import Suppression

rule = Rule(
    id="GAT003",
    name="unknown-rule-in-suppression",
    severity=Severity.MEDIUM,
    summary="A suppression names no rule that there is, or cannot be understood.",
    reason="It quiets nothing, although its author believes that it does.",
    fix="Write an id of `mlgate rules`: `# mlgate: ignore[PKG001] reason`.",
    bad=[
        "FROM debian:12.5\n# mlgate: ignore[»PGK001] a reason\nRUN true\n",
        "FROM debian:12.5\n»# mlgate: ignroe[PKG001] a reason\nRUN true\n",
        "FROM debian:12.5\n»# mlgate: ignore[SEC007] until=someday a reason\nRUN sudo true\n",
    ],
    good=["FROM debian:12.5\n# mlgate: ignore[SEC007] sudo drops rights here\nRUN sudo true\n"],
)


@rule.on_suppression
def check(suppression: Suppression) -> Results:
    if suppression.fault:
        yield rule.finding(suppression.place, f"This suppression is not understood: {suppression.fault}.")
        return
    for word in suppression.words:
        if not word.known:
            hint = f" Did you mean {word.suggestion}?" if word.suggestion else ""
            yield rule.finding(word.place, f"There is no rule {word.text}.{hint}")
