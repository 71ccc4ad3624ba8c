"""PKG007 install-recommends: apt-get also installs what the packages only recommend."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.lazy import pattern
from gate.model import Fix, Severity
from gate.packages.configuration import setting
from gate.packages.installs import install_of
from gate.packages.model import Install
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG007",
    name="install-recommends",
    severity=Severity.LOW,
    aliases=("DL3015",),
    fixes=(fixes.UNSAFE,),
    summary="apt-get install without --no-install-recommends.",
    reason="Recommended packages often outweigh the requested one; each is something to download, to scan and to patch.",
    fix="Add --no-install-recommends, and name what is really needed.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN apt-get update && »apt-get install -y curl=7.88.1-10\n",
            fixed="FROM debian:12.5\nRUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10\n",
        )
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10\n",
        "FROM debian:12.5\nRUN apt-get -o APT::Install-Recommends=false install -y curl\n",
        "FROM debian:12.5\nRUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/no\nRUN apt-get install -y curl\n",
    ],
)

_OFF = pattern(r"(?i)install-recommends\s*[ =\"]*(?:false|no|0|off|without|disable)\b")
_FALSE = {"false", "no", "0", "off", "without", "disable"}


@rule.on_command("apt-get", "apt", "aptitude")
def check(command: Command, build: Build) -> Results:
    install = install_of(command, build)
    if install is None or install.run is None or not install.requests or _told(install):
        return
    if _configured(install, build):
        return
    if not command.complete and any(
        word.value is None and not word.prefix and not word.text.value.startswith("$(") for word in command.words
    ):
        return  # the option may be in a variable of unknown value
    yield rule.finding(
        command,
        f"{command.name} also installs what the packages only recommend.",
        stage=install.stage,
        fix=_fix(command),
    )


def _fix(command: Command) -> Fix | None:
    """Unsafe: what was only recommended may be needed all the same."""
    option = "--without-recommends" if command.name == "aptitude" else "--no-install-recommends"
    place = fixes.argument(command, "install", "reinstall", "build-dep", "satisfy")
    for word in command.arguments:  # where people write it: behind -y
        if place is not None and word.value in {"-y", "-qy", "-yq", "-qq", "--yes"} and word.start > place.start:
            place = word
        elif place is not None and word.start > place.start:
            break
    return fixes.fix(f"add {option}", fixes.after(command, place, option), safe=False)


def _told(install: Install) -> bool:
    for option in install.arguments.options:
        name, value = option.name.lower(), (option.value or "").lower()
        if name in {"--no-install-recommends", "--without-recommends"} and value not in _FALSE:
            return True
        if name == "--install-recommends" and value in _FALSE:
            return True
        if name in {"-o", "--option"} and (option.unknown or _OFF.search(value)):
            return True
    return install.manager == "aptitude" and install.arguments.has("-R")


def _configured(install: Install, build: Build) -> bool:
    assert install.run is not None
    return setting("apt", _OFF, install.command, install.run, build) is not False
