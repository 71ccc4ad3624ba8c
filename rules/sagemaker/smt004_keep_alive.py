"""SMT004 kept-alive: the container waits for something that never ends."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING
from gate.rules.sagemaker._training import TRAINING
from gate.servers.serving import serving

_FOR = (HOSTING, TRAINING)
_ENTRY = 'FROM python:3.12\nCOPY --chmod=755 e.sh /e.sh\nENTRYPOINT ["/e.sh"]\n'

rule = Rule(
    id="SMT004",
    name="kept-alive",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="The container is kept alive by a command that does nothing.",
    reason="The server is a child that nobody watches: when it dies, the container lives on, and its exit status never says that something is wrong.",
    fix="Start the server in the foreground, as the last command: `exec torchserve --foreground`.",
    bad=[
        Example(_ENTRY, files={"e.sh": "#!/bin/bash\ntorchserve --start\n»tail -f /dev/null\n"}, platforms=(HOSTING,)),
        Example(
            'FROM python:3.12\nCOPY e.py /\nENTRYPOINT ["python", "/e.py"]\n',
            files={
                "e.py": 'import subprocess\nimport own\nown.start()\n»subprocess.call(["tail", "-f", "/dev/null"])\n'
            },
            platforms=(HOSTING,),
        ),
        Example('FROM python:3.12\n»ENTRYPOINT ["sleep", "infinity"]\n', platforms=(TRAINING,)),
    ],
    good=[
        Example(_ENTRY, files={"e.sh": "#!/bin/bash\nexec torchserve --start --foreground\n"}, platforms=(HOSTING,)),
        Example(
            _ENTRY,
            files={"e.sh": '#!/bin/bash\nif [ "$1" = serve ]; then exec gunicorn app:app; fi\ntail -f /dev/null\n'},
            platforms=(HOSTING,),
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for platform in _FOR:
        found = serving(build, platform)
        for place in found.idle if found is not None else ():
            yield rule.finding(place, "The container waits here for ever, whether its program lives or not.")
