"""What does a search cost by the number of columns of its table?

    python columns.py target/release/pellucid [COLUMNS...] [--one]

Tables of 400 rows with normal columns, `y = 2 f0 f1 + sin(f2)` and two like it, with 2 % noise, seed fixed,
are searched with `pellucid regress`, one thread. Printed are, per number of columns, the processor seconds
of one round, of each of the next ten, and of `--seconds 20`, the seconds by the clock of the latter, and how
many of the laws were selected: their columns and no other, and within 2 % of the spread of the law
on rows that were not in the table. With --one only the first of the laws is searched for. Needs numpy.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LAWS = {
    "2 f0 f1 + sin(f2)": lambda f: 2 * f[0] * f[1] + np.sin(f[2]),
    "f0 f1 exp(-f2/2)": lambda f: f[0] * f[1] * np.exp(-f[2] / 2),
    "f0 f1/f2": lambda f: f[0] * f[1] / f[2],
}
ROWS, NOISE = 400, 0.02


def table(law, columns, rng):
    """Columns, target; those of the quotient stay away from zero."""
    f = rng.normal(size=(columns, ROWS))
    if "/f2" in law:
        f[2] = 1 + np.abs(f[2])
    return f, LAWS[law](f)


def run(binary, folder, *options):
    """Processor seconds, seconds by the clock, and the law selected."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = folder / "front.json"
    command = [binary, "regress", str(folder / "t.csv"), "--target", "y", "--threads", "1", "--out", str(out), *options]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = sum(getattr(after, k) - getattr(before, k) for k in ("ru_utime", "ru_stime"))
    law = next(law for law in json.loads(out.read_text()) if law["selected"])
    return spent, time.monotonic() - begun, law


def right(law, text, columns, rng):
    """Whether the law selected is the one that made the table."""
    f, truth = table(text, columns, rng)
    names = {f"f{i}": f[i] for i in range(columns)}
    names.update(exp=np.exp, log=np.log, sin=np.sin, cos=np.cos, sqrt=np.sqrt)
    with np.errstate(all="ignore"):
        value = eval(law["expression"].replace("^", "**"), {"__builtins__": {}}, names)
    return bool(np.sqrt(np.mean((value - truth) ** 2)) < NOISE * truth.std())


def main():
    binary = os.path.abspath(sys.argv[1])
    words = sys.argv[2:]
    laws = list(LAWS)[:1] if "--one" in words else list(LAWS)
    counts = [int(c) for c in words if c != "--one"] or [5, 20, 80, 300]
    print("columns  first round  each of ten more  20 s: processor  clock  selected")
    for columns in counts:
        costs, found = [], []
        for place, text in enumerate(laws):
            rng = np.random.default_rng([columns, place])
            f, truth = table(text, columns, rng)
            y = truth + NOISE * truth.std() * rng.normal(size=ROWS)
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                head = ",".join([*(f"f{i}" for i in range(columns)), "y"])
                np.savetxt(folder / "t.csv", np.column_stack([*f, y]), delimiter=",", header=head, comments="")
                first = run(binary, folder, "--rounds", "1")[0]
                eleven = run(binary, folder, "--rounds", "11")[0]
                spent, clock, law = run(binary, folder, "--seconds", "20")
            costs.append([first, (eleven - first) / 10, spent, clock])
            found.append(right(law, text, columns, rng))
            print(f"  {columns} {text}: {law['expression']}", file=sys.stderr)
        first, each, spent, clock = np.mean(costs, axis=0)
        print(f"{columns:7}  {first:11.2f}  {each:16.2f}  {spent:15.1f}  {clock:5.1f}  {sum(found)} of {len(found)}", flush=True)


if __name__ == "__main__":
    main()
