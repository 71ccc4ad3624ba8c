"""What BuildKit refuses: its message and its line. Every case here is also put to BuildKit itself."""

from __future__ import annotations

import re

import pytest

from tests.dockerfile.reading import build, faults, read
from tests.engines.frontend import Frontend

F = "FROM scratch\n"
CASES = [
    # The file as a whole.
    ("", "the Dockerfile cannot be empty", 1),
    ("# only a comment\n\n", "file with no instructions", 2),
    ("ARG A=1\n", "dockerfile contains no stages to build", 1),
    ("RUN x\nFROM a\n", "no build stage in current context", 1),
    ("ARG A\n\nENV B=$A\nFROM a\n", "no build stage in current context", 3),
    (F + "RUN " + "x" * 65532 + "\n", "dockerfile line greater than max allowed size of 65535", 2),
    # Directives.
    ("# escape=x\nFROM a\n", "invalid escape token 'x' does not match ` or \\", 1),
    ("# escape=`\n# escape=`\nFROM a\n", "only one escape parser directive can be used", 2),
    ("# check=bogus\nFROM a\n", 'failed to parse check options: invalid check option "bogus"', 1),
    ("# check=error=maybe\nFROM a\n", 'failed to parse check options: failed to parse check option "error=maybe": '
     'strconv.ParseBool: parsing "maybe": invalid syntax', 1),
    # The parser.
    (F + "ENV A\n", "ENV must have two arguments", 2),
    (F + "LABEL A\n", "LABEL must have two arguments", 2),
    (F + "ENV A=b c\n", "Syntax error - can't find = in \"c\". Must be of the form: name=value", 2),
    (F + "ENV A=b \\\n  c\n", "Syntax error - can't find = in \"c\". Must be of the form: name=value", 3),
    (F + 'CMD ["a", 1]\n', "when using JSON array syntax, arrays must be comprised of strings only", 2),
    (F + "VOLUME [null]\n", "when using JSON array syntax, arrays must be comprised of strings only", 2),
    (F + 'HEALTHCHECK CMD [["a"]]\n', "when using JSON array syntax, arrays must be comprised of strings only", 2),
    (F + "ONBUILD ENV A\n", "ENV must have two arguments", 2),
    (F + "RUN <<E\nx\n", "unterminated heredoc", 2),
    # Keywords and the number of arguments.
    (F + "FOO x\n", "unknown instruction: FOO (did you mean FROM?)", 2),
    (F + "COPPY a b\n", "unknown instruction: COPPY (did you mean COPY?)", 2),
    (F + "labl a=b\n", "unknown instruction: labl (did you mean label?)", 2),
    (F + "&& x\n", "unknown instruction: &&", 2),
    (F + "\\\n\n", "unknown instruction: ", 2),
    ("FROM\n", "FROM requires either one or three arguments", 1),
    ("FROM a b\n", "FROM requires either one or three arguments", 1),
    ("FROM a IS b\n", "FROM requires either one or three arguments", 1),
    ("FROM a AS 1b\n", "invalid name for build stage: \"1b\", name can't start with a number or contain symbols", 1),
    ("FROM a AS b/c\n", "invalid name for build stage: \"b/c\", name can't start with a number or contain symbols", 1),
    (F + "COPY a\n", "COPY requires at least two arguments, but only one was provided. Destination could not be determined", 2),
    (F + "ADD\n", "ADD requires at least two arguments, but only one was provided. Destination could not be determined", 2),
    (F + "COPY a <<E\nE\n", "COPY cannot accept a heredoc as a destination", 2),
    (F + "ENV\n", "ENV requires at least one argument", 2),
    (F + "ENV =a\n", "ENV names can not be blank", 2),
    (F + "ARG\n", "ARG requires at least one argument", 2),
    (F + "ARG =a\n", "ARG names can not be blank", 2),
    (F + "LABEL\n", "LABEL requires at least one argument", 2),
    (F + "USER\n", "USER requires exactly one argument", 2),
    (F + "WORKDIR\n", "WORKDIR requires exactly one argument", 2),
    (F + "STOPSIGNAL\n", "STOPSIGNAL requires exactly one argument", 2),
    (F + "MAINTAINER\n", "MAINTAINER requires exactly one argument", 2),
    (F + "EXPOSE\n", "EXPOSE requires at least one argument", 2),
    (F + "VOLUME\n", "VOLUME requires at least one argument", 2),
    (F + "VOLUME []\n", "VOLUME requires at least one argument", 2),
    (F + 'VOLUME [" "]\n', "VOLUME specified can not be an empty string", 2),
    (F + "SHELL\n", "SHELL requires at least one argument", 2),
    (F + "SHELL []\n", "SHELL requires at least one argument", 2),
    (F + "SHELL bash -c\n", "SHELL requires the arguments to be in JSON form", 2),
    (F + "ONBUILD\n", "ONBUILD requires at least one argument", 2),
    (F + "ONBUILD ONBUILD RUN x\n", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 2),
    (F + "onbuild from x\n", "FROM isn't allowed as an ONBUILD trigger", 2),
    (F + "ONBUILD MAINTAINER x\n", "MAINTAINER isn't allowed as an ONBUILD trigger", 2),
    (F + "HEALTHCHECK\n", "HEALTHCHECK requires at least one argument", 2),
    (F + "HEALTHCHECK NONE x\n", "HEALTHCHECK NONE takes no arguments", 2),
    (F + "HEALTHCHECK CMD\n", "Missing command after HEALTHCHECK CMD", 2),
    (F + "HEALTHCHECK curl x\n", 'Unknown type "CURL" in HEALTHCHECK (try CMD)', 2),
    # Flags.
    (F + "RUN --foo x\n", "unknown flag: --foo", 2),
    (F + "RUN --mont=x y\n", "unknown flag: --mont (did you mean mount?)", 2),
    (F + "COPY --chwon=1 a b\n", "unknown flag: --chwon (did you mean chown?)", 2),
    (F + "COPY \\\n --zzz a b\n", "unknown flag: --zzz", 3),
    (F + "ADD --from=x a b\n", "unknown flag: --from", 2),
    (F + "USER --x y\n", "unknown flag: --x", 2),
    ("FROM --foo=x a\n", "unknown flag: --foo", 1),
    (F + "COPY --chown=1 --chown=2 a b\n", "duplicate flag specified: --chown", 2),
    (F + "COPY --chown a b\n", "missing a value on flag: --chown", 2),
    (F + "COPY --link= a b\n", "missing a value on flag: --link", 2),
    (F + "COPY --link=yes a b\n", "expecting boolean value for flag --link, not: yes", 2),
    (F + "RUN --network=bad x\n", 'invalid network mode "bad"', 2),
    (F + "RUN --security=bad x\n", 'security "bad" is not valid', 2),
    (F + 'RUN --mount=a\\"b x\n', 'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted-field', 2),
    (F + "RUN --mount=from=$X,target=/a x\n", "'from' doesn't support variable expansion, define alias stage instead", 2),
    (F + "RUN --device=a,b x\n", "invalid field 'b' must be a key=value pair", 2),
    (F + "HEALTHCHECK --interval=5 CMD x\n", 'time: missing unit in duration "5"', 2),
    (F + "HEALTHCHECK --interval=x CMD x\n", 'time: invalid duration "x"', 2),
    (F + "HEALTHCHECK --timeout=5d CMD x\n", 'time: unknown unit "d" in duration "5d"', 2),
    (F + "HEALTHCHECK --timeout=1us CMD x\n", 'Interval "timeout" cannot be less than 1ms', 2),
    (F + "HEALTHCHECK --interval=-5s CMD x\n", 'Interval "interval" cannot be less than 1ms', 2),
    (F + "HEALTHCHECK --retries=x CMD x\n", 'strconv.ParseInt: parsing "x": invalid syntax', 2),
    (F + "HEALTHCHECK --retries=-1 CMD x\n", "--retries cannot be negative (-1)", 2),
    (F + "HEALTHCHECK --retries=9999999999 CMD x\n", 'strconv.ParseInt: parsing "9999999999": value out of range', 2),
    # FROM.
    ("FROM $NO\n", "base name ($NO) should not be blank", 1),
    ("ARG A=\nFROM ${B}\n", "base name (${B}) should not be blank", 2),
    ("FROM ${A\n", 'failed to process "${A": unsupported modifier (\ufffd) in substitution', 1),
    ("FROM ${A:?no A}\n", "FROM requires either one or three arguments", 1),
    ("FROM ${A:?none}\n", 'failed to process "${A:?none}": A: none', 1),
    ("ARG A=${B?}\nFROM a\n", 'failed to process "${B?}": B: is not allowed to be unset', 1),
    ("FROM --platform=$NO a\n", "empty platform value from expression $NO", 1),
    ("FROM --platform=bogus a\n", 'failed to parse platform bogus: "bogus": unknown operating system or architecture: '
     "invalid argument", 1),
    ("FROM --platform=linux/a*b a\n", 'failed to parse platform linux/a*b: "linux/a*b": wildcards not yet supported: '
     "invalid argument", 1),
    ("FROM --platform=linux/a/b/c a\n", 'failed to parse platform linux/a/b/c: "linux/a/b/c": cannot parse platform '
     "specifier: invalid argument", 1),
    ("FROM a:b:c\n", 'failed to parse stage name "a:b:c": invalid reference format', 1),
    ("FROM Debian\n", 'failed to parse stage name "Debian": invalid reference format: repository name (library/Debian) '
     "must be lowercase", 1),
    ("FROM debian:\n", 'failed to parse stage name "debian:": invalid reference format', 1),
    ("FROM a AS B\nFROM B\n", 'failed to parse stage name "B": invalid reference format: repository name (library/B) must be '
     "lowercase", 2),
    # Sources.
    (F + "COPY --from=1 a b\n", "invalid stage index 1", 2),
    (F + "COPY --from=-1 a b\n", "invalid stage index -1", 2),
    (F + "COPY --from=0 a b\n", "circular dependency detected on stage: stage-0", 2),
    ("FROM scratch AS x\nCOPY --from=X a b\n", "circular dependency detected on stage: x", 2),
    ("FROM scratch AS x\nCOPY --from=y a b\nFROM scratch AS y\nCOPY --from=x a b\n",
     "circular dependency detected on stage: x", 2),
    ("FROM scratch AS x\nCOPY --from=y a b\nFROM scratch AS y\nFROM x\n",
     'cannot copy from stage "y", it needs to be defined before current stage "x"', 2),
    ("FROM scratch\nCOPY --from=1 a b\nFROM scratch AS y\nFROM scratch\nCOPY --from=0 a b\n",
     'cannot copy from stage "1", it needs to be defined before current stage "stage-0"', 2),
    (F + "COPY --from=$X a b\n", "variable expansion is not supported for --from, define a new stage with FROM using ARG "
     "from global scope as a workaround", 2),
    (F + "COPY --from=a:b:c a b\n", 'failed to parse stage name "a:b:c": invalid reference format', 2),
    (F + "RUN --mount=from=later,target=/a x\nFROM scratch AS later\nFROM scratch\nCOPY --from=0 a b\n",
     'cannot mount from stage "later" to "/a", stage needs to be defined before current command', 2),
    (F + "COPY https://x/y b\n", "source can't be a URL for COPY", 2),
    (F + "COPY https://x/y.git b\n", "source can't be a git ref for COPY", 2),
    (F + "COPY git@x.y:z b\n", "source can't be a git ref for COPY", 2),
    (F + "ADD --checksum=sha256:1 a b\n", "checksum requires HTTP(S) or Git sources", 2),
    (F + "ADD --checksum=sha256:1 a c b\n", "checksum can't be specified for multiple sources", 2),
    (F + "ADD --checksum=sha256:1 https://x/y b\n", "invalid checksum digest length", 2),
    (F + "ADD --checksum=md5:1 https://x/y b\n", "unsupported digest algorithm", 2),
    (F + "COPY --chmod=99 a b\n", "invalid chmod parameter: '99'. it should be octal string and between 0 and 07777", 2),
    (F + "COPY --chmod=77777 a b\n", "invalid chmod parameter: '77777'. it should be octal string and between 0 and 07777", 2),
    (F + "COPY --chmod=u+q a b\n", "invalid syntax", 2),
    # Values.
    (F + "ENV A=${B\n", 'failed to process "${B": unsupported modifier (\ufffd) in substitution', 2),
    (F + "ENV A='b\n", "failed to process \"'b\": unexpected end of statement while looking for matching single-quote", 2),
    (F + 'LABEL a="b\n', 'failed to process "\\"b": unexpected end of statement while looking for matching double-quote', 2),
    (F + "USER ${}\n", 'failed to process "${}": syntax error: bad substitution', 2),
    (F + "USER ${A:\n", "failed to process \"${A:\": syntax error: missing '}'", 2),
    (F + "USER ${A:-b\n", "failed to process \"${A:-b\": syntax error: missing '}'", 2),
    (F + "USER ${A@Q}\n", 'failed to process "${A@Q}": unsupported modifier (@) in substitution', 2),
    (F + "USER ${A:=b}\n", 'failed to process "${A:=b}": unsupported modifier (:=) in substitution', 2),
    (F + "USER ${A:#b}\n", 'failed to process "${A:#b}": unsupported modifier (:#) in substitution', 2),
    (F + "USER ${A//b}\n", "failed to process \"${A//b}\": syntax error: missing '/' in ${}", 2),
    (F + "USER ${A/b/c\n", "failed to process \"${A/b/c\": syntax error: missing '}'", 2),
    (F + "USER ${A?}\n", 'failed to process "${A?}": A: is not allowed to be unset', 2),
    (F + "ENV A=\nUSER ${A:?}\n", 'failed to process "${A:?}": A: is not allowed to be empty', 3),
    (F + "USER ${X:-${A:?inner}}\n", 'failed to process "${X:-${A:?inner}}": A: inner', 2),
    (F + "ENV A=b\nUSER ${A#\\q}\n", 'failed to process "${A#\\\\q}": invalid pattern (\\q) in substitution: '
     "invalid escape '\\q'", 3),
    (F + "ARG A=${B?no}\n", 'failed to process "${B?no}": B: no', 2),
    (F + "COPY <<E /a\n${A?no}\nE\n", 'failed to process "${A?no}\\n": A: no', 2),
    (F + "EXPOSE x\n", "invalid containerPort: x", 2),
    (F + "EXPOSE 80/xyz\n", 'invalid port: "80/xyz": invalid proto: xyz', 2),
    (F + "EXPOSE 99999\n", "invalid containerPort: 99999", 2),
    (F + "EXPOSE 9-7\n", "invalid containerPort: 9-7", 2),
    (F + "EXPOSE x:80\n", "invalid hostPort: x", 2),
    (F + "EXPOSE 1-2:80-85\n", "invalid ranges specified for container and host Ports: 80-85 and 1-2", 2),
    (F + "EXPOSE a.b:1:80\n", "invalid IP address: a.b", 2),
    (F + "EXPOSE 1:\n", 'invalid port: "1:": no port specified', 2),
    (F + "EXPOSE 80 70x 9x\n", "invalid containerPort: 70x", 2),
    (F + "STOPSIGNAL FOO\n", "invalid signal: FOO", 2),
    (F + "STOPSIGNAL 0\n", "invalid signal: 0", 2),
    (F + "VOLUME $A\n", "VOLUME specified can not be an empty string", 2),
    # Mounts.
    (F + "RUN --mount=type=bogus x\n", 'unsupported mount type "bogus"', 2),
    (F + "RUN --mount=type=cach,target=/a x\n", 'unsupported mount type "cach" (did you mean cache?)', 2),
    (F + "RUN --mount=targt=/a x\n", "unexpected key 'targt' in 'targt=/a' (did you mean target?)", 2),
    (F + "RUN --mount=type=cache,foo x\n", "invalid field 'foo' must be a key=value pair", 2),
    (F + "RUN --mount=type=cache,target=/a,required x\n", "unexpected key 'required' for mount type 'cache'", 2),
    (F + "RUN --mount=type=cache,target=/a,size=1 x\n", "unexpected key 'size' for mount type 'cache'", 2),
    (F + "RUN --mount=type=tmpfs,target=/a,size=x x\n", "invalid value for size: x", 2),
    (F + "RUN --mount=type=cache,target=/a,sharing=x x\n", 'unsupported sharing value "x"', 2),
    (F + "RUN --mount=type=bind,target=/a,sharing=shared x\n", "invalid cache sharing set for bind mount", 2),
    (F + "RUN --mount=type=cache,target=/a,mode=9 x\n", "invalid value 9 for mode", 2),
    (F + "RUN --mount=type=cache,target=/a,uid=x x\n", "invalid value x for uid", 2),
    (F + "RUN --mount=type=bind,target=/a,uid=1 x\n", 'uid not allowed for "bind" type mounts', 2),
    (F + "RUN --mount=type=bind,target=/a,ro=x x\n", "invalid value for ro: x", 2),
    (F + "RUN --mount=type=secret x\n", "invalid secret mount. one of source, target required", 2),
    (F + "RUN --mount=type=secret,id=a,src=b x\n", "both source and id can't be set", 2),
    (F + "RUN --mount=type=secret,id=a,from=b x\n", "secret mount should not have a from", 2),
    (F + "RUN --mount=type=bind,target=/ x\n", 'invalid mount target "/"', 2),
    (F + "RUN --device=a x\n", "device feature is only supported in Dockerfile frontend 1.14.0-labs or later", 2),
    # What ONBUILD brings into a stage made from one of this file.
    ("FROM scratch AS a\nONBUILD FOO\nFROM a\n", "unknown instruction: FOO (did you mean FROM?)", 3),
    ("FROM scratch AS a\nONBUILD USER ${A?}\nFROM a\n", 'failed to process "${A?}": A: is not allowed to be unset', 3),
    ("FROM scratch AS a\nONBUILD ENV A=${A?}\nFROM a\n", 'failed to process "${A?}": A: is not allowed to be unset', 3),
    ("FROM scratch AS a\nONBUILD COPY --from=9 a b\nFROM a\n", "invalid stage index 9", 3),
    ("FROM scratch AS a\nONBUILD COPY --from=b a b\nFROM a\nFROM scratch AS b\nFROM scratch\nCOPY --from=1 a b\n",
     'cannot copy from stage "b", it needs to be defined before current stage "stage-1"', 3),
]  # fmt: skip

ACCEPTED = [
    "FROM scratch",
    F + "ARG --foo A",
    F + "ONBUILD FOO bar",
    F + "ONBUILD COPY a",
    F + "RUN",
    F + "CMD",
    F + "ENTRYPOINT []",
    F + "RUN x \\",
    F + "HEALTHCHECK --foo NONE",
    F + "HEALTHCHECK --interval=0s CMD x",
    F + "HEALTHCHECK --interval=1h2m3.5s CMD x",
    F + "STOPSIGNAL sigrtmin+3",
    F + "STOPSIGNAL 99",
    F + "EXPOSE 80 90/UDP 1-3 127.0.0.1:8:9 [::1]:1:2 $P",
    F + "USER ${A:-${B:+c}}",
    F + "USER a$",
    F + "COPY --chmod=u=rwX,go-w a b",
    F + "COPY --from=alpine a b\nCOPY --from=1 c d",
    F + "RUN --mount=type=cache,target=/a --mount=type=secret,id=x,required x",
    F + "RUN --mount=type=tmpfs,target=/a,size=1.5GiB x",
    "FROM a AS B\nFROM b",
    "FROM scratch AS x\nCOPY --from=y a b\nFROM scratch AS y\nFROM scratch",
    "FROM scratch AS x\nUSER ${A?}\nFROM scratch",
    "FROM scratch AS a\nFROM scratch AS a\nCOPY x y",
    "FROM --platform=$BUILDPLATFORM a",
    "ARG A\nFROM ${A:-a}:${B:-b}",
    F + "COPY <<'E' /a\n${A?no}\nE",
]


@pytest.mark.parametrize(("text", "message", "line"), CASES)
def test_the_first_fault(text: str, message: str, line: int) -> None:
    assert faults(text)[0] == (message, line)


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_buildkit_takes(text: str) -> None:
    assert faults(text) == []


def without_hint(message: str) -> str:
    """Of several hints that are equally near BuildKit gives any."""
    return re.sub(r" \(did you mean .*\?\)", "", re.sub(r"^dockerfile parse error on line \d+: ", "", message))


@pytest.mark.parametrize(("text", "message", "line"), CASES)
def test_buildkit_says_the_same(frontend: Frontend, text: str, message: str, line: int) -> None:
    answer = frontend(text.encode())
    assert without_hint(answer.error) == without_hint(message)
    # It counts from nought where a line itself cannot be read, and has no line for some faults.
    if answer.lines and not re.search("parser directive|escape token|max allowed size", message):
        assert answer.lines[0] <= line <= max(answer.lines)


@pytest.mark.parametrize("text", ACCEPTED)
def test_buildkit_takes_it(frontend: Frontend, text: str) -> None:
    assert frontend(text.encode()).error == ""


def test_several_faults_come_in_buildkits_order() -> None:
    text = "FROM a\nFOO\nENV B\nRUN <<E\nE\nCMD [1]\n"
    assert [message for message, _ in faults(text)] == [
        "ENV must have two arguments",
        "when using JSON array syntax, arrays must be comprised of strings only",
        "unknown instruction: FOO (did you mean FROM?)",
    ]


def test_a_fault_stands_at_the_word() -> None:
    flag = build(F + "COPY --chown=1 \\\n   --foo a b\n").faults[0]
    assert (flag.place.span.line, flag.place.span.column, flag.place.span.end_column) == (3, 4, 9)
    pair = build(F + "ENV A=1 b C=2\n").faults[0]
    assert (pair.place.span.column, pair.place.span.end_column) == (9, 10)


@pytest.mark.parametrize(
    "text",
    ["ARG A\nFROM $A\n", "ARG A\nFROM x:$A\n", "FROM debian\nUSER ${A?}\n", F + "ARG P\nEXPOSE $P\n"],
)
def test_what_cannot_be_known_is_no_fault(text: str) -> None:
    assert faults(text) == []


def test_build_arguments_and_target_decide() -> None:
    text = "ARG A\nFROM ${A} AS one\nFROM scratch AS two\nARG P\nEXPOSE $P\n"
    assert faults(text, build_args={"A": "Bad", "P": "1"})[0][0].startswith('failed to parse stage name "Bad"')
    assert faults(text, build_args={"A": "a", "P": "x"}) == [("invalid containerPort: x", 5)]
    assert faults(text, target="one", build_args={"A": "a", "P": "x"}) == []
    assert faults(text, target="ONE", build_args={"A": "a"}) == []
    assert faults(text, target="tow") == [('target stage "tow" could not be found (did you mean two?)', 1)]
    assert faults(text, target="1") == [('target stage "1" could not be found', 1)]


def test_reading_alone_tells_only_what_the_file_decides() -> None:
    assert [fault.message for fault in read("FROM $NO\nFOO\n").faults] == [
        "unknown instruction: FOO (did you mean FROM?)"
    ]
