"""Whatever can outlive a wake-up is known, and told on a page with why it may."""

import ast
import fnmatch
import re
from pathlib import Path

from devstack.source import Module, read_modules

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "context.md"


def test_the_page_lists_whatever_a_process_keeps_between_wake_ups() -> None:
    table = PAGE.read_text().partition("## What a process keeps")[2].partition("\n## ")[0]
    told = re.findall(
        r"`([\w.*]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "| `" in line)
    )
    kept = {name for module in read_modules(ROOT) if module.is_product for name in lasting(module)}

    assert {name for name in kept if not any(fnmatch.fnmatch(name, item) for item in told)} == set()
    assert {item for item in told if not fnmatch.filter(kept, item)} == set()


LASTING = {"ContextVar", "OrderedDict", "dict", "list", "set", "defaultdict", "deque", "Namespace", "Lock"}


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
