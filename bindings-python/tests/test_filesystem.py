"""fsspec: paths of versions, read-only, verified."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from conftest import blob_of

fsspec = pytest.importorskip("fsspec")

import refmark


def test_a_file_is_read_by_alias_version_and_artifact(two: refmark.Registry) -> None:
    artifact = two.resolve("sentiment/1").artifact
    for path, text in (
        ("refmark://sentiment@champion/config.json", '{"text": "two"}'),
        ("refmark://sentiment/1/config.json", '{"text": "one"}'),
        (f"refmark://{artifact}/config.json", '{"text": "one"}'),
    ):
        with fsspec.open(path, "rt", registry=str(two.path)) as file:
            assert file.read() == text


def test_folders_are_listed_and_walked(reg: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "p" / "deep").mkdir(parents=True)
    (tmp_path / "p" / "a.json").write_text("{}")
    (tmp_path / "p" / "deep" / "b[1].json").write_text("[1]")
    reg.register("m", tmp_path / "p")
    reg.promote("m@dev", 1)
    fs = fsspec.filesystem("refmark", registry=str(reg.path))
    assert fs.ls("", detail=False) == ["m"] and set(fs.ls("m", detail=False)) == {"m/1", "m@dev"}
    assert set(fs.ls("m/1", detail=False)) == {"m/1/a.json", "m/1/deep"}
    assert fs.find("m/1") == ["m/1/a.json", "m/1/deep/b[1].json"] and fs.isdir("m/1/deep")
    assert fs.info("m/1/a.json")["size"] == 2 and fs.exists("m@dev/a.json") and not fs.exists("m/1/none")
    assert fs.cat_file("m/1/deep/b[1].json") == b"[1]" and fs.glob("m/1/*.json") == ["m/1/a.json"]
    assert pickle.loads(pickle.dumps(fs)).ls("", detail=False) == ["m"]
    for missing in ("m/1/none", "m/9/a.json", "none/1/a.json"):
        with pytest.raises(FileNotFoundError):
            fs.open(missing)


def test_nothing_is_written(two: refmark.Registry) -> None:
    fs = fsspec.filesystem("refmark", registry=str(two.path))
    for write in (
        lambda: fs.open("sentiment/1/config.json", "wb"),
        lambda: fs.rm("sentiment/1/config.json"),
        lambda: fs.mkdir("sentiment/3"),
        lambda: fs.cp_file("sentiment/1/config.json", "x"),
    ):
        with pytest.raises(PermissionError, match="new version"):
            write()


def test_what_is_damaged_or_revoked_is_not_opened(two: refmark.Registry) -> None:
    fs = fsspec.filesystem("refmark", registry=str(two.path))
    blob = blob_of(two, next(it.sha256 for it in two.show("sentiment/2").files if it.path == "config.json"))
    blob.chmod(0o644)
    blob.write_text('{"text": "bad"}')
    with pytest.raises(refmark.RefmarkError, match="config.json"):
        fs.open("sentiment@champion/config.json")
    two.revoke("sentiment/1", "leaks")
    with pytest.raises(refmark.RefusedError):
        fs.open("sentiment/1/config.json")
