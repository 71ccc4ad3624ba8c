"""SMS007 nginx-daemon: nginx goes into the background, and what waits for it ends."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, SERVE, byoc, hosted
from gate.servers.verdicts import SETTLE, nginx_of

_FOR = (HOSTING,)
_SHELL = 'FROM nginx:1.27\nCOPY nginx.conf /etc/nginx/nginx.conf\nCOPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\n'

rule = Rule(
    id="SMS007",
    name="nginx-daemon",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="nginx puts itself into the background.",
    reason="Without daemon off the process that was started ends at once: the container stops, or the script that waits for the first child to end takes the other "
    "servers down.",
    fix='Write daemon off; at the top of nginx.conf, or start it with nginx -g "daemon off;".',
    bad=[
        Example(
            BYOC,
            files=byoc(
                nginx=NGINX.replace("daemon off;\n", ""),
                serve=SERVE.replace("nginx = subprocess", "nginx = »subprocess"),
            ),
            platforms=_FOR,
        ),
        Example(
            _SHELL,
            files={"e.sh*": "#!/bin/sh\nexec »nginx\n", "nginx.conf": NGINX.replace("daemon off;", "")},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(BYOC, files=byoc(), platforms=_FOR),
        Example(
            _SHELL,
            files={"e.sh*": '#!/bin/sh\nexec nginx -g "daemon off;"\n', "nginx.conf": NGINX.replace("daemon off;", "")},
            platforms=_FOR,
        ),
        Example(
            _SHELL,
            files={
                "e.sh*": "#!/bin/sh\nnginx\nexec gunicorn app:app\n",
                "nginx.conf": NGINX.replace("daemon off;", ""),
            },
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    for server in nginx_of(found) if found is not None else ():
        # Started by the way, by a script that then waits for something else, it may go where it likes.
        if "service" in server.settings or not (server.last or server.waited) or not server.certain:
            continue
        foreground = server.settings["foreground"][0]
        if foreground is None:
            assert server.site is not None
            yield rule.undecided(server.place, f"whether nginx stays in the foreground: {server.site.unread}", SETTLE)
        elif not foreground:
            what = "the container ends" if server.last else "the script that waits for it ends"
            yield rule.finding(server.place, f"nginx goes into the background, and {what}: nothing says daemon off.")
