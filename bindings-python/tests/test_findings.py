"""Evidence, explanations, dossiers, proposals of every kind, and what a policy allows."""

from __future__ import annotations

import json
import os
import pickle
import sys
from pathlib import Path

import pytest

import refmark


def test_evidence_is_attached_shown_and_named_by_its_statement(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"verdict": "pass", "metrics": {"f1": 0.91}}))
    done = two.attach(
        "sentiment/2",
        "evaluation",
        tmp_path / "result.json",
        metrics={"loss": 0.2, "f1": (0.93, "higher")},
        dataset="march@sha256:" + "a" * 64,
        suite="held-out@3",
        summary="as good as before",
    )
    assert (done.type, done.verdict, done.metrics["loss"]["better"]) == ("evaluation", "pass", "lower")
    assert done.metrics["f1"]["value"] == 0.93
    shown = two.show("sentiment/2")
    assert len(shown.evidence) == 1
    two.promote("sentiment@canary", 2, "measured", evidence=done.statement)
    for wrong in ({"verdict": "perhaps"}, {"metrics": {"f1": (1.0, "sideways")}}, {"dataset": "march@sha256:12"}):
        with pytest.raises(refmark.UsageError):
            two.attach("sentiment/2", "evaluation", **wrong)


def test_a_version_is_scanned_again_by_refmark_and_by_picklescan(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    clean = two.scan("sentiment/2", attach=False)
    assert (clean.outcome, clean.evidence) == ("clean", None)
    package = tmp_path / "package"
    package.mkdir()
    (package / "model.pkl").write_bytes(b"\x80\x04cposix\nsystem\nX\x02\0\0\0id\x85R.")
    version = two.register("pickled", package)
    for scanner in ("built-in", "picklescan"):
        found = two.scan(version, scanner, produced_by="https://ci.example.org/runs/7")
        assert (found.outcome, found.evidence["verdict"]) == ("unsafe", "fail"), scanner
    assert "dangerous import 'posix system'" in found.said
    (package / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    assert two.scan(two.register("pickled", package), "picklescan").outcome == "clean"
    with pytest.raises(refmark.UsageError, match="no scanner"):
        two.scan(version, "guesswork")


def test_an_explanation_says_why_and_why_not(two: refmark.Registry) -> None:
    why = two.explain("sentiment@champion")
    assert "2" in str(why) and why.explanation["because"] and "champion" in why.to_markdown()
    other = two.explain("sentiment@champion", why_not=1)
    assert other.why_not is not None
    again = pickle.loads(pickle.dumps(other))
    assert again == other and again.to_markdown() == other.to_markdown()
    assert 'class="refmark-notebook"' in other._repr_html_() and "<script" not in other.to_html()


def test_a_dossier_holds_files_origin_and_moves(two: refmark.Registry) -> None:
    dossier = two.report("sentiment/2")
    assert "model.safetensors" in dossier.to_markdown() and dossier.to_dict()
    with pytest.raises(refmark.UsageError):
        two.report(two.resolve("sentiment/2").artifact)


def test_every_move_can_be_proposed(two: refmark.Registry) -> None:
    back = two.propose_rollback("sentiment@champion", reason="worse on short texts")
    closed = two.propose_unset("sentiment@champion", branch="propose/close")
    staged = two.propose_transition("sentiment@champion", "staging", "ready")
    assert closed.branch == "propose/close" and len({back.branch, staged.branch}) == 2
    assert two.resolve("sentiment@champion").version == 2 and two.show("sentiment/2").stage == "experimental"
    two.land(staged.branch)
    assert two.show("sentiment/2").stage == "staging"
    two.land(back.branch)
    assert two.resolve("sentiment@champion").version == 1


def test_who_may_do_what_is_told(two: refmark.Registry) -> None:
    (member,) = two.members()["members"]
    assert member["id"] == "ada" and member["may"] and "ada" in two.members()._repr_html_()
    policy = two.policy()
    assert policy.current and policy.number == 1 and policy.sentences and "[members" in str(policy)
    kinds = {it["id"] for it in two.catalog("evidence-type")["entries"]}
    assert {"evaluation", "runbook"} <= kinds
    with pytest.raises(refmark.UsageError, match="family"):
        two.catalog("nonsense")
    assert two.sunsets()["due"] == 0


def test_hidden_versions_are_left_out_of_lists_unless_they_are_asked_for(two: refmark.Registry) -> None:
    two.hide("sentiment/1", "a mistake")
    assert [it.version for it in two.versions("sentiment")] == [2]
    assert [(it.version, it.hidden) for it in two.versions("sentiment", all=True)] == [(2, False), (1, True)]
    assert two.search("sentiment").versions == ("sentiment/2",)
    two.hide("sentiment/2")
    assert two.list("sentiment") == () and two.resolve("sentiment/2").version == 2


def test_a_row_is_read_when_somebody_looks_and_is_a_value_like_any_other(two: refmark.Registry) -> None:
    rows = two.versions("sentiment")
    one, again = rows[0], two.versions("sentiment")[0]
    assert hash(one) == hash(again) and one == again and one.metrics == {"f1": 0.91}
    assert "sentiment" in repr(two.versions("sentiment")[0])
    assert pickle.loads(pickle.dumps(two.versions("sentiment"))) == rows
    with pytest.raises(AttributeError, match="has no"):
        one.nothing


def test_a_registry_held_to_a_root_stays_so_in_another_process(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    held = refmark.open(two.path, trust_root=two.trust_root)
    assert pickle.loads(pickle.dumps(held)).resolve("sentiment/1").verified


def test_a_package_with_an_unknown_word_is_refused_before_anything_is_stored(reg: refmark.Registry) -> None:
    head = reg.head
    with pytest.raises(refmark.UsageError, match="metric"):
        reg.register_many([{"model": "m", "paths": "x", "metric": {"f1": 1}}])
    assert reg.head == head
    with pytest.raises(TypeError, match="patterns"):
        reg.pull_details("m/1", patterns="*")


def test_what_was_hidden_is_shown_again(two: refmark.Registry) -> None:
    two.hide("sentiment/1")
    two.unhide("sentiment/1")
    assert [it.version for it in two.versions("sentiment")] == [2, 1]
    two.hide("sentiment")
    two.unhide("sentiment")
    model = two.model("sentiment")
    assert model and not model.hidden and model.aliases == {}


def test_a_manifest_that_names_what_moves_is_found_with_what_to_write(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "app.yaml").write_text("model: sentiment@champion\n")
    found = two.lint(tmp_path / "deploy")
    assert found.files == 1 and not found.truncated
    (row,) = found.findings
    assert (row["line"], row["model"], row["alias"]) == (1, "sentiment", "champion") and "refmark.lock" in row["use_instead"]
    assert "app.yaml" in found._repr_html_()


def test_the_index_is_told_of_and_made_anew(two: refmark.Registry) -> None:
    assert len(two.versions("sentiment")) == 2
    assert two.index().versions == 2 and two.index(rebuild=True).current


def test_a_dossier_is_a_bill_of_materials(two: refmark.Registry) -> None:
    bom = two.cyclonedx("sentiment/2")
    assert two.spdx("sentiment/2")["@context"].startswith("https://spdx.org/")
    assert bom["bomFormat"] == "CycloneDX" and json.dumps(bom)


def test_an_alias_moves_to_a_release_by_its_name(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    two.register("sentiment", tmp_path / "x.txt", release="1.4.0")
    assert two.promote("sentiment@champion", "1.4.0").to == refmark.Target(3, two.show("sentiment/3").artifact)
    with pytest.raises(refmark.NotFoundError):
        two.promote("sentiment@champion", "9.9.9")


def test_a_pin_has_no_past_to_ask_about(two: refmark.Registry) -> None:
    two.pin("sentiment@champion")
    for ask in (two.resolve, two.pull, two.file):
        with pytest.raises(refmark.UsageError, match="at all times"):
            ask("sentiment", at="2020-01-01T00:00:00Z")


def test_answers_say_what_they_hold_and_become_frames(two: refmark.Registry) -> None:
    found = two.search("sentiment")
    assert repr(found) == "Found(sentiment/2, sentiment/1)" and repr(two.search("nothing")) == "Found(nothing)"
    frame = found.to_pandas()
    assert list(frame["metrics.f1"]) == [0.91, 0.89] and list(frame["aliases"]) == ["champion", ""]
    assert found.to_polars()["version"].to_list() == [2, 1]
    assert len(two.catalog("evidence-type").to_pandas()) == len(two.catalog("evidence-type").entries)
    assert two.members().to_dicts()[0]["id"] == "ada" and "members=[… 1]" in repr(two.members())
    assert two.sunsets().to_pandas().empty
    assert "sentiment/2" in repr(two.explain("sentiment@champion"))


def test_a_log_of_nothing_is_not_found(two: refmark.Registry) -> None:
    for nothing in ("nope", "nope@champion", "sentiment@nope"):
        with pytest.raises(refmark.NotFoundError):
            two.log(nothing)


def test_a_part_of_a_list_is_a_list_and_its_numbers_are_versions(two: refmark.Registry) -> None:
    part = two.versions("sentiment")[1:]
    assert isinstance(part, refmark.Rows) and [it.version for it in part] == [1]
    cell = part.to_pandas()["version"].iloc[0]
    assert type(cell) is not int and two.promote("sentiment@champion", cell).to is not None
    assert two.resolve("sentiment@champion").version == 1
    with pytest.raises(refmark.UsageError, match="`-1` is not a version"):
        two.promote("sentiment@champion", -1)
    for wrong in (None, 1.5):
        with pytest.raises(TypeError, match="version: expected a reference or a whole number"):
            two.promote("sentiment@champion", wrong)  # type: ignore[arg-type]


def test_quarantined_bytes_are_taken_to_be_looked_at(reg: refmark.Registry, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    version = reg.register("pickled", package)
    assert version.trust == "quarantined"
    with pytest.raises(refmark.UsageError):
        reg.pull_quarantined(version, tmp_path / "q", " ")
    taken = reg.pull_quarantined(version, tmp_path / "q", "read it before we trust it")
    assert (taken.trust, taken.was_there, taken.evidence["type"]) == ("quarantined", False, "quarantine-pull")
    assert (taken.path / "files" / "model.pkl").read_bytes() == (package / "model.pkl").read_bytes()
    assert "read it before we trust it" in (taken.path / "QUARANTINED.md").read_text()
    assert reg.pull_quarantined(version, tmp_path / "q", "once more").was_there
