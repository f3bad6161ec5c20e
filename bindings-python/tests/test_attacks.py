"""The hostile registries that every face runs: tests/attacks/README.md is the contract."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import REPO

import refmark

ATTACKS = sorted(it.parent for it in (REPO / "tests" / "attacks").glob("*/attack.json"))


def git(clone: Path, *words: str, text: bytes | None = None) -> str:
    done = subprocess.run(["git", "-C", str(clone), *words], input=text, capture_output=True, check=True)
    return done.stdout.decode().strip()


def receive(folder: Path, clone: Path, attack: dict[str, Any]) -> None:
    """A clone of the attack's bundle, in the condition that its story asks for."""
    clone.mkdir()
    git(clone, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    unchecked = ("-c", "fetch.fsckObjects=false", "-c", "transfer.fsckObjects=false")
    git(clone, *unchecked, "fetch", "--quiet", str(folder / attack["bundle"]), "+refs/heads/*:refs/heads/*")
    head = attack["head"]
    match attack["condition"]:
        case "shallow":
            (clone / "shallow").write_text(f"{head}\n")
        case "grafted":
            (clone / "info").mkdir(exist_ok=True)
            (clone / "info" / "grafts").write_text(f"{head}\n")
        case "replaced":
            git(clone, "replace", head, f"{head}~1")
        case "missing":
            first = git(clone, "rev-list", "--max-parents=0", "main")
            packs = [(it, it.read_bytes()) for it in (clone / "objects" / "pack").glob("*.pack")]
            shutil.rmtree(clone / "objects" / "pack")
            for _, pack in packs:
                git(clone, "unpack-objects", "-q", text=pack)
            (clone / "objects" / first[:2] / first[2:]).unlink()
        case "borrowed":
            lender = clone.with_suffix(".lender")
            (clone / "objects").rename(lender)
            (clone / "objects" / "info").mkdir(parents=True)
            (clone / "objects" / "info" / "alternates").write_text(f"{lender}\n")
        case other:
            assert other is None, f"{other} is no condition"


def told(clone: Path, attack: dict[str, Any]) -> tuple[str, list[tuple[str, str | None]]]:
    """The verdict, and the code and path of each problem."""
    try:
        if attack["seen"]:
            git(clone, "update-ref", "refs/heads/main", attack["seen"])
            refmark.open(clone, trust_root=attack["pin"]).models()
            git(clone, "update-ref", "refs/heads/main", attack["head"])
        registry = refmark.open(clone, trust_root=attack["pin"])
        report = registry.verify(history_only=True)
    except refmark.RefmarkError as error:
        return "error", [(error.code, error.fields.get("path"))]
    if report.verdict != "incomplete":
        for reference, version in attack["expect"]["resolves"].items():
            model, _, alias = reference.partition("@")
            detail = registry.model(model)
            assert (detail.aliases.get(alias) if detail else None) == version, reference
    return report.verdict, [(it.code, it.path) for it in report.problems]


@pytest.mark.parametrize("folder", ATTACKS, ids=lambda it: it.name)
def test_an_attack_comes_to_its_stated_verdict_and_code(folder: Path, tmp_path: Path) -> None:
    attack = json.loads((folder / "attack.json").read_text())
    receive(folder, tmp_path / "registry.git", attack)
    verdict, problems = told(tmp_path / "registry.git", attack)
    expect = attack["expect"]
    assert verdict == expect["verdict"], (attack["story"], problems)
    if expect["code"] is None:
        assert not problems
    else:
        at = {path for code, path in problems if code == expect["code"]}
        assert at and (expect["path"] is None or verdict == "error" or expect["path"] in at), (attack["story"], problems)


def test_the_corpus_is_there() -> None:
    assert len(ATTACKS) >= 150


def test_what_a_lost_key_moved_is_not_handed_out_through_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    from mlflow.exceptions import MlflowException

    from refmark.mlflow.store import RefmarkStore

    folder = next(it for it in ATTACKS if it.name == "move-slipped-in-before-its-keys-distrust")
    attack = json.loads((folder / "attack.json").read_text())
    receive(folder, tmp_path / "registry.git", attack)
    monkeypatch.setenv("REFMARK_TRUST_ROOT", attack["pin"])
    store = RefmarkStore(f"refmark://{tmp_path / 'registry.git'}")
    aliases = store.get_registered_model("m").aliases
    with pytest.raises(MlflowException, match="distrusted") as refused:
        store.get_model_version_by_alias("m", "canary")
    assert refused.value.error_code == "DATA_LOSS"
    held = aliases["canary"] if isinstance(aliases, dict) else aliases[0].version
    assert store.get_model_version("m", held).status == "FAILED_REGISTRATION"
