"""A request that comes again while it is being done is done once: by whichever process of a server it comes to.

MLflow's clients ask again when an answer takes longer than they wait, and a version of a large model takes long. What comes
after the first is done is a new request: MLflow gives the same files a new number.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Callable

try:
    import fcntl
except ImportError:  # Windows has no such lock: there a request that comes again is a new one.
    fcntl = None  # type: ignore[assignment]

#: In Git's folder of a registry: a small file a request that is being done, gone when it is.
FOLDER = os.path.join("refmark", "mlflow-requests")


def made(git_dir: Path, asked: Any, make: Callable[[], int]) -> int:
    """The number that ``make`` gives, or gave to the same request that was being done when this one came."""
    if fcntl is None:
        return make()
    key = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()
    folder = git_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / key
    with open(path, "a+", encoding="ascii") as file:
        waited = False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = True
            fcntl.flock(file, fcntl.LOCK_EX)
        if waited:
            file.seek(0)
            given = file.read()
            # Empty where the first failed: then this one does it.
            if given.isdigit():
                return int(given)
        try:
            number = make()
            file.write(str(number))
            file.flush()
            return number
        finally:
            # Who waits holds the file open and reads it; who comes later finds none.
            path.unlink(missing_ok=True)
