"""Answers about policies, trust, the catalog and backups."""

from __future__ import annotations

from ._team import Answer


class PolicyChange(Answer):
    """A policy that took effect: its number, what it changes, and its commit."""


class PolicyCheck(Answer):
    """What a policy allows, in sentences, and rules that can never fire."""


class TrustReport(Answer):
    """What vouches for the registry: every root, its keys, what is pinned, and keys that were lost."""


class CatalogEntry(Answer):
    """An entry of the catalog, with its schema."""


class EntryChange(Answer):
    """An entry of the catalog that was added or changed."""


class MigrationReport(Answer):
    """What of the standing records a changed schema would break."""


class Backup(Answer):
    """A backup that was made."""


class BackupCheck(Answer):
    """A backup that was read by every byte."""


class Drill(Answer):
    """A backup that was restored into a temporary place and compared, alias by alias. ``passed`` says whether it holds."""


class ServedCheck(Answer):
    """What a runtime says that it serves, against what is approved. ``served`` says whether they are the same."""
