"""The server's own end-to-end tests, run once more with every history in MongoDB."""

import os
import subprocess
import sys
from contextlib import closing
from typing import Any

from pymongo import MongoClient

PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
FILE, SOME = "tests/test_sync_http.py", "receipt or again or fork or gap or kept"


def test_tablets_hand_in_and_fetch_as_they_do_with_sqlite(mongodb: str) -> None:
    with closing(MongoClient[dict[str, Any]](mongodb)) as client:
        before = set(client.list_database_names())
        done = subprocess.run(
            [*PYTEST, FILE, "-k", SOME],
            env=os.environ | {"XUNJI_MONGODB": mongodb},
            capture_output=True,
            text=True,
            check=False,
        )
        made = set(client.list_database_names()) - before
        for name in made:
            client.drop_database(name)

    assert done.returncode == 0, done.stdout[-3_000:]
    assert len([name for name in made if name.startswith("xunji_")]) > 3, "they ran on MongoDB"
