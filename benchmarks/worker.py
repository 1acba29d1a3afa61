"""Worker process of a contestant: reads one request per line, answers one line."""

import cProfile
import gc
import io
import json
import pstats
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def main(module: str, brief: Path) -> None:
    """Answer until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not come between the answers
    contestant = import_module(module).Contestant(json.loads(brief.read_text()))
    print(json.dumps("ready"), file=out, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": _done(contestant, order)}
        except Exception as problem:
            answer = {"problem": f"{type(problem).__name__}: {problem}"[:1000]}
        print(json.dumps(answer), file=out, flush=True)


def _done(contestant: Any, order: dict[str, Any]) -> Any:
    match order.pop("do"):
        case "time":
            return _timed(contestant, **order)
        case "show":
            return _text(contestant.ready(order["key"], order["id"])()[0])
        case "profile":
            return _profiled(contestant, **order)
        case "call":
            module, function = order.pop("module"), order.pop("function")
            return getattr(import_module(module), function)(contestant, **order)
        case other:
            return getattr(contestant, other)(**order)


def _timed(contestant: Any, keys: list[str], ids: list[int]) -> dict[str, dict[str, float]]:
    """By key, medians in ms: up to the answer without what is `beside`, and our processor's time in it.

    Each id is asked for with all keys in turn, so that what disturbs one disturbs the others alike.
    """
    ready = [(key, contestant.ready(key, id)) for id in ids for key in keys]
    samples: dict[str, list[tuple[float, float, float]]] = {key: [] for key in keys}
    gc.collect()
    for key, answer in ready:
        worked, began = time.process_time(), time.perf_counter()
        _body, aside, aside_busy = answer()
        took = time.perf_counter() - began - aside
        samples[key].append((took, aside, time.process_time() - worked - aside_busy))
    return {
        key: {
            what: statistics.median(values) * 1000
            for what, values in zip(("ms", "beside", "python"), zip(*measures, strict=True), strict=True)
        }
        for key, measures in samples.items()
    }


def _profiled(contestant: Any, key: str, ids: list[int]) -> list[str]:
    """Where the time is spent: inside functions, and in those of the product with all they call."""
    ready = [contestant.ready(key, id) for id in ids]
    profile = cProfile.Profile()
    for answer in ready:
        profile.runcall(answer)
    return [*_busiest(profile), *_ours(profile, len(ids))]


def _busiest(profile: cProfile.Profile) -> list[str]:
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(10)
    lines = text.getvalue().splitlines()
    begin = next(number for number, line in enumerate(lines) if "ncalls" in line)
    return [line.strip() for line in lines[begin:] if line.strip()]


def _ours(profile: cProfile.Profile, answers: int) -> list[str]:
    """The functions of the product with all they call, the longest first, in ms for one answer."""
    known: Any = pstats.Stats(profile)
    spent = [
        (whole / answers * 1000, f"{file.rpartition('/chalicelib/')[2]}:{line} {name}")
        for (file, line, name), (_, _, _, whole, _) in known.stats.items()
        if "/chalicelib/" in file
    ]
    return ["with all they call, ms for one answer:"] + [
        f"{ms:8.3f}  {where}" for ms, where in sorted(spent, reverse=True)[:18]
    ]


def _text(body: str | bytes) -> str:
    return body.decode() if isinstance(body, bytes) else body


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
