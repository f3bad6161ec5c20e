"""How a change leaves the caller's function where it is proposed in place of made."""

from __future__ import annotations

from typing import Any


class Proposed(BaseException):
    """What would go on with the change has nothing to go on with: it has not taken effect.

    Not an ``Exception``: a function that catches its own errors does not catch this.
    """

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer["branch"])
        self.answer = answer
