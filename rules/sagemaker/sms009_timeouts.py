"""SMS009 inconsistent-timeouts: a worker is killed, or a proxy gives up, while SageMaker still waits."""

from gate.build import Build
from gate.model import Place, Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, SERVE, byoc, hosted
from gate.servers import nginx
from gate.servers.model import Server, Serving
from gate.servers.verdicts import nginx_of

_FOR = (HOSTING,)
_WAITS = 60
"""Seconds that SageMaker gives an invocation."""
_DEFAULT = 30
"""Seconds after which gunicorn kills a silent worker when nothing is said."""

rule = Rule(
    id="SMS009",
    name="inconsistent-timeouts",
    severity=Severity.INFO,
    platforms=_FOR,
    summary="A time-out of the server is shorter than what SageMaker waits.",
    reason="An invocation may take 60 seconds. A worker that is killed before that, or a proxy that gives up before its worker, becomes a 502 in the middle of a request.",
    fix="Give gunicorn --timeout 60 or more, and nginx a proxy_read_timeout that is longer.",
    bad=[
        Example(
            BYOC,
            files=byoc(serve=SERVE.replace('"60"', '"30"').replace("gunicorn = subprocess", "gunicorn = »subprocess")),
            platforms=_FOR,
        ),
        Example(
            BYOC,
            files=byoc(
                serve=SERVE.replace('"60"', '"120"'),
                nginx=NGINX.replace("{ proxy_pass", "{ »proxy_read_timeout 60s; proxy_pass"),
            ),
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            BYOC,
            files=byoc(nginx=NGINX.replace("{ proxy_pass", "{ proxy_read_timeout 1200s; proxy_pass")),
            platforms=_FOR,
        ),
        Example(
            BYOC,
            files=byoc(serve=SERVE.replace('"60"', 'os.environ.get("MODEL_SERVER_TIMEOUT", "20")')),
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    if found is None:
        return
    longest = 0
    for server in found.servers:
        if server.kind != "gunicorn":
            continue
        seconds, place, said = _timeout(server)
        if seconds is None:
            continue
        longest = max(longest, seconds)
        if 0 < seconds < _WAITS:
            told = f"gunicorn kills a worker after {seconds} seconds{'' if said else ', its default'}"
            yield rule.finding(place, f"{told}; SageMaker waits {_WAITS} for an answer.")
    yield from _proxies(found, longest)


def _timeout(server: Server) -> tuple[int | None, Place, bool]:
    given = server.settings.get("timeout")
    if given is not None:
        return (given[0] if isinstance(given[0], int) else None), given[1], True
    # Workers that are not "sync" report themselves alive while a request runs.
    kind = server.settings.get("worker_class")
    sync = kind is None or kind[0] == "sync"
    return (_DEFAULT if sync and server.settings.get("threads") is None else None), server.place, False


def _proxies(found: Serving, longest: int) -> Results:
    for server in nginx_of(found):
        assert server.site is not None
        for host in server.site.hosts:
            try:
                location = nginx.choose(host, "/invocations")
            except nginx.Unreadable:
                continue
            directive = nginx.setting(server.site, host, location, "proxy_read_timeout")
            seconds = nginx.seconds(directive.words[0]) if directive is not None and directive.words else None
            if directive is not None and seconds is not None and seconds < longest:
                yield rule.finding(
                    directive.place,
                    f"nginx gives up after {directive.words[0]}, and its worker may take {longest} seconds.",
                )
