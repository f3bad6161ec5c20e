"""Who may do what, what vouches for the registry, and the catalog of ids that records may name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable, Mapping

from .._arguments import PathLike, document, texts
from .._governed import CatalogEntry, EntryChange, MigrationReport, PolicyChange, PolicyCheck, TrustReport
from .._team import Catalog, Members, Policy
from ..errors import UsageError
from ._base import Verbs


class Governing(Verbs):
    """Verbs about members, policy, trust and the catalog."""

    __slots__ = ()

    # Members and policy -------------------------------------------------------------------------------------------

    def members(self) -> Members:
        """Who may do what, by the policy in force: rows with ``id``, ``roles`` and ``may``.

        Example::

            for member in reg.members():
                print(member["id"], member["roles"])
        """
        return Members(self._native.members())

    def add_member(
        self,
        id: str,
        *,
        keys: PathLike | Iterable[PathLike],
        roles: str | Iterable[str],
        name: str | None = None,
        agent: bool = False,
        reason: str | None = None,
    ) -> PolicyChange:
        """Lets somebody in, in a policy of its own; needs a key that the trust root names for policies.

        ``keys`` are OpenSSH lines of ed25519 public keys, or files of them; ``roles`` are roles of the policy, such as
        ``data-scientist``. ``agent`` is for CI and training jobs, which never approve. Raises `UsageError` for an unknown
        role and `RefusedError` where your key may not sign policies.

        Example::

            reg.add_member("bo", keys="bo.pub", roles="mlops-engineer", reason="joined the team")
        """
        given = _change("add", id=id, keys=_keys(keys), roles=texts(roles), name=name, agent=agent)
        return PolicyChange(self._native.members_change(given, reason))

    def set_member(
        self,
        id: str,
        *,
        keys: PathLike | Iterable[PathLike] | None = None,
        roles: str | Iterable[str] | None = None,
        reason: str | None = None,
    ) -> PolicyChange:
        """Gives a member other roles or keys; what is left out stays.

        Raises `NotFoundError` where nobody has that id.

        Example::

            reg.set_member("bo", roles=["mlops-engineer", "on-call"], reason="joins the rota")
        """
        given = _change("set", id=id, keys=_keys(keys), roles=texts(roles))
        return PolicyChange(self._native.members_change(given, reason))

    def remove_member(self, id: str, *, reason: str | None = None) -> PolicyChange:
        """Takes a member out. What they signed before stays as it is.

        Raises `NotFoundError` where nobody has that id.

        Example::

            reg.remove_member("bo", reason="left the company")
        """
        return PolicyChange(self._native.members_change(_change("remove", id=id), reason))

    def own_models(
        self, models: str, *members: str, name: str | None = None, reason: str | None = None
    ) -> PolicyChange:
        """Says whose the models of a pattern are; nobody's where no member is named. ``name`` is what the owners are called.

        Example::

            reg.own_models("nlp.*", "fay", "bo", name="nlp-team")
        """
        given = _change("own", models=models, members=list(members), name=name)
        return PolicyChange(self._native.members_change(given, reason))

    def policy(self, number: int | None = None) -> Policy:
        """A policy that took effect, the newest where no number is given: its text, and what it allows in sentences.

        Raises `NotFoundError` where there is no policy of that number.

        Example::

            print(reg.policy())
        """
        return Policy(self._native.policy(number))

    def check_policy(self, text: str | None = None) -> PolicyCheck:
        """What a policy's text allows, what it would change, and rules that can never fire; of the one in force without a text.

        Example::

            print("\\n".join(reg.check_policy(Path("policy.toml").read_text()).changes))
        """
        return PolicyCheck(self._native.policy_check(text))

    def apply_policy(self, text: str | None = None, *, preset: str | None = None, reason: str = "") -> PolicyChange:
        """Puts a policy into effect: a text, or the preset ``team`` with the members of the one in force.

        Raises `UsageError` for a text that is no policy, and `RefusedError` where your key may not sign policies.

        Example::

            reg.apply_policy(preset="team", reason="more than one of us now")
        """
        return PolicyChange(self._native.policy_apply(preset, text, reason))

    # Trust --------------------------------------------------------------------------------------------------------

    def trust(self) -> TrustReport:
        """What vouches for the registry: every root, its keys, what this user pinned, and keys that were lost.

        Example::

            report = reg.trust()
            print(report.trust_root, report.is_pinned)
        """
        return TrustReport(self._native.trust())

    def pin_trust_root(self, root: PathLike | None = None, *, tofu: bool = False) -> TrustReport:
        """Pins the root that the registry's owner told you, for this user; every later open is held to it.

        ``root`` is ``sha256:<hex>`` or a file. ``tofu`` takes the registry's word for it. Raises `IntegrityError` where the
        registry has another root.

        Example::

            reg.pin_trust_root("sha256:6b1f…")
        """
        if (root is None) != tofu:
            raise UsageError(
                "root: name the root that the registry's owner told you, or say tofu=True",
                code="bad-argument",
                hint=f'the registry says that it is "{self._native.trust_root}"',
            )
        return TrustReport(self._native.trust_pin(None if root is None else os.fspath(root)))

    def distrust(self, key: str, since: str, reason: str) -> PolicyChange:
        """Says that a key was lost since a commit: what it signed from then on, and what rests on that, counts no more.

        ``key`` is a fingerprint ``SHA256:…`` or a member's id; ``since`` a commit.

        Example::

            reg.distrust("bo", since="4f2a91c", reason="laptop stolen")
        """
        return PolicyChange(self._native.trust_distrust(key, since, reason))

    def allowed_signers(self) -> str:
        """The members' keys as ``git log --show-signature`` and ``ssh-keygen -Y verify`` read them.

        Example::

            Path("allowed_signers").write_text(reg.allowed_signers())
        """
        return self._native.allowed_signers()

    # Catalog ------------------------------------------------------------------------------------------------------

    def catalog(self, family: str | None = None) -> Catalog:
        """The stable ids that records may name, such as the family ``evidence-type``.

        Raises `UsageError` for a family that there is not; the error lists them.

        Example::

            [entry["id"] for entry in reg.catalog("evidence-type")]
        """
        return Catalog(self._native.catalog(family))

    def catalog_entry(self, family: str, id: str) -> CatalogEntry:
        """One entry of the catalog, with its schema.

        Raises `NotFoundError` where there is none.

        Example::

            reg.catalog_entry("evidence-type", "evaluation").state
        """
        return CatalogEntry(self._native.catalog_show(family, id))

    def add_catalog_entry(
        self,
        family: str,
        id: str,
        meaning: str,
        *,
        kind: str = "custom",
        owner: str | None = None,
        schema: Mapping[str, Any] | None = None,
        docs: str | None = None,
        status_page: str | None = None,
        retention_days: int | None = None,
        billable: bool | None = None,
        never_trusted: bool = False,
        never_promoted: bool = False,
        needs: str | Iterable[str] | None = None,
        template: str | None = None,
    ) -> EntryChange:
        """Adds an id to the catalog: what it means, who answers for it (you, without ``owner``), and a JSON Schema.

        ``never_trusted``, ``never_promoted`` and ``needs`` (evidence types) are for artifact types, ``template`` for a notification-template. Raises `ExistsError`
        where the id is taken and `RefusedError` where the policy does not let you.

        Example::

            reg.add_catalog_entry("evidence-type", "red-team", "What a red team found.")
        """
        given = _entry(kind, owner, schema, docs, status_page, retention_days, billable, never_trusted, never_promoted, needs)
        return EntryChange(self._native.catalog_add(family, id, {**given, "meaning": meaning, "template": template}))

    def change_catalog_entry(
        self,
        family: str,
        id: str,
        *,
        owner: str | None = None,
        schema: Mapping[str, Any] | None = None,
        docs: str | None = None,
        status_page: str | None = None,
        retention_days: int | None = None,
        billable: bool | None = None,
        never_trusted: bool = False,
        never_promoted: bool = False,
        needs: str | Iterable[str] | None = None,
        template: str | None = None,
        force: bool = False,
    ) -> EntryChange:
        """Changes an entry; what is left out stays. A schema that standing records break is refused without ``force``.

        Example::

            reg.change_catalog_entry("evidence-type", "red-team", docs="https://wiki.example.org/red-team")
        """
        given = _entry(None, owner, schema, docs, status_page, retention_days, billable, never_trusted, never_promoted, needs)
        return EntryChange(self._native.catalog_change(family, id, {**given, "template": template}, force))

    def catalog_migration(self, family: str, id: str, schema: Mapping[str, Any]) -> MigrationReport:
        """What of the standing records a changed schema would break. Nothing is written.

        Example::

            reg.catalog_migration("evidence-type", "red-team", {"type": "object", "required": ["scope"]})
        """
        given = _entry(None, None, schema, None, None, None, None, False, False, None)
        return MigrationReport(self._native.catalog_migration(family, id, given))

    def set_catalog_state(self, family: str, id: str, state: str) -> EntryChange:
        """Makes an entry ``active``, ``deprecated`` (its use warns) or ``disabled`` (its use is refused).

        Example::

            reg.set_catalog_state("evidence-type", "red-team", "deprecated")
        """
        return EntryChange(self._native.catalog_state(family, id, state))


def _change(what: str, **given: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": None, "name": None, "agent": False, "roles": [], "keys": [], "models": None, "members": []}
    return {**plain, "what": what, **given}


def _keys(given: PathLike | Iterable[PathLike] | None) -> list[str]:
    """The texts of public keys: a line stays, and a file is read."""
    listed = [] if given is None else [given] if isinstance(given, (str, os.PathLike)) else list(given)
    return [it if isinstance(it, str) and " " in it.strip() else Path(it).expanduser().read_text() for it in listed]


def _entry(
    kind: str | None,
    owner: str | None,
    schema: Mapping[str, Any] | None,
    docs: str | None,
    status_page: str | None,
    retention_days: int | None,
    billable: bool | None,
    never_trusted: bool,
    never_promoted: bool,
    needs: str | Iterable[str] | None,
) -> dict[str, Any]:
    return {
        "owner": owner,
        "meaning": None,
        "kind": kind,
        "schema": None if schema is None else document(schema),
        "docs": docs,
        "status_page": status_page,
        "retention_days": retention_days,
        "billable": billable,
        "never_trusted": never_trusted,
        "never_promoted": never_promoted,
        "needs": texts(needs),
        "template": None,
    }
