"""What a fresh install must be able to do: register, promote, pin and pull, and refuse bytes that were altered.

Run by the forge on every platform that a wheel is built for. Needs nothing but the installed package.
"""

import os
import sys
import tempfile
from pathlib import Path

import refmark


def story(folder: Path) -> None:
    package = folder / "out"
    package.mkdir()
    (package / "config.json").write_text('{"layers": 2}\n')
    registry = refmark.init(folder / "models", by="ada")
    version = registry.register("sentiment", package, metrics={"f1": 0.91}, owner="nlp")
    registry.promote("sentiment@champion", version, reason="first")
    registry.pin("sentiment@champion")
    pulled = registry.pull("sentiment")
    assert (pulled / "config.json").read_bytes() == (package / "config.json").read_bytes()
    assert registry.verify().verdict == "ok"

    stored = registry.file("sentiment/1", "config.json")
    stored.chmod(0o644)
    stored.write_text('{"layers": 3}\n')
    try:
        registry.pull("sentiment@champion", folder / "again")
    except refmark.IntegrityError as error:
        print(f"refused as it should be: {error}")
    else:
        sys.exit("altered bytes were handed out")


with tempfile.TemporaryDirectory() as name:
    top = Path(name).resolve()
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "REFMARK_CACHE"):
        os.environ[variable] = str(top / variable)
        (top / variable).mkdir()
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    (top / "project").mkdir()
    os.chdir(top / "project")
    story(top)
    os.chdir(top.anchor)
print(f"refmark {refmark.__version__} works on {sys.platform}")
