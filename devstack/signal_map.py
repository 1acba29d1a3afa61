"""Catalogue of signals: names, payload keys and receivers, by static analysis.

`python -m devstack.signal_map` prints it. docs/signals.md says when each is emitted; a test compares both.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack.source import Module, read_modules

ROOT = Path(__file__).resolve().parent.parent
ANY_TYPE = "<type>"  # placeholder for every resource type


class Unreadable(Exception):
    """A signal's name or payload cannot be determined statically."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: keys always in its payload, optional keys, receiving modules."""

    name: str
    always: frozenset[str]
    sometimes: frozenset[str]
    listeners: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """A call of signals.emit, and the function that contains it."""

    module: Module
    function: ast.FunctionDef
    call: ast.Call


def catalogue(root: Path = ROOT) -> dict[str, Signal]:
    """Every signal by name. Raises Unreadable.

    Those of every type are under <type>; a type has entries of its own where a receiver listens to it, or
    where its payload differs.
    """
    modules = [module for module in read_modules(root) if module.is_product]
    payloads: dict[str, list[frozenset[str]]] = {}
    for place in _places(modules):
        for name in _names(place, modules):
            payloads.setdefault(name, []).append(_keys(place))
    listeners = _listeners(modules)
    for name in listeners.keys() - payloads.keys():
        if _of_every_type(name) not in payloads:
            raise Unreadable(f"{', '.join(sorted(listeners[name]))} listens to {name}, which nobody emits")
        payloads[name] = payloads[_of_every_type(name)]
    for name in list(payloads):
        general = _of_every_type(name)
        if name != general and name not in listeners and payloads[name] == payloads.get(general):
            del payloads[name]  # nothing differs
    return {
        name: Signal(
            name,
            frozenset.intersection(*keys),
            frozenset.union(*keys) - frozenset.intersection(*keys),
            frozenset(listeners.get(name, ())),
        )
        for name, keys in sorted(payloads.items())
    }


def _of_every_type(name: str) -> str:
    return f"{ANY_TYPE}.{name.rpartition('.')[2]}"


def _naming(modules: list[Module], name: str) -> Iterator[Module]:
    """The modules whose text has the name: to walk through all the others takes 5 s."""
    return (module for module in modules if name in module.text)


def _places(modules: list[Module]) -> Iterator[_Place]:
    for module in _naming(modules, "signals.emit"):
        for function in module.nodes:
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "signals.emit":
                        yield _Place(module, function, call)


def _names(place: _Place, modules: list[Module]) -> set[str]:
    told = place.call.args[1]
    match told:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.JoinedStr(values=parts):
            names = {""}
            for part in parts:
                names = {name + more for name in names for more in _said(part, place, modules)}
            return names
        case ast.Subscript(value=ast.Name(id=table)):
            for node in place.module.tree.body:
                if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    if any(isinstance(target, ast.Name) and target.id == table for target in targets):
                        return {ast.literal_eval(value) for value in node.value.values}
    raise _unreadable(place)


def _said(part: ast.expr, place: _Place, modules: list[Module]) -> set[str]:
    """Possible values of a part of an f-string: text, a JSON:API type, or the callers' arguments."""
    match part:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.FormattedValue(value=ast.Attribute(attr="type")):
            return {ANY_TYPE}
        case ast.FormattedValue(value=ast.Name(id=parameter)):
            position = [argument.arg for argument in place.function.args.args].index(parameter)
            return {
                ast.literal_eval(call.args[position])
                for module in _naming(modules, place.function.name)
                for call in module.nodes
                if isinstance(call, ast.Call)
                and ast.unparse(call.func).rpartition(".")[2] == place.function.name
                and (
                    module is place.module
                    or any(imported.name == place.function.name for imported in module.imports)
                )
                and len(call.args) > position
            }
    raise _unreadable(place)


def _keys(place: _Place) -> frozenset[str]:
    found: set[str] = set()
    for keyword in place.call.keywords:
        if keyword.arg is not None:
            found.add(keyword.arg)
            continue
        written = [
            node.value
            for node in ast.walk(place.function)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(node.targets[0]) == ast.unparse(keyword.value)
        ]
        if len(written) != 1:
            raise _unreadable(place)
        found |= {ast.literal_eval(key) for key in written[0].keys if key is not None}
    return frozenset(found)


def _listeners(modules: list[Module]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module in _naming(modules, "signals.on"):
        for function in module.nodes:
            for decorator in function.decorator_list if isinstance(function, ast.FunctionDef) else ():
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "signals.on":
                    name = ast.literal_eval(decorator.args[0])
                    found.setdefault(name, set()).add(module.name.rpartition(".")[2])
    return found


def _unreadable(place: _Place) -> Unreadable:
    return Unreadable(
        f"{place.module.path}:{place.call.lineno}: which signal is emitted, with which payload?"
    )


def main() -> None:
    """Print every signal with its keys (optional ones in brackets) and receivers."""
    for signal in catalogue().values():
        keys = [*sorted(signal.always), *(f"[{key}]" for key in sorted(signal.sometimes))]
        heard = f" -> {', '.join(sorted(signal.listeners))}" if signal.listeners else ""
        print(f"{signal.name}: {', '.join(keys)}{heard}")


if __name__ == "__main__":
    main()
