"""Pins, clones, proposals, reviews and searches from Python."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Callable

import pytest

import refmark


def test_any_verb_that_writes_can_be_proposed_and_what_writes_nothing_is_refused(
    two: refmark.Registry, tmp_path: Path
) -> None:
    head = two.head
    (tmp_path / "w.txt").write_text("third")
    (tmp_path / "book.md").write_text("Call nora, then roll back to the version before.")
    registered = two.proposed(lambda it: it.register("sentiment", tmp_path / "w.txt"), branch="propose/third")
    attached = two.proposed(lambda it: it.attach("sentiment/1", "runbook", tmp_path / "book.md", verdict="pass"))
    described = two.proposed(lambda it: it.describe("sentiment", description="scores the mood of short texts"))
    revoked = two.proposed(lambda it: it.revoke("sentiment/1", "leaked rows"))
    assert registered.branch == "propose/third"
    assert len({it.branch for it in (registered, attached, described, revoked)}) == 4
    assert two.head == head and len(two.versions("sentiment")) == 2
    # What is done at once only says so, and so does a function that changes nothing.
    for change in (lambda it: it.land("propose/third"), lambda it: it.list()):
        with pytest.raises(refmark.UsageError):
            two.proposed(change)
    # What a rule refuses is refused as ever.
    with pytest.raises(refmark.NotFoundError):
        two.proposed(lambda it: it.promote("sentiment@champion", 9))
    two.land("propose/third")
    assert len(two.versions("sentiment")) == 3


def test_a_pinned_name_is_pulled_without_its_registry(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    with pytest.raises(refmark.NotPinnedError):
        two.pull("sentiment")
    pins = two.pin("sentiment@champion")
    assert (project / "refmark.lock").is_file() and pins.pins[0]["to"] == 2
    first = two.pull("sentiment")
    assert first.is_relative_to(os.environ["REFMARK_CACHE"]) and (first / "config.json").exists()
    two.promote("sentiment@champion", 1, "back")
    assert two.resolve("sentiment").version == 2 and two.pull("sentiment") == first
    assert two.file("sentiment", "config.json").read_text() == '{"text": "two"}'
    two.path.rename(tmp_path / "elsewhere")
    assert refmark.pull("sentiment") == first
    lock = refmark.Lock(project)
    assert lock.list().pins[0]["version"] == 2 and pickle.loads(pickle.dumps(lock)).path == lock.path
    (tmp_path / "elsewhere").rename(two.path)
    moved = two.update_pins()
    assert moved.pins[0]["to"] == 1
    synced = lock.sync(project / "out")
    assert (project / "out" / "sentiment" / "config.json").read_text() == '{"text": "one"}' and synced.was_there is False
    assert "<table>" in lock.check()._repr_html_()
    lock.remove("sentiment")
    with pytest.raises(refmark.NotPinnedError):
        lock.pull("sentiment")


def test_a_clone_is_verified_and_held_to_its_root(two: refmark.Registry, tmp_path: Path) -> None:
    again = refmark.clone(two.path, tmp_path / "copy", trust_root=two.trust_root)
    assert again.id == two.id and again.resolve("sentiment@champion").version == 2
    assert again.pull("sentiment/1", tmp_path / "out").is_dir()
    with pytest.raises(refmark.IntegrityError):
        refmark.clone(two.path, tmp_path / "wrong", trust_root="sha256:" + "0" * 64)
    assert not (tmp_path / "wrong").exists()


def test_a_proposal_is_reviewed_checked_and_landed(two: refmark.Registry) -> None:
    proposal = two.propose("sentiment@champion", 1, "back to the old one")
    assert proposal.branch.startswith("propose/") and proposal.reports[0].decision == "ok"
    assert two.resolve("sentiment@champion").version == 2
    review = two.review(f"{two.branch}..{proposal.branch}")
    assert "champion" in review.to_markdown() and review.title
    assert pickle.loads(pickle.dumps(review)).to_markdown() == review.to_markdown()
    assert two.check(f"{two.branch}..{proposal.branch}")["verdict"]
    landed = two.land(proposal.branch)
    assert landed.commit == two.head and two.resolve("sentiment@champion").version == 1


def test_open_proposals_say_what_they_wait_for_and_landing_closes_them(two: refmark.Registry) -> None:
    branch = two.propose("sentiment@champion", 1, "back to the old one").branch
    (row,) = two.proposals().to_dicts()
    assert row["branch"] == branch and row["decision"] == "ok" and row["waits_for"] == [] and row["by"] == ["ada"]
    assert row["yours"] == [f'reg.land("{branch}")'] and two.proposals().you == "ada"
    assert branch in two.proposals()._repr_html_() and two.status()["proposals"][0]["branch"] == branch
    assert two.land(branch).removed and two.proposals().to_dicts() == []


def test_events_of_every_kind_come_in_the_order_of_the_chain(two: refmark.Registry) -> None:
    two.describe("sentiment", owner="nlp")
    events = two.events().to_dicts()
    kinds = [it["kind"] for it in events]
    assert kinds[0] == "about" and {"alias", "version", "trust", "policy", "root"} <= set(kinds)
    assert kinds[-1] == "root" and "register sentiment/2" in [it["what"] for it in events]
    assert {it["kind"] for it in two.events("sentiment@champion").to_dicts()} == {"alias"}
    assert two.events(since="2099-01-01T00:00:00Z").to_dicts() == []


def test_what_looks_like_a_secret_is_taken_only_where_it_is_said_to_be_none(
    two: refmark.Registry, tmp_path: Path
) -> None:
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / ".env").write_text("A=1")
    with pytest.raises(refmark.RefmarkError, match="passwords") as refused:
        two.register("sentiment", tmp_path / "three")
    assert refused.value.code == "secret" and "allow_secret=True" in (refused.value.hint or "")
    assert two.register("sentiment", tmp_path / "three", allow_secret=True).version == 3
    with pytest.raises(refmark.RefmarkError, match="password"):
        two.promote("sentiment@blue", 1, "see https://me:hunter2@forge.example/run")


def test_versions_are_found_by_words_tags_and_metrics(two: refmark.Registry) -> None:
    two.describe("sentiment", "what people feel", tags={"team": "nlp"})
    assert two.search("feel").versions == two.search(tags={"team": "nlp"}, order="best").versions
    assert two.search(metrics="f1>=0.9").versions == ("sentiment/2",)
    assert two.search(metrics=["f1>=0.99"]).versions == ()
    assert two.search(tags={"team": "cv"}).versions == () and two.search(tags={"team": None}).versions
    assert two.search(model="sentiment", order="name").versions == ("sentiment/1", "sentiment/2")
    assert "sentiment" in two.search("sentiment")._repr_html_()
    for wrong in ({"metrics": "f1"}, {"stage": "nowhere"}, {"order": "worst"}):
        with pytest.raises(refmark.UsageError):
            two.search(**wrong)


def test_a_status_says_where_the_registry_stands(two: refmark.Registry) -> None:
    status = two.status()
    assert (status.models, status.versions, status.aliases) == (1, 2, 1)
    assert status["versions"] == status.versions and dict(status) == status.to_dict()
    with pytest.raises(AttributeError, match="frozen"):
        status.models = 3
    with pytest.raises(AttributeError, match="has no"):
        status.nothing


def test_a_team_begins_with_its_policy(tmp_path: Path) -> None:
    reg = refmark.init(tmp_path / "team", team=True)
    assert "platform-lead" in str(reg.policy())


def test_a_default_registry_is_what_open_means_without_a_path(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert refmark.use(two.path) == two == refmark.open()


def test_a_project_that_is_gone_uses_nothing(two: refmark.Registry, tmp_path: Path) -> None:
    two.pin("sentiment@champion", project=tmp_path)
    lock = refmark.Lock(tmp_path)
    lock.publish(two, "my-service", "https://example.org/my-service")
    assert lock.publish(two, "my-service", gone=True).pins in (0, [], ())


def test_a_proposal_that_was_overtaken_is_a_conflict_and_is_made_again(two: refmark.Registry) -> None:
    proposal = two.propose("sentiment@champion", 1, "back")
    two.unset("sentiment@champion", "neither")
    with pytest.raises(refmark.ConflictError, match="somebody else was first"):
        two.land(proposal.branch)
    two.land(two.renew(proposal.branch).branch)
    assert two.resolve("sentiment@champion").version == 1
