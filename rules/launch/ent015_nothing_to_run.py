"""ENT015 nothing-to-run: neither ENTRYPOINT nor CMD."""

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.lazy import pattern
from gate.model import Severity
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures

rule = Rule(
    id="ENT015",
    name="nothing-to-run",
    severity=Severity.HIGH,
    image=True,
    summary="The image has neither ENTRYPOINT nor CMD.",
    reason="docker run without a command is refused: No command specified. FROM scratch inherits none, and an ENTRYPOINT in a stage empties the CMD that it "
    "inherits.",
    fix='Say what the container runs: ENTRYPOINT ["/app"].',
    bad=[
        Example("»FROM scratch\nCOPY app /app\n", files={"app*": "x"}),
        Example("FROM debian:12\n»ENTRYPOINT []\n"),
    ],
    good=[
        Example('FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n', files={"app*": b"\x7fELF"}),
        "FROM debian:12\nENV A=1\n",
        "FROM debian:12 AS build\nRUN make\nFROM scratch AS export\nCOPY --from=build /out /\n",
        Example(
            "FROM scratch\nCOPY train /bin/train\n", files={"train*": b"\x7fELF"}, platforms=("sagemaker-training",)
        ),
    ],
)

_EXPORT = pattern(r"export|artifact|output|dist|wheel|result|binar|package")


@rule.on_build
def check(build: Build) -> Results:
    target = build.target
    if target is None or not any(failures(build, Fault.NOTHING)) or _is_export(build, target):
        return
    emptied = next((each for each in reversed(target.instructions) if each.keyword in ("ENTRYPOINT", "CMD")), None)
    yield rule.finding(
        emptied or target.from_, "There is nothing to run: the image has neither ENTRYPOINT nor CMD.", stage=target
    )


def _is_export(build: Build, target: Stage) -> bool:
    """A stage that only hands files out of the build: by its name, or because another stage is what gets started."""
    if target.root.base != "scratch" or any(each.keyword != "COPY" for each in target.instructions):
        return False
    if _EXPORT.search(target.name or ""):
        return True
    others = (stage for stage in build.stages if stage.index not in build.needed)
    return any(each.keyword in ("ENTRYPOINT", "CMD") for stage in others for each in stage.instructions)
