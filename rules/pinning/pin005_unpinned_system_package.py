"""PIN005 unpinned-system-package: packages of the distribution are installed without a version."""

from gate.build import Build
from gate.model import Place, Severity, Span
from gate.packages.installs import installs
from gate.packages.model import Install, Request
from gate.rule import Results, Rule
from gate.rules.pinning._packages import weak

rule = Rule(
    id="PIN005",
    name="unpinned-system-package",
    severity=Severity.LOW,
    aliases=("DL3008", "DL3018", "DL3033", "DL3037", "DL3041"),
    summary="Packages of the distribution are installed without a version.",
    reason="The next build gets other versions. But a pin breaks the build as soon as the mirror drops that version.",
    fix="Pin the base image by digest and install from a snapshot repository; or write name=version and renew it often.",
    bad=[
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y --no-install-recommends »curl git=1:2.39.2-1.1\n",
        "FROM alpine:3.20.1\nRUN apk add --no-cache »curl\n",
        "FROM rockylinux:9.3\nRUN dnf install -y »java-11-openjdk\n",
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10 ./local.deb\n",
        "FROM alpine:3.20.1\nRUN apk add --no-cache --virtual .build curl=8.8.0-r0\n",
        "FROM rockylinux:9.3\nRUN dnf install -y curl-7.76.1-26.el9\n",
    ],
)

_ALIASES = {
    "apt-get": "DL3008",
    "apk": "DL3018",
    "yum": "DL3033",
    "zypper": "DL3037",
    "dnf": "DL3041",
    "microdnf": "DL3041",
    "tdnf": "DL3041",
}


@rule.on_build
def check(build: Build) -> Results:
    for install in installs(build, triggers=True):
        if install.ecosystem not in {"deb", "apk", "rpm"}:
            continue
        loose = [request for request in install.requests if weak(request.pin, build)]
        if loose:
            alias = _ALIASES.get(install.manager.rstrip("0123456789"))
            yield rule.finding(
                _place(loose), _message(loose, install), stage=install.stage, aliases=(alias,) if alias else ()
            )


def _place(loose: list[Request]) -> Place:
    """From the first of them to the last."""
    first, last = loose[0].place, loose[-1].place
    if last.span < first.span:
        return first
    return Place(first.path, Span(first.span.line, first.span.column, last.span.end_line, last.span.end_column))


def _message(loose: list[Request], install: Install) -> str:
    names = list(dict.fromkeys(request.name or request.url or "" for request in loose))
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{install.manager} installs {shown} without an exact version."
