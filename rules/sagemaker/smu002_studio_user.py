"""SMU002 studio-user: Studio runs images as 1000:100 (Classic: or as root)."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.model import Severity, Unknown
from gate.packages.options import Table, scan
from gate.platforms.accounts import find_user
from gate.platforms.filesystem import FileSystem
from gate.platforms.image import launch_image
from gate.platforms.outcome import Doubt, Fails
from gate.rule import Example, Results, Rule

_FOR = ("sagemaker-studio",)

rule = Rule(
    id="SMU002",
    name="studio-user",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The user of a Studio image is neither 1000:100 nor root.",
    reason="Studio mounts the home folder for uid 1000 and gid 100 (Studio Classic takes 0:0, too). Any other user cannot write there, and the app does not start.",
    fix="ARG NB_UID=1000, ARG NB_GID=100, USER ${NB_UID}:${NB_GID}; or give the same ids in the image's AppImageConfig.",
    bad=[
        Example("FROM python:3.12\nUSER »1001\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER »1000:1000\n", platforms=_FOR),
        Example("FROM python:3.12\nRUN useradd --uid 1234 -g 100 app\nUSER »app\n", platforms=_FOR),
    ],
    good=[
        Example("FROM python:3.12\nUSER 1000:100\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER root\n", platforms=_FOR),
        Example("FROM python:3.12\nARG NB_UID=1000\nARG NB_GID=100\nUSER ${NB_UID}:${NB_GID}\n", platforms=_FOR),
        Example("FROM python:3.12\nRUN useradd -m -u 1000 -g 100 nb\nUSER nb\n", platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-byoi-specs.html",),
)

_USERADD = Table(frozenset(["-u", "--uid", "-g", "--gid", "-G", "--groups", "-s", "--shell", "-d", "--home", "--home-dir", "-c", "--comment", "-b", "--base-dir", "-k", "--skel", "-p", "--password", "-K", "--key", "-e", "-f"]))  # fmt: skip
_ALLOWED = {"1000": "100", "0": "0"}


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    image = launch_image(build)
    config, at = image.config, image.user_at
    if isinstance(config.user, Unknown):
        yield rule.undecided(at, f"which user Studio gets: {config.user.reason}", config.user.settle)
        return
    name, _, group = config.user.partition(":")
    uid, gid = _ids(name, build)
    gid = group or gid
    if not uid:
        yield rule.undecided(at, f"the uid of {name}", "USER 1000:100, or --image")
    elif uid not in _ALLOWED or (gid.isdecimal() and gid != _ALLOWED[uid] and (uid, gid) != ("0", "100")):
        yield rule.finding(
            at, f"The container runs as {uid}{':' + gid if gid else ''}, not as 1000:100.", stage=build.target
        )


def _ids(name: str, build: Build) -> tuple[str, str]:
    """uid and gid of a user as far as this file says; empty where it does not."""
    if name in ("", "root", "0"):
        return "0", "0"
    if build.built is not None and build.built.usable:
        return _of_image(name, build)
    uid, gid = (name, "") if name.isdecimal() else ("", "")
    for stage in build.target.lineage() if build.target is not None else ():
        for command in build.commands(stage):
            if command.name in ("useradd", "adduser"):
                made = _made(command)
                if name in (made[0], made[1]) and name:
                    uid, gid = made[1] or uid, made[2]
    return uid, gid


def _of_image(name: str, build: Build) -> tuple[str, str]:
    """uid and gid as the image's own accounts have them; empty for a user that it does not have."""
    image = launch_image(build)
    try:
        user = find_user(name, FileSystem(image.root, image.supply, image.supply.module, image.suspicion))
    except (Doubt, Fails):
        return "", ""
    return str(user.uid), str(user.gid)


def _made(command: Command) -> tuple[str, str, str]:
    """Name, uid and gid of a user that is added."""
    arguments = scan(command.arguments, _USERADD)
    user, group = arguments.last("-u", "--uid"), arguments.last("-g", "--gid")
    name = arguments.operands[-1].value if arguments.operands else None
    return name or "", (user.value if user else None) or "", (group.value if group else None) or ""
