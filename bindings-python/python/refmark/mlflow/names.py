"""MLflow's names and refmark's: each has one of the other's, both ways.

A name that both allow stays as it is. MLflow allows nearly every text; what refmark refuses (``(v2)``, ``größe``, 32 hex
digits) or takes for another name (``My_Model`` beside ``my-model``) is written in lower-case letters and digits, so that
nothing of it is lost in paths or mixed up: ``mlx--`` and the name, where ``y`` stands before a capital, and ``z`` begins
what stands for another character. Nothing but the name itself is needed to read it back.
"""

from __future__ import annotations

import re
from typing import Callable

from .. import _native, errors

#: What every written name begins with.
_MARK = "mlx--"

_WRITTEN = {"y": "zy", "z": "zz", "_": "zu", "-": "zd", ".": "zp", " ": "zs"}
_READ = {written: plain for plain, written in _WRITTEN.items()}
_PIECE = re.compile(r"y([a-z])|z([yzudps])|zx([0-9a-f]+)z|([a-x0-9])")


def _write(name: str) -> str:
    def piece(char: str) -> str:
        if char in _WRITTEN:
            return _WRITTEN[char]
        if "a" <= char <= "z" or "0" <= char <= "9":
            return char
        return "y" + char.lower() if "A" <= char <= "Z" else f"zx{ord(char):x}z"

    return _MARK + "".join(piece(char) for char in name)


def _allowed(kind: str, name: str) -> bool:
    if name.startswith(_MARK):
        return False
    try:
        return _native.is_name(kind, name)
    except errors.RefmarkError:
        return False


def spellings(name: str) -> list[str]:
    """How a model of MLflow's may be named here: as it is where that can be, and written out, where another stands near."""
    return [name, _write(name)] if _allowed("model", name) else [_write(name)]


def standing(name: str, stands: Callable[[str], bool]) -> str | None:
    """The spelling of a name that stands here."""
    return next((it for it in spellings(name) if stands(it)), None)


def alias_here(alias: str) -> str:
    """How an alias of MLflow's is named here."""
    return alias if _allowed("alias", alias) else _write(alias)


def shown(name: str) -> str:
    """The name that MLflow knows a model or an alias by."""
    if not name.startswith(_MARK):
        return name
    read, at, rest = [], 0, name[len(_MARK) :]
    while at < len(rest):
        found = _PIECE.match(rest, at)
        if found is None:
            return name
        capital, escaped, code, plain = found.groups()
        if code and int(code, 16) > 0x10FFFF:
            return name
        read.append(capital.upper() if capital else _READ["z" + escaped] if escaped else chr(int(code, 16)) if code else plain)
        at = found.end()
    # Somebody may have taken a name that only looks like one.
    whole = "".join(read)
    return whole if whole and _write(whole) == name else name
