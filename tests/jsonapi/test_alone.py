"""The engine answers about a world of its own without a noun, a verb or the door of this product."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.jsonapi.conftest import Toys

ROOT = Path(__file__).resolve().parents[2]
_ASKING = """
import json, sys
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http.answer import respond
from tests.jsonapi.world import REGISTRY

path, query = ("v1", "books"), (("include", "authors,library"), ("sort", "title"))
listed = respond(Request("GET", path, query), REGISTRY)
refused = respond(Request("DELETE", (*path, "1")), REGISTRY)
titles = [one["attributes"]["title"] for one in json.loads(listed.text)["data"]]
print(json.dumps([listed.status, titles, refused.status, sorted(sys.modules)]))
"""


def test_the_engine_needs_nothing_of_the_product_above_it(toys: Toys) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASKING],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": toys.database.address},
        capture_output=True,
        text=True,
        check=True,
    )

    status, titles, refused, modules = json.loads(asked.stdout.splitlines()[-1])

    assert (status, refused) == (200, 401)
    assert titles == ["Buffalo Gals", "Fiasco", "Rival Book", "Solaris", "The Dispossessed"]
    above = [f"chalicelib.{name}" for name in ("resources", "actions", "tasks", "docs", "door", "cli")]
    assert [module for module in modules if module.startswith((*above, "chalice.")) or module == "app"] == []
