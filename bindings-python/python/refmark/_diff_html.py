"""A diff in a notebook: the same facts as in a pull request, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from ._html import short, size, table, text

if TYPE_CHECKING:
    from ._values import Diff


def render(diff: Diff) -> str:
    """The tables of a diff; empty sections are left out."""
    head = f"{_name(diff.old)} → {_name(diff.new)}"
    if diff.identical:
        return table((), [(head, "identical")])
    out = [f"<p><b>{text(head)}</b></p>"]
    out += [_metrics(diff), _contract(diff), _tensors(diff), _files(diff), _lineage(diff)]
    return "".join(out)


def _name(side: Mapping[str, Any]) -> str:
    if side.get("version") is not None:
        return f"{side.get('model')}/{side['version']}"
    return short(side.get("artifact")) or "?"


def _items(listed: Any) -> list[Mapping[str, Any]]:
    return list(listed.get("items", ())) if isinstance(listed, Mapping) else []


def _metrics(diff: Diff) -> str:
    rows = []
    for it in _items(diff.metrics):
        old, new = it.get("old") or {}, it.get("new") or {}
        rows.append((it.get("name"), old.get("value"), new.get("value"), it.get("judgement"), it.get("direction")))
    return table(("metric", "old", "new", "judgement", "better"), rows, "Metrics") if rows else ""


def _contract(diff: Diff) -> str:
    because = diff.contract.get("because")
    why = "; ".join(str(it) for it in _items_of_text(because))
    return table((), [("compatibility", diff.contract.get("compatibility"), why or None)], "Contract")


def _items_of_text(listed: Any) -> list[object]:
    return list(listed.get("items", ())) if isinstance(listed, Mapping) else []


def _counts(part: Mapping[str, Any]) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for key, value in part.items():
        if isinstance(value, Mapping) and "count" in value:
            if value["count"]:
                named = [it.get("name") or it.get("path") for it in _items(value) if isinstance(it, Mapping)]
                named += [it for it in _items_of_text(value) if isinstance(it, str)]
                shown = ", ".join(str(it) for it in named[:8] if it)
                rows.append((key, f"{value['count']}" + (f": {shown}" if shown else "")))
        elif isinstance(value, int) and not isinstance(value, bool) and value:
            rows.append((key, size(value) if "size" in key or "bytes" in key else value))
    return rows


def _tensors(diff: Diff) -> str:
    rows = _counts(diff.tensors)
    return table((), rows, "Tensors") if rows else ""


def _files(diff: Diff) -> str:
    rows = _counts(diff.files)
    return table((), rows, "Files") if rows else ""


def _lineage(diff: Diff) -> str:
    rows = []
    for value in diff.lineage.values():
        for it in _items(value):
            rows.append((it.get("key") or it.get("name"), it.get("old"), it.get("new")))
    return table(("lineage", "old", "new"), rows, "Lineage") if rows else ""
