"""Tables of cases for the security rules. ``»`` marks where the rule must speak; a row without it must stay silent."""

from __future__ import annotations

import pytest

from gate.model import Finding
from gate.rule import Example
from tests.rules.support import MARK, expect, findings, run, silent, undecided

AKIA = "AKIA" + "IOSFODNN7QWERTYU"
HF = "hf_" + "abcdefghijKLMNOPqrstuv0123456789AB"
GHP = "ghp_" + "abcdefghijKLMNOPqrstuv0123456789ABCD"
SHA = "0123456789abcdef0123456789abcdef01234567"


def judge(rule_id: str, line: str, **kw: object) -> None:
    text = f"FROM debian:12.5\n{line}\n"
    (expect if MARK in line else silent)(rule_id, text, **kw)  # type: ignore[arg-type]


SECRETS = [
    "ARG »HF_TOKEN",
    "ARG »GITHUB_TOKEN=",
    "ENV »AWS_SECRET_ACCESS_KEY=abc",
    "ENV A=b »WANDB_API_KEY=0123 C=d",
    "ENV »RCON_PASSWORD=minecraft",
    "ENV »MYSQL_ROOT_PASSWORD secret1",
    "ENV »KAGGLE_KEY=abc",
    "ENV »MLFLOW_TRACKING_PASSWORD=changeme",
    "ENV »DJANGO_SECRET_KEY=abc",
    f"ENV »X={AKIA}",
    f"ENV »X={HF}",
    f"ARG »X={GHP}",
    f"RUN huggingface-cli login --token »{HF}",
    f"RUN git clone https://»{GHP}@example.com/x",
    f'LABEL key="»{AKIA}"',
    'ENV »KEY="-----BEGIN RSA PRIVATE KEY-----abcdefghijk"',
    "ENV »PIP_EXTRA_INDEX_URL=https://user:p4ssw0rd@pypi.example.com/simple",
    "RUN pip install -i https://user:»p4ssw0rd@pypi.example.com/simple x==1",
    "RUN git clone https://bob:»s3cretpw@example.com/a/b",
    "ENV »DATABASE_URL=postgres://app:s3cretpw@db/x",
    "ARG »npm_token",
    "ENV TOKENIZERS_PARALLELISM=false",
    "ENV MAX_TOKENS=4096",
    "ENV MAX_NEW_TOKENS=1 PAD_TOKEN=x EOS_TOKEN=y",
    "ENV TOKEN_LIMIT=4",
    "ENV HF_TOKEN_PATH=/run/secrets/x",
    "ENV POSTGRES_PASSWORD_FILE=/run/secrets/pg",
    "ENV AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=x",
    "ENV AWS_SECRET_ARN=arn:aws:x",
    'ENV DB_PASSWORD=""',
    "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
    "ENV PUBLIC_KEY=abc",
    "ENV SECRET_NAME=prod/db",
    "ENV PIP_INDEX_URL=https://pypi.example.com/simple",
    "RUN git clone https://x-access-token:${TOKEN}@example.com/a/b",
    "RUN git clone ssh://git@example.com:22/a/b",
    "ENV PIP_INDEX_URL=https://user:${PW}@pypi.example.com/simple",
    "ENV KEYBOARD=us MONKEY=1 TURKEY=2",
    "ENV PASSWORDLESS=1",
    "ARG TOKENIZER=bert",
    "RUN --mount=type=secret,id=hf,env=HF_TOKEN python x.py",
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets(line: str) -> None:
    judge("SEC001", line)


def _messages(text: str) -> list[Finding]:
    return findings(f"FROM debian:12.5\n{text}\n", ["SEC001"])


def test_the_secret_itself_is_not_printed() -> None:
    for line in (f"ENV X={HF}", f"RUN echo {GHP}", "ENV DB_PASSWORD=correcthorse"):
        (found,) = _messages(line)
        assert line.rpartition("=")[2].rpartition(" ")[2] not in found.message


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("ENV DB_PASSWORD=correcthorse", "high"),
        ("ENV DB_PASSWORD=changeme", "medium"),
        ("ARG HF_TOKEN", "medium"),
        ("ENV HF_TOKEN=$T", "medium"),
        (f"ENV X={HF}", "high"),
    ],
)
def test_how_bad_a_secret_is(line: str, severity: str) -> None:
    (found,) = _messages(line)
    assert found.severity.word == severity


CREDENTIALS = [
    "COPY ».aws /root/.aws",
    "COPY ».aws/credentials /root/.aws/credentials",
    "COPY ».netrc /root/",
    "COPY »./secrets/id_rsa /root/.ssh/id_rsa",
    "ADD »kaggle.json /root/.kaggle/",
    "COPY a.py ».env /app/",
    "COPY »my-service-account.json /app/",
    "COPY ».ssh/ /root/.ssh/",
    "RUN »echo x > /root/.netrc",
    "RUN »printf 'a' >> ~/.aws/credentials",
    "RUN »huggingface-cli login --token $T",
    "RUN »wandb login $KEY",
    "RUN cat x | »tee /root/.pypirc",
    "COPY .env.example /app/",
    "COPY id_rsa.pub /root/.ssh/",
    "COPY ca-bundle.pem /etc/ssl/",
    "COPY environment.yml /app/",
    "COPY --from=build /root/.netrc /x",
    "RUN --mount=type=secret,id=n,target=/root/.netrc cat /root/.netrc",
    "RUN echo x > ~/.netrc && make && rm ~/.netrc",
    "RUN aws configure list",
    "RUN echo .netrc",
]


@pytest.mark.parametrize("line", CREDENTIALS)
def test_credential_files(line: str) -> None:
    judge("SEC002", line)


def test_credentials_inside_a_copied_folder() -> None:
    files = {"app/main.py": "x", "app/.env": "TOKEN=abc", "app/ca.pem": "-----BEGIN CERTIFICATE-----"}
    expect("SEC002", Example("FROM debian:12.5\nCOPY »app /app\n", files=files), severity="high")
    silent("SEC002", Example("FROM debian:12.5\nCOPY app /app\n", files={**files, ".dockerignore": "**/.env\n"}))
    keys = {"app/server.pem": "-----BEGIN PRIVATE KEY-----\nabc"}
    expect("SEC002", Example("FROM debian:12.5\nCOPY ». /app\n", files=keys))
    silent("SEC002", Example("FROM debian:12.5\nCOPY other /app\n", files={**files, "other/x": "1"}))


def test_a_credential_in_a_build_stage_weighs_less() -> None:
    assert run("FROM debian:12.5 AS b\nCOPY .netrc /root/\nFROM debian:12.5\n", ["SEC002"]) == [("SEC002", 2, 6, "low")]


SCRIPTS = [
    "RUN »curl -sSfL https://example.com/install.sh | sh -s",
    "RUN »wget -qO- https://example.com/install.sh | sudo bash",
    "RUN »curl https://example.com/x | tac | tac | bash -s -- -y",
    "RUN »curl https://example.com/x.py | python3 -",
    "RUN »wget https://example.com/x.py && python3.6 x.py",
    "RUN set -e; apt-get update && »curl -s https://example.com/x | bash -x",
    "RUN bash <(»curl -s https://example.com/x)",
    'RUN sh -c "$(»curl -fsSL https://example.com/x)"',
    'RUN eval "$(»wget -O- https://example.com/x)"',
    "RUN »curl -o x.sh https://example.com/x.sh && sh x.sh",
    "RUN »curl -O https://example.com/x.sh && chmod +x x.sh && ./x.sh",
    "RUN »wget https://example.com/x.sh -O /tmp/x.sh && bash /tmp/x.sh -b",
    "RUN »curl https://example.com/x.sh > x.sh && bash x.sh",
    "RUN »wget https://example.com/x.sh -P /tmp && bash /tmp/x.sh",
    "RUN bash -c 'curl_it() { true; }; »curl https://example.com/x | bash'",
    'RUN curl -o x https://example.com/x && echo "$S  x" | sha256sum -c - && bash x',
    "RUN curl -o x https://example.com/x && curl -o x.asc https://example.com/x.asc && gpg --verify x.asc x && sh x",
    "RUN curl https://example.com/x | tar xz",
    "RUN curl https://example.com/x.json | python3 -m json.tool",
    "RUN curl https://example.com/x.json | python3 parse.py",
    "RUN curl https://example.com/key | apt-key add -",
    "RUN echo 'curl https://example.com/x | sh'",
    "RUN curl -o data.csv https://example.com/d.csv && python3 load.py data.csv",
    "RUN cat x.sh | sh",
    "RUN curl https://example.com/x | sh -c 'cat > /y'",
]


@pytest.mark.parametrize("line", SCRIPTS)
def test_scripts_from_the_network(line: str) -> None:
    judge("SEC003", line)


def test_a_version_in_the_address_weighs_less() -> None:
    assert run("FROM debian:12.5\nRUN curl https://example.com/v1.2.3/i.sh | sh\n", ["SEC003"])[0][3] == "low"
    assert run("FROM debian:12.5\nRUN curl https://example.com/latest/i.sh | sh\n", ["SEC003"])[0][3] == "medium"


SOURCES = [
    "RUN git clone »https://example.com/a/b",
    "RUN git clone --depth 1 »https://example.com/a/b.git /src",
    "RUN git clone -b main »https://example.com/a/b.git",
    "RUN git clone --branch v1.2.3 »https://example.com/a/b.git",
    "RUN git clone »git@example.com:a/b.git && cd b && git checkout develop",
    "RUN git -c http.proxy=x clone »https://example.com/a/b",
    f"RUN git clone https://example.com/a/b && cd b && git checkout {SHA}",
    f"RUN git clone https://example.com/a/b\nRUN cd b && git checkout {SHA[:8]}",
    "RUN git clone https://example.com/a/b && git -C b reset --hard $COMMIT",
    f"RUN git clone https://e.org/a && git clone https://e.org/b.git\nRUN cd a && git checkout {SHA} && cd ../b && git checkout {SHA}",
    f"RUN git clone https://e.org/a && git clone »https://e.org/b && git -C a checkout {SHA}",
    f"RUN git clone https://e.org/a /src/x\nWORKDIR /src/x\nRUN git checkout {SHA}",
    f'RUN git clone https://e.org/a "$D" && git -C "$D" checkout {SHA}',
    "RUN git clone /src/b",
    "RUN git clone $REPO",
    "RUN git pull",
    "ADD »https://example.com/x.tgz /x",
    "ADD »https://example.com/model-1.2.3.tgz /x",
    "ADD »https://github.com/a/b.git /x",
    f"ADD https://github.com/a/b.git#{SHA} /x",
    "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/x /x",
    "ADD https://api.github.com/repos/a/b/git/refs/heads/main /version.json",
    "ADD https://example.com/key.gpg /etc/apt/keyrings/",
    "ADD x.tgz /x",
    "RUN wget »https://example.com/x.tar.gz && tar xf x.tar.gz",
    "RUN curl -L »https://example.com/tool -o /usr/bin/tool && chmod +x /usr/bin/tool",
    "RUN curl -LO »https://example.com/v1.18.0/kubectl && chmod +x ./kubectl && mv ./kubectl /usr/local/bin/",
    "RUN wget »https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh",
    "RUN wget https://example.com/x.sh && sh x.sh",
    "RUN curl -o /usr/local/bin/pget »https://example.com/latest/pget_$(uname -m)\nRUN chmod +x /usr/local/bin/pget",
    "RUN curl -O »https://example.com/x.tar.gz/download",
    "RUN wget »https://bootstrap.pypa.io/get-pip.py\nRUN python get-pip.py",
    "RUN curl -o /data/x.csv https://example.com/x.csv",
    "RUN wget »https://example.com/tool && install -m 755 tool /usr/bin/",
    'RUN wget https://example.com/x.tar.gz && echo "$S x.tar.gz" | sha256sum --check',
    "RUN wget »https://example.com/x-$(uname -m).deb && apt-get install -y ./x-*.deb",
    "RUN curl https://example.com/x-$(uname -m).sh -o x.sh && sh x.sh",
    "RUN curl -fsSL https://example.com/gpg.key -o /etc/apt/keyrings/x.asc",
    "RUN curl https://example.com/api",
]


@pytest.mark.parametrize("line", SOURCES)
def test_remote_sources(line: str) -> None:
    judge("SEC004", line)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("RUN git clone https://example.com/a/b", "medium"),
        ("RUN git clone -b v1.2.3 https://example.com/a/b", "low"),
        ("RUN git clone https://example.com/a/b && git -C b checkout v1.2", "low"),
        ("ADD https://example.com/x-1.2.3.tgz /x", "low"),
        ("ADD https://example.com/latest/x.tgz /x", "medium"),
    ],
)
def test_how_bad_a_source_is(line: str, severity: str) -> None:
    ((_, _, _, found),) = run(f"FROM debian:12.5\n{line}\n", ["SEC004"])
    assert found == severity


TRANSPORTS = [
    "RUN curl -O »http://example.com/x",
    "RUN wget »http://example.com/x",
    "RUN curl »-k https://example.com/x",
    "RUN curl »-fsSLk https://example.com/x",
    "RUN curl »--insecure https://example.com/x",
    "RUN wget »--no-check-certificate https://example.com/x",
    "RUN pip install »--trusted-host pypi.example.com x==1",
    "RUN python3 -m pip install »--trusted-host=pypi.example.com x==1",
    "RUN pip install -i »http://pypi.example.com/simple x==1",
    "RUN pip install »git+http://example.com/a/b",
    "RUN git clone »git://example.com/a/b",
    "RUN apt-get install -y »--allow-unauthenticated x",
    "RUN apt-get install »--force-yes x",
    "RUN apk add »--allow-untrusted x.apk",
    "RUN yum install -y »--nogpgcheck x",
    "RUN »npm config set strict-ssl false",
    "RUN »git config --global http.sslVerify false",
    "RUN »pip config set global.trusted-host pypi.example.com",
    "ADD »http://example.com/x /x",
    "ENV »PIP_TRUSTED_HOST=x",
    "ENV »GIT_SSL_NO_VERIFY=1",
    "ENV »PYTHONHTTPSVERIFY=0",
    "ENV »NODE_TLS_REJECT_UNAUTHORIZED=0",
    "RUN curl -K file https://example.com",
    "RUN curl http://localhost:8080/ping",
    "RUN curl http://127.0.0.1/ping",
    "RUN curl http://metadata/x",
    'RUN wget http://example.com/x && echo "$S x" | sha256sum -c',
    "RUN echo 'deb http://deb.debian.org/debian bookworm main' > /etc/apt/sources.list",
    "RUN pip install -i https://pypi.example.com/simple x==1",
    "ENV GIT_SSL_NO_VERIFY=0",
    "ENV NODE_TLS_REJECT_UNAUTHORIZED=1",
    "LABEL x=http://example.com",
    "RUN echo http://example.com",
]


@pytest.mark.parametrize("line", TRANSPORTS)
def test_transports(line: str) -> None:
    judge("SEC005", line)


USERS = [
    "FROM »debian:12.5\nRUN true\n",
    "FROM debian:12.5\nUSER »root\n",
    "FROM debian:12.5\nUSER app\nUSER »0\n",
    "FROM debian:12.5\nUSER »root:root\n",
    "FROM debian:12.5\nARG U=root\nUSER »$U\n",
    "FROM debian:12.5 AS a\nUSER »root\nFROM a\nRUN true\n",
    "FROM debian:12.5 AS a\nUSER app\nFROM »debian:12.5\n",
    "FROM debian:12.5\nUSER app\n",
    "FROM debian:12.5\nUSER root\nRUN true\nUSER 1000:1000\n",
    "FROM debian:12.5 AS a\nUSER app\nFROM a\n",
    "FROM debian:12.5 AS b\nUSER root\nFROM registry.example.com/x:1\n",
    "FROM debian:12.5\nARG U\nUSER $U\n",
]


@pytest.mark.parametrize("text", USERS)
def test_users(text: str) -> None:
    (expect if MARK in text else silent)("SEC006", text)


@pytest.mark.parametrize("platform", ["sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "lambda"])
def test_root_is_what_the_platform_asks_for(platform: str) -> None:
    silent("SEC006", "FROM debian:12.5\nUSER root\n", platforms=[platform])
    expect("SEC006", "FROM debian:12.5\nUSER »root\n", platforms=[platform, "kserve"])


def test_who_speaks_of_sagemaker_may_mean_it() -> None:
    text = "FROM debian:12.5 AS sagemaker\nRUN true\n"
    silent("SEC006", text)
    assert undecided(text, ["SEC006"])
    expect("SEC006", text.replace("debian", "»debian"), platforms=["docker"])


def test_sudo() -> None:
    for line in (
        "RUN »sudo apt-get update",
        "RUN true && »sudo -E -u root make",
        "RUN bash -c '»sudo make'",
        "RUN apt-get install -y sudo",
        "RUN echo sudo",
    ):
        judge("SEC007", line)


TRUSTED = {
    "trusted-registries": ["registry.example.com", "*.dkr.ecr.*.amazonaws.com", "ghcr.io/acme", "docker.io/library"]
}
REGISTRIES = [
    "FROM »ghcr.io/other/x:1\n",
    "FROM »acme/x:1\n",
    "FROM »quay.io/x/y@sha256:" + "0" * 64 + "\n",
    "FROM debian:12\nCOPY --from=»quay.io/x/y:1 /a /b\n",
    "FROM debian:12\nRUN --mount=»type=bind,from=quay.io/x/y:1,target=/a true\n",
    "FROM ghcr.io/acme/x:1\n",
    "FROM debian:12\n",
    "FROM registry.example.com/a/b/c:1\n",
    "FROM 123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1\n",
    "FROM scratch\n",
    "FROM debian:12 AS b\nFROM b\nCOPY --from=b /a /a\nCOPY --from=0 /a /a\n",
    "ARG R\nFROM $R/x:1\n",
]


@pytest.mark.parametrize("text", REGISTRIES)
def test_registries(text: str) -> None:
    (expect if MARK in text else silent)("SEC008", text, policy=TRUSTED)


@pytest.mark.parametrize(
    "line",
    [
        "ENV »KEY=AKIAIOSFODNN7EXAMPLE",
        f"ENV »X=hf_{'a' * 34}",
        "RUN »TOKEN=abc123 ./fetch",
        "RUN export »DB_PASSWORD=hunter22",
        "RUN a && export »AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY && b",
        "RUN TOKEN=$T ./fetch",
        "RUN PASSWORD=$(cat /run/secrets/p) ./fetch",
        "RUN TOKEN=changeme ./fetch",
        "RUN MONKEY=1 KEY=/etc/apt/keyrings/x.gpg ./fetch",
        "ENV IMAGE=sk-learn-training-container-image",
    ],
)
def test_secrets_by_value_and_in_run(line: str) -> None:
    (expect if "»" in line else silent)("SEC001", f"FROM debian:12.5\n{line}\n")


def test_a_placeholder_of_a_known_format_is_one() -> None:
    expect("SEC001", f"FROM debian:12.5\nENV »HF_TOKEN=hf_{'x' * 34}\n", severity="medium")


@pytest.mark.parametrize(
    ("line", "name", "content"),
    [
        ("COPY »key.pem /x", "key.pem", "-----BEGIN PRIVATE KEY-----\n"),
        ("COPY ca.pem /x", "ca.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("COPY »pip.conf /etc/", "pip.conf", "[global]\nindex-url=https://u:pw1234@example.com/simple\n"),
        ("COPY pip.conf /etc/", "pip.conf", "[global]\nindex-url=https://example.com/simple\n"),
        ("COPY ».npmrc .", ".npmrc", "//registry.example.com/:_authToken=abcdef\n"),
        ("COPY .npmrc .", ".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\n"),
        ("COPY .npmrc .", ".npmrc", "registry=https://registry.example.com/\n"),
        ("COPY »login.json /root/.docker/config.json", "login.json", '{"auths": {}}'),
        ("COPY env.example /app/.env", "env.example", "A=b"),
        ("RUN »aws configure set aws_secret_access_key abc", "x", ""),
        ("RUN aws configure set region eu-west-1", "x", ""),
    ],
)
def test_credential_files_by_content_and_by_place(line: str, name: str, content: str) -> None:
    (expect if "»" in line else silent)("SEC002", Example(f"FROM debian:12.5\n{line}\n", files={name: content}))


@pytest.mark.parametrize(
    ("rule_id", "line"),
    [
        ("SEC004", "RUN curl -L »https://example.com/latest/tool.tgz | tar xz"),
        ("SEC004", "RUN wget -qO- »https://example.com/tool.zip | bsdtar -xf -"),
        ("SEC004", "RUN curl https://example.com/state | jq ."),
        ("SEC005", "RUN »GIT_SSL_NO_VERIFY=true git clone https://example.com/x"),
        ("SEC005", "RUN export »PIP_TRUSTED_HOST=pypi.example.com && pip install x==1"),
        ("SEC005", "RUN GIT_SSL_NO_VERIFY=0 git clone https://example.com/x"),
    ],
)
def test_downloads_in_pipes_and_checks_switched_off_by_variables(rule_id: str, line: str) -> None:
    (expect if "»" in line else silent)(rule_id, f"FROM debian:12.5\n{line}\n")
