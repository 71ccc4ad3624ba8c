"""STU002 server-elsewhere: Studio looks for the app at 0.0.0.0:8888, below its own path."""

from collections.abc import Iterator

from gate.build import Build
from gate.image.arrivals import arrivals
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.studio._server import Server, servers

_FOR = ("sagemaker-studio",)

rule = Rule(
    id="STU002",
    name="server-elsewhere",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The Studio app's server does not listen where Studio looks for it.",
    reason="Studio asks 0.0.0.0:8888, below /jupyterlab/default or /CodeEditor/default. A server on localhost, on another port or without the base URL is never found, and the app fails to start.",
    fix='ENTRYPOINT ["jupyter-lab"], CMD ["--ServerApp.ip=0.0.0.0", "--ServerApp.port=8888", "--ServerApp.base_url=/jupyterlab/default"]; Code Editor: --host 0.0.0.0 --port 8888 --server-base-path /CodeEditor/default --without-connection-token.',
    bad=[
        Example('FROM python:3.12\n»ENTRYPOINT ["jupyter", "lab", "--ip", "0.0.0.0", "--port", "8080", "--ServerApp.base_url=/jupyterlab/default"]\n', platforms=_FOR),
        Example('FROM python:3.12\n»CMD jupyter lab --ip 0.0.0.0 --port 8888\n', platforms=_FOR),
        Example('FROM python:3.12\n»ENTRYPOINT ["jupyter-lab"]\nCMD ["--ServerApp.base_url=/jupyterlab/default"]\n', platforms=_FOR),
        Example('FROM python:3.12\n»ENTRYPOINT ["code-server", "--host", "0.0.0.0", "--port", "8080"]\n', platforms=_FOR),
    ],
    good=[
        Example('FROM python:3.12\nENTRYPOINT ["jupyter-lab"]\nCMD ["--ServerApp.ip=0.0.0.0", "--ServerApp.port=8888", "--ServerApp.base_url=/jupyterlab/default"]\n', platforms=_FOR),
        Example('FROM python:3.12\nCMD jupyter lab --ip 0.0.0.0 --port 8888 --ServerApp.base_url="/jupyterlab/default"\n', platforms=_FOR),
        Example("FROM python:3.12\nRUN pip install ipykernel\n", platforms=_FOR),
        Example('FROM python:3.12\nCOPY jupyter_server_config.py /etc/jupyter/\nENTRYPOINT ["jupyter-lab"]\n', files={"jupyter_server_config.py": "1"}, platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-byoi-how-to.html",),
)  # fmt: skip

_ANY = ("0.0.0.0", "*", "::", "[::]")  # noqa: S104  what Studio asks for


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    for server in servers(build):
        if not server.complete or _configured(build):
            yield rule.undecided(
                server.place, "where the server listens: a configuration or a word is not read", "--image"
            )
            continue
        faults = list(_jupyter(server) if server.kind == "jupyter" else _code(server))
        if faults:
            yield rule.finding(
                server.place, f"Studio does not find this server: {'; '.join(faults)}.", stage=build.target
            )


def _configured(build: Build) -> bool:
    """A configuration of Jupyter may say all of it."""
    names = ("jupyter_server_config", "jupyter_notebook_config", "jupyter_lab_config")
    return any(arrival.name.startswith(names) for arrival in arrivals(build)) or any(
        name in build.dockerfile.source.text for name in names
    )


def _jupyter(server: Server) -> Iterator[str]:
    ip = server.option("--ip", "--ServerApp.ip", "--NotebookApp.ip")
    if ip not in _ANY:
        yield f"it listens on {ip or 'localhost'}, not on 0.0.0.0"
    port = server.option("--port", "--ServerApp.port", "--NotebookApp.port")
    if port not in (None, "8888"):
        yield f"its port is {port}, not 8888"
    url = server.option("--ServerApp.base_url", "--NotebookApp.base_url", "--LabApp.base_url")
    if url is None or url.strip("/") != "jupyterlab/default":
        yield f"its base URL is {url or '/'}, not /jupyterlab/default"


def _code(server: Server) -> Iterator[str]:
    bind = server.option("--bind-addr")
    host = bind.rpartition(":")[0] if bind else server.option("--host")
    port = bind.rpartition(":")[2] if bind else server.option("--port")
    if host not in _ANY:
        yield f"it listens on {host or 'localhost'}, not on 0.0.0.0"
    if port != "8888":
        yield f"its port is {port or 'its default'}, not 8888"
