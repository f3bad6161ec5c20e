"""The main job from Python: register, promote, resolve, pull, look back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import pytest
from conftest import blob_of

import refmark

Make = Callable[..., Path]


def test_the_main_job_in_five_lines(reg: refmark.Registry, package: Make) -> None:
    version = reg.register("sentiment", package("one"), metrics={"f1": 0.91}, lineage={"run": "7"}, owner="nlp")
    assert (version.model, version.version, version.created, version.trust) == ("sentiment", 1, True, "trusted")
    assert [(it.path, it.file_class) for it in version.files] == [("config.json", "data"), ("model.safetensors", "tensors")]
    moved = reg.promote("sentiment@champion", version, reason="the first")
    assert (moved.sequence, moved.from_, moved.to and moved.to.version, moved.by) == (1, None, 1, "ada")
    folder = reg.pull("sentiment/1")
    assert (folder / "config.json").read_text() == '{"text": "one"}'
    assert isinstance(folder, Path) and folder.is_relative_to(os.environ["REFMARK_CACHE"])
    assert reg.verify().ok


def test_the_same_content_again_makes_no_version(reg: refmark.Registry, package: Make) -> None:
    first = reg.register("sentiment", package("one"))
    again = reg.register("sentiment", str(package("one")))
    assert (again.version, again.created, again.commit) == (first.version, False, None)


def test_many_packages_land_in_one_commit_or_not_at_all(reg: refmark.Registry, package: Make) -> None:
    made = reg.register_many({"model": f"m{n}", "paths": package(f"p{n}"), "metrics": {"f1": n / 10}} for n in range(5))
    assert {it.commit for it in made} == {reg.head} and len(made) == 5
    head = reg.head
    with pytest.raises(refmark.StorageError):
        reg.register_many([{"model": "x", "paths": package("x")}, {"model": "y", "paths": "/nowhere/at/all"}])
    assert reg.head == head and "x" not in [it.model for it in reg.models()]


def test_an_alias_moves_only_from_what_was_expected(two: refmark.Registry) -> None:
    with pytest.raises(refmark.ConflictError) as raised:
        two.promote("sentiment@champion", 1, expect=1)
    assert raised.value.code == "alias-moved" and raised.value.fields["by"] == "ada"
    assert two.promote("sentiment@champion", "sentiment/1", expect=2).to == refmark.Target(1, two.show("sentiment/1").artifact)
    back = two.rollback("sentiment@champion")
    assert back.to and back.to.version == 2
    assert two.unset("sentiment@champion", "closed").to is None
    with pytest.raises(refmark.NotFoundError):
        two.resolve("sentiment@champion")
    two.promote("sentiment@champion", 1, expect=None)
    with pytest.raises(refmark.UsageError, match="not a version of sentiment"):
        two.promote("sentiment@champion", two.register("other", two.pull("sentiment/1")))


def test_a_reference_means_the_same_in_every_spelling(two: refmark.Registry) -> None:
    by_alias = two.resolve("sentiment@champion")
    assert (by_alias.version, by_alias.sequence, by_alias.verified, by_alias.trust) == (2, 2, True, "trusted")
    for spelling in ("models:/sentiment@champion", "models:/sentiment/2", "sentiment/2", by_alias.artifact, by_alias):
        assert two.resolve(spelling).artifact == by_alias.artifact


def test_the_past_can_be_asked(two: refmark.Registry) -> None:
    first = two.log("sentiment@champion")[-1]
    assert first.landed is not None
    held = two.resolve("sentiment@champion", at=datetime.now(timezone.utc) + timedelta(hours=1))
    assert held.version == 2 and held.at is not None and held.at.dated_by == "claimed"
    with pytest.raises(refmark.NotFoundError):
        two.resolve("sentiment@champion", at="2020-01-01T00:00:00Z")
    with pytest.raises(refmark.UsageError, match="no time zone"):
        two.resolve("sentiment@champion", at=datetime(2026, 1, 1))


def test_lists_and_logs_become_frames(two: refmark.Registry) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = two.versions("sentiment").to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["version"]) == [2, 1] and list(frame["metrics.f1"]) == [0.91, 0.89]
    moves = two.log().to_polars()
    assert isinstance(moves, polars.DataFrame) and moves["to"].to_list() == [2, 1]
    assert [it.model for it in two.list()] == ["sentiment"]
    assert two.list()[0].aliases == {"champion": 2}


def test_a_diff_reads_as_text_table_and_dict(two: refmark.Registry) -> None:
    found = two.diff("sentiment/1", "sentiment/2")
    assert not found.identical and found.to_dict()["old"]["version"] == 1
    assert "f1" in found.to_markdown() and "0.91" in found._repr_html_()
    assert two.diff("sentiment/1", "sentiment/1").identical


def test_everything_that_is_known_of_a_version(two: refmark.Registry) -> None:
    shown = two.show("sentiment@champion")
    assert shown.lineage == {"training_run": "r2"} and shown.metrics == {"f1": 0.91}
    assert (shown.trust, shown.stage, shown.aliases, shown.absent) == ("trusted", "experimental", ("champion",), 0)
    assert [it.path for it in shown.files] == ["config.json", "model.safetensors"]


def test_words_are_kept_apart_from_what_is_live(two: refmark.Registry) -> None:
    two.describe("sentiment", "what people feel", tags={"team": "nlp", "old": 1})
    two.describe("sentiment", untag="old")
    two.label("sentiment/1", "the small one", tags={"size": "s"})
    model, version = two.model("sentiment"), two.version("sentiment/1")
    assert model and (model.description, model.owner, model.tags) == ("what people feel", "nlp", {"team": "nlp"})
    assert version and (version.description, version.tags) == ("the small one", {"size": "s"})
    two.hide("sentiment/2", "a mistake")
    hidden = two.version("sentiment/2")
    assert hidden and hidden.hidden and two.resolve("sentiment/2").version == 2
    two.rename("sentiment", "mood")
    old = two.model("sentiment")
    assert old and old.renamed_to == "mood" and two.resolve("mood/1").version == 1
    assert two.model("nobody") is None


def test_stages_and_trust_states_move(two: refmark.Registry) -> None:
    moved = two.transition("sentiment/1", "staging", "to try it")
    assert (moved.from_, moved.to, moved.version) == ("experimental", "staging", "sentiment/1")
    revoked = two.revoke("sentiment/2", "it leaks")
    assert revoked.aliases == (("sentiment", "champion"),) and revoked.versions == (("sentiment", 2),)
    with pytest.raises(refmark.RefusedError) as raised:
        two.resolve("sentiment@champion")
    assert raised.value.code == "revoked"
    with pytest.raises(refmark.RefusedError):
        two.pull("sentiment/2")


def test_a_package_that_shares_a_file_with_a_revoked_one_says_why_it_is_not_trusted(
    two: refmark.Registry, package: Make
) -> None:
    two.revoke("sentiment/1", "it leaks")
    with pytest.raises(refmark.RefusedError, match="the bytes were revoked in another package"):
        two.register("other", package("one"))
    again = two.register("other", package("one"), description="the same weights", allow_withdrawn=True)
    assert again.trust != "trusted"
    assert any("is not trusted" in it and "revoked" in it for it in again.warnings), again.warnings


def test_pulling_through_an_alias_warns_once_and_says_how_to_pin(two: refmark.Registry, tmp_path: Path) -> None:
    with pytest.warns(refmark.MovingAliasWarning, match=r'reg\.pin\("sentiment@champion"\)') as caught:
        two.pull("sentiment@champion", tmp_path / "a")
    assert Path(caught[0].filename).name == Path(__file__).name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two.pull("sentiment@champion", tmp_path / "b")


def test_the_same_alias_of_another_registry_warns_too(two: refmark.Registry, tmp_path: Path, package: Make) -> None:
    other = refmark.init(tmp_path / "other")
    other.register("sentiment", package("one"))
    other.promote("sentiment@champion", 1)
    for reg in (two, other):
        with pytest.warns(refmark.MovingAliasWarning):
            reg.pull("sentiment@champion")


def test_single_files_are_taken_by_name_or_pattern(two: refmark.Registry, tmp_path: Path) -> None:
    folder = two.pull("sentiment/1", tmp_path / "out", files="*.json")
    assert [it.name for it in folder.iterdir()] == ["config.json"]
    whole, part = two.pull("sentiment/1"), two.pull("sentiment/1", files=["config.json"])
    assert whole != part and [it.name for it in part.iterdir()] == ["config.json"]
    with pytest.raises(refmark.NotFoundError, match=r"\*\.onnx"):
        two.pull("sentiment/1", tmp_path / "none", files="*.onnx")
    assert two.file("sentiment/1", "config.json").read_text() == '{"text": "one"}'


def test_a_folder_in_the_cache_that_was_altered_is_an_integrity_error_with_file_expected_and_found(
    two: refmark.Registry,
) -> None:
    two.pin("sentiment/1")
    folder = two.pull("sentiment/1")
    (folder / "config.json").chmod(0o644)
    (folder / "config.json").write_text("altered")
    for reference in ("sentiment/1", "sentiment"):
        with pytest.raises(refmark.IntegrityError) as raised:
            two.pull(reference)
        fields = raised.value.fields
        assert fields["file"] == "config.json" and fields["found"] == hashlib.sha256(b"altered").hexdigest()
        assert fields["expected"] == hashlib.sha256(b'{"text": "one"}').hexdigest()
        assert raised.value.hint and str(folder) in raised.value.hint
    shutil.rmtree(folder)
    assert (two.pull("sentiment") / "config.json").read_text() == '{"text": "one"}'
    (folder / "more.txt").write_text("more")
    with pytest.raises(refmark.IntegrityError, match=r"more\.txt"):
        two.pull("sentiment")
    with pytest.raises(refmark.ExistsError):
        two.pull("sentiment", folder)


def test_a_tampered_blob_is_an_integrity_error_with_file_expected_and_found(two: refmark.Registry, tmp_path: Path) -> None:
    file = two.show("sentiment/1").files[0]
    blob = blob_of(two, file.sha256)
    blob.chmod(0o644)
    blob.write_bytes(b'{"text": "bad"}')
    with pytest.raises(refmark.IntegrityError) as raised:
        two.pull("sentiment/1", tmp_path / "out")
    error = raised.value
    assert error.code == "damaged" and error.fields["file"] == "config.json"
    assert error.fields["expected"] == file.sha256
    assert error.fields["found"] not in (None, file.sha256)
    assert not (tmp_path / "out").exists()
    other = two.show("sentiment/2").files[0]
    blob_of(two, other.sha256).chmod(0o644)
    blob_of(two, other.sha256).write_bytes(b"bad")
    report = two.verify()
    # The first one was moved away by the pull, and stays damaged until a good copy is here.
    assert (report.verdict, report.ok, set(report.damaged)) == ("failed", False, {other.sha256, file.sha256})
    assert report.absent == ()


def test_a_missing_blob_is_absent_and_comes_from_a_remote(two: refmark.Registry, tmp_path: Path) -> None:
    two.add_remote("disk", tmp_path / "disk")
    assert two.sync().sent == 3
    checked = two.check_remote("disk", hash=True)
    assert (checked.held, checked.missing, checked.wrong, checked.hashed) == (3, (), (), True)
    assert [(it.kind, it.url) for it in two.remotes()] == [("folder", str(tmp_path / "disk"))]
    file = two.show("sentiment/1").files[0]
    blob_of(two, file.sha256).unlink()
    assert two.show("sentiment/1").absent == 1
    assert (two.pull("sentiment/1", tmp_path / "a") / "config.json").exists()
    two.remove_remote("disk")
    blob_of(two, file.sha256).unlink()
    with pytest.raises(refmark.AbsentError) as raised:
        two.pull("sentiment/1", tmp_path / "b")
    assert raised.value.code == "absent" and file.sha256 in str(raised.value.fields)
    assert two.verify().absent == (file.sha256,) and [it.name for it in two.remotes()] == []


def test_a_registry_without_a_pinned_root_hands_out_nothing_unless_told(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("HOME", str(other))
    stranger = refmark.open(two.path)
    assert stranger.resolve("sentiment/1").trust == "none"
    with pytest.raises(refmark.RefusedError) as raised:
        stranger.pull("sentiment/1", tmp_path / "a")
    assert raised.value.code == "unverified"
    assert stranger.pull("sentiment/1", tmp_path / "b", allow_unverified=True).is_dir()
    held = refmark.open(two.path, trust_root=two.trust_root)
    assert held.resolve("sentiment/1").verified and held.pull("sentiment/1", tmp_path / "c").is_dir()
    with pytest.raises(refmark.IntegrityError) as wrong:
        refmark.open(two.path, trust_root="sha256:" + "0" * 64).pull("sentiment/1", tmp_path / "d")
    assert wrong.value.code == "wrong-root"


def test_a_stranger_cannot_write_and_hears_whose_key_could(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "stranger"))
    refmark.init(tmp_path / "strangers", by="eve")
    with pytest.raises(refmark.RefusedError, match="not the key of a member"):
        refmark.open(two.path).promote("sentiment@champion", 1)


def test_paths_need_not_be_utf8(two: refmark.Registry, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    odd.mkdir()
    moved = odd / "models"
    two.path.rename(moved)
    again = refmark.open(moved)
    assert again.path == moved and again.resolve("sentiment@champion").version == 2
    assert (again.pull("sentiment/1", odd / "out") / "config.json").exists()
    (odd / "b\udce9.bin").write_bytes(b"x")
    with pytest.raises(refmark.UsageError):
        again.register("odd", odd / "b\udce9.bin")


def test_what_is_not_a_registry_says_so(tmp_path: Path) -> None:
    with pytest.raises(refmark.NotFoundError) as raised:
        refmark.open(tmp_path)
    assert raised.value.code == "not-a-registry" and "refmark.init(" in (raised.value.hint or "")
    with pytest.raises(refmark.UsageError) as missing:
        refmark.open()
    assert missing.value.code == "no-registry"


def test_a_registry_is_found_by_variable_folder_and_default(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refmark.open() == two
    monkeypatch.setenv("REFMARK_REGISTRY", str(two.path))
    assert refmark.open().id == two.id and refmark.open(f"file://{two.path}").id == two.id


def test_a_registry_of_a_newer_format_asks_for_an_upgrade(
    two: refmark.Registry, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    key = ssh.load_ssh_private_key((world / ".config/refmark/key").read_bytes(), None)

    def git(*words: str, text: bytes | None = None) -> str:
        done = subprocess.run(["git", "-C", str(two.path), *words], input=text, capture_output=True, check=True)
        return done.stdout.decode().strip()

    root = git("show", "main:trust/0001.json") + "\n"
    newer = re.sub(r'("format": ?)\d+', r"\g<1>99", root)
    assert newer != root
    record = json.loads(newer)
    payload = json.dumps(record["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    kind = b"application/vnd.in-toto+json"
    signature = key.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    newer = newer.replace(record["signatures"][0]["sig"], base64.b64encode(signature).decode())
    first = git("rev-list", "--max-parents=0", "main")
    git("read-tree", first)
    blob = git("hash-object", "-w", "--stdin", text=newer.encode())
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},trust/0001.json")
    who = ("-c", "user.name=x", "-c", "user.email=x@y")
    git("update-ref", "refs/heads/main", git(*who, "commit-tree", git("write-tree"), "-m", "a newer registry"))
    # Another reader, who remembers nothing of what stood here before.
    monkeypatch.setenv("HOME", str(world / "reader"))
    monkeypatch.setenv("REFMARK_CACHE", str(world / "reader" / "cache"))
    digest = "sha256:" + hashlib.sha256(payload).hexdigest()
    with pytest.raises(refmark.UpgradeNeededError) as raised:
        refmark.open(two.path, trust_root=digest).resolve("sentiment/1")
    assert raised.value.code == "upgrade-needed" and "upgrade" in str(raised.value)


def test_files_are_known_by_their_content(package: Make, tmp_path: Path) -> None:
    import pickle

    found = refmark.inspect(package("one") / "model.safetensors")
    assert (found.format, found.file_class) == ("safetensors", "tensors")
    assert [(it.name, it.dtype, it.shape) for it in found.tensors] == [("w", "F32", (3,))]
    evil = tmp_path / "model.safetensors"
    evil.write_bytes(pickle.dumps(print))
    assert refmark.inspect(evil).file_class == "unsafe-format"
