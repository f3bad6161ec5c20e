"""What callers get wrong is named, and what a path means is what people mean by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

import refmark


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda it: it.promote(5, 1), "target"),
        (lambda it: it.promote("sentiment@a", None), "version"),
        (lambda it: it.register("sentiment", 5), "paths"),
        (lambda it: it.register("sentiment", "x", metrics=[1]), "metrics"),
        (lambda it: it.resolve("sentiment/1", at=5), "at"),
        (lambda it: it.pull("sentiment/1", 5), "into"),
        (lambda it: it.pull(5), "reference"),
        (lambda it: it.pull(5), "reference"),
        (lambda it: it.search(metrics=5), "metrics"),
        (lambda it: it.describe("sentiment", 5), "description"),
        (lambda it: it.label("sentiment/1", tags=5), "tags"),
        (lambda it: it.attach("sentiment/1", 5), "type"),
        (lambda it: it.log(5), "target"),
        (lambda it: refmark.open(5), "path"),
        (lambda it: refmark.init(5), "path"),
        (lambda it: refmark.inspect(5), "path"),
        (lambda it: refmark.clone(5), "url"),
    ],
)
def test_a_wrong_argument_is_named(two: refmark.Registry, call: Callable[[refmark.Registry], Any], named: str) -> None:
    with pytest.raises(TypeError, match=f"^{named}: expected .*and not"):
        call(two)


def test_an_error_of_somebody_elses_code_stays_as_it_is(two: refmark.Registry) -> None:
    def wrong(_: refmark.Registry) -> None:
        raise AttributeError("mine")

    with pytest.raises(AttributeError, match="^mine$"):
        two.proposed(wrong)
    with pytest.raises(TypeError, match="unexpected keyword"):
        two.promote("sentiment@champion", 1, because="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("limit", [{"limit": -1}, {"offset": -1}])
def test_a_number_that_is_none_of_rows_is_named(two: refmark.Registry, limit: Any) -> None:
    with pytest.raises(refmark.UsageError, match=f"^{next(iter(limit))}: "):
        two.search(**limit)


def test_a_tilde_is_the_users_home(world: Path) -> None:
    reg = refmark.init("~/models")
    assert reg.path == world / "models" and refmark.open("~/models") == reg and not Path("~").exists()
    (world / "w.json").write_text("{}")
    reg.register("m", "~/w.json")
    assert reg.pull("m/1", "~/out") == world / "out" and (world / "out" / "w.json").exists()
    assert refmark.clone("~/models", "~/copy", tofu=True).path == world / "copy"


@pytest.mark.parametrize("address", ["https://forge.example.org/m.git", "ssh://git@forge.example.org/m", "git@forge.example.org:m"])
def test_an_address_is_no_path(tmp_path: Path, address: str) -> None:
    for call in (refmark.init, refmark.open, refmark.use):
        with pytest.raises(refmark.UsageError, match="is an address") as raised:
            call(address)
        assert f'refmark.clone("{address}"' in str(raised.value.hint)
    assert [it.name for it in tmp_path.iterdir()] == ["home"]


def test_a_home_that_cannot_be_written_is_no_matter_or_an_error_of_ours(
    two: refmark.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/proc/none")
    monkeypatch.delenv("REFMARK_CACHE")
    reg = refmark.open(two.path)
    assert len(reg.versions("sentiment")) == 2
    with pytest.raises(refmark.StorageError, match="cache") as raised:
        reg.pull("sentiment/1", allow_unverified=True)
    assert "REFMARK_CACHE" in str(raised.value.hint)
    with pytest.raises(refmark.RefmarkError):
        refmark.init(two.path.parent / "other")
