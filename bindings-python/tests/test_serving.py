"""A service that serves what is pinned, and says so."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import refmark
from refmark.serving import Served


@pytest.fixture
def project(two: refmark.Registry, tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    two.pin("sentiment@champion", project=folder)
    return folder


def test_a_pin_is_loaded_and_told(two: refmark.Registry, project: Path) -> None:
    served = Served("sentiment", project=project)
    info = served.info(framework="none")
    assert json.loads(json.dumps(info)) == info
    assert (info["model"], info["version"], info["framework"]) == ("sentiment", 2, "none")
    assert info["artifact"] == served.artifact == two.resolve("sentiment/2").artifact
    assert served.file("config.json").read_text() == '{"text": "two"}' and "sentiment/2" in repr(served)
    with pytest.raises(KeyError, match="config.json"):
        served.file("none")
    served.verify()
    two.promote("sentiment@champion", 1, "back")
    assert Served("sentiment", project=project).info()["version"] == 2, "a pin does not move"


def test_what_changes_under_a_service_is_noticed(project: Path) -> None:
    served = Served("sentiment", project=project)
    file = served.file("config.json")
    file.chmod(0o644)
    file.write_text("{}")
    with pytest.raises(refmark.IntegrityError, match="config.json"):
        served.verify()
    file.unlink()
    with pytest.raises(refmark.IntegrityError, match="config.json"):
        served.verify()


def test_nothing_pinned_is_nothing_served(tmp_path: Path, two: refmark.Registry) -> None:
    with pytest.raises(refmark.NotPinnedError):
        Served("sentiment", project=tmp_path)
    two.pin("sentiment@champion", project=tmp_path)
    with pytest.raises(refmark.NotPinnedError):
        Served("other", project=tmp_path)


def test_the_answer_is_what_assert_served_reads(project: Path, two: refmark.Registry) -> None:
    served = Served("sentiment", project=project)

    class Info(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(served.info()).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Info)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/info"
        assert two.assert_served("sentiment@champion", url).served
        two.promote("sentiment@champion", 1, "back")
        other = two.assert_served("sentiment@champion", url)
        assert not other.served and other.said == served.artifact
    finally:
        server.shutdown()
        server.server_close()
