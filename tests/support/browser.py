"""A real browser for the tests: opens a page in a window of any width, and hears what the page says of itself."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, ClassVar

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NONE = "no Chromium on this machine (apt-get install chromium)"
"""Why a test that needs a browser is skipped."""

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_LISTEN = """<script>
window.said = [];
addEventListener("error", function (event) { said.push(String(event.message)); });
["error", "warn"].forEach(function (kind) {
  console[kind] = function () { said.push([].join.call(arguments, " ")); };
});
</script>"""
_TELL = """<script>
function tell(what) { fetch("heard", {method: "POST", body: JSON.stringify(what)}); }
</script>"""
_FRAME = (
    '<!DOCTYPE html><title>.</title><iframe src="{page}" style="width: {wide}px; height: 900px; border: 0"></iframe>'
)
"""A window of any width: the browser's own is never narrower than 500 pixels."""


class _Site(SimpleHTTPRequestHandler):
    """Serves a folder on this machine, and takes what the page says of itself."""

    heard: ClassVar[Queue[bytes]] = Queue()

    def do_POST(self) -> None:
        self.heard.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def listening(html: str, *scripts: str) -> str:
    """Return a page that collects in ``said`` what goes to its console, and runs scripts that may ``tell(...)``."""
    head, body = html.index("<head>") + len("<head>"), html.rindex("</body>")
    after = "".join(f"<script>\n{script}\n</script>" for script in scripts)
    return html[:head] + _LISTEN + _TELL + html[head:body] + after + html[body:]


def browse(page: Path, wide: int, *options: str) -> Any:
    """Open a page of :func:`listening` in a window of a width, and return what it first tells."""
    (page.parent / "frame.html").write_text(_FRAME.format(wide=wide, page=page.name), "utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(page.parent))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        profile = f"--user-data-dir={page.parent / 'profile'}"
        address = f"http://127.0.0.1:{server.server_port}/frame.html"
        browser = subprocess.Popen(
            [str(CHROMIUM), *_QUIET, *options, profile, "--window-size=1600,1000", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return json.loads(_Site.heard.get(timeout=60))
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
