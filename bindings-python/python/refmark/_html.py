"""Small tables for notebooks. Colours are tints over whatever is behind them, so that light and dark both work."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import zip_longest
from typing import Iterable, Sequence

_STYLE = (
    "<style>"
    ".refmark-table{color:inherit;font-size:13px;line-height:1.45}"
    ".refmark-table table{border-collapse:collapse;margin:.4em 0;color:inherit;background:transparent}"
    ".refmark-table th,.refmark-table td{text-align:left!important;vertical-align:top;padding:3px 10px;color:inherit;"
    "background:transparent;border:0;border-bottom:1px solid rgba(128,128,128,.28);white-space:pre-wrap}"
    ".refmark-table th{font-weight:600;opacity:.75}"
    ".refmark-table caption{caption-side:top;text-align:left;font-weight:600;padding:3px 0;color:inherit;white-space:nowrap}"
    ".refmark-table code{font-size:12px;color:inherit;background:rgba(128,128,128,.14);padding:0 3px;border-radius:3px}"
    ".refmark-table .good{background:rgba(46,160,67,.18)}"
    ".refmark-table .bad{background:rgba(229,83,75,.20)}"
    ".refmark-table .wait{background:rgba(210,153,34,.20)}"
    ".refmark-table .note{opacity:.72}"
    "</style>"
)

_TINTS = {
    "good": ("passed", "ok", "better", "trusted", "production", "same", "full", "backward", "waived"),
    "bad": ("failed", "refused", "worse", "revoked", "deleted", "breaking", "damaged"),
    "wait": ("missing", "pending", "quarantined", "acquired", "incomplete", "unknown", "retired", "forward"),
}
_TINT_OF = {word: tint for tint, words in _TINTS.items() for word in words}
#: The columns, and the keys of tables without a head, whose words are tinted.
_TINTED = frozenset("status verdict decision trust stage standing judgement compatibility to".split())
_DIGEST = re.compile(r"[0-9a-f]{40}|(sha256[-:])?[0-9a-f]{64}")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: object) -> str:
    """A value as escaped text; control and bidirectional characters are shown, never obeyed."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return '<span class="note">–</span>'
    if isinstance(value, datetime):
        value = f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f'<span title="{value}">{short(value)}</span>'
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    out: list[str] = []
    for char in shown:
        point = ord(char)
        if char in "<>&\"'":
            out.append(f"&#{point};")
        elif (point < 32 and char not in "\n\t") or 0x7F <= point < 0xA0 or point in _INVISIBLE:
            out.append(f"<code>\\u{{{point:x}}}</code>")
        else:
            out.append(char)
    return "".join(out)


_INVISIBLE = frozenset([*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0x061C])


def page(body: str) -> str:
    """A piece of a notebook."""
    return f'<div class="refmark-table">{_STYLE}{body}</div>'


#: The page of the core takes the notebook's own colours: a dark notebook on a light desktop is common.
_NOTEBOOK = (
    "<style>"
    ".refmark-notebook>.refmark{color-scheme:inherit;--ink:inherit;--dim:color-mix(in srgb,currentColor 68%,transparent);"
    "--edge:rgba(128,128,128,.32);--wash:rgba(128,128,128,.12);--good:var(--jp-success-color1,#2c974b);"
    "--bad:var(--jp-error-color1,#d1434b);--wait:var(--jp-warn-color1,#b7791f);color:inherit;max-width:80em}"
    ".refmark-notebook>.refmark table{display:table;color:inherit;background:transparent}"
    ".refmark-notebook>.refmark :is(tr,tr:nth-child(even),tr:hover){background:transparent!important}"
    ".refmark-notebook>.refmark :is(th,td){text-align:left;color:inherit}"
    ".refmark-notebook>.refmark .r{text-align:right}"
    "</style>"
)


def notebook(page: str) -> str:
    """A page of the core's, as a piece of a notebook."""
    return f'<div class="refmark-notebook">{_NOTEBOOK}{page}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str | None = None) -> str:
    """A table. Words that say how something stands are tinted."""
    out = ["<table>"]
    if caption:
        out.append(f"<caption>{text(caption)}</caption>")
    if heads:
        out.append("<thead><tr>" + "".join(f"<th>{text(it)}</th>" for it in heads) + "</tr></thead>")
    out.append("<tbody>")
    began = len(out)
    for row in rows:
        names = heads or ("", row[0])
        out.append("<tr>" + "".join(_cell(it, name in _TINTED) for it, name in zip_longest(row, names)) + "</tr>")
    if len(out) == began:
        out.append(f'<tr><td class="note" colspan="{max(len(heads), 1)}">nothing</td></tr>')
    out.append("</tbody></table>")
    return "".join(out)


def _cell(value: object, tinted: bool) -> str:
    tint = _TINT_OF.get(value) if tinted and isinstance(value, str) else None
    shown = text(value)
    return f'<td class="{tint}">{shown}</td>' if tint else f"<td>{shown}</td>"


def short(digest: str | None) -> str | None:
    """The start of a digest or commit, for people."""
    if digest is None:
        return None
    for kind in ("sha256-", "sha256:"):
        if digest.startswith(kind):
            return digest[: len(kind) + 10]
    return digest[:10]


def size(count: int) -> str:
    """Bytes, for people."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
