"""nginx's configuration: directives, addresses, locations, and what is behind them."""

from __future__ import annotations

import pytest

from gate.model import Place, Span, Unknown
from gate.servers.model import Location as NginxLocation
from gate.servers.nginx import Unreadable, listens, parse, passed_on, seconds, size
from tests.servers.support import read, verdict, where

_HERE = Place("nginx.conf", Span(1, 1, 1, 2))
APP = "from flask import Flask\napp = Flask(__name__)\n@app.get('/ping')\ndef p(): ...\n@app.post('/invocations')\ndef i(): ...\n"


def _parsed(text: str) -> list[tuple[str, list[str], int | None]]:
    found = parse(text, lambda start, end: _HERE)
    return [(each.name, each.words, len(each.children) if each.children is not None else None) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b c;", [("a", ["b", "c"], None)]),
        ("a;b{c d;}", [("a", [], None), ("b", [], 1)]),
        ("# x ; {\na 'b ; c' \"d } e\";", [("a", ["b ; c", "d } e"], None)]),
        ("location ~ ^/(a|b){ return 200; }", [("location", ["~", "^/(a|b)"], 1)]),
        ("log_format x '$a' '\"b\"';", [("log_format", ["x", "$a", '"b"'], None)]),
        ("a ${b}c;", [("a", ["${b}c"], None)]),
        ("", []),
    ],
)
def test_directives(text: str, expected: list[tuple[str, list[str], int | None]]) -> None:
    assert _parsed(text) == expected


@pytest.mark.parametrize("text", ["a b", "a {", "}", ";", "{}", "a 'b;", "a } b;", "a {" * 100 + "}" * 100])
def test_what_nginx_refuses_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text, lambda start, end: _HERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listen 8080 deferred;", ("", 8080, "")),
        ("listen [::]:80 default_server;", ("", 80, "")),
        ("listen *:81;", ("", 81, "")),
        ("listen 127.0.0.1;", ("127.0.0.1", 80, "")),
        ("listen localhost:8000;", ("localhost", 8000, "")),
        ("listen [::1]:9;", ("::1", 9, "")),
        ("listen unix:/tmp/x.sock;", ("", None, "/tmp/x.sock")),
    ],
)
def test_listen(text: str, expected: tuple[str, int | None, str]) -> None:
    (found,) = listens(parse(text, lambda start, end: _HERE)[0])
    assert (found.host, found.port, found.socket) == expected


@pytest.mark.parametrize("text", ["listen $port;", "listen {{PORT}};", "listen %PORT%;", "listen ${PORT};"])
def test_a_template_is_not_known(text: str) -> None:
    (found,) = listens(parse(text.replace("{{", "'{{").replace("}}", "}}'"), lambda start, end: _HERE)[0])
    assert isinstance(found.port, Unknown)


@pytest.mark.parametrize(
    ("text", "expected"), [("5m", 5 << 20), ("0", 0), ("6M", 6 << 20), ("1g", 1 << 30), ("1024", 1024), ("x", None)]
)
def test_size(text: str, expected: int | None) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("60s", 60), ("1m", 60), ("30", 30), ("500ms", 0.5), ("x", None)])
def test_seconds(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("kind", "path", "uri", "asked", "expected"),
    [
        ("", "/a/", "/", "/a/ping", "/ping"),
        ("", "/a", None, "/a/ping", "/a/ping"),
        ("=", "/invocations", "/predict", "/invocations", "/predict"),
        ("~", "^/a", "/x", "/a/ping", "/a/ping"),
    ],
)
def test_what_is_passed_on(kind: str, path: str, uri: str | None, asked: str, expected: str) -> None:
    assert passed_on(NginxLocation(kind, path, _HERE, to="x", uri=uri), asked) == expected


def _site(server: str, http: str = "") -> dict[str, str | bytes]:
    conf = f"events {{}}\nhttp {{ {http} server {{ listen 8080; {server} }} }}\n"
    script = "#!/bin/sh\ngunicorn -b unix:/tmp/g.sock app:app &\nexec nginx -c /app/nginx.conf -g 'daemon off;'\n"
    return {"e.sh*": script, "nginx.conf": conf, "app.py": APP}


@pytest.mark.parametrize(
    ("server", "http", "ping", "invocations"),
    [
        ("location / { proxy_pass http://unix:/tmp/g.sock; }", "", "yes", "yes"),
        (
            "location / { proxy_pass http://up; }",
            "upstream up { server unix:/tmp/g.sock fail_timeout=0; }",
            "yes",
            "yes",
        ),
        (
            "location = /ping { return 200; } location = /invocations { proxy_pass http://unix:/tmp/g.sock; }",
            "",
            "yes",
            "yes",
        ),
        ("location /ping { proxy_pass http://unix:/tmp/g.sock; }", "", "yes", "no"),
        ("location / { proxy_pass http://unix:/tmp/g.sock:/x/; }", "", "no", "no"),
        (
            "location /invocations { proxy_pass http://unix:/tmp/g.sock:/predict; } location /ping { return 404; }",
            "",
            "no",
            "no",
        ),
        ("location / { proxy_pass http://127.0.0.1:9000; }", "", "unknown", "unknown"),
        ("location / { rewrite ^/ping /x last; proxy_pass http://unix:/tmp/g.sock; }", "", "unknown", "unknown"),
        ("location / { root /usr/share/nginx/html; }", "", "unknown", "unknown"),
        ("location ~ (((a+)+)+)+ { return 200; } location / { return 404; }", "", "unknown", "unknown"),
    ],
)
def test_through_nginx(server: str, http: str, ping: str, invocations: str) -> None:
    found = read(["/app/e.sh"], _site(server, http))
    assert (verdict(found, "GET", "/ping"), verdict(found, "POST", "/invocations")) == (ping, invocations)


def test_includes_and_their_order() -> None:
    files = {
        "nginx.conf": "http { include /app/conf.d/*.conf; }\n",
        "conf.d/a.conf": "server { listen 8080; include snippets/ping.inc; }\n",
        "snippets/ping.inc": "location /ping { return 200; }\n",
    }
    found = read(["nginx", "-c", "/app/nginx.conf", "-g", "daemon off;"], files)
    assert where(found) == ["nginx *:8080"]
    assert verdict(found, "GET", "/ping") == "yes"


def test_a_file_that_includes_itself_comes_to_an_end() -> None:
    found = read(
        ["nginx", "-c", "/app/nginx.conf"],
        {"nginx.conf": "http { server { listen 8080; include /app/nginx.conf; } }\n"},
    )
    assert found.servers[0].site is not None


def test_files_in_conf_d_of_the_package() -> None:
    more = "COPY site.conf /etc/nginx/conf.d/site.conf\n"
    found = read(["nginx", "-g", "daemon off;"], {"site.conf": "server { listen 8080; }\n"}, more=more)
    assert where(found) == ["nginx *:8080"]


@pytest.mark.parametrize(
    "script",
    [
        "envsubst < /app/nginx.conf.template > /app/nginx.conf",
        "sed -i s/PORT/8080/ /app/nginx.conf",
        "cat > /app/nginx.conf <<EOF\nhttp {}\nEOF",
        "cp /app/other.conf nginx.conf",
    ],
)
def test_a_configuration_that_is_written_at_the_start_is_not_known(script: str) -> None:
    files = {
        "e.sh*": f"#!/bin/sh\n{script}\nexec nginx -c /app/nginx.conf\n",
        "nginx.conf": "http { server { listen 80; } }\n",
    }
    assert where(read(["/app/e.sh"], files)) == ["nginx ?:?"]
