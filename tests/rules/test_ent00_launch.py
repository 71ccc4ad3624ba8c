"""ENT001–ENT009: every pairing of ENTRYPOINT and CMD, and the scripts that they start.

A case is the lines behind ``FROM python:3.12`` and everything that the nine rules say about them: ``RULE@line severity``.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gate.dockerfile.tree import Launch
from gate.rules.launch._launch import effective
from tests.engines.buildkit import BuildKit
from tests.rules.support import expect, findings, make_build, run, silent, undecided

RULES = [f"ENT00{number}" for number in range(1, 10)]


def said(dockerfile: str, **kw: object) -> list[str]:
    found = findings(dockerfile, RULES, **kw)  # type: ignore[arg-type]
    return sorted(f"{f.rule_id}@{f.place.line} {f.severity.word}" for f in found)


FORMS: list[tuple[str, str]] = [
    # one of them
    ('ENTRYPOINT ["python", "serve.py"]', ""),
    ('CMD ["python", "serve.py"]', ""),
    ("CMD python serve.py", ""),
    ("CMD python a.py && python b.py", ""),
    ("", ""),
    ("CMD", ""),
    ("ENTRYPOINT", "ENT001@2 medium"),
    ('ENTRYPOINT ["a"]\nCMD', "ENT003@3 high"),
    ("ENTRYPOINT []", ""),
    ("CMD []", ""),
    ('ENTRYPOINT [""]', ""),
    ("ENTRYPOINT python serve.py", "ENT001@2 medium"),
    ("ENTRYPOINT exec python serve.py", "ENT001@2 low"),
    ("ENTRYPOINT cd /app && exec python serve.py", "ENT001@2 low"),
    ("ENTRYPOINT python serve.py --port $PORT", "ENT001@2 medium"),
    ("entrypoint python serve.py", "ENT001@2 medium"),
    ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nENTRYPOINT python serve.py', "ENT001@3 medium"),
    ('SHELL ["powershell", "-Command"]\nENTRYPOINT python serve.py', ""),
    # JSON and JSON
    ('ENTRYPOINT ["python", "serve.py"]\nCMD ["--port", "8080"]', ""),
    ('CMD ["--port", "8080"]\nENTRYPOINT ["python", "serve.py"]', ""),
    ('ENTRYPOINT ["python"]\nCMD ["serve.py", "--x"]', ""),
    ('ENTRYPOINT ["python", "-m"]\nCMD ["flask", "run"]', ""),
    ('ENTRYPOINT []\nCMD ["python", "serve.py"]', ""),
    ('ENTRYPOINT [""]\nCMD ["python", "serve.py"]', ""),
    ('ENTRYPOINT ["tini", "--"]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["/usr/bin/tini", "-g", "--"]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["dumb-init"]\nCMD ["gunicorn", "app:app"]', ""),
    ('ENTRYPOINT ["conda", "run", "-n", "ml"]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["poetry", "run"]\nCMD ["poetry", "run", "x"]', ""),
    ('ENTRYPOINT ["env", "A=1"]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["gosu", "app"]\nCMD ["python", "a.py"]', ""),
    # shell form and anything: CMD is lost
    ('ENTRYPOINT python serve.py\nCMD ["--port", "8080"]', "ENT001@2 medium, ENT002@3 high"),
    ('CMD ["--port", "8080"]\nENTRYPOINT python serve.py', "ENT001@3 medium, ENT002@2 high"),
    ("ENTRYPOINT python serve.py\nCMD serve --port 8080", "ENT001@2 medium, ENT002@3 high"),
    ('ENTRYPOINT exec python serve.py\nCMD ["x"]', "ENT001@2 low, ENT002@3 high"),
    ("ENTRYPOINT python serve.py\nCMD []", "ENT001@2 medium"),
    ('ENTRYPOINT exec python serve.py "$@"\nCMD ["--port"]', "ENT001@2 low, ENT002@3 high"),
    ('ENTRYPOINT exec python serve.py "$@"\nCMD ["--", "--port"]', "ENT001@2 low"),
    ('ENTRYPOINT exec "$0" "$@"\nCMD ["python", "serve.py"]', "ENT001@2 low"),
    ('ENTRYPOINT exec python serve.py "$0" "$@"\nCMD ["--port", "80"]', "ENT001@2 low"),
    ("ENTRYPOINT awk '{print $1}' f\nCMD [\"x\"]", "ENT001@2 medium, ENT002@3 high"),
    # JSON form of sh -c
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py"]\nCMD ["--port"]', "ENT002@3 high"),
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py", "--"]\nCMD ["--port"]', "ENT002@3 high"),
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\"", "--"]\nCMD ["--port"]', ""),
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\""]\nCMD ["--port"]', "ENT002@3 high"),
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\""]\nCMD ["--", "--port"]', ""),
    ('ENTRYPOINT ["sh", "-c", "exec python serve.py ${1}", "sh"]\nCMD ["--port"]', ""),
    ('ENTRYPOINT ["sh", "-c", "exec \\"$@\\""]\nCMD ["python", "a.py"]', "ENT002@3 high"),
    ('ENTRYPOINT ["sh", "-c", "exec \\"$@\\"", "--"]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["sh", "-c", "exec \\"$0\\" \\"$@\\""]\nCMD ["python", "a.py"]', ""),
    ('ENTRYPOINT ["/bin/bash", "-lc", "exec python serve.py"]\nCMD ["x"]', "ENT002@3 high"),
    ('ENTRYPOINT ["tini", "--", "sh", "-c", "exec python serve.py"]\nCMD ["x"]', "ENT002@3 high"),
    ('ENTRYPOINT ["bash", "-c"]\nCMD ["exec python a.py --x $Y && z"]', ""),
    ('ENTRYPOINT ["bash", "-c"]\nCMD ["python", "a.py"]', "ENT002@3 high"),
    ('ENTRYPOINT ["bash", "-c"]\nCMD ["exec python a.py \\"$@\\"", "--", "--x"]', ""),
    ('ENTRYPOINT ["bash", "-c"]\nCMD exec python a.py', "ENT003@3 high"),
    ('ENTRYPOINT ["sh", "-c", "exec \\"$@\\"", "--"]\nCMD python a.py', "ENT003@3 low"),
    ('ENTRYPOINT ["sh", "-c", "exec \\"$@\\""]\nCMD python a.py', "ENT002@3 high"),
    # JSON entrypoint, shell-form CMD
    ('ENTRYPOINT ["python"]\nCMD app.py --x', "ENT003@3 high"),
    ('ENTRYPOINT ["python", "app.py"]\nCMD serve --port 8080', "ENT003@3 high"),
    ('CMD app.py\nENTRYPOINT ["python"]', "ENT003@2 high"),
    ('ENTRYPOINT ["/usr/local/bin/python3.12", "app.py"]\nCMD serve --port 8080', "ENT003@3 high"),
    ('ENTRYPOINT ["server"]\nCMD run', "ENT003@3 high"),
    ('ENTRYPOINT ["bash"]\nCMD start.sh', "ENT003@3 high"),
    ('ENTRYPOINT ["tini"]\nCMD python a.py', "ENT003@3 low"),
    ('ENTRYPOINT ["tini", "--"]\nCMD python a.py', "ENT003@3 low"),
    ('ENTRYPOINT ["tini", "--", "python"]\nCMD a.py', "ENT003@3 high"),
    ('ENTRYPOINT ["conda", "run", "-n", "ml"]\nCMD python a.py', "ENT003@3 low"),
    ("ENTRYPOINT []\nCMD python a.py", ""),
    ('ENTRYPOINT [""]\nCMD python a.py', ""),
    ("ENTRYPOINT [\"python\"]\nCMD ['app.py']", "ENT007@3 high"),
    # the same program twice
    ('ENTRYPOINT ["python"]\nCMD ["python", "app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python"]\nCMD ["python"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python3"]\nCMD ["python", "app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python"]\nCMD ["/usr/bin/python3.11", "app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["/usr/bin/python3", "-u"]\nCMD ["python3", "app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python", "app.py"]\nCMD ["python", "app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python", "app.py"]\nCMD ["python", "app.py", "--port", "1"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python", "-m", "app"]\nCMD ["python", "-m", "app"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python", "-m", "flask"]\nCMD ["flask", "run"]', "ENT004@3 high"),
    ('ENTRYPOINT ["python", "app.py"]\nCMD ["app.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["uvicorn"]\nCMD ["uvicorn", "app:app"]', "ENT004@3 high"),
    ('ENTRYPOINT ["flask", "run"]\nCMD ["flask", "run", "--host=0.0.0.0"]', "ENT004@3 high"),
    ('ENTRYPOINT ["java", "-jar", "a.jar"]\nCMD ["java", "-jar", "a.jar"]', "ENT004@3 high"),
    ('ENTRYPOINT ["bash"]\nCMD ["bash"]', "ENT004@3 high"),
    ('ENTRYPOINT ["/bin/bash"]\nCMD ["/bin/sh", "-c", "x"]', "ENT004@3 high"),
    ('ENTRYPOINT ["conda", "run", "-n", "e", "python"]\nCMD ["python", "a.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["tini", "--", "python"]\nCMD ["python", "a.py"]', "ENT004@3 high"),
    ('ENTRYPOINT ["/entrypoint.sh"]\nCMD ["/entrypoint.sh"]', "ENT004@3 medium"),
    ('ENTRYPOINT ["bash", "-m", "/e.sh"]\nCMD ["/bin/bash"]', ""),
    ('ENTRYPOINT ["/entrypoint.sh"]\nCMD ["python", "app.py"]', ""),
    ('ENTRYPOINT ["python", "/usr/local/bin/dockerd-entrypoint.py"]\nCMD ["python", "app.py"]', ""),
    ('ENTRYPOINT ["python", "manage.py"]\nCMD ["runserver"]', ""),
    # dead ones
    ('CMD ["a"]\nCMD ["b"]', "ENT006@2 medium"),
    ('CMD ["a"]\nENTRYPOINT ["x"]\nCMD ["b"]', "ENT006@2 medium"),
    ('ENTRYPOINT ["a"]\nENTRYPOINT ["b"]', "ENT006@2 medium"),
    ('ENTRYPOINT ["a"]\nENTRYPOINT ["a"]', "ENT006@2 medium"),
    ('CMD ["a"]\nCMD ["b"]\nCMD ["c"]', "ENT006@2 medium, ENT006@3 medium"),
    ('ENTRYPOINT a\nENTRYPOINT ["b"]\nCMD ["c"]', "ENT006@2 medium"),
    ("CMD ['a']\nCMD [\"b\"]", "ENT006@2 medium"),
    ('HEALTHCHECK CMD ["a"]\nHEALTHCHECK CMD ["b"]', ""),
    ('ONBUILD CMD ["a"]\nONBUILD CMD ["b"]\nCMD ["c"]', "ENT006@2 medium"),
    # not JSON
    ("ENTRYPOINT ['python','train.py']", "ENT007@2 high"),
    ("ENTRYPOINT ['python','train.py']\nCMD [\"--x\"]", "ENT007@2 high"),
    ("CMD ['python', \"a.py\"]", "ENT007@2 high"),
    ('CMD ["a",]', "ENT007@2 high"),
    ('CMD ["a"', "ENT007@2 high"),
    ('CMD ["a", "b', "ENT007@2 high"),
    ("ENTRYPOINT [“a”]", "ENT007@2 high"),
    ("ENTRYPOINT [‘a’, ‘b’]", "ENT007@2 high"),
    ("CMD [python, app.py]", "ENT007@2 high"),
    ("CMD [python]", "ENT007@2 high"),
    ("CMD [ python app.py ]", "ENT007@2 high"),
    ('CMD ["python" "app.py"]', "ENT007@2 high"),
    ('CMD [ "python", "app.py" ] # start', "ENT007@2 high"),
    ('CMD ["python"] app.py', "ENT007@2 high"),
    ('CMD ["python", "C:\\app\\x.py"]', "ENT007@2 high"),
    ('CMD "python", "app.py"]', "ENT007@2 high"),
    ('CMD "python", "app.py"', "ENT007@2 high"),
    ('CMD {"python", "app.py"}', "ENT007@2 high"),
    ('CMD ("python", "app.py")', "ENT007@2 high"),
    ('CMD \'["python", "app.py"]\'', "ENT007@2 high"),
    ('CMD [ "python", "app.py" ]', ""),
    ('CMD [\t"python"\t,\t"app.py"\t]', ""),
    ('CMD ["python", \\\n     "app.py"]', ""),
    ('CMD ["caf\\u00e9"]', ""),
    ("CMD [ -f x ] && exec python a.py", ""),
    ('CMD [ "$A" = "b" ] && exec python a.py', ""),
    ("CMD [ ! -d /x ] || exec python a.py", ""),
    ("CMD [[ -n $A ]] && exec python a.py", ""),
    ('CMD "/opt/my app/run" --x', ""),
    ("RUN [ -f x ]", ""),
    ("RUN [ -f x ] && [ -f y ]", ""),
    ('RUN [ "$A" == "b" ] || exit 1', ""),
    ("RUN [[ $A == b* ]] && x", ""),
    ('RUN ["echo", "x"]', ""),
    ("RUN ['echo', 'x']", "ENT007@2 high"),
    ('RUN ["echo", "x",]', "ENT007@2 high"),
    ("RUN [ 'echo', 'x' ]", "ENT007@2 high"),
    ('SHELL ["pwsh", "-c"]\nRUN [Net.ServicePointManager]::SecurityProtocol = "Tls12, Tls13"', ""),
    ("HEALTHCHECK CMD [ -f /tmp/ok ]", ""),
    ("HEALTHCHECK CMD ['curl', 'x']", "ENT007@2 high"),
    ("HEALTHCHECK CMD curl -f localhost || exit 1", ""),
    ("HEALTHCHECK NONE", ""),
    # text that only a shell would understand
    ('CMD ["torchserve", "--models", "${MODEL}"]', "ENT008@2 medium"),
    ('CMD ["torchserve", "--models", "$MODEL", "--x", "$Y"]', "ENT008@2 medium"),
    ('ENTRYPOINT ["python", "a.py", "--x=$Y"]', "ENT008@2 medium"),
    ('ENTRYPOINT ["python"]\nCMD ["$SCRIPT"]', "ENT008@3 medium"),
    ('ENTRYPOINT ["python", "$A"]\nCMD ["$B"]', "ENT008@2 medium, ENT008@3 medium"),
    ('CMD ["echo", "$HOME"]', ""),
    ('CMD ["python", "a.py", "$(hostname)"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "`hostname`"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "&&", "python", "b.py"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "||", "true"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "|", "tee", "log"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", ";"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "&"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", ">", "log"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", ">>log"]', "ENT008@2 medium"),
    ('CMD ["python", "a.py", "2>&1"]', "ENT008@2 medium"),
    ('CMD ["python", "~/a.py"]', "ENT008@2 medium"),
    ('CMD ["tail", "-f", "/var/log/*.log"]', "ENT008@2 medium"),
    ('CMD ["java", "-jar", "/app/*.jar"]', "ENT008@2 medium"),
    ('CMD ["java", "-cp", "/app/lib/*", "Main"]', ""),
    ('CMD ["java", "-jar", "a.jar", "--server.port=${PORT}"]', ""),
    ('CMD ["java", "$JAVA_OPTS", "-jar", "a.jar"]', "ENT008@2 medium"),
    ('CMD ["jupyter", "lab", "--ip=*", "--NotebookApp.token=\'\'"]', ""),
    ('CMD ["nginx", "-g", "daemon off;"]', ""),
    ('CMD ["find", "/x", "-name", "*.py", "-exec", "ls", "{}", ";"]', ""),
    ('CMD ["sed", "-i", "s/a$/b/;s/c/d/", "f"]', ""),
    ('CMD ["python", "-c", "import os; print(\'$X\')"]', ""),
    ('CMD ["grep", "^x$", "f"]', ""),
    ('CMD ["myserver", "--match", "^a$"]', ""),
    ('CMD ["myserver", "--price", "5$"]', ""),
    ('CMD ["sh", "-c", "exec python $X > log"]', ""),
    ('CMD ["/bin/bash", "-lc", "exec python $X"]', ""),
    ('CMD ["tini", "--", "sh", "-c", "exec python $X"]', ""),
    ('CMD ["python app.py"]', "ENT008@2 high"),
    ('CMD ["python app.py", "--x"]', "ENT008@2 high"),
    ('ENTRYPOINT ["gunicorn -w 4 app:app"]', "ENT008@2 high"),
    ('ENTRYPOINT ["tini", "--", "python app.py"]', "ENT008@2 high"),
    ('ENTRYPOINT ["python"]\nCMD ["my app.py"]', ""),
    ('CMD ["cd", "/app", "&&", "python", "a.py"]', "ENT008@2 high"),
    ('CMD ["source", "/x/activate"]', "ENT008@2 high"),
    ('CMD ["exec", "python", "a.py"]', "ENT008@2 high"),
    ('CMD ["PORT=80", "python", "a.py"]', "ENT008@2 high"),
    ('CMD ["bash", "-c", "python", "app.py"]', "ENT008@2 medium"),
    ('CMD ["bash", "-c", "exec python app.py", "bash"]', ""),
    ('CMD ["bash", "-c", "exec python \\"$1\\"", "bash", "app.py"]', ""),
    ('RUN ["pip", "install", "$X"]', "ENT008@2 medium"),
    ('RUN ["/bin/bash", "-c", "pip install $X"]', ""),
    ('HEALTHCHECK CMD ["curl", "http://localhost:$PORT"]', "ENT008@2 medium"),
    # sh -c without exec
    ('CMD ["sh", "-c", "python a.py"]', "ENT009@2 low"),
    ('CMD ["bash", "-c", "python a.py"]', ""),
    ('CMD ["bash", "-c", "python a.py > log"]', "ENT009@2 low"),
    ('CMD ["sh", "-c", "exec python a.py"]', ""),
    ('CMD ["sh", "-c", "a && b"]', "ENT009@2 medium"),
    ('CMD ["sh", "-c", "cd /app && exec python a.py"]', ""),
    ('CMD ["sh", "-c", "cd /app; python a.py"]', "ENT009@2 medium"),
    ('CMD ["sh", "-c", "python a.py | tee log"]', "ENT009@2 medium"),
    ('CMD ["sh", "-c", "\\"$@\\"", "--", "python"]', "ENT009@2 low"),
    ('CMD ["sh", "-c", "nginx && tail -f /dev/null"]', "ENT009@2 medium"),
    ('CMD ["sh", "-c", "echo hello"]', ""),
    ('CMD ["tini", "--", "sh", "-c", "cd /app && python a.py"]', "ENT009@2 medium"),
    ('CMD ["tini", "-g", "--", "sh", "-c", "cd /app && python a.py"]', ""),
    ('CMD ["dumb-init", "sh", "-c", "cd /app && python a.py"]', ""),
    ('CMD ["dumb-init", "-c", "sh", "-c", "cd /app && python a.py"]', "ENT009@2 medium"),
    # for images built from this one
    ("ONBUILD ENTRYPOINT python a.py", "ENT001@2 low"),
    ("ONBUILD CMD ['a']", "ENT007@2 low"),
    ('ONBUILD CMD ["a", "$X"]', "ENT008@2 low"),
]


@pytest.mark.parametrize(("lines", "wanted"), FORMS)
def test_pairs_of_one_stage(lines: str, wanted: str) -> None:
    assert said(f"FROM python:3.12\n{lines}\n") == sorted(filter(None, wanted.split(", ")))


STAGES: list[tuple[str, str]] = [
    ('FROM x AS b\nCMD ["a"]\nFROM b\nENTRYPOINT ["e"]', "ENT005@4 medium"),
    ('FROM x AS b\nCMD a\nFROM b\nENTRYPOINT ["e"]', "ENT005@4 medium"),
    ('FROM x AS b\nCMD ["a"]\nFROM b\nENTRYPOINT []', "ENT005@4 medium"),
    ('FROM x AS b\nCMD ["a"]\nFROM b\nENTRYPOINT e', "ENT001@4 medium, ENT005@4 medium"),
    ('FROM x AS b\nCMD ["a"]\nFROM b\nENTRYPOINT ["e"]\nCMD ["a"]', ""),
    ('FROM x AS b\nCMD ["a"]\nFROM b\nCMD ["a"]\nENTRYPOINT ["e"]', ""),
    ('FROM x AS b\nCMD ["a"]\nFROM b\nENTRYPOINT ["e"]\nCMD []', ""),
    ('FROM x AS b\nCMD []\nFROM b\nENTRYPOINT ["e"]', ""),
    ('FROM x AS b\nENTRYPOINT ["e"]\nCMD ["a"]\nFROM b', ""),
    ('FROM x AS b\nENTRYPOINT ["e"]\nCMD ["a"]\nFROM b\nENTRYPOINT ["f"]', "ENT005@5 medium"),
    ('FROM x AS b\nENTRYPOINT ["e"]\nFROM b\nCMD ["a"]', ""),
    ('FROM x AS b\nCMD ["a"]\nFROM b AS c\nENTRYPOINT ["e"]\nFROM c\nENV A=1', "ENT005@4 medium"),
    ('FROM x AS b\nCMD ["a"]\nFROM b AS c\nENTRYPOINT ["e"]\nFROM c\nCMD ["z"]', ""),
    ('FROM x AS b\nCMD ["a"]\nFROM b AS c\nENTRYPOINT ["e"]\nFROM c\nENTRYPOINT ["f"]', "ENT005@4 medium"),
    ('FROM x AS b\nCMD ["a"]\nFROM y\nENTRYPOINT ["e"]', ""),
    ('FROM x AS b\nCMD ["a"]\nFROM b AS c\nENTRYPOINT ["e"]\nFROM y', ""),
    ('FROM x AS b\nENTRYPOINT python s.py\nFROM b\nCMD ["--x"]', "ENT001@2 medium, ENT002@4 high"),
    ('FROM x AS b\nENTRYPOINT python s.py\nFROM b\nENTRYPOINT ["python", "s.py"]', ""),
    ('FROM x AS b\nENTRYPOINT ["python"]\nFROM b\nCMD a.py', "ENT003@4 high"),
    ('FROM x AS b\nENTRYPOINT ["python"]\nFROM b\nCMD ["python", "a.py"]', "ENT004@4 high"),
    ('FROM x AS b\nENTRYPOINT ["python"]\nFROM b\nENTRYPOINT []\nCMD ["python", "a.py"]', ""),
    ('FROM x AS b\nENTRYPOINT ["python"]\nFROM b\nENTRYPOINT []\nCMD python a.py', ""),
    ('FROM x AS b\nENTRYPOINT python s.py\nCMD x\nFROM y\nCMD ["z"]', ""),
    ('FROM x AS b\nENTRYPOINT [\'e\']\nCMD ["$X"]\nFROM y\nCMD ["z"]', ""),
    ('FROM x AS b\nCMD ["a"]\nCMD ["b"]\nFROM y\nCMD ["z"]', "ENT006@2 low"),
    ('FROM x AS b\nONBUILD CMD ["a"]\nFROM b', ""),
    ('FROM x AS b\nONBUILD ENTRYPOINT python s.py\nFROM b\nCMD ["--x"]', "ENT001@2 medium, ENT002@4 high"),
    ('FROM x AS b\nCMD ["a"]\nONBUILD ENTRYPOINT ["e"]\nFROM b', "ENT005@3 medium"),
    ('FROM x AS b\nONBUILD ENTRYPOINT ["e"]\nFROM b AS c\nFROM c\nCMD a', "ENT003@5 high"),
    ('FROM vllm/vllm-openai:v0.10.0\nCMD ["vllm", "serve", "m"]', "ENT004@2 high"),
    ('FROM vllm/vllm-openai:v0.10.0\nCMD ["--model", "m"]', ""),
    ("FROM vllm/vllm-openai:v0.10.0\nCMD --x y", "ENT003@2 high"),
    ("FROM vllm/vllm-openai:v0.10.0\nENTRYPOINT []\nCMD vllm serve m", ""),
    ('FROM jupyter/base-notebook:x\nCMD ["jupyter", "lab"]', ""),
    ("FROM jupyter/base-notebook:x\nCMD jupyter lab", ""),
    ("FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nCMD python a.py", ""),
    ("FROM node:22\nCMD node a.js", ""),
    ('FROM node:22\nCMD ["node", "a.js"]', ""),
    ('FROM pytorch/torchserve:0.11.0-cpu\nCMD ["torchserve", "--models", "${MODEL}"]', ""),
]


@pytest.mark.parametrize(("dockerfile", "wanted"), STAGES)
def test_stages(dockerfile: str, wanted: str) -> None:
    assert said(dockerfile + "\n") == sorted(filter(None, wanted.split(", ")))


def test_the_target_counts() -> None:
    text = 'FROM x AS a\nENTRYPOINT python s.py\nFROM y AS b\nENTRYPOINT ["z"]\n'
    build = make_build(text, {}, (), {}, {})
    build.target_name = "a"
    entrypoint = effective(build).entrypoint
    assert entrypoint is not None and entrypoint.line == 2


@pytest.mark.parametrize("platform", ["sagemaker-training", "sagemaker-hosting", "sagemaker-processing"])
def test_sagemaker_has_a_rule_of_its_own_for_the_shell_form(platform: str) -> None:
    text = "FROM python:3.12\nENTRYPOINT python s.py\n"
    silent("ENT001", text, platforms=(platform,))
    assert said(text, platforms=(platform, "docker")) == []
    expect("ENT001", "FROM python:3.12\n»ENTRYPOINT python s.py\n", platforms=("vertex-training",))


ARRAYS = [
    ("['python','a.py']", "single quotes", '["python", "a.py"]'),
    ("[“python”, “a.py”]", "curly quotes", '["python", "a.py"]'),
    ('["python", "a.py",]', "comma behind the last", '["python", "a.py"]'),
    ('["python", "a.py"', "closing bracket is missing", '["python", "a.py"]'),
    ('"python", "a.py"]', "opening bracket is missing", '["python", "a.py"]'),
    ('["python" "a.py"]', "no comma between", '["python", "a.py"]'),
    ('["python", "a.py"] # x', "behind the closing bracket", '["python", "a.py"]'),
    ('["python", "C:\\x\\a.py"]', "no JSON escape", '["python", "C:\\\\x\\\\a.py"]'),
    ("[python, a.py]", "not in double quotes", '["python", "a.py"]'),
    ('["python, "a.py"]', "double quote is missing", ""),
]


@pytest.mark.parametrize(("text", "why", "array"), ARRAYS)
def test_why_an_array_is_none_and_what_was_meant(text: str, why: str, array: str) -> None:
    (found,) = findings(f"FROM x\nCMD {text}\n", ["ENT007"])
    assert why in found.message
    assert found.place.span.column == 5
    assert (found.help == f"Write CMD {array}") if array else ("Write CMD" not in found.help)


ENTRY = 'FROM python:3.12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\nCMD ["python", "serve.py"]\n'

WITHOUT_EXEC = [
    '#!/bin/sh\n»"$@"\n',
    "#!/bin/sh\n»$@\n",
    "#!/bin/bash\nset -e\n»python serve.py\n",
    "»python serve.py\n",
    "#!/bin/sh\n»$CMD\n",
    '#!/bin/sh\n»"$CMD" --x\n',
    '#!/bin/bash\n»eval "$@"\n',
    '#!/bin/sh\nif [ "$1" = train ]; then »python t.py; else exec "$@"; fi\n',
    '#!/bin/sh\nif [ "$1" = train ]; then\n  »python t.py\nelif [ "$1" = x ]; then\n  »python x.py\nelse\n  exec "$@"\nfi\n',
    '#!/bin/sh\ncase "$1" in\n  serve) »gunicorn app:app ;;\n  *) exec "$@" ;;\nesac\n',
    '#!/bin/sh\nif [ "$1" = train ]; then\n  »python t.py\n  exit 0\nfi\nexec "$@"\n',
    '#!/bin/sh\nif [ "$1" = train ]; then\n  »python t.py\n  exit $?\nfi\nexec "$@"\n',
    "#!/bin/sh\n»python serve.py\nexit 0\n",
    "#!/bin/sh\n»python serve.py || exit 1\n",
    "#!/bin/sh\ncd /app && »python serve.py\n",
    "#!/bin/sh\n»python serve.py | tee log\n",
    "#!/bin/sh\n(»exec python serve.py)\n",
    "#!/bin/sh\nmain() {\n  »python serve.py\n}\nmain\n",
    '#!/bin/sh\nmain() {\n  »python serve.py\n}\nmain "$@"\nexit\n',
    "#!/bin/bash\nfunction run {\n  »gunicorn app:app\n}\nsetup() { exec x; }\nrun\n",
    "#!/bin/sh\npython a.py &\npython b.py &\n»wait\n",
    "#!/bin/sh\ntrap 'kill $p' INT\npython a.py & p=$!\n»wait $p\n",
    "#!/bin/sh\ntrap 'kill $p' EXIT\npython a.py & p=$!\n»wait $p\n",
    "#!/bin/sh\ntrap '' TERM\npython a.py &\n»wait\n",
    "#!/bin/sh\ntrap 'kill 0' TERM\n»python a.py\n",
    "#!/bin/sh\ntorchserve --start\n»tail -f /dev/null\n",
    "#!/bin/sh\nservice ssh start\n»sleep infinity\n",
    "#!/bin/sh\n»gosu app python serve.py\n",
    "#!/bin/sh\n»su app -c 'python serve.py'\n",
    "#!/bin/bash\nsource activate ml\n»python serve.py\n",
    "#!/bin/sh\n»bash run.sh\n",
    "#!/bin/sh\nexec > /log 2>&1\n»python serve.py\n",
    "#!/bin/sh\nif true; then :; fi\n»jupyter lab\n",
]

WITH_EXEC = [
    '#!/bin/sh\nexec "$@"\n',
    '#!/bin/bash\nset -euo pipefail\nexec "${@}"\n',
    '#!/bin/sh\nexec gosu app "$@"\n',
    '#!/bin/sh\nexec su-exec app "$@"\n',
    '#!/bin/sh\nexec tini -- "$@"\n',
    '#!/bin/sh\ncd /app\nexec python serve.py "$@"\n',
    '#!/bin/sh\nexec env A=1 "$@"\n',
    '#!/bin/sh\nif [ "$1" = train ]; then exec python t.py; fi\nexec "$@"\n',
    '#!/bin/sh\nif [ "$1" = train ]; then\n  exec python t.py\nelse\n  exec "$@"\nfi\n',
    '#!/bin/sh\ncase "$1" in\n  a) exec a ;;\n  b|c) shift; exec b "$@" ;;\n  *) exec "$@" ;;\nesac\n',
    '#!/bin/sh\n[ -n "$X" ] && exec "$X"\nexec "$@"\n',
    '#!/bin/sh\nmain() {\n  exec "$@"\n}\nmain "$@"\n',
    "#!/bin/sh\npython migrate.py\nexec python serve.py\n",
    "#!/bin/sh\npython migrate.py || exit 1\nexec python serve.py\n",
    "#!/bin/sh\nif ! python check.py; then\n  echo bad\n  exit 1\nfi\nexec python serve.py\n",
    "#!/bin/sh\ntrap 'kill -TERM $p' TERM INT\npython a.py & p=$!\nwait $p\n",
    "#!/bin/sh\ntrap 'kill -TERM $p' SIGTERM\npython a.py & p=$!\nwait $p\nexit $?\n",
    "#!/bin/bash\ntrap 'kill $p' EXIT\npython a.py & p=$!\nwait $p\n",
    "#!/bin/sh\nterm() { kill $p; }\ntrap term 15\npython a.py & p=$!\nwait $p\necho over\n",
    "#!/bin/sh\n/usr/bin/supervisord -n -c /etc/supervisord.conf\n",
    "#!/bin/sh\nexec supervisord\n",
    "#!/bin/sh\naws s3 cp s3://b/x /tmp/x\npython convert.py /tmp/x\naws s3 cp /tmp/x s3://b/y\n",
    "#!/bin/sh\necho hello\n",
    "#!/bin/sh\nwhile true; do\n  python poll.py\n  sleep 60\ndone\n",
    "#!/bin/bash\npython serve.py &\n",
    "#!/bin/bash\n/bin/bash\n",
    '#!/bin/bash\neval "exec $CMD"\n',
    "#!/usr/bin/env python3\nimport subprocess\nsubprocess.call(['x'])\n",
    "",
    "#!/bin/sh\n",
    "#!/bin/sh\nexit 0\n",
]


@pytest.mark.parametrize("script", WITHOUT_EXEC)
def test_scripts_that_stay(script: str) -> None:
    expect("ENT009", ENTRY, files={"entry.sh*": script}, severity="medium")


@pytest.mark.parametrize("script", WITH_EXEC)
def test_scripts_that_hand_over(script: str) -> None:
    silent("ENT009", ENTRY, files={"entry.sh*": script})


@pytest.mark.parametrize("words", ["$@", "$*"])
def test_exec_without_quotes_splits_words(words: str) -> None:
    expect("ENT009", ENTRY, files={"entry.sh*": f"#!/bin/sh\nexec »{words}\n"}, severity="low")


LAUNCHES = [
    'COPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]',
    'COPY --chmod=755 entry.sh /usr/local/bin/\nENTRYPOINT ["entry.sh"]',
    'COPY . /app\nWORKDIR /app\nENTRYPOINT ["./entry.sh"]',
    'WORKDIR /app\nCOPY entry.sh .\nCMD ["./entry.sh"]',
    'COPY entry.sh /e.sh\nENTRYPOINT ["bash", "/e.sh"]',
    'COPY entry.sh /e.sh\nENTRYPOINT ["/bin/sh", "-e", "/e.sh"]',
    'COPY entry.sh /e.sh\nENTRYPOINT ["tini", "--", "/e.sh"]',
    'COPY entry.sh /e.sh\nENTRYPOINT ["tini", "--"]\nCMD ["/e.sh"]',
    'COPY entry.sh /e.sh\nCMD ["/usr/bin/env", "A=1", "/e.sh"]',
    'COPY entry.sh /e.sh\nCMD ["bash", "-c", "/e.sh"]',
    "COPY entry.sh /e.sh\nCMD /e.sh",
    "COPY entry.sh /e.sh\nCMD bash /e.sh --x",
    'COPY entry.sh /e.sh\nRUN chmod +x /e.sh\nENTRYPOINT ["/e.sh"]',
    'COPY wrap.sh entry.sh /bin/\nENTRYPOINT ["wrap.sh"]\nCMD ["entry.sh"]',
    'ENV PATH="/opt/program:${PATH}"\nCOPY entry.sh /opt/program/go.sh\nENTRYPOINT ["go.sh"]',
]


@pytest.mark.parametrize("launch", LAUNCHES)
def test_the_script_is_found(launch: str) -> None:
    files = {"entry.sh*": "#!/bin/sh\n»python serve.py\n", "wrap.sh*": '#!/bin/sh\nexec "$@"\n'}
    expect("ENT009", f"FROM python:3.12\n{launch}\n", files=files)


@pytest.mark.parametrize(
    "launch",
    [
        'COPY entry.sh /e.sh\nENTRYPOINT ["tini", "-g", "--", "/e.sh"]',
        'COPY entry.sh /e.sh\nENTRYPOINT ["dumb-init", "/e.sh"]',
        'COPY entry.sh /e.sh\nENTRYPOINT ["/other"]',
        'COPY entry.sh /e.sh\nENTRYPOINT ["python", "/e.sh"]',
        "COPY entry.sh /e.sh\nENTRYPOINT []",
    ],
)
def test_the_script_does_not_count(launch: str) -> None:
    silent("ENT009", f"FROM python:3.12\n{launch}\n", files={"entry.sh*": "#!/bin/sh\npython serve.py\n"})


def test_a_heredoc_has_its_places_in_the_dockerfile() -> None:
    expect("ENT009", 'FROM python:3.12\nCOPY <<"EOF" /e.sh\n#!/bin/sh\n»python serve.py\nEOF\nENTRYPOINT ["/e.sh"]\n')
    expect(
        "ENT009", 'FROM python:3.12\nCOPY --chmod=755 <<EOF /e.sh\n#!/bin/sh\n»python serve.py\nEOF\nCMD ["/e.sh"]\n'
    )


def test_a_sourced_file_is_followed() -> None:
    files = {"entry.sh*": "#!/bin/sh\n. /lib.sh\n", "lib.sh": "»python serve.py\n"}
    expect("ENT009", 'FROM x\nCOPY entry.sh lib.sh /\nENTRYPOINT ["/entry.sh"]\n', files=files)
    files = {"entry.sh*": "#!/bin/sh\n. /lib.sh\n", "lib.sh": 'exec "$@"\n'}
    silent("ENT009", 'FROM x\nCOPY entry.sh lib.sh /\nENTRYPOINT ["/entry.sh"]\n', files=files)


def test_the_platforms_word_finds_the_script() -> None:
    text = 'FROM python:3.12\nENV PATH="/opt/program:${PATH}"\nCOPY serve train /opt/program/\n'
    files = {"serve*": "#!/bin/sh\n»gunicorn app:app\n", "train*": "#!/bin/sh\nexec python t.py\n"}
    expect("ENT009", text, files=files, platforms=("sagemaker-hosting",))
    plain = {name: content.replace("»", "") for name, content in files.items()}
    silent("ENT009", text, files=plain, platforms=("sagemaker-training",))
    silent("ENT009", text, files=plain)


def test_scripts_decide_what_becomes_of_cmd() -> None:
    """A wrapper that runs its arguments makes a shell-form CMD, or a repeated program, work; another does not."""
    runs, passes = '#!/bin/sh\nexec "$@"\n', '#!/bin/sh\nexec python app.py "$@"\n'
    shell = 'FROM x\nCOPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\nCMD run --x\n'
    assert said(shell, files={"e.sh*": runs}) == ["ENT003@4 low"]
    assert said(shell, files={"e.sh*": passes}) == ["ENT003@4 high"]
    assert said(shell, files={"e.sh*": '#!/bin/sh\nif [ -n "$1" ]; then exec "$@"; fi\nexec x\n'}) == ["ENT003@4 low"]
    twice = 'FROM x\nCOPY e.py /e.py\nENTRYPOINT ["python", "/e.py"]\nCMD ["python", "a.py"]\n'
    assert said(twice, files={"e.py": "import subprocess, sys\nsubprocess.call(sys.argv[1:])\n"}) == []
    assert said(twice, files={"e.py": "import sys\nprint(sys.argv)\n"}) == ["ENT004@4 high"]
    variable = 'FROM x\nCOPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\nCMD ["serve", "$MODEL"]\n'
    assert said(variable, files={"e.sh*": runs}) == ["ENT008@4 medium"]
    assert said(variable, files={"e.sh*": '#!/bin/sh\neval exec "$@"\n'}) == []


def test_a_script_that_nobody_has_seen_leaves_it_open() -> None:
    text = 'FROM x\nENTRYPOINT ["/docker-entrypoint.sh"]\nCMD run --x\n'
    assert said(text) == []
    (open_question,) = undecided(text, ["ENT003"])
    assert "/docker-entrypoint.sh" in open_question.reason


POOL = [
    'CMD ["a"]', "CMD b c", "CMD []", 'ENTRYPOINT ["e"]', "ENTRYPOINT f", "ENTRYPOINT []", "CMD ['x']", 'ONBUILD CMD ["oc"]',
    'ONBUILD ENTRYPOINT ["oe"]', "ENV A=1", 'ENTRYPOINT [""]', 'CMD ["x",]', 'CMD ["a"] # c', 'ENTRYPOINT ["a", "b"',
]  # fmt: skip


def _argv(launch: Launch | None) -> list[str]:
    if launch is None:
        return []
    return [str(word) for word in launch.exec] if launch.exec is not None else ["/bin/sh", "-c", str(launch.script)]


def test_buildkit_ends_up_with_the_same_pair(buildkit: BuildKit, tmp_path: Path) -> None:
    choose = random.Random(7)
    for _ in range(60):
        lines: list[str] = []
        for index in range(choose.randint(1, 3)):
            base = "scratch" if index == 0 or choose.random() < 0.15 else f"s{choose.randrange(index)}"
            lines += [f"FROM {base} AS s{index}", *choose.choices(POOL, k=choose.randint(0, 4))]
        text = "\n".join(lines) + "\n"
        (tmp_path / "Dockerfile").write_text(text)
        built = buildkit.build(tmp_path, tmp_path / "Dockerfile")
        launch = effective(make_build(text, {}, (), {}, {}))
        config = built.config
        assert built.ok
        assert (_argv(launch.entrypoint), _argv(launch.cmd)) == (
            config.get("Entrypoint") or [],
            config.get("Cmd") or [],
        ), text


def test_hostile_arrays_and_scripts_take_no_time() -> None:
    deep = "#!/bin/sh\n" + "if a; then\n" * 3000 + "b\n" + "fi\n" * 3000
    assert len(findings(ENTRY, RULES, {"entry.sh*": deep})) <= 1
    calls = "#!/bin/sh\n" + "".join(f"f{n}() {{ f{n + 1}; }}\n" for n in range(500)) + "f0\n"
    findings(ENTRY, RULES, {"entry.sh*": calls})
    findings(ENTRY, RULES, {"entry.sh*": "#!/bin/sh\nf() { f; }\nf\n"})
    findings("FROM x\nCMD [" + "'a'," * 3000 + "]\n", RULES)
    findings("FROM x\nCMD " + '["' * 5000 + "\n", RULES)
    findings("FROM x\nENTRYPOINT [" + ",".join(['"tini"'] * 3000) + ']\nCMD ["a"]\n', RULES)


@pytest.mark.parametrize(
    ("rule_id", "lines"),
    [
        ("ENT004", 'ENTRYPOINT ["python"]\nCMD ["python", "app.py"]\n'),
        ("ENT008", 'CMD ["python", "$APP"]\n'),
        ("ENT008", 'CMD ["python", "${HOME}/app.py"]\n'),
        ("ENT008", 'CMD ["python", "~/app.py"]\n'),
    ],
)
def test_a_missing_file_is_told_by_its_reason(rule_id: str, lines: str) -> None:
    text = "FROM python:3.12.4\nWORKDIR /app\nCOPY app.py .\n" + lines
    found = run(text, files={"app.py": ""})
    assert [row[0] for row in found if row[0].startswith("ENT")] == [rule_id]
