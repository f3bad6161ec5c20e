"""MLflow's own server on a registry: what its clients are told over HTTP, and how soon."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Iterator

import pytest

pytest.importorskip("mlflow")

import mlflow
from mlflow.exceptions import MlflowException

import refmark


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a server on a team's registry."""
    reg = refmark.init(tmp_path / "team", team=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", url.rpartition(":")[2]]
    stores = ["--backend-store-uri", f"sqlite:///{tmp_path / 't.db'}", "--registry-store-uri", f"refmark://{reg.path}"]
    places = ["--artifacts-destination", str(tmp_path / "kept"), "--workers", "1"]
    with open(tmp_path / "log", "w") as log:
        quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
        server = subprocess.Popen(
            [*command, *stores, *places], stdout=log, stderr=log, env=quiet, start_new_session=True
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{url}/health", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until and server.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.2)
        yield mlflow.MlflowClient(tracking_uri=url, registry_uri=url)
    finally:
        # With its workers, which wait for whoever still holds a connection.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


def test_a_refusal_over_http_comes_at_once_with_its_gates(client: Any, tmp_path: Path) -> None:
    client.create_registered_model("größe (v2)")
    made = client.create_model_version("größe (v2)", "s3://none/m")
    assert (made.name, made.status, made.source) == ("größe (v2)", "READY", "s3://none/m")
    assert int(client.get_model_version_by_alias("größe (v2)", "latest").version) == 1
    began = time.monotonic()
    for ask, code in (
        (lambda: client.set_registered_model_alias("größe (v2)", "champion", 1), "PERMISSION_DENIED"),
        (lambda: client.transition_model_version_stage("größe (v2)", "1", "Production"), "PERMISSION_DENIED"),
        (lambda: client.get_model_version_download_uri("größe (v2)", "1"), "INVALID_STATE"),
        (lambda: client.get_registered_model("none"), "RESOURCE_DOES_NOT_EXIST"),
    ):
        with pytest.raises(MlflowException) as raised:
            ask()
        assert raised.value.error_code == code
        assert code != "PERMISSION_DENIED" or "trusted" in str(raised.value)
    # A client that takes an answer for passing asks again for minutes.
    assert time.monotonic() - began < 30
