"""Which registry is meant, who founds one, and which root it is held to."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest

import refmark


def test_a_registry_is_held_to_the_root_in_the_lock_above_the_working_folder(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "src").mkdir(parents=True)
    two.pin("sentiment@champion", project=tmp_path / "project")
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert not refmark.open(two.path).resolve("sentiment/1").verified
    monkeypatch.chdir(tmp_path / "project" / "src")
    for reg in (refmark.open(), refmark.open(two.path)):
        assert reg.resolve("sentiment/1").verified
        assert (reg.pull("sentiment/1") / "config.json").is_file()
        held = pickle.dumps(reg)
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(held).resolve("sentiment/1").verified


def test_a_lock_with_another_root_is_an_integrity_error(two: refmark.Registry, tmp_path: Path) -> None:
    two.pin("sentiment@champion")
    lock = tmp_path / "refmark.lock"
    lock.write_text(lock.read_text().replace(two.trust_root, "sha256:" + "0" * 64))
    with pytest.raises(refmark.IntegrityError) as raised:
        refmark.open(two.path).resolve("sentiment/1")
    assert raised.value.code == "wrong-root"


def test_any_login_name_can_found_a_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "CORP\\Ada Lovelace")
    (row,) = refmark.init(tmp_path / "models").members().to_dicts()
    assert row["id"] == "corp-ada-lovelace"


def test_a_trust_root_and_a_key_are_named_by_any_path(two: refmark.Registry, tmp_path: Path) -> None:
    shown = subprocess.run(
        ["git", "-C", str(two.path), "show", "main:trust/0001.json"], stdout=subprocess.PIPE, check=True
    )
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xff\xfet.json"))
    root.write_bytes(shown.stdout)
    key = Path(os.fsdecode(os.fsencode(tmp_path) + b"/k\xff\xfe"))
    (tmp_path / "home" / ".config" / "refmark" / "key").rename(key)
    reg = refmark.open(two.path, trust_root=root, key=key)
    assert reg.resolve("sentiment/1").verified
    assert reg.promote("sentiment@champion", 1).by == "ada"
