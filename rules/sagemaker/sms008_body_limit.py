"""SMS008 body-limit: a proxy or an application refuses requests that SageMaker allows."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, PYTHON, ROUTES, RUN, byoc, hosted
from gate.servers import nginx
from gate.servers.apps import App
from gate.servers.model import Host, Serving, Site, plain
from gate.servers.sites import OF_THE_PACKAGE
from gate.servers.verdicts import nginx_of

_FOR = (HOSTING,)
_LIMIT = 6 << 20
"""Bytes of the largest body of a real-time request."""

rule = Rule(
    id="SMS008",
    name="body-limit",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="Requests that SageMaker allows are too large for the server.",
    reason="A request may have 6 MB, in batch transform up to 100. nginx takes 1 MB unless it is told otherwise, and answers 413 to the rest.",
    fix="Write client_max_body_size 0; (or 6m and more, 100m for batch) in the server block.",
    bad=[
        Example(
            BYOC,
            files=byoc(nginx=NGINX.replace("client_max_body_size 100m", "»client_max_body_size 5m")),
            platforms=_FOR,
        ),
        Example(
            BYOC,
            files=byoc(
                nginx=NGINX.replace("    client_max_body_size 100m;\n", "").replace("  server {", "  »server {")
            ),
            platforms=_FOR,
        ),
        Example(
            PYTHON,
            files={"app.py": ROUTES + '»app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024\n' + RUN},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(BYOC, files=byoc(), platforms=_FOR),
        Example(BYOC, files=byoc(nginx=NGINX.replace("100m", "0")), platforms=_FOR),
        Example(
            PYTHON, files={"app.py": ROUTES + 'app.config["MAX_CONTENT_LENGTH"] = 100 << 20\n' + RUN}, platforms=_FOR
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    if found is None:
        return
    for server in nginx_of(found):
        assert server.site is not None
        for host in server.site.hosts:
            yield from _host(server.site, host)
    yield from _applications(found)


def _host(site: Site, host: Host) -> Results:
    try:
        location = nginx.choose(host, "/invocations")
    except nginx.Unreadable:
        return
    if location is None or not location.to:
        return
    directive = nginx.setting(site, host, location, "client_max_body_size")
    if directive is None:
        if not site.unread or site.unread == OF_THE_PACKAGE:
            yield rule.finding(
                host.place, "nginx refuses bodies of more than 1 MB, its default; SageMaker sends up to 6 MB."
            )
        return
    limit = nginx.size(directive.words[0]) if directive.words else None
    if limit is not None and 0 < limit < _LIMIT:
        yield rule.finding(
            directive.place, f"nginx refuses bodies of more than {directive.words[0]}; SageMaker sends up to 6 MB."
        )


def _applications(found: Serving) -> Results:
    for server in found.servers:
        if isinstance(server.app, App) and "MAX_CONTENT_LENGTH" in server.app.settings:
            value, place = server.app.settings["MAX_CONTENT_LENGTH"]
            limit = plain(value)
            if isinstance(limit, (int, float)) and 0 < limit < _LIMIT:
                yield rule.finding(
                    place,
                    f"The application refuses bodies of more than {int(limit)} bytes; SageMaker sends up to 6 MB.",
                )
