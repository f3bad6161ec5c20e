"""Progress: tqdm where it is installed, or any callable that takes a :class:`refmark.ProgressEvent`."""

from __future__ import annotations

import time
import warnings
from typing import Any, Callable, NamedTuple, Union

#: Work that is over sooner shows no bar.
_PATIENCE = 0.5


class ProgressEvent(NamedTuple):
    """How far a stage of work has come."""

    #: The stage's number, from 1.
    stage: int
    #: What it does.
    what: str
    #: How much is done.
    done: int
    #: How much there is, where that is known.
    total: int | None
    #: ``bytes`` or ``items``.
    unit: str
    #: Whether the stage is over.
    over: bool


#: ``None`` shows a bar where tqdm is installed, ``False`` shows nothing, a callable is called.
ProgressLike = Union[None, bool, Callable[[ProgressEvent], object]]

Listener = Callable[[int, str, int, "int | None", str, bool], object]


def listener(progress: ProgressLike) -> Listener | None:
    """What the native module calls, for what the caller asked."""
    if progress is False:
        return None
    if callable(progress):
        hear = progress
        return lambda *event: hear(ProgressEvent(*event))
    return _Bar()


class _Bar:
    """A tqdm bar that appears once work takes long."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._bar: Any = None
        self._stage = 0
        self._tqdm: Any = None

    def __call__(self, stage: int, what: str, done: int, total: int | None, unit: str, over: bool) -> None:
        if self._tqdm is False or (self._bar is None and time.monotonic() - self._began < _PATIENCE):
            return
        if self._tqdm is None and not self._load():
            return
        if stage != self._stage:
            self._close()
            scale = unit == "bytes"
            make: Any = self._tqdm
            self._bar = make(total=total, desc=what, unit="B" if scale else "", unit_scale=scale, leave=False)
            self._stage = stage
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            if over:
                self._close()

    def _load(self) -> bool:
        try:
            with warnings.catch_warnings():
                # Without ipywidgets a notebook shows the bar as text, which is no reason to warn.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm
        except ImportError:
            self._tqdm = False
            return False
        self._tqdm = tqdm
        return True

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __del__(self) -> None:
        self._close()
