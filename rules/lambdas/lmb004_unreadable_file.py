"""LMB004 unreadable-file: Lambda's user is nobody's owner."""

from gate.build import Build
from gate.dockerfile.tree import Copy, Instruction
from gate.image.node import Node
from gate.model import Place, Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule

_FOR = ("lambda",)

rule = Rule(
    id="LMB004",
    name="unreadable-file",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="A file of the image cannot be read by others.",
    reason="Lambda runs the function as an unprivileged user of its own, whatever USER says. A file without the read bit for others, or a folder without the x bit, gives PermissionError.",
    fix="COPY --chmod=644 (755 for folders and programs), or chmod -R o+rX.",
    bad=[
        Example("FROM public.ecr.aws/lambda/python:3.12\nCOPY »--chmod=600 app.py ./\n", files={"app.py": ""}, platforms=_FOR),
        Example("FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ./\nRUN »chmod 640 app.py\n", files={"app.py": ""}, platforms=_FOR),
    ],
    good=[
        Example("FROM public.ecr.aws/lambda/python:3.12\nCOPY --chmod=644 app.py ./\n", files={"app.py": ""}, platforms=_FOR),
        Example("FROM public.ecr.aws/lambda/python:3.12\nCOPY --chmod=600 app.py ./\nRUN chmod o+r app.py\n", files={"app.py": ""}, platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",),
)  # fmt: skip

MAX_FILES = 20_000


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    image = launch_image(build)
    closed: dict[int, tuple[Instruction, list[str]]] = {}
    waiting: list[tuple[str, Node]] = [("", image.root)]
    count = 0
    while waiting and count < MAX_FILES:
        path, node = waiting.pop()
        count += 1
        if node.type == "directory":
            waiting.extend((f"{path}/{name}", child) for name, child in node.children().items())
        if _closed(node) and node.instruction is not None and image.suspicion(node) is None:
            closed.setdefault(id(node.instruction), (node.instruction, []))[1].append(path)
    for instruction, paths in closed.values():
        paths.sort()
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield rule.finding(
            _place(instruction, paths[0], build),
            f"{paths[0]}{more} cannot be read by the user that Lambda runs the function as.",
            stage=instruction.stage,
        )


def _closed(node: Node) -> bool:
    if node.implied or node.mode is None or node.type not in ("file", "directory"):
        return False
    return not node.mode & (0o004 if node.type == "file" else 0o001)


def _place(instruction: Instruction, path: str, build: Build) -> Place:
    """What says so: the last chmod of the file, the --chmod of its COPY, the instruction."""
    name = path.rpartition("/")[2]
    for stage in build.target.lineage()[::-1] if build.target is not None else ():
        for command in reversed(list(build.commands(stage))):
            words = [(value or "").rstrip("/").rpartition("/")[2] for value in command.values]
            if command.name == "chmod" and name in words:
                return command.place
    flag = instruction.flag("chmod") if isinstance(instruction, Copy) else None
    return flag.text.place if flag is not None else instruction.place
