"""ENT007 malformed-exec-array: it starts like a JSON array and is none, so the shell gets it."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Instruction, Launch, Onbuild, Run
from gate.model import Finding, Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._arrays import meant_as_array, repaired, why_not_json
from gate.rules.launch._launch import has_posix_shell, launches

rule = Rule(
    id="ENT007",
    name="malformed-exec-array",
    severity=Severity.HIGH,
    aliases=("DL3025",),
    needs=("ENTRYPOINT", "CMD", "RUN"),
    fixes=(fixes.SAFE,),
    summary="An ENTRYPOINT, CMD or RUN starts like a JSON array and is none.",
    reason="What does not parse as a JSON array of strings silently becomes the shell form: the shell gets the brackets, the commas and "
    "the quotes, looks for a program called [python, and ends with 127.",
    fix='Write a JSON array: double quotes round every word, a comma between two, nothing behind the closing bracket: ["python", "app.py"].',
    bad=[
        Example(
            "FROM python:3.12\nENTRYPOINT »['python','train.py']\n",
            fixed='FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n',
        ),
        'FROM python:3.12\nCMD »["python", "app.py",]\n',
        "FROM python:3.12\nENTRYPOINT »[“python”, “app.py”]\n",
        'FROM python:3.12\nCMD »["python", "app.py"\n',
        'FROM python:3.12\nENTRYPOINT »["python", "app.py"] # starts the server\n',
        "FROM python:3.12\nRUN »['pip','install','flask']\n",
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n',
        'FROM python:3.12\nCMD [ -n "$PORT" ] && exec python app.py\n',
        'FROM python:3.12\nRUN [ -f /etc/os-release ] && [ "$A" = "b" ] || true\n',
        "FROM python:3.12\nHEALTHCHECK CMD [ -f /tmp/ready ]\nCMD []\n",
    ],
)


@rule.on_instruction("HEALTHCHECK", "ONBUILD")
def check_other(instruction: Instruction, build: Build) -> Results:
    what = instruction.child if isinstance(instruction, Onbuild) else instruction
    if isinstance(what, Launch) and meant_as_array(what) and build.ships(instruction):
        severity = Severity.LOW if instruction is not what else None  # ONBUILD: the fault of another build
        yield _finding(what, instruction, severity)


@rule.on_build
def check_runs(build: Build) -> Results:
    for run in build.dockerfile.runs:
        if meant_as_array(run) and has_posix_shell(run, build):  # `[Type]::Method` is PowerShell
            yield _finding(run, run, None)


@rule.on_build
def check(build: Build) -> Results:
    for stage in build.target.lineage() if build.target is not None else ():
        last = {launch.keyword: launch for launch in launches(stage)}
        for launch in last.values():
            if not launch.onbuild and meant_as_array(launch):
                yield _finding(launch, launch, None)


def _finding(what: Launch | Run, instruction: Instruction, severity: Severity | None) -> Finding:
    assert what.script is not None  # or it would not be meant as an array
    text = str(what.script)
    array = repaired(text)
    first = text.split()[0]
    # A word that only a shell would understand would be wrong in JSON as well.
    mended = (
        fixes.replace(what.script.slice(0, len(text.rstrip())), array) if not set(array) & set("$*~&|<>;") else None
    )
    return rule.finding(
        what.script,
        f"This {what.keyword} is no JSON array, because {why_not_json(text)}: the shell runs the text, and finds no program {first!r}.",
        help=f"Write {what.keyword} {array}" if array else "",
        severity=severity,
        stage=instruction.stage,
        fix=fixes.fix("write a JSON array", mended) if array else None,
    )
