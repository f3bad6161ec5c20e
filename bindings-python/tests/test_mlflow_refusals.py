"""What is refused for good is served as 4xx, with the report in its words, and asked once."""

from __future__ import annotations

import json
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow")

from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes

import refmark
from refmark import _native, errors
from refmark.mlflow.errors import as_mlflow
from refmark.mlflow.store import RefmarkStore

#: What may be otherwise a moment later: it may be asked again.
PASSING = {"bug", "cancelled", "git-failed", "io", "missing-object", "no-space", "unreachable"}


@pytest.mark.parametrize(("code", "status"), [(code, status) for code, _, status in _native.codes()])
def test_no_permanent_refusal_is_served_as_500(code: str, status: int) -> None:
    error = errors.from_error(code, status, "what was so", "what to do", {})
    made = as_mlflow(error)
    served = made.get_http_status_code()
    assert code in PASSING or 400 <= served < 500 and served not in (408, 429), served
    said = json.loads(made.serialize_as_json())
    assert "what was so" in said["message"] and "what to do" in said["message"]
    assert codes.ErrorCode.Value(said["error_code"]) and str(pickle.loads(pickle.dumps(made))) == str(made)


@pytest.fixture
def team(tmp_path: Path) -> Any:
    return RefmarkStore(f"refmark://{refmark.init(tmp_path / 'team', team=True).path}")


def test_an_alias_move_that_the_policy_refuses_brings_its_gates(team: Any, package: Any) -> None:
    team.create_registered_model("m")
    team.create_model_version("m", str(package("one")))
    with pytest.raises(MlflowException) as raised:
        team.set_registered_model_alias("m", "champion", 1)
    assert raised.value.get_http_status_code() == 403 and raised.value.error_code == "PERMISSION_DENIED"
    assert "trusted" in raised.value.message and "approved by platform-lead" in raised.value.message


def test_a_version_by_reference_is_registered_and_its_load_is_refused_in_words(reg: refmark.Registry) -> None:
    store = RefmarkStore(f"refmark://{reg.path}")
    store.create_registered_model("m")
    for source in ("runs:/0123456789abcdef0123456789abcdef/model", "s3://bucket/none", "dbfs:/none"):
        made = store.create_model_version("m", source, run_id="r")
        assert made.source == source and made.status == "READY"
        with pytest.raises(MlflowException, match="nothing vouches") as raised:
            store.get_model_version_download_uri("m", made.version)
        assert raised.value.get_http_status_code() == 409


def test_a_create_that_is_asked_again_while_it_is_being_done_makes_one_version(
    reg: refmark.Registry, package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RefmarkStore(f"refmark://{reg.path}")
    store.create_registered_model("m")
    folder, began, go_on = str(package("one")), threading.Event(), threading.Event()
    real = RefmarkStore._storage

    def slow(self: Any, source: str, run_id: str | None) -> Any:
        began.set()
        assert go_on.wait(30)
        return real(self, source, run_id)

    monkeypatch.setattr(RefmarkStore, "_storage", slow)
    made: list[int] = []
    ask = lambda: made.append(int(store.create_model_version("m", folder).version))  # noqa: E731
    first, again = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    assert began.wait(30)
    again.start()
    again.join(0.5)
    go_on.set()
    first.join()
    again.join()
    assert made == [1, 1]
    assert int(store.create_model_version("m", folder).version) == 2, "what comes after is a new request"


def test_a_create_that_fails_is_done_by_whoever_asked_again(
    reg: refmark.Registry, package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RefmarkStore(f"refmark://{reg.path}")
    store.create_registered_model("m")
    real, calls = RefmarkStore._storage, []

    def once_broken(self: Any, source: str, run_id: str | None) -> Any:
        calls.append(source)
        if len(calls) == 1:
            raise MlflowException("no such luck")
        return real(self, source, run_id)

    monkeypatch.setattr(RefmarkStore, "_storage", once_broken)
    folder = str(package("one"))
    with pytest.raises(MlflowException, match="no such luck"):
        store.create_model_version("m", folder)
    assert int(store.create_model_version("m", folder).version) == 1
