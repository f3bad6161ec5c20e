"""Scanners that are libraries of Python: they look at files that refmark hands them, and what they come to is evidence."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ._arguments import RefLike, reference
from .errors import RefmarkError

#: Classes of files that can run code when they are loaded, or that nobody could look into.
_CAN_RUN_CODE = ("unsafe-format", "not-scanned", "code", "config-code", "active-content")


def skops(registry: Any, given: RefLike, produced_by: str | None, attach: bool) -> dict[str, Any]:
    """Asks skops which types a ``.skops`` file would load that it does not trust by itself."""
    try:
        import skops.io as skops_io
    except ImportError as missing:
        raise RefmarkError(
            "skops is not installed", code="unsupported", hint="pip install skops", exit_status=1
        ) from missing
    text = reference(given)
    shown = registry.show(text)
    looked = [it.path for it in shown.files if it.path.endswith(".skops")]
    blind = [it.path for it in shown.files if it.file_class in _CAN_RUN_CODE and it.path not in looked]
    findings: list[str] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="refmark-skops-") as folder:
        files = _files(registry, text, shown.trust, looked, Path(folder)) if looked else Path(folder)
        for path in looked:
            try:
                findings += [f"{path}: {name}" for name in skops_io.get_untrusted_types(file=os.fspath(files / path))]
            except Exception as error:
                failed.append(f"{path}: {error}")
    outcome, verdict = ("unsafe", "fail") if findings else ("not-scanned", "info")
    if not findings and not failed and not blind and looked:
        outcome, verdict = "clean", "pass"
    summary = _summary(looked, findings, failed, blind)
    attached = None
    if attach:
        tool = f"skops@{version('skops')}"
        attached = registry.attach(text, "scan", verdict=verdict, summary=summary, tool=tool, produced_by=produced_by)
    return {
        "reference": text,
        "artifact": shown.artifact,
        "scanner": {"name": "skops", "version": version("skops")},
        "outcome": outcome,
        "summary": summary,
        "files": len(shown.files),
        "scanned": len(looked) - len(failed),
        "findings": findings,
        "more": 0,
        "gaps": [],
        "said": "\n".join(failed) or None,
        "evidence": None if attached is None else attached.to_dict(),
    }


def _files(registry: Any, text: str, trust: str, looked: list[str], folder: Path) -> Path:
    """The files to look at. What nobody trusts yet is taken by whoever may, and that is recorded."""
    if trust in ("acquired", "quarantined"):
        registry.pull_quarantined(text, folder / "q", "skops looks at it", files=looked, progress=False)
        return folder / "q" / "files"
    return Path(registry.pull(text, folder / "p", files=looked, progress=False))


def _summary(looked: list[str], findings: list[str], failed: list[str], blind: list[str]) -> str:
    if findings:
        return f"types that skops does not trust: {'; '.join(findings[:5])}" + (" and more" if len(findings) > 5 else "")
    if failed:
        return f"skops could not read {'; '.join(failed)[:300]}"
    if not looked:
        return "there is no .skops file to look at"
    if blind:
        return f"skops looked at {len(looked)}, and not at {', '.join(blind[:5])}"
    return f"skops trusts every type in {', '.join(looked[:5])}"
