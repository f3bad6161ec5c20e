"""MLflow's registry over SQLite, one call a line of stdin: `register|alias|resolve|list N`. Prints CPU and wall seconds."""

import logging
import sys
import time
from pathlib import Path

logging.disable(logging.CRITICAL)

from mlflow import MlflowClient  # noqa: E402

folder, versions = Path(sys.argv[1]), int(sys.argv[2])
client = MlflowClient(registry_uri=f"sqlite:///{folder}/mlflow.db", tracking_uri=f"sqlite:///{folder}/mlflow.db")
client.create_registered_model("m")
for n in range(max(versions, 2)):
    client.create_model_version("m", source=f"file://{folder}/{n}")
client.set_registered_model_alias("m", "champion", "1")


def pages() -> int:
    found, token = 0, None
    while True:
        page = client.search_model_versions("name = 'm'", max_results=1000, page_token=token)
        found, token = found + len(page), page.token
        if not token:
            return found


JOBS = {
    "register": lambda n: client.create_model_version("m", source=f"file://{folder}/new-{n}"),
    "alias": lambda n: client.set_registered_model_alias("m", "champion", str(n % 2 + 1)),
    "resolve": lambda n: client.get_model_version_by_alias("m", "champion"),
    "list": lambda n: pages(),
}
print("ready", flush=True)
for line in sys.stdin:
    what, n = line.split()
    cpu, wall = time.process_time(), time.perf_counter()
    JOBS[what](int(n))
    print(time.process_time() - cpu, time.perf_counter() - wall, flush=True)
