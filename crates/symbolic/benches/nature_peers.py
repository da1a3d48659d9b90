"""Which laws do pyoperon 0.6.2 and gplearn 0.4.3 give for the tables of `tests/nature`?

    python nature_peers.py [--seconds 10] [NAME...]

Every table, the same ten operators, one thread, so many CPU seconds. Targets that are positive over
more than a decade are also given as logarithms, and the better of both counts, since neither program
weighs errors by the target; the law that each program itself selects (pyoperon: the shortest
description, `mdl`; gplearn: the best program) is judged beyond the data as the example
`nature` judges ours: root mean squared error over the root mean square of the textbook's law
on 200 points of the range that `tables.json` names, right within the tolerance there. Of both ways
of a target the one that is nearer to the textbook counts, which is in the peers' favour.
Needs numpy, pyoperon, gplearn.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent.parent / "tests" / "nature"
SYMBOLS = "add,sub,mul,div,exp,log,sin,cos,sqrt,square,constant,variable"
FUNCTIONS = dict(exp=np.exp, log=np.log, sin=np.sin, cos=np.cos, sqrt=np.sqrt, atan=np.arctan)


def read(entry):
    with open(HERE / "tables" / f"{entry['name']}.csv") as lines:
        head, *rows = (line.strip().split(",") for line in lines)
    table = np.array(rows, float)
    aside = [entry["target"], entry.get("errors")]
    names = [n for n in head if n not in aside]
    x = table[:, [head.index(n) for n in names]]
    return names, x, table[:, head.index(entry["target"])]


def beyond(entry, names):
    if "measured" in entry:
        points = np.array(entry["measured"], float)
        return points[:, :1], points[:, 1]
    k = (np.arange(200) + 0.5) / 200
    x = np.column_stack([
        lo + np.modf(k * [1.0, 7.236][i % 2])[0] * (hi - lo)
        for i, (lo, hi) in enumerate(entry["beyond"][n] for n in names)
    ])  # fmt: skip
    scope = dict(FUNCTIONS, **{n: x[:, i] for i, n in enumerate(names)})
    return x, eval(entry["law"].replace("^", "**"), {"__builtins__": {}}, scope)


def operon(x, y, seconds):
    """pyoperon ends by the clock, which other work on the machine slows down: what so many
    evaluations cost the processor says how many go into the time."""
    begun = time.process_time()
    operon_of(x, y, FIRST)
    spent = time.process_time() - begun
    return operon_of(x, y, int(max(FIRST, FIRST * seconds / max(spent, 0.01))))


FIRST = 20_000


def operon_of(x, y, evaluations):
    from pyoperon.sklearn import SymbolicRegressor

    model = SymbolicRegressor(
        allowed_symbols=SYMBOLS, objectives=["r2", "length"], population_size=1000,
        pool_size=1000, generations=10**6, max_evaluations=evaluations, optimizer="lm",
        optimizer_iterations=5, max_length=30, max_depth=10, tournament_size=5,
        initialization_method="btc", epsilon=1e-5, random_state=1, n_threads=1,
        max_time=10**6, model_selection_criterion="minimum_description_length",
    )  # fmt: skip
    model.fit(x, y)
    return model.predict, model.model_.Length, model.get_model_string(model.model_, 6)


def gplearn(x, y, seconds):
    from gplearn.functions import make_function
    from gplearn.genetic import SymbolicRegressor

    def exp(v):
        with np.errstate(over="ignore"):
            return np.where(np.abs(v) < 100, np.exp(np.clip(v, -100, 100)), 0.0)

    functions = ["add", "sub", "mul", "div", "log", "sin", "cos", "sqrt",
                 make_function(function=exp, name="exp", arity=1)]  # fmt: skip
    model = SymbolicRegressor(
        population_size=1000, generations=1, function_set=functions, warm_start=True,
        parsimony_coefficient="auto", const_range=(-10, 10), random_state=1,
    )  # fmt: skip
    begun, generations = time.process_time(), 1
    model.fit(x, y)
    while time.process_time() - begun < seconds and generations < 300:
        generations += 1
        model.set_params(generations=generations)
        model.fit(x, y)
    return model.predict, model._program.length_, str(model._program)


def one(name, program, seconds):
    entry = next(e for e in json.loads((HERE / "tables.json").read_text()) if e["name"] == name)
    names, x, y = read(entry)
    far, truth = beyond(entry, names)
    ways = [(lambda v: v, lambda v: v, "")]
    if y.min() > 0 and y.max() > 10 * y.min():
        ways.append((np.log, np.exp, "log of it: "))
    found = []
    for to, back, told in ways:
        with np.errstate(all="ignore"):
            predict, length, text = program(x, to(y), seconds / len(ways))
            error = np.sqrt(np.mean((back(predict(far)) - truth) ** 2) / np.mean(truth**2))
        found.append((float(error) if np.isfinite(error) else float("inf"), int(length), told + text))
    error, length, text = min(found)
    print(json.dumps([len(y), error, length, text, error <= entry["tolerance"]]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--one")
    options = parser.parse_args()
    if options.one:
        return one(options.names[0], dict(operon=operon, gplearn=gplearn)[options.one], options.seconds)
    alone = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    counts = {}
    for entry in json.loads((HERE / "tables.json").read_text()):
        if options.names and entry["name"] not in options.names:
            continue
        for program in ("operon", "gplearn"):
            command = [sys.executable, __file__, "--one", program, "--seconds", str(options.seconds), entry["name"]]
            run = subprocess.run(command, capture_output=True, text=True, env=alone)
            count = counts.setdefault((program, entry["part"]), [0, 0])
            count[1] += 1
            lines = [line for line in run.stdout.splitlines() if line.startswith("[")]
            if not lines:
                print(f"{entry['name']:18} {program:8} failed: {run.stderr[-200:]}", flush=True)
                continue
            rows, error, length, text, right = json.loads(lines[-1])
            count[0] += right
            text = re.sub(r"\s+", " ", text)[:100]
            print(f"{entry['name']:18} {program:8} {rows:3} {'yes' if right else 'no':3} {length:3} {error:.1e}  {text}", flush=True)
    for (program, part), (right, tried) in sorted(counts.items()):
        print(f"{program} {part}: {right} of {tried}")


if __name__ == "__main__":
    main()
