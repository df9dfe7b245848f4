"""A comparison: contenders that do the same work, each in a process of its own, in turns."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """One way to do the work."""

    name: str
    #: Gets an empty folder, prepares it, returns the command to time in it; None: cannot run.
    prepare: Callable[[Path], Sequence[str] | None]
    #: How many units of the comparison it does; seconds are shown for one.
    amount: float = 1


@dataclass(frozen=True)
class Aim:
    """What one contender should be against another, by the medians of a figure."""

    of: str
    against: str
    #: The ratio of / against should not be larger.
    at_most: float
    #: "wall", "cpu" or "memory".
    figure: str = "wall"
    #: What is good enough; 0: only the aim is.
    floor: float = 0


@dataclass(frozen=True)
class Comparison:
    """A question and who is asked."""

    key: str
    title: str
    #: What is done, in a sentence or two.
    work: str
    contenders: Sequence[Contender]
    aims: Sequence[Aim] = ()
    rounds: int = 7
    #: What the seconds are for, where contenders do different amounts: "1,000 messages".
    unit: str = ""


@dataclass
class Figures:
    """What was measured of one contender, a number a round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """Return the median of seconds (wall, cpu) or megabytes (memory)."""
        return statistics.median(getattr(self, figure))


def measure(comparison: Comparison, rounds: int) -> dict[str, Figures]:
    """Return the figures of all contenders, measured in turns: A B C, A B C.

    In turns, because a shared machine is quick in one minute and slow in the next: only
    figures of one run, and best their ratios, say something.
    """
    found: dict[str, Figures] = {}
    for _ in range(rounds):
        for contender in comparison.contenders:
            with tempfile.TemporaryDirectory() as folder:
                command = contender.prepare(Path(folder))
                if command is not None:
                    figures = found.setdefault(contender.name, Figures())
                    _time(command, Path(folder), figures, contender.amount)
    return found


# A process of its own starts the contender: a child's peak memory begins with that of the
# process it was forked from, and the bench itself has grown by now.
_LAUNCHER = """
import os, sys, time
started = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
wall = time.perf_counter() - started
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def _time(command: Sequence[str], folder: Path, figures: Figures, amount: float) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"failed: {' '.join(command)}\n{ran.stderr}")
    wall, cpu, memory = map(float, ran.stderr.splitlines()[-1].split())
    figures.wall.append(wall / amount)
    figures.cpu.append(cpu / amount)
    figures.memory.append(memory)
