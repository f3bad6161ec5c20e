"""Moving aliases, stages and trust states, at once or as a proposal for others to approve."""

from __future__ import annotations

from typing import Callable, Iterable, Mapping

from .._arguments import UNSET, RefLike, TimeLike, expected, texts, time, transition
from .._arguments import reference as _text
from .._arguments import version as _version
from .._handle import SameHandle
from .._proposed import Proposed
from .._team import Approved, Landing, Proposal, Proposals
from .._values import Promotion, Revocation, Transition
from ..errors import UsageError
from ._base import Verbs


class Moving(Verbs):
    """Verbs that change what is live."""

    __slots__ = ()

    def proposed(
        self: SameHandle, change: Callable[[SameHandle], object], *, branch: str | None = None
    ) -> Proposal:
        """Proposes what a function would change, on a branch of its own, for others to review and approve.

        ``change`` gets this registry and calls one verb that writes, such as
        ``reg.proposed(lambda it: it.register("sentiment", "out/"))``. The function ends there: nothing took effect yet.
        Without ``branch`` the branch is named after the change. Raises :class:`UsageError` where the function calls no
        verb that writes, and what the verb itself would raise where a rule speaks against it.

        Example::

            proposal = reg.proposed(lambda it: it.register("sentiment", "out/"))
        """
        try:
            change(self._proposing(branch))
        except Proposed as proposal:
            return Proposal(proposal.answer)
        raise UsageError(
            "nothing was proposed: the function called no verb that changes the registry",
            code="bad-argument",
            hint='reg.proposed(lambda it: it.register("MODEL", "PATH"))',
        )

    def promote(
        self,
        target: str,
        version: int | RefLike,
        reason: str = "",
        *,
        expect: int | RefLike | None = UNSET,
        evidence: str | Iterable[str] | None = None,
        allow_absent: bool = False,
    ) -> Promotion:
        """Moves ``MODEL@ALIAS`` to a version.

        With ``expect``, only where the alias holds that version now (``None``: nothing): else :class:`ConflictError`.
        A :class:`RefusedError` carries every gate in ``report``. Every file must be here and whole; with ``allow_absent``
        they may be elsewhere, where the policy lets that.

        Example::

            reg.promote("sentiment@champion", 4, "+2 points of F1 on the March set", expect=3)
        """
        done = self._native.promote(target, _version(version), reason, expected(expect), texts(evidence), allow_absent)
        return Promotion.from_answer(done)

    def rollback(
        self, target: str, to: int | RefLike | None = None, reason: str = "", *, allow_absent: bool = False
    ) -> Promotion:
        """Moves ``MODEL@ALIAS`` back to what it held before, or to a version that it once held.

        Raises `NotFoundError` where it held nothing before, and `RefusedError` with every gate.

        Example::

            reg.rollback("sentiment@champion", reason="drift on short texts")
        """
        wanted = None if to is None else _version(to)
        return Promotion.from_answer(self._native.rollback(target, wanted, reason, allow_absent))

    def unset(self, target: str, reason: str = "") -> Promotion:
        """Closes ``MODEL@ALIAS``: it holds nothing from then on.

        Raises `NotFoundError` where there is no such alias, and `RefusedError` with every gate.

        Example::

            reg.unset("sentiment@canary", "the trial is over")
        """
        return Promotion.from_answer(self._native.unset(target, reason))

    def transition(
        self,
        reference: RefLike,
        to: str,
        reason: str = "",
        *,
        replacement: int | RefLike | None = None,
        sunset: TimeLike | None = None,
        evidence: str | Iterable[str] | None = None,
    ) -> Transition:
        """Moves a version to a stage, or its artifact to a trust state. It never moves an alias: ``promote`` does.

        Raises `RefusedError` with every gate, and `NothingToDoError` where it is there already.

        Example::

            reg.transition("sentiment/3", "retired", "replaced", replacement=4, sunset="2027-01-01T00:00:00Z")
        """
        where = transition(to, replacement, sunset)
        return Transition.from_answer(self._native.transition(_text(reference), reason, texts(evidence), where))

    def revoke(
        self, reference: RefLike, reason: str, *, files: str | Iterable[str] | None = None
    ) -> Revocation:
        """Revokes an artifact: its bytes are handed out to nobody from this commit on, whatever artifact holds them.

        ``files`` names some of its files, by path or SHA-256; without it all are named but small data that other
        artifacts hold, too.

        Raises `RefusedError` where the policy does not let you.

        Example::

            reg.revoke("sentiment/3", "leaks training data")
        """
        return Revocation.from_answer(self._native.revoke(_text(reference), reason, texts(files)))

    def delete(self, reference: RefLike, reason: str) -> Revocation:
        """Deletes an artifact: its metadata stays, its bytes go from this store unless a live artifact shares them.

        Raises `RefusedError` where the policy asks for more people.

        Example::

            reg.delete("sentiment/3", "asked for by its owner")
        """
        return Revocation.from_answer(self._native.delete(_text(reference), reason))

    def propose(
        self,
        target: str,
        version: int | RefLike,
        reason: str = "",
        *,
        branch: str | None = None,
        evidence: str | Iterable[str] | None = None,
        allow_absent: bool = False,
    ) -> Proposal:
        """Proposes a move of ``MODEL@ALIAS`` on a branch, for others to review and approve.

        Raises what :meth:`promote` does, but for what is only missing yet.

        Example::

            reg.propose("sentiment@champion", 4, "+2 points")
        """
        return self.proposed(
            lambda it: it.promote(target, version, reason, evidence=evidence, allow_absent=allow_absent),
            branch=branch,
        )

    def propose_rollback(
        self,
        target: str,
        to: int | RefLike | None = None,
        reason: str = "",
        *,
        branch: str | None = None,
        allow_absent: bool = False,
    ) -> Proposal:
        """Proposes to move ``MODEL@ALIAS`` back.

        Raises what :meth:`rollback` does, but for what is only missing yet.

        Example::

            reg.propose_rollback("sentiment@champion", reason="drift")
        """
        return self.proposed(lambda it: it.rollback(target, to, reason, allow_absent=allow_absent), branch=branch)

    def propose_unset(self, target: str, reason: str = "", *, branch: str | None = None) -> Proposal:
        """Proposes to close ``MODEL@ALIAS``.

        Raises what :meth:`unset` does, but for what is only missing yet.

        Example::

            reg.propose_unset("sentiment@canary", "the trial is over")
        """
        return self.proposed(lambda it: it.unset(target, reason), branch=branch)

    def propose_transition(
        self,
        reference: RefLike,
        to: str,
        reason: str = "",
        *,
        branch: str | None = None,
        replacement: int | RefLike | None = None,
        sunset: TimeLike | None = None,
        evidence: str | Iterable[str] | None = None,
    ) -> Proposal:
        """Proposes to move a version to a stage, or its artifact to a trust state.

        Raises what :meth:`transition` does, but for what is only missing yet.

        Example::

            reg.propose_transition("sentiment/4", "staging", "evaluated")
        """
        return self.proposed(
            lambda it: it.transition(
                reference, to, reason, replacement=replacement, sunset=sunset, evidence=evidence
            ),
            branch=branch,
        )

    def proposals(self) -> Proposals:
        """Proposals that are open: what each waits for, and what of it waits for the holder of your key.

        Example::

            for proposal in reg.proposals():
                print(proposal.branch, proposal.yours)
        """
        return Proposals(self._native.proposals())

    def renew(self, branch: str) -> Proposal:
        """Makes one's own moves of a proposal again on what landed first. Approvals lapse with it.

        Raises `NotFoundError` where there is no such branch.

        Example::

            reg.renew("propose/sentiment-champion")
        """
        return Proposal(self._native.renew(branch))

    def approve(
        self,
        target: str,
        reason: str | None = None,
        *,
        not_after: TimeLike | None = None,
        waive: Mapping[str, tuple[str, TimeLike]] | None = None,
        waive_only: bool = False,
    ) -> Approved:
        """Approves every statement that waits in a branch. ``waive`` lets gates pass: why, and until when.

        Raises `RefusedError` where your approval would not count.

        Example::

            reg.approve("propose/sentiment-champion", "read the evaluation")
        """
        waived = [(gate, why, time(until) or "") for gate, (why, until) in (waive or {}).items()]
        return Approved(self._native.approve(target, reason, time(not_after), waived, waive_only))

    def land(self, branch: str) -> Landing:
        """Merges a proposal into the registry's branch, where everything that it needs is given.

        Raises `PendingError` while something is missing, and `ConflictError` where somebody else was first.

        Example::

            reg.land("propose/sentiment-champion")
        """
        return Landing(self._native.land(branch))
