"""Read the book in this folder: ``python3 read.py``, on Windows ``py read.py``. It needs no network.

With ``--no-browser`` the address is only printed.
"""

import sys
import webbrowser
from pathlib import Path

from serve import serve, server


def main() -> None:
    book = Path(__file__).resolve().parent / "book"
    if not (book / "index.html").exists():
        sys.exit(f"{book}: holds no book; unpack all of the zip file, and start read.py where it lies then")
    with server(str(book), 0) as http:
        address = f"http://127.0.0.1:{http.server_port}/index.html"
        if "--no-browser" not in sys.argv[1:]:
            webbrowser.open(address)  # the server listens already and answers once it serves
        serve(http, address)


if __name__ == "__main__":
    main()
