"""refmark: a model registry that is a Git repository.

    import refmark

    reg = refmark.init("models")
    version = reg.register("sentiment", "out/", metrics={"f1": 0.91}, owner="nlp")
    reg.promote("sentiment@champion", version, reason="+2 points of F1 on the March set")
    folder = reg.pull("sentiment/1")
"""

from __future__ import annotations

from . import _native
from .errors import (
    AbsentError,
    BugError,
    CancelledError,
    ConflictError,
    DeprecatedEntryWarning,
    ExistsError,
    IntegrityError,
    KeyNotFoundError,
    MovingAliasWarning,
    NotFoundError,
    NothingToDoError,
    NotPinnedError,
    PendingError,
    RefmarkError,
    RefusedError,
    StorageError,
    UpgradeNeededError,
    UsageError,
)

__version__: str = _native.version()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._frames import Rows as Rows
    from ._governed import Backup as Backup
    from ._governed import BackupCheck as BackupCheck
    from ._governed import CatalogEntry as CatalogEntry
    from ._governed import Drill as Drill
    from ._governed import EntryChange as EntryChange
    from ._governed import MigrationReport as MigrationReport
    from ._governed import PolicyChange as PolicyChange
    from ._governed import PolicyCheck as PolicyCheck
    from ._governed import ServedCheck as ServedCheck
    from ._governed import TrustReport as TrustReport
    from ._imported import Imported as Imported
    from ._importers import import_mlflow as import_mlflow
    from ._lock import Lock as Lock
    from ._lock import pull as pull
    from ._progress import ProgressEvent as ProgressEvent
    from ._registry import Registry as Registry
    from ._registry import check_backup as check_backup
    from ._registry import clone as clone
    from ._registry import compare_contracts as compare_contracts
    from ._registry import init as init
    from ._registry import inspect as inspect
    from ._registry import open as open
    from ._registry import restore as restore
    from ._registry import use as use
    from ._team import Answer as Answer
    from ._team import Approved as Approved
    from ._team import Attached as Attached
    from ._team import Catalog as Catalog
    from ._team import Check as Check
    from ._team import Dossier as Dossier
    from ._team import Events as Events
    from ._team import Explanation as Explanation
    from ._team import Finding as Finding
    from ._team import Found as Found
    from ._team import Index as Index
    from ._team import Landing as Landing
    from ._team import Lint as Lint
    from ._team import Members as Members
    from ._team import Pins as Pins
    from ._team import Policy as Policy
    from ._team import Proposal as Proposal
    from ._team import Proposals as Proposals
    from ._team import Review as Review
    from ._team import Scan as Scan
    from ._team import Status as Status
    from ._team import Sunsets as Sunsets
    from ._team import Transfer as Transfer
    from ._values import AsOf as AsOf
    from ._values import At as At
    from ._values import ClosedArtifact as ClosedArtifact
    from ._values import Diff as Diff
    from ._values import File as File
    from ._values import Gate as Gate
    from ._values import GateReport as GateReport
    from ._values import Inspection as Inspection
    from ._values import Labelled as Labelled
    from ._values import Model as Model
    from ._values import ModelDetail as ModelDetail
    from ._values import Move as Move
    from ._values import Problem as Problem
    from ._values import Promotion as Promotion
    from ._values import Pulled as Pulled
    from ._values import QuarantinePull as QuarantinePull
    from ._values import Remote as Remote
    from ._values import RemoteCheck as RemoteCheck
    from ._values import Resolved as Resolved
    from ._values import Revocation as Revocation
    from ._values import Shown as Shown
    from ._values import Signer as Signer
    from ._values import SyncReport as SyncReport
    from ._values import Target as Target
    from ._values import Tensor as Tensor
    from ._values import Transition as Transition
    from ._values import VerifyReport as VerifyReport
    from ._values import Version as Version
    from ._values import VersionDetail as VersionDetail
    from ._values import VersionRow as VersionRow

# What is loaded only when it is asked for, so that `import refmark` stays light.
_LAZY = {
    "Rows": "_frames",
    "ProgressEvent": "_progress",
    "Lock": "_lock",
    "Registry": "_registry",
    "check_backup": "_registry",
    "clone": "_registry",
    "compare_contracts": "_registry",
    "init": "_registry",
    "inspect": "_registry",
    "Imported": "_imported",
    "import_mlflow": "_importers",
    "open": "_registry",
    "restore": "_registry",
    "use": "_registry",
    "pull": "_lock",
}
_VALUES = (
    "AsOf At ClosedArtifact Diff File Gate GateReport Inspection Labelled Model ModelDetail Move Problem Promotion Pulled "
    "QuarantinePull "
    "Remote RemoteCheck Resolved Revocation Shown Signer SyncReport Target Tensor Transition VerifyReport Version VersionDetail VersionRow"
).split()
_LAZY.update(dict.fromkeys(_VALUES, "_values"))
_TEAM = (
    "Answer Approved Attached Catalog Check Dossier Events Explanation Finding Found Index Landing Lint Members Pins "
    "Policy Proposal Proposals Review Scan Status Sunsets Transfer"
).split()
_LAZY.update(dict.fromkeys(_TEAM, "_team"))
_GOVERNED = "Backup BackupCheck CatalogEntry Drill EntryChange MigrationReport PolicyChange PolicyCheck ServedCheck TrustReport"
_LAZY.update(dict.fromkeys(_GOVERNED.split(), "_governed"))

__all__ = [
    "AbsentError",
    "Answer",
    "Approved",
    "AsOf",
    "At",
    "Attached",
    "Backup",
    "BackupCheck",
    "BugError",
    "CancelledError",
    "Catalog",
    "CatalogEntry",
    "Check",
    "ClosedArtifact",
    "ConflictError",
    "DeprecatedEntryWarning",
    "Diff",
    "Dossier",
    "Drill",
    "EntryChange",
    "Events",
    "ExistsError",
    "Explanation",
    "File",
    "Finding",
    "Found",
    "Gate",
    "GateReport",
    "Imported",
    "Index",
    "Inspection",
    "IntegrityError",
    "KeyNotFoundError",
    "Labelled",
    "Landing",
    "Lint",
    "Lock",
    "Members",
    "MigrationReport",
    "Model",
    "ModelDetail",
    "Move",
    "MovingAliasWarning",
    "NotFoundError",
    "NotPinnedError",
    "NothingToDoError",
    "PendingError",
    "Pins",
    "Policy",
    "PolicyChange",
    "PolicyCheck",
    "Problem",
    "ProgressEvent",
    "Promotion",
    "Proposal",
    "Proposals",
    "Pulled",
    "QuarantinePull",
    "RefmarkError",
    "RefusedError",
    "Registry",
    "Remote",
    "RemoteCheck",
    "Resolved",
    "Review",
    "Revocation",
    "Rows",
    "Scan",
    "ServedCheck",
    "Shown",
    "Signer",
    "Status",
    "StorageError",
    "Sunsets",
    "SyncReport",
    "Target",
    "Tensor",
    "Transfer",
    "Transition",
    "TrustReport",
    "UpgradeNeededError",
    "UsageError",
    "VerifyReport",
    "Version",
    "VersionDetail",
    "VersionRow",
    "check_backup",
    "clone",
    "compare_contracts",
    "import_mlflow",
    "init",
    "inspect",
    "open",
    "pull",
    "restore",
    "use",
]


def __getattr__(name: str) -> object:
    home = _LAZY.get(name)
    if home is None:
        raise AttributeError(f"module 'refmark' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
