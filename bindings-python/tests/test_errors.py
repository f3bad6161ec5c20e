"""Errors are classes, one family a cause; a refusal carries its whole report."""

from __future__ import annotations

import pickle
import subprocess
from pathlib import Path

import pytest

import refmark
from refmark import _native, errors


def test_every_code_of_the_core_has_a_class_that_fits_its_exit_status() -> None:
    for code, about, status in _native.codes():
        kind = errors.class_of(code, status)
        assert issubclass(kind, refmark.RefmarkError) and about
        if status == 3:
            assert issubclass(kind, refmark.RefusedError), code
        if status == 4:
            assert issubclass(kind, refmark.IntegrityError), code
        if status == 5:
            assert issubclass(kind, refmark.ConflictError), code
        if status == 2:
            assert issubclass(kind, ValueError), code
    unknown = set(errors._BY_CODE) - {code for code, _, _ in _native.codes()}
    assert not unknown


def test_an_error_says_what_and_what_next_and_pickles(two: refmark.Registry) -> None:
    with pytest.raises(LookupError) as raised:
        two.resolve("sentiment/9")
    error = raised.value
    assert isinstance(error, refmark.NotFoundError)
    assert error.code == "not-found" and "its newest is 2" in (error.hint or "") and "hint:" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.to_dict() == error.to_dict() and str(again) == str(error)


@pytest.mark.parametrize(
    ("name", "rule"), [("latest", "latest"), ("v1", "v"), ("a/b", ""), ("con", ""), ("../x", ""), ("", "")]
)
def test_a_bad_name_is_a_usage_error(reg: refmark.Registry, tmp_path: Path, name: str, rule: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(refmark.UsageError) as raised:
        reg.register(name, tmp_path / "file")
    assert raised.value.code in ("bad-name", "bad-reference") and rule in str(raised.value)


def test_a_file_that_could_run_is_named_in_the_warnings(reg: refmark.Registry, tmp_path: Path) -> None:
    import pickle as pickles

    (tmp_path / "model.pkl").write_bytes(pickles.dumps(subprocess.run))
    version = reg.register("risky", tmp_path / "model.pkl")
    assert any("model.pkl" in it for it in version.warnings)
    assert version.trust == "quarantined" and any("transition" in it for it in version.warnings), version.warnings
    with pytest.raises(refmark.RefusedError):
        reg.pull("risky/1")
    with pytest.raises(refmark.RefusedError):
        reg.transition("risky/1", "trusted")
    reg.transition("risky/1", "trusted", "I wrote it")
    assert (reg.pull("risky/1") / "model.pkl").exists()


def test_a_value_that_is_no_json_is_refused_before_anything_is_stored(reg: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    head = reg.head
    loop: list[object] = []
    loop.append(loop)
    for bad in ({"inputs": [object()]}, {"inputs": loop}):
        with pytest.raises((TypeError, ValueError)):
            reg.register("m", tmp_path / "file", contract=bad)
    with pytest.raises(refmark.UsageError, match="contract"):
        reg.register("m", tmp_path / "file", contract={"nonsense": 1})
    assert reg.head == head


def test_a_secret_stays_out_of_the_records(reg: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(refmark.UsageError) as raised:
        reg.register("m", tmp_path / "file", source="https://me:hunter2@host/model")
    assert raised.value.code == "secret" and "hunter2" not in str(raised.value)


def test_what_cannot_be_registered_says_what_is_wrong_with_it(reg: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(refmark.UsageError, match="metric f1 is 'high'"):
        reg.register("m", tmp_path / "x.txt", metrics={"f1": "high"})  # type: ignore[dict-item]
    with pytest.raises(refmark.UsageError, match="no file or folder was named"):
        reg.register("m")
    with pytest.raises(refmark.UsageError, match="is not an alias"):
        reg.resolve("m@latest")
