"""Each row stands at the word that it is about: ``»`` in front of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gate.engines.hadolint_input import scripts
from tests.engines_hadolint.support import build, marked, position, run

CASES = [
    ("DL3000", "WORKDIR »rel"),
    ("DL3001", "RUN true && \\\n  »ssh host"),
    ("DL3003", "RUN true \\\n  # comment\n  && »cd /tmp && make"),
    ("DL3003", "RUN <<EOF\ntrue\n»cd /tmp\nEOF"),
    ("DL3004", "ONBUILD RUN true && »sudo make"),
    ("DL3004", "RUN true && »sudo make"),
    ("DL3007", "FROM »debian:latest AS x"),
    ("DL3008", "RUN apt-get update && apt-get install -y \\\n    a=1 \\\n    »b \\\n    c"),
    ("DL3009", "RUN true && »apt-get update && apt-get install -y a=1"),
    ("DL3011", "EXPOSE 80 »99999/tcp"),
    ("DL3012", "HEALTHCHECK CMD a\n»HEALTHCHECK CMD b"),
    ("DL3013", "RUN pip install a==1 \\\n  »b"),
    ("DL3013", "RUN python3.11 -m pip install »b"),
    ("DL3014", "RUN true && »apt-get install curl=1"),
    ("DL3015", "RUN true && \\\n »apt-get install -y curl=1"),
    ("DL3016", "RUN npm install -g a@1 »b"),
    ("DL3018", "RUN apk add --no-cache a=1 »b"),
    ("DL3019", "RUN true && »apk add a=1"),
    ("DL3020", "»ADD a b"),
    ("DL3021", "COPY a b »c"),
    ("DL3022", "COPY »--from=nope a /b"),
    ("DL3023", "FROM debian:12 AS x\nCOPY »--from=x a /b"),
    ("DL3024", "FROM debian:12 AS x\nFROM debian:12 AS »x"),
    ("DL3025", "CMD »python serve.py"),
    ("DL3027", "RUN true && »apt update"),
    ("DL3028", "RUN gem install »rails"),
    ("DL3029", "FROM »--platform=linux/amd64 debian:12"),
    ("DL3032", "RUN true; »yum install -y a-1"),
    ("DL3033", "RUN yum install -y a-1 »b"),
    ("DL3037", "RUN zypper install -y a=1 »b"),
    ("DL3041", "RUN dnf install -y a-1 »b"),
    ("DL3042", "RUN true && »pip install a==1"),
    ("DL3044", "ENV A=1 »B=$A"),
    ("DL3045", "COPY a »b"),
    ("DL3046", "RUN true && »useradd -u 123456789 x"),
    ("DL3047", "RUN true && »wget http://x"),
    ("DL3059", "RUN true\n»RUN true"),
    ("DL3062", "RUN go install »x.org/y@latest"),
    ("DL3063", "FROM debian:12 AS »context"),
    ("DL3064", "ARG A=1\nENV B=2 »DB_PASSWORD=1"),
    ("DL3065", "FROM »--platform=$TARGETPLATFORM debian:12"),
    ("DL3066", "USER »app"),
    ("DL3067", "FROM debian:12 AS a\nFROM debian:12\nCOPY »--from=a / /"),
    ("DL4000", "»MAINTAINER me"),
    ("DL4001", "RUN wget -q a\nRUN true && »curl b"),
    ("DL4003", 'CMD ["a"]\n»CMD ["b"]'),
    ("DL4005", "RUN true && »ln -s /bin/bash /bin/sh"),
    ("DL4006", "RUN true && \\\n  »curl x | tar x"),
    ("SC2086", 'RUN a="$b" && \\\n echo "$c" \'$d\' »$e'),
    ("SC2086", 'ENV K=1\nRUN x "$K" && echo $K && \\\n  echo »$e'),
    ("SC2046", "RUN a && \\\n  kill »$(pidof x)"),
    ("SC2006", 'RUN a && x=»`date` && echo "$x"'),
    ("SC2154", 'RUN a && \\\n  echo "»$foo"'),
    ("SC2016", "RUN a && echo »'$HOME'"),
    ("SC2028", "RUN a && echo »'a\\n'"),
    ("SC2035", "RUN a && rm »*.txt"),
    ("SC2164", "RUN a && \\\n »cd /x; b"),
    ("SC2155", 'RUN export »X="$(date)" && echo "$X"'),
    ("SC3010", "RUN a && \\\n if »[[ -f x ]]; then b; fi"),
    ("SC3046", "RUN a && \\\n »source x"),
    ("SC3014", "RUN [ a »== b ]"),
    ("SC3037", "RUN echo »-e x"),
    ("SC3040", "RUN set -eo »pipefail && a"),
]


@pytest.mark.parametrize(("code", "text"), CASES)
def test_place(code: str, text: str) -> None:
    text, places = marked(text if text.startswith("FROM") else f"FROM debian:12\n{text}")
    assert [position(f) for f in run(text).findings if f.rule_id == code] == places


def test_every_place_is_inside_the_file() -> None:
    text = "".join(
        re.sub("»", "", case if case.startswith("FROM") else f"FROM debian:12\n{case}\n") + "\n" for _, case in CASES
    )
    source = build(text).dockerfile.source
    found = run(text).findings
    assert len(found) > len(CASES)
    for finding in found:
        span = finding.place.span
        assert 1 <= span.line <= span.end_line <= source.line_count
        assert (span.line, span.column) < (span.end_line, span.end_column)
        assert 1 <= span.column <= len(source.line(span.line))
        assert span.end_column <= len(source.line(span.end_line)) + 1


def test_what_is_found_nowhere_stands_at_the_keyword() -> None:
    text = 'FROM debian:12\nRUN eval "cd /tmp" && \\\n  f() { :; }\n»RUN { x\n'
    text, places = marked(text)
    assert [position(f) for f in run(text).findings if f.rule_id.startswith("SC10")] == places


SHELLCHECK = Path(sys.executable).with_name("shellcheck")
SCRIPTS = [
    'echo "a" $b && rm *.log && cd x; for f in $(ls); do echo `date`; done',
    "if [ $x = 1 ]; then export A=$(pwd); fi; echo 'a $b' \"$y\" $z",
    'set -e; a=$b; c ${d}; e "${f}" $g; [ $h == i ] && source j || echo -n k',
    'cat x | grep "$y" | sed s/a/b/ >> out; echo "$(date)" $(date); read l; printf \'%s\' $m',
]


@pytest.mark.skipif(not SHELLCHECK.exists(), reason="the shellcheck program is not here")
@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_itself_names_the_same_place(script: str) -> None:
    text = f"FROM debian:12\nRUN {script}\n"
    (given,) = scripts(build(text).dockerfile)
    assert given.text.endswith(f"RUN {script}\n")
    argv = [str(SHELLCHECK), "-s", "sh", "-f", "json", "-"]
    printed = subprocess.run(argv, input=script, capture_output=True, text=True, check=False).stdout
    theirs = {(f"SC{row['code']}", row["column"] + 4) for row in json.loads(printed)}
    ours = {(f.rule_id, f.place.span.column) for f in run(text).findings if f.rule_id.startswith("SC")}
    assert len(ours) == 1  # hadolint tells one of them
    assert ours <= theirs
