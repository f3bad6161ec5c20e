"""Members, policies, trust, the catalog and backups from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as keys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import refmark


def public_key() -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(keys.Encoding.OpenSSH, keys.PublicFormat.OpenSSH).decode()


@pytest.fixture
def team(tmp_path: Path) -> refmark.Registry:
    return refmark.init(tmp_path / "team", team=True, by="ada")


def test_members_come_change_and_go(team: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "bo.pub").write_text(public_key())
    added = team.add_member("bo", keys=tmp_path / "bo.pub", roles="data-scientist", name="Bo", reason="joined")
    assert added.number == 2 and added.commit == team.head
    team.add_member("ci", keys=[public_key()], roles=["ci-agent"], agent=True)
    rows = {it["id"]: it for it in team.members()}
    assert rows["bo"]["roles"] == ["data-scientist"] and rows["ci"].kind == "agent" and len(team.members()) == 3
    team.set_member("bo", roles=["mlops-engineer", "on-call"], keys=public_key())
    assert {it["id"]: it["roles"] for it in team.members()}["bo"] == ["mlops-engineer", "on-call"]
    team.own_models("nlp.*", "bo", name="nlp-team")
    assert "nlp.*" in str(team.policy())
    team.remove_member("ci", reason="replaced")
    assert "ci" not in {it["id"] for it in team.members()}
    for wrong in (lambda: team.set_member("nobody", roles="on-call"), lambda: team.remove_member("nobody")):
        with pytest.raises(refmark.RefmarkError, match="nobody"):
            wrong()
    with pytest.raises(refmark.RefmarkError):
        team.add_member("kim", keys=public_key(), roles="king")


def test_a_policy_is_checked_then_applied(reg: refmark.Registry) -> None:
    assert reg.check_policy().sentences
    applied = reg.apply_policy(preset="team", reason="more of us")
    assert "platform-lead" in str(reg.policy()) and applied.number == reg.policy().number
    text = str(reg.policy()).replace("days = 30", "days = 7")
    assert reg.check_policy(text).changes
    reg.apply_policy(text, reason="a shorter way back")
    assert "days = 7" in str(reg.policy())
    with pytest.raises(refmark.UsageError):
        reg.apply_policy()
    with pytest.raises(refmark.RefmarkError):
        reg.check_policy("not a policy")


def test_a_root_is_shown_pinned_and_held_to(two: refmark.Registry, tmp_path: Path) -> None:
    report = two.trust()
    assert report.trust_root == two.trust_root and report.is_pinned and report.roots[0]["current"]
    assert two.pin_trust_root(two.trust_root).is_pinned and two.pin_trust_root(tofu=True).is_pinned
    with pytest.raises(refmark.UsageError, match="root: "):
        two.pin_trust_root()
    with pytest.raises(refmark.IntegrityError):
        two.pin_trust_root("sha256:" + "0" * 64)
    assert "ssh-ed25519" in two.allowed_signers()


def test_a_lost_key_is_distrusted(team: refmark.Registry) -> None:
    team.add_member("bo", keys=public_key(), roles="data-scientist")
    team.distrust("bo", since=team.head, reason="laptop stolen")
    assert team.trust().distrusted[0]["reason"] == "laptop stolen"


def test_an_entry_of_the_catalog_is_added_changed_and_retired(reg: refmark.Registry) -> None:
    added = reg.add_catalog_entry("evidence-type", "red-team", "What a red team found.", retention_days=90)
    assert (added.id, added.state) == ("red-team", "active")
    assert "red-team" in {it["id"] for it in reg.catalog("evidence-type")}
    reg.change_catalog_entry("evidence-type", "red-team", docs="https://wiki.example.org/red-team")
    entry = reg.catalog_entry("evidence-type", "red-team")
    assert entry.docs.endswith("red-team") and entry.retention_days == 90
    schema = {"type": "object", "required": ["scope"]}
    assert reg.catalog_migration("evidence-type", "red-team", schema)
    reg.set_catalog_state("evidence-type", "red-team", "deprecated")
    assert reg.catalog_entry("evidence-type", "red-team").state == "deprecated"
    with pytest.raises(refmark.ExistsError):
        reg.add_catalog_entry("evidence-type", "red-team", "again")
    with pytest.raises(refmark.UsageError, match="active, deprecated and disabled"):
        reg.set_catalog_state("evidence-type", "red-team", "gone")
    with pytest.raises(refmark.NotFoundError):
        reg.catalog_entry("evidence-type", "none")
    proposal = reg.proposed(lambda it: it.set_catalog_state("evidence-type", "red-team", "disabled"))
    assert reg.catalog_entry("evidence-type", "red-team").state == "deprecated" and proposal.branch


def test_whoever_names_a_deprecated_entry_is_warned(reg: refmark.Registry, tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    file.write_text("{}")
    reg.set_catalog_state("artifact-type", "model", "deprecated")
    with pytest.warns(refmark.DeprecatedEntryWarning, match="artifact-type model is deprecated") as caught:
        reg.register("deprecated", file)
    assert caught[0].filename == __file__
    with pytest.warns(refmark.DeprecatedEntryWarning, match="artifact-type model is deprecated") as caught:
        reg.promote("deprecated@champion", 1, reason="it is what there is")
    assert caught[0].filename == __file__
    reg.set_catalog_state("evidence-type", "runbook", "deprecated")
    with pytest.warns(refmark.DeprecatedEntryWarning, match="evidence-type runbook"):
        reg.attach("deprecated/1", "runbook", file)


def test_a_template_of_the_catalog_names_only_what_events_have(reg: refmark.Registry) -> None:
    with pytest.raises(refmark.UsageError, match="no event has"):
        reg.add_catalog_entry("notification-template", "chat", "For the chat.", template="{password}")
    reg.add_catalog_entry("notification-template", "chat", "For the chat.", template="{subject}")
    assert reg.catalog_entry("notification-template", "chat").template == "{subject}"


def test_a_card_is_attached_after_the_version(reg: refmark.Registry, tmp_path: Path) -> None:
    file, card = tmp_path / "weights.json", tmp_path / "card.md"
    file.write_text("{}")
    card.write_text("# Late\n\nSays what it says.\n")
    reg.register("late", file)
    reg.attach("late/1", "model-card", card)
    assert "Says what it says." in reg.show("late/1").model_card


def test_a_backup_is_made_proven_and_restored(two: refmark.Registry, tmp_path: Path) -> None:
    made = two.backup(tmp_path / "backup")
    assert made.number == 1 and made.head == two.head
    two.promote("sentiment@champion", 1, "back")
    assert two.backup(tmp_path / "backup").number == 2
    checked = refmark.check_backup(tmp_path / "backup")
    assert (checked.number, checked.head) == (2, two.head) and checked.time.tzinfo is not None
    assert two.backup_drill(tmp_path / "backup").passed
    again = refmark.restore(tmp_path / "backup", tmp_path / "again", trust_root=two.trust_root)
    assert again.id == two.id and again.resolve("sentiment@champion").version == 1 and again.verify().ok
    assert refmark.restore(tmp_path / "backup", tmp_path / "old", number=1).resolve("sentiment@champion").version == 2
    with pytest.raises(refmark.RefmarkError):
        refmark.restore(tmp_path / "backup", tmp_path / "again")
    blob = next(it for it in (tmp_path / "backup").rglob("*") if it.is_file() and it.stat().st_size > 30)
    blob.chmod(0o644)
    blob.write_bytes(b"x" + blob.read_bytes()[1:])
    with pytest.raises(refmark.RefmarkError):
        refmark.check_backup(tmp_path / "backup")
