"""Whatever can outlive a wake-up is known, and told on a page with why it may."""

import ast
import fnmatch
import re
from importlib import import_module
from pathlib import Path

from chalicelib import snapstart
from devstack.source import Module, read_modules
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.test_mail_ledger import ask_for_test_mail

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "context.md"


def rows() -> dict[str, str]:
    """What the page says of each name: what becomes of it in copies of a snapshot."""
    table = PAGE.read_text().partition("## What a process keeps")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {name: row[-1] for row in cells for name in re.findall(r"`([\w.*]+)`", row[0])}


def test_the_page_lists_whatever_a_process_keeps_between_wake_ups() -> None:
    told = rows().keys()
    kept = {name for module in read_modules(ROOT) if module.is_product for name in lasting(module)}

    assert {name for name in kept if not any(fnmatch.fnmatch(name, item) for item in told)} == set()
    assert {item for item in told if not fnmatch.filter(kept, item)} == set()


def test_the_page_says_what_becomes_of_each_in_copies_of_a_snapshot() -> None:
    assert set(rows().values()) == {"kept", "forgotten"}
    assert {name for name, fate in rows().items() if fate == "forgotten"} == set(snapstart.FORGOTTEN)


def test_what_is_to_be_forgotten_is_forgotten(client: Client, pump: Pump) -> None:
    signed_in = client.signed_in_as(stored(make_user))
    assert signed_in.get("/v1/events").status == 200
    assert client.get("/health-check").json["results"]
    ask_for_test_mail()
    assert pump.everything()
    assert held("auth.viewer._viewer_cache")
    assert {held(name) for name in ("health._known", "db_engine.engine", "aws.ses", "settings.settings")}
    snapstart.forget()
    assert {name for name in snapstart.FORGOTTEN if held(name)} == set()
    assert signed_in.get("/v1/events").status == 200


def held(name: str) -> int:
    """How much a cache or a collection of the product has now."""
    module, _, variable = name.rpartition(".")
    kept = getattr(import_module(f"chalicelib.{module}"), variable)
    return int(kept.cache_info().currsize) if hasattr(kept, "cache_info") else len(kept)


LASTING = {
    "ContextVar",
    "OrderedDict",
    "dict",
    "list",
    "set",
    "defaultdict",
    "deque",
    "Namespace",
    "Lock",
    "Registered",
}


def lasting(module: Module) -> set[str]:
    """Names in the module that can hold something from one wake-up to the next."""
    found = set()
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _can_grow(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    for inner in ast.walk(module.tree):
        if isinstance(inner, ast.Global):
            found |= set(inner.names)
        if isinstance(inner, ast.FunctionDef) and any(
            "cache" in _name(item).split("_") for item in inner.decorator_list
        ):
            found.add(inner.name)
    return {f"{module.name.removeprefix('chalicelib.')}.{name}" for name in found}


def _can_grow(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    return isinstance(value, ast.Call) and _name(value) in LASTING and not value.args[1:]


def _name(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]


def test_every_way_to_keep_something_is_noticed(tmp_path: Path) -> None:
    code = (
        "_seen = {}\n_all: list[str] = []\n_who = ContextVar('who', default='')\n_count = 0\nFIXED = {'a': 1}\n"
        "@lru_cache(maxsize=9)\ndef asked(text): ...\n@functools.cache\ndef made(): ...\n"
        "def more():\n    global _count\n    _count += 1\n    mine = {}\n"
    )
    names = lasting(Module(tmp_path / "new.py", "chalicelib.auth.new", code))

    assert names == {f"auth.new.{name}" for name in ("_seen", "_all", "_who", "_count", "asked", "made")}
