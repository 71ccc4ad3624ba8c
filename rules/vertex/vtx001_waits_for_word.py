"""VTX001 waits-for-word: the entry serves only when it is told to, and Vertex AI tells it nothing."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.launch import launch
from gate.rule import Example, Results, Rule
from gate.rules.vertex._vertex import PREDICTION, predicting
from gate.servers.serving import explored

_FOR = (PREDICTION,)
_ENTRY = 'FROM python:3.12\nRUN pip install gunicorn==23.0.0\nCOPY --chmod=755 e.sh /e.sh\n»ENTRYPOINT ["/e.sh"]\n'

rule = Rule(
    id="VTX001",
    name="waits-for-word",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The container ends at once unless it is given the word serve.",
    reason="Vertex AI runs ENTRYPOINT and CMD as they are and adds no word, as SageMaker does. An entry that knows serve alone ends, is started again, and the deployment fails.",
    fix='Serve without a word, too: case "$1" in serve|"") … ;; esac, or write CMD ["serve"].',
    bad=[
        Example(
            _ENTRY,
            files={"e.sh": '#!/bin/bash\ncase "$1" in\n  serve) exec gunicorn -b :8080 app:app ;;\nesac\n'},
            platforms=_FOR,
        ),
        Example(
            _ENTRY,
            files={"e.sh": '#!/bin/bash\nif [ "$1" = serve ]; then\n  exec gunicorn -b :8080 app:app\nfi\n'},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            _ENTRY.replace("»", "") + 'CMD ["serve"]\n',
            files={"e.sh": '#!/bin/bash\ncase "$1" in\n  serve) exec gunicorn -b :8080 app:app ;;\nesac\n'},
            platforms=_FOR,
        ),
        Example(
            _ENTRY.replace("»", ""),
            files={
                "e.sh": '#!/bin/bash\ncase "$1" in\n  train) exec python train.py ;;\n  *) exec gunicorn -b :8080 app:app ;;\nesac\n'
            },
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is None or found.servers or not found.starts_nothing:
        return
    told = explored(build, PREDICTION, ("serve",)) if _knows_the_word(build) else None
    if told is not None and not told.starts_nothing and found.place is not None:
        yield rule.finding(
            found.place, "The container does nothing unless it is given the word serve, which Vertex AI does not give."
        )


def _knows_the_word(build: Build) -> bool:
    """Whether one of the scripts that the launch goes through has the word in it."""
    return any(b"serve" in (file.read(1 << 17) or b"") for file in launch(build, PREDICTION).scripts)
