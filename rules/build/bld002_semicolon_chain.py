"""BLD002 semicolon-chain: `;` goes on after a failure."""

from itertools import pairwise

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, Node
from gate.dockerfile.tree import Instruction, Run
from gate.model import Edit, Finding, Fix, Severity
from gate.rule import Example, Results, Rule
from gate.rules.build._effects import Effect, effect
from gate.rules.build._flow import always_succeeds, can_fail, commands_in, sets_errexit

rule = Rule(
    id="BLD002",
    name="semicolon-chain",
    fixes=(fixes.UNSAFE,),
    severity=Severity.MEDIUM,
    summary="Commands of a RUN are chained with ; and only the last one's status counts.",
    reason="A shell without -e goes on after a failure: cd into a folder that is missing, and the next command works in the wrong one. Docker looks only "
    "at the status of the last command.",
    fix="Chain with &&, or begin the RUN with set -e: RUN set -eux; a; b.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN »cd /opt/app; make install\n",
            fixed="FROM debian:12.5\nRUN cd /opt/app && make install\n",
        ),
        "FROM debian:12.5\nRUN »apt-get update && apt-get install -y git; git --version\n",
        'FROM debian:12.5\nRUN bash -c "»pip install torch; python -m pip check"\n',
        "FROM debian:12.5\nRUN for d in a b; do »cd $d; make; cd ..; done\n",
    ],
    good=[
        "FROM debian:12.5\nRUN cd /opt/app && make install\n",
        "FROM debian:12.5\nRUN set -eux; apt-get update; apt-get install -y git\n",
        'FROM debian:12.5\nSHELL ["/bin/bash", "-ec"]\nRUN cd /opt/app; make install\n',
        "FROM debian:12.5\nRUN for p in a b; do pip install $p; done\n",
        "FROM debian:12.5\nRUN if [ -f x ]; then make; fi\n",
        "FROM debian:12.5\nRUN export A=1; make\n",
        "FROM debian:12.5\nRUN cat <<EOF > /etc/x\na; b\nEOF\n",
    ],
)


@rule.on_instruction("RUN")
def check(run: Instruction, build: Build) -> Results:
    if not isinstance(run, Run) or not (run.heredocs or ";" in run.text.value):
        return
    script = build.script(run)
    if script.errexit:
        return
    for node in script.root.walk():
        if node.kind != "list" or not node.children or _is_aside(node) or _errexit_before(node):
            continue
        weak = _weak_link(node)
        if weak is not None:
            yield _finding(weak, node, run)
            return


def _finding(part: Node, node: Node, run: Run) -> Finding:
    command = next((one for one in commands_in(part) if effect(one) > Effect.CLEANUP), None)
    name = (command.name if command is not None else "") or "this command"
    return rule.finding(
        command or part,
        f"When {name} fails, the build goes on: ; does not look at its status.",
        stage=run.stage,
        fix=_fix(node),
    )


def _fix(node: Node) -> Fix | None:
    """``&&`` for each ``;`` behind what may fail. What failed unseen until now ends the build then: not safe."""
    edits: list[Edit | None] = []
    for part, following in pairwise(node.children):
        if part.background or not can_fail(part):
            continue
        between = node.whole.slice(part.end, following.start)
        if between.value.strip() != ";" or following.kind == "or":
            return None  # a newline; or `a && b || c`, which would run c when a fails
        at = between.value.index(";")
        blank = "" if at else " "
        edits.append(fixes.replace(between.slice(at, at + 1), f"{blank}&&"))
    return fixes.fix("chain with &&", *edits, safe=False)


def _weak_link(node: Node) -> Node | None:
    """The first part of a list that may fail unseen, with a ``;`` behind it. A here-document's newlines are no chain."""
    children = node.children
    if always_succeeds(children[-1]) and not _prints(children[-1]):
        return None  # BLD001 says it
    for part, following in pairwise(children):
        if sets_errexit(part) is not None:
            return None  # of set +e, BLD001 speaks
        if not part.background and ";" in node.whole.value[part.end : following.start] and can_fail(part):
            return part
    return None


def _prints(node: Node) -> bool:
    return isinstance(node, Command) and node.name in ("echo", "printf")


def _is_aside(node: Node) -> bool:
    """In a function, or in ``$( )``: its status is looked at elsewhere."""
    return any(above.kind in ("function", "substitution") for above in node.ancestors())


def _errexit_before(node: Node) -> bool:
    """``set -e`` in an enclosing list, in front of this one and in the same shell."""
    below = node
    for above in node.ancestors():
        if above.kind == "shell":
            return isinstance(above.parent, Command) and any(
                (value or "").startswith("-") and "e" in (value or "")[1:] for value in above.parent.values[:3]
            )
        if above.kind in ("list", "and"):
            for part in above.children:
                if part is below:
                    break
                if any(sets_errexit(command) for command in commands_in(part)):
                    return True
        below = above
    return False
