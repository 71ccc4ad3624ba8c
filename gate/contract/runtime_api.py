"""The Runtime API of AWS Lambda, as far as a function needs it to get one event and to answer it.

The interface: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from types import TracebackType
from typing import Any

_ROOT = "/2018-06-01/runtime"
_REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
_BODY = 6 << 20
"""Bytes of an answer: what Lambda itself takes."""
_IDLE = 30.0
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:mlgate-verify"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a container that ends lets go of its connections."""


class RuntimeApi:
    """A server on one address of this machine that hands out one event. ``answer``: what came back, as its kind
    (``response``, ``error``, ``init``) and its body."""

    def __init__(self, address: str, event: bytes, seconds: float) -> None:
        self.event, self.seconds = event, seconds
        self.contacted, self.asked, self.answered = threading.Event(), threading.Event(), threading.Event()
        self.answer: tuple[str, bytes] | None = None
        self._closing = threading.Event()
        self._server = _Server((address, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> RuntimeApi:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, body: bytes) -> bool:
        """What a function posts. Only the first answer counts."""
        kinds = {
            f"{_ROOT}/invocation/{_REQUEST}/response": "response",
            f"{_ROOT}/invocation/{_REQUEST}/error": "error",
            f"{_ROOT}/init/error": "init",
        }
        kind = kinds.get(path)
        if kind is not None and self.answer is None:
            self.answer = kind, body
            self.answered.set()
        return kind is not None

    def next(self) -> bool:
        """Whether there is an event; a function that asks for a second one waits until the end."""
        if not self.asked.is_set():
            self.asked.set()
            return True
        self._closing.wait()
        return False

    def _handler(api) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = _IDLE

            def do_GET(self) -> None:
                api.contacted.set()
                if self.path != f"{_ROOT}/invocation/next":
                    self._say(404)
                elif api.next():
                    self._say(
                        200,
                        api.event,
                        {
                            "Content-Type": "application/json",
                            "Lambda-Runtime-Aws-Request-Id": _REQUEST,
                            "Lambda-Runtime-Deadline-Ms": str(int((time() + api.seconds) * 1000)),
                            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION,
                            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                        },
                    )
                else:
                    self.close_connection = True

            def do_POST(self) -> None:
                api.contacted.set()
                self._say(202 if api.take(self.path, self._body()) else 404, b"{}")

            def _body(self) -> bytes:
                """The body, also in chunks, as far as Lambda takes it."""
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    return b"".join(self._chunks())
                length = self.headers.get("Content-Length", "0")
                return self.rfile.read(min(int(length), _BODY)) if length.isdigit() else b""

            def _chunks(self) -> list[bytes]:
                chunks: list[bytes] = []
                while sum(map(len, chunks)) < _BODY:
                    try:
                        size = int(self.rfile.readline(32).strip() or b"0", 16)
                    except ValueError:
                        break
                    if not 0 < size <= _BODY:
                        break
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline(4)
                return chunks

            def _say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Nothing: a report says it."""

        return Handler
