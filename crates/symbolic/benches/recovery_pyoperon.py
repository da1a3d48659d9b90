"""Which laws of the sets does pyoperon 0.6.2 find again?

    cargo run --release -p pellucid-symbolic --example recovery -- SET... --write DIR
    python recovery_pyoperon.py DIR [--seconds 30] [--seed 0]

The tables are those of the example `recovery`, the judgement is its: a member of the
front counts if, its constants fitted anew to clean data (and a factor and an offset,
which pyoperon fits outside of its trees), it is exact in the box of the data (normalised
squared error below 1e-7) and outside of it (below 1e-6). The same ten operators, one
thread, so many CPU seconds a law; ended at the first success. Needs pyoperon, numpy, scipy.
"""

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SYMBOLS = "add,sub,mul,div,exp,log,sin,cos,sqrt,square,constant,variable"
FUNCTIONS = dict(exp=np.exp, log=np.log, sin=np.sin, cos=np.cos, sqrt=np.sqrt, pi=np.pi)
LAWS = Path(__file__).parent.parent / "tests" / "laws"


def search(table, seconds, seed):
    """Runs in a process of its own, which the kernel ends: prints fronts as it goes."""
    import pyoperon as op
    from pyoperon.sklearn import SymbolicRegressor

    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 3))
    names, x, y = read(table)
    held = {}
    algorithm = op.NSGA2Algorithm

    class Watched:
        """The algorithm, with a look at its front after every generation."""

        def __init__(self, *arguments):
            held["it"] = algorithm(*arguments)

        def __getattr__(self, name):
            return getattr(held["it"], name)

        def Run(self, rng, callback, *rest):
            return held["it"].Run(rng, look, *rest)

    data = op.Dataset(np.asfortranarray(np.column_stack((x, y))))
    hashes = [v.Hash for v in sorted(data.Variables, key=lambda v: v.Index)]
    called = dict(zip(hashes, names))
    shown = [time.process_time()]

    def look():
        if time.process_time() - shown[0] > 0.5:
            shown[0] = time.process_time()
            front = [op.InfixFormatter.Format(i.Genotype, called, 10) for i in held["it"].BestFront]
            print(json.dumps(front), flush=True)

    op.NSGA2Algorithm = Watched
    SymbolicRegressor(
        allowed_symbols=SYMBOLS, objectives=["r2", "length"], population_size=1000,
        pool_size=1000, generations=10**6, max_evaluations=10**9, optimizer="lm",
        optimizer_iterations=5, max_length=50, max_depth=10, tournament_size=5,
        initialization_method="btc", epsilon=1e-5, random_state=seed + 1, n_threads=1,
        max_time=10**6,
    ).fit(x, y)  # fmt: skip


def read(table):
    with open(table) as file:
        head, *rows = csv.reader(file)
    numbers = np.array(rows, float)
    return head[:-1], numbers[:, :-1], numbers[:, -1]


def laws():
    found = {}
    for file in ["feynman.csv", "others.csv"]:
        with open(LAWS / file) as lines:
            for name, formula, _, variables in list(csv.reader(lines))[1:]:
                boxes = [v.split(" ")[:3] for v in variables.split("; ")]
                found[name] = formula, [(n, float(a), float(b)) for n, a, b in boxes]
    return found


def values(formula, names, x, numbers=()):
    scope = dict(FUNCTIONS, square=np.square, K_=numbers)
    scope.update((name, x[:, i]) for i, name in enumerate(names))
    with np.errstate(all="ignore"):
        return np.asarray(eval(formula, {"__builtins__": {}}, scope), float) * np.ones(len(x))


def sample(law, count, stretch, seed):
    formula, boxes = law
    rng, kept = np.random.default_rng(seed), []
    low, high = (np.array([b[i] for b in boxes]) for i in (1, 2))
    while sum(map(len, kept)) < count:
        x = rng.uniform(low, high + stretch * (high - low), (2 * count, len(boxes)))
        x = x[(x > high).any(1)] if stretch else x
        kept.append(x[np.isfinite(values(formula, [b[0] for b in boxes], x))])
    x = np.concatenate(kept)[:count]
    return x, values(formula, [b[0] for b in boxes], x)


NUMBER = re.compile(r"(?<![A-Za-z_0-9.])\d+\.\d+(?:[eE][-+]?\d+)?")


def right(candidate, law):
    """Whether a candidate is the law but for its constants; None if it is far from it."""
    from scipy.optimize import least_squares

    names = [b[0] for b in law[1]]
    numbers = []
    form = candidate.replace("^", "**")
    form = NUMBER.sub(lambda m: numbers.append(float(m[0])) or f"K_[{len(numbers) - 1}]", form)
    whole = lambda p, x: p[-2] * values(form, names, x, p[:-2]) + p[-1]
    x, y = sample(law, 600, 0, 11)
    scale = y.std()
    rough = values(form, names, x, numbers)
    if not np.isfinite(rough).all():
        return None
    factor, offset = np.linalg.lstsq(np.c_[rough, np.ones_like(rough)], y, rcond=None)[0]
    miss = lambda p: np.nan_to_num((whole(p, x) - y) / scale, nan=1e3, posinf=1e3, neginf=-1e3)
    # Hopeless ones are not worth a fit.
    if np.mean(miss([*numbers, factor, offset]) ** 2) > 1e-3:
        return None
    tight = dict(x_scale="jac", ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=60)
    best = least_squares(miss, [*numbers, factor, offset], **tight).x
    for stretch, seed, bound in [(0, 12, 1e-7), (0.5, 13, 1e-6)]:
        x, y = sample(law, 2000, stretch, seed)
        error = np.mean((whole(best, x) - y) ** 2) / np.var(y)
        if not error < bound:
            return False
    return True


def attempt(name, table, law, options):
    command = [sys.executable, __file__, "--search", str(table)]
    command += ["--seconds", str(options.seconds), "--seed", str(options.seed)]
    alone = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=alone)
    # Fitted once: a form with other numbers is the same form.
    tried = set()
    for line in child.stdout:
        for candidate in json.loads(line):
            form = NUMBER.sub("K", candidate)
            if form in tried:
                continue
            verdict = right(candidate, law)
            if verdict:
                child.kill()
                child.wait()
                return candidate
            if verdict is not None:
                tried.add(form)
    child.wait()
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--search")
    options = parser.parse_args()
    if options.search:
        return search(options.search, options.seconds, options.seed)
    known, counts = laws(), {}
    for table in sorted(Path(options.folder).glob("*.csv")):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = attempt(table.stem, table, known[table.stem], options)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
        count = counts.setdefault(table.stem.split(".")[0], [0, 0])
        count[0] += found is not None
        count[1] += 1
        print(f"{table.stem:24} {'yes' if found else 'no':4} {spent:6.1f} s  {found or ''}", flush=True)
    for name, (found, tried) in counts.items():
        print(f"{name}: {found} of {tried}")


if __name__ == "__main__":
    main()
