"""Decisions: gates, signers, and the report of both."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _html as html
from ._base import Value, many


@dataclass(frozen=True, slots=True)
class Gate(Value):
    """One named check that the policy demands, and what it came to."""

    #: Its name.
    name: str
    #: passed, failed, missing, pending or waived.
    status: str
    #: What it asks.
    expected: str
    #: What was found.
    found: str
    #: The statement of the evidence that it rests on.
    evidence: str | None = None
    #: What to do next.
    next: str | None = None
    #: Whether the policy lets somebody waive it.
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class Signer(Value):
    """Somebody that a rule asks for, and who fills it."""

    #: What it asks: roles, or the model's owner.
    asks: str
    #: Who fills it; ``None`` while nobody does.
    by: str | None = None


@dataclass(frozen=True, slots=True)
class GateReport(Value):
    """A decision: every gate with what it asks, what was found and what to do next."""

    #: The change, such as ``sentiment@champion: 3 → 4``.
    change: str
    #: The SHA-256 of the change's statement: what an approval names.
    statement: str
    #: ok, pending or refused.
    decision: str
    #: The number of the policy that judged it.
    policy: int
    #: Every gate.
    gates: tuple[Gate, ...]
    #: Everybody that the rule asks for.
    signers: tuple[Signer, ...]
    #: Whether it takes effect on one person's word, with the signers due afterwards.
    break_glass: bool

    _read = {"gates": many(Gate), "signers": many(Signer)}

    @property
    def unmet(self) -> tuple[Gate, ...]:
        """The gates that do not hold."""
        return tuple(it for it in self.gates if it.status not in ("passed", "waived"))

    def _html(self) -> str:
        gates = [(it.name, it.status, it.expected, it.found, it.next) for it in self.gates]
        out = html.table(("gate", "status", "expected", "found", "next"), gates, f"{self.change}: {self.decision}")
        if self.signers:
            out += html.table(("asks", "signed by"), [(it.asks, it.by) for it in self.signers])
        return out
