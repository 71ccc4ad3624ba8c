"""BLD001 hidden-failure: `|| true` hides that an installation failed."""

from collections.abc import Iterable, Iterator

from gate.build import Build
from gate.dockerfile.command import Command, Node, Script
from gate.dockerfile.tree import Instruction, Run
from gate.model import Finding, Place, Severity
from gate.rule import Results, Rule
from gate.rules.build._effects import Effect, effect
from gate.rules.build._flow import always_succeeds, commands_in, sets_errexit

rule = Rule(
    id="BLD001",
    name="hidden-failure",
    severity=Severity.HIGH,
    summary="A command's failure is hidden: || true, ; true, set +e.",
    reason="The build goes on and is green, and the image lacks what should have been installed. In a && b && c || true the whole chain is covered, "
    "not only its last command.",
    fix="Drop it. Where one step may fail, put braces round that step: { rm -r /opt/x || true; }.",
    bad=[
        "FROM rockylinux:9.3\nRUN dnf install -y python3.11 »|| true\n",
        "FROM alpine:3.20\nRUN apk add --no-cache python3 py3-pip && pip3 install pytest »|| true\n",
        "FROM debian:12.5\nRUN make install »|| :\n",
        "FROM debian:12.5\nRUN pip install torch; »true\n",
        "FROM debian:12.5\nRUN set -e; »set +e; pip install torch; set -e; echo done\n",
        'FROM debian:12.5\nRUN curl -O https://example.com/x »|| echo "no x"\n',
        "FROM debian:12.5\nRUN useradd app »|| true\n",
    ],
    good=[
        "FROM alpine:3.20\nRUN apk add --no-cache python3 py3-pytest\n",
        "FROM debian:12.5\nRUN pip install a || pip install b\n",
        'FROM debian:12.5\nRUN make || { echo "make failed"; exit 1; }\n',
        "FROM debian:12.5\nRUN { rm -r /opt/x || exit 1; } && make install\n",
        'FROM debian:12.5\nRUN N=$(grep -c x /etc/passwd || true) && echo "$N"\n',
    ],
)

_HIGH = (Effect.DOWNLOAD, Effect.COMPILE, Effect.INSTALL)


@rule.on_instruction("RUN")
def check(run: Instruction, build: Build) -> Results:
    if not isinstance(run, Run) or not _worth_a_look(run):
        return
    script = build.script(run)
    told: set[int] = set()
    for covered, place in [*_covered(script)]:
        commands = [
            command for command in covered if id(command) not in told and (effect(command) or command.name == "break")
        ]
        told.update(map(id, commands))
        if commands and not any(
            command.name in ("break", "continue") for command in commands
        ):  # a loop that tries again
            yield _finding(commands, place, script, run)


def _worth_a_look(run: Run) -> bool:
    text = run.text.value
    if run.heredocs:
        text += "".join(heredoc.body.value for heredoc in run.heredocs)
    return "||" in text or ";" in text or "set +" in text or "\n" in text


def _covered(script: Script) -> Iterator[tuple[Iterable[Command], Place]]:
    """Each place that hides failures, with the commands whose failure it hides; the outermost first."""
    for node in script.root.walk():
        if node.kind == "or" and always_succeeds(node.children[-1]) and not _is_value(node):
            commands = [*commands_in(node.children[0])]
            if not _is_braced(node) or any(effect(command) > Effect.CLEANUP for command in commands):
                yield commands, _operator(node)
        elif node.kind == "list" and node.children and not _is_value(node):
            yield from _in_list(node, script)


def _in_list(node: Node, script: Script) -> Iterator[tuple[Iterable[Command], Place]]:
    """``a; b; true`` and ``set +e; a; b``."""
    errexit = script.errexit and node.parent is script.root
    loose: Node | None = None
    covered: list[Command] = []
    for child in node.children:
        setting = sets_errexit(child)
        if setting is None:
            if loose is not None and child is not node.children[-1]:
                covered += commands_in(child)
            continue
        if setting is False:
            loose, covered = child, []
        elif setting and loose is not None:
            yield covered, loose.place
            loose = None
        errexit = setting
    if loose is not None:
        yield covered, loose.place
    last = node.children[-1]
    if not errexit and isinstance(last, Command) and _is_nothing(last):
        yield [command for child in node.children[:-1] for command in commands_in(child)], last.place


def _is_braced(node: Node) -> bool:
    """``{ rm -r x || true; }``: somebody says of this step alone that it may fail."""
    return node.parent is not None and node.parent.kind in ("group", "subshell")


def _is_nothing(command: Command) -> bool:
    """``true``, ``:``, ``exit 0`` at the end of a list; an ``echo`` there is no excuse, it only comes last."""
    return command.name != "echo" and command.name != "printf" and always_succeeds(command)


def _is_value(node: Node) -> bool:
    """Inside ``$( )``, or in a condition."""
    below = node
    for above in node.ancestors():
        if above.kind == "substitution":
            return True
        if above.kind in ("if", "while", "until") and below is above.children[0]:
            return True
        below = above
    return False


def _operator(node: Node) -> Place:
    """From the ``||`` to the end of what stands behind it."""
    left, right = node.children[0], node.children[-1]
    at = node.whole.value.find("||", left.end, right.start)
    return node.whole.slice(at if at >= 0 else right.start, right.end).place


def _finding(commands: list[Command], place: Place, script: Script, run: Run) -> Finding:
    kinds = {id(command): _weight(command, script) for command in commands}
    worst = max(kinds.values())
    severity = Severity.HIGH if worst in _HIGH else Severity.MEDIUM if worst is Effect.OTHER else Severity.LOW
    guilty = [command for command in commands if kinds[id(command)] is worst or kinds[id(command)] in _HIGH]
    names = ", ".join(dict.fromkeys(_shown(command) for command in guilty[:3]))
    more = f" and {len(guilty) - 3} more" if len(guilty) > 3 else ""
    chain = " The whole chain is covered, not only its last command." if len(commands) > 1 else ""
    return rule.finding(
        place,
        f"A failure of {names}{more} is hidden: the build goes on without it.{chain}",
        severity=severity,
        stage=run.stage,
    )


def _weight(command: Command, script: Script) -> Effect:
    kind = effect(command)
    if command.name == "dpkg" and kind is Effect.INSTALL:
        # dpkg -i x.deb || true; apt-get -f install: the second command mends the first.
        for other in script.commands:
            if other.name in ("apt-get", "apt") and any(
                value in ("-f", "-fy", "-yf", "--fix-broken") for value in other.values
            ):
                return Effect.PROBE
    return kind


def _shown(command: Command) -> str:
    words = [word.value or word.text.value for word in command.words[:3]]
    return " ".join(words)[:40]
