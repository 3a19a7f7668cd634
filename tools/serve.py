"""Serve the built book: ``python tools/serve.py _build/html 8000``.

Pages fetch modules and weights, which a browser refuses to pages opened as files, and it refuses
modules and WebAssembly whose type is not exact, which some systems' tables get wrong. Where there is no such
page, the folder's ``404.html`` is sent, as GitHub Pages does.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    """The standard handler with exact types; it does not log every request."""

    extensions_map = {  # noqa: RUF012 - the base class has it so
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".onnx": "application/octet-stream",
    }

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send the folder's own page for what is not there."""
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the page shows what it could not load."""


class Server(ThreadingHTTPServer):
    """The standard server, without a traceback for each reader who leaves a page while it comes."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave unsaid that a browser hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def server(folder: str, port: int, handler: type[Handler] = Handler) -> ThreadingHTTPServer:
    """A server of ``folder`` on this machine only; port 0 takes a free one."""
    return Server(("127.0.0.1", port), partial(handler, directory=folder))


@contextmanager
def serving(folder: Path, handler: type[Handler] = Handler) -> Iterator[str]:
    """The address of a server of ``folder``, on a free port, that answers as long as the block lasts."""
    with server(str(folder), 0, handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def serve(http: ThreadingHTTPServer, address: str) -> None:
    """Say where the book is, and serve it until Ctrl-C."""
    print(f"The book is at {address} (Ctrl-C stops)", flush=True)
    try:
        http.serve_forever()
    except KeyboardInterrupt:
        print()


def main() -> None:
    folder, port = sys.argv[1], int(sys.argv[2])
    try:
        http = server(folder, port)
    except OSError as error:
        sys.exit(f"port {port} cannot be used ({error.strerror}); choose another:  make serve PORT={port + 1}")
    serve(http, f"http://localhost:{port}/")


if __name__ == "__main__":
    main()
