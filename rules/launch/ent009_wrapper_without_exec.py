"""ENT009 wrapper-without-exec: the entry script stays between the container and its program."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, Node, Script, ShellWord
from gate.dockerfile.shell.script import parse_program
from gate.dockerfile.shell.wrappers import SHELLS, peel, shell_script
from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Launch
from gate.image.model import File
from gate.model import Finding, Fix, Severity
from gate.packages.options import listed
from gate.record import replace
from gate.rule import Example, Results, Rule
from gate.rules.launch._endings import Ending, endings, forwards_signals
from gate.rules.launch._entryfile import entry_script, find_entry, is_arguments, script_operand, sourced_script
from gate.rules.launch._handover import INTERPRETERS, base_name, plain_name, shell_word
from gate.rules.launch._launch import effective, words

_ENTRY = 'FROM python:3.12\nCOPY --chmod=755 entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\nCMD ["python", "serve.py"]\n'

rule = Rule(
    id="ENT009",
    name="wrapper-without-exec",
    fixes=(fixes.SAFE, fixes.UNSAFE),
    severity=Severity.MEDIUM,
    summary="The entry script runs its program as a child instead of handing over with exec.",
    reason="A stopped container gets SIGTERM, and the shell, which is process 1, neither dies of it nor passes it on. The program never hears of it, "
    "cannot save a checkpoint or finish a request, and is killed when the time is up (10 seconds for docker stop, 120 for a SageMaker job).",
    fix='Write exec in front of the last command: exec "$@", exec python serve.py. A script that must stay needs a trap for TERM and wait.',
    bad=[
        Example(_ENTRY, files={"entry.sh": '#!/bin/sh\nset -e\n»"$@"\n'}),
        Example(
            _ENTRY,
            files={"entry.sh": '#!/bin/bash\nif [ "$1" = train ]; then\n  »python t.py\nelse\n  exec "$@"\nfi\n'},
        ),
        Example(_ENTRY, files={"entry.sh": "#!/bin/sh\nexec »$@\n"}),
        Example(
            'FROM python:3.12\nCOPY --chmod=755 <<EOF /entry.sh\n#!/bin/sh\nset -e\n»python serve.py\nEOF\nENTRYPOINT ["/entry.sh"]\n',
            fixed='FROM python:3.12\nCOPY --chmod=755 <<EOF /entry.sh\n#!/bin/sh\nset -e\nexec python serve.py\nEOF\nENTRYPOINT ["/entry.sh"]\n',
        ),
        Example(_ENTRY, files={"entry.sh": "#!/bin/bash\nnginx &\ngunicorn app:app &\n»wait\n"}),
        Example(_ENTRY, files={"entry.sh": "#!/bin/bash\ntorchserve --start\n»tail -f /dev/null\n"}),
        Example(
            'FROM python:3.12\nCMD ["sh", "-c", "cd /app && »python serve.py"]\n',
            fixed='FROM python:3.12\nCMD ["sh", "-c", "cd /app && exec python serve.py"]\n',
        ),
        'FROM python:3.12\nCMD ["sh", "-c", "»python serve.py"]\n',
    ],
    good=[
        Example(_ENTRY, files={"entry.sh": '#!/bin/sh\nset -e\nexec "$@"\n'}),
        Example(
            _ENTRY,
            files={"entry.sh": '#!/bin/sh\ncase "$1" in\n  serve) exec gunicorn app:app ;;\n  *) exec "$@" ;;\nesac\n'},
        ),
        Example(
            _ENTRY,
            files={
                "entry.sh": "#!/bin/bash\ntrap 'kill -TERM $pid; wait $pid' TERM INT\npython serve.py &\npid=$!\nwait $pid\n"
            },
        ),
        Example(_ENTRY, files={"entry.sh": '#!/bin/sh\nmain() {\n  exec gosu app "$@"\n}\nmain "$@"\n'}),
        Example(_ENTRY, files={"entry.sh": "#!/bin/sh\n/usr/bin/supervisord -n\n"}),
        'FROM python:3.12\nCMD ["sh", "-c", "exec python serve.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "exec \\"$@\\"", "--"]\nCMD ["python", "serve.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["dumb-init", "--"]\nCMD ["sh", "-c", "cd /app && python serve.py"]\n',
    ],
)

_MAX_STEPS = 6

_WORDS = {"sagemaker-training": "train", "sagemaker-hosting": "serve"}
"""The word that a platform puts in the place of CMD."""

_NO_SCRIPTS = INTERPRETERS | listed(
    "gunicorn uvicorn jupyter jupyter-lab nginx torchserve tritonserver mlflow streamlit flask celery"
)
"""Programs that are no shell scripts of the build context."""


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    if entrypoint is not None and entrypoint.exec is None:
        yield from _shell_form(entrypoint, build)
        return
    started = list(map(shell_word, entrypoint.exec or ())) if entrypoint is not None and words(entrypoint) else []
    for word in sorted(_WORDS[platform] for platform in build.platforms & _WORDS.keys()):
        yield from _chain([*started, _from_platform(word)], build)
    if build.platforms and build.platforms <= _WORDS.keys():
        return  # CMD never runs there
    if started or words(cmd):
        yield from _chain(
            [*started, *map(shell_word, (cmd.exec or ()) if cmd is not None and words(cmd) else ())], build
        )
    elif cmd is not None and cmd.exec is None:
        yield from _shell_form(cmd, build)


def _from_platform(word: str) -> ShellWord:
    return shell_word(Text(Source("", b""), word, ()))


def _shell_form(launch: Launch, build: Build) -> Iterator[Finding]:
    """The shell form itself is another rule's; a script that it starts alone is read."""
    commands = build.script(launch).commands
    if len(commands) == 1 and commands[0].words:
        yield from _chain(commands[0].words, build, inline=False)


def _chain(argv: Sequence[ShellWord], build: Build, *, inline: bool = True) -> Iterator[Finding]:
    """What an argument list starts, and what that hands over to, as long as it can be seen."""
    for _ in range(_MAX_STEPS):
        if not argv or argv[0].value is None or _signals_whole_group(argv):
            return
        peeled = peel(argv)
        if peeled is not None and peeled.text is None and peeled.rest:
            argv = peeled.rest
            continue
        name = base_name(argv[0].value)
        text, _ = shell_script(argv) if name in SHELLS else (None, False)
        if text is not None:
            if not inline:
                return
            alone = _only_command(argv, build)
            if alone is None or name != "bash":  # bash executes a single command in its own place
                yield from _inline(argv, build)
            if alone is None:
                return
            argv = alone
            continue
        file, script, behind = _script_file(argv, build)
        if file is None or script is None:
            return
        for finding in _file(script, build):
            yield _placed(finding, file)
        if not _hands_over(script):
            return
        argv = behind


def _signals_whole_group(argv: Sequence[ShellWord]) -> bool:
    """An init program that signals every process, so that no shell stands in the way."""
    name = base_name(argv[0].value)
    if name not in ("dumb-init", "tini", "tini-static"):
        return False
    values = [word.value or "" for word in argv[1:]]
    options = list(takewhile(lambda value: value.startswith("-") and value != "--", values))
    if name == "dumb-init":
        return not any(option in ("-c", "--single-child") for option in options)
    return any("g" in option for option in options)


def _placed(finding: Finding, file: File) -> Finding:
    """A file that no line of the context says is known by the instruction that makes it."""
    if file.instruction is None or finding.place.path != file.path:
        return finding
    return replace(finding, place=file.instruction.place, fix=None)


def _script_file(argv: Sequence[ShellWord], build: Build) -> tuple[File | None, Script | None, Sequence[ShellWord]]:
    """The file and the script that a program's word, or a shell's operand, names, and the words behind it."""
    at = 0
    if base_name(argv[0].value) in SHELLS:
        at = next((at for at, word in enumerate(argv) if at and not (word.value or "").startswith(("-", "+"))), 0)
        found = script_operand(argv[at].value or "", build) if at else None
    elif plain_name(argv[0].value or "") in _NO_SCRIPTS:
        return None, None, ()
    else:
        found = find_entry(argv[0].value or "", build)
    if found is None:
        return None, None, ()
    return found, entry_script(found, build), argv[at + 1 :]


def _hands_over(script: Script) -> bool:
    return any(is_arguments(command.words[0]) for command in script.commands if command.words)


def _inline_body(argv: Sequence[ShellWord], build: Build) -> tuple[Node | None, Script]:
    """The TEXT of ``sh -c TEXT``, taken apart."""
    script = parse_program(Text(build.dockerfile.source, "", ()), [word.whole for word in argv])
    shell = next((node for node in script.root.walk() if node.kind == "shell"), None)
    return (shell.children[0] if shell is not None and shell.children else None), script


def _only_command(argv: Sequence[ShellWord], build: Build) -> Sequence[ShellWord] | None:
    """The words of the command that a shell text consists of; None when there is more in it."""
    body, _ = _inline_body(argv, build)
    if isinstance(body, Command) and not body.redirects and not body.background:
        return body.words
    return None


def _inline(argv: Sequence[ShellWord], build: Build) -> Iterator[Finding]:
    """``sh -c TEXT``: one command alone is executed in the shell's own place by some shells, so that is said quietly."""
    body, script = _inline_body(argv, build)
    if body is not None:
        yield from _judge(body, script, build, quiet=isinstance(body, Command))


def _file(script: Script, build: Build) -> Iterator[Finding]:
    yield from _judge(script.root, script, build)


def _judge(root: Node, script: Script, build: Build, *, quiet: bool = False) -> Iterator[Finding]:
    for ending in endings(root, script):
        command = ending.command
        if command.name in (".", "source"):
            inner = sourced_script(command, build)
            if inner is not None and inner is not script:
                yield from _judge_sourced(inner, script)
            continue
        found = _finding(ending, script, quiet)
        if found is not None:
            yield found


def _judge_sourced(inner: Script, outer: Script) -> Iterator[Finding]:
    for ending in endings(inner.root, inner):
        found = _finding(ending, outer, quiet=False)
        if found is not None:
            yield found


def _finding(ending: Ending, script: Script, quiet: bool) -> Finding | None:
    command = ending.command
    first = command.words[0].text.value if command.words else ""
    if ending.replaces_shell:
        if is_arguments(command.words[0]) and first in ("$@", "$*", '"$*"'):
            broken = first == '"$*"'
            return rule.finding(
                command,
                f"exec {first} {'makes one word of all arguments' if broken else 'splits arguments that have blanks in them'}.",
                help='Write exec "$@".',
                severity=None if broken else Severity.LOW,
                fix=fixes.fix('write "$@"', fixes.replace(command.words[0].text, '"$@"')),
            )
        return None
    if command.name == "wait":
        if forwards_signals(script):
            return None
        return rule.finding(
            command,
            "The script waits for its children without a trap: SIGTERM stops at the shell, and the children never hear of it.",
            help="Set a trap that passes TERM on and waits: trap 'kill -TERM $pid; wait $pid' TERM.",
        )
    if command.name == "eval" and any(re.match(r"[\"']?exec\b", word.text.value) for word in command.words[1:]):
        return None
    if not ending.is_workload:
        return None
    what = command.text.value.strip().split("\n")[0]
    why = "in a pipeline or in ( ), as a child of the shell" if ending.child else "as a child of the shell"
    return rule.finding(
        command.text,
        f"{what[:60]} runs {why}: SIGTERM stops at the shell, and the program is killed without warning.",
        severity=Severity.LOW if quiet else None,
        confidence="low" if quiet else "",
        fix=_fix(ending, script),
    )


def _fix(ending: Ending, script: Script) -> Fix | None:
    """``exec`` in front of the command: not in ``( )``, not where a trap waits for the end. Nothing behind it runs any more,
    and the shell is no longer process 1: not safe."""
    command = ending.command
    if ending.child or command.wrappers or command.assignments or not command.words or command.redirects:
        return None
    if any(other.name == "trap" for other in script.commands) or not fixes.written(command.words[0].text):
        return None
    text = command.text
    if text.start != command.words[0].text.start:
        return None
    return fixes.fix("hand over with exec", fixes.insert(text.source, text.start, "exec "), safe=False)
