"""The formulas of `cargo bench -p pellucid-symbolic --bench evaluation` through pyoperon.

    cargo bench -p pellucid-symbolic --bench evaluation -- --trees trees.txt
    python crates/symbolic/benches/time_pyoperon.py trees.txt

Mixed operators, 10,000 rows, single precision (pyoperon has no other), one
thread. A node counts once per row as in our benchmark; a leaf of pyoperon carries
a coefficient (here 1), which it multiplies by. As there, the best of 15 runs of every tree
is summed, so that a busy machine does not count. Peer: pyoperon 0.6.2.
"""

import sys
import time

import numpy as np
import pyoperon as op

ROWS, RUNS, NODES = 10_000, 15, 20
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def infix(words):
    stack = []
    for word in words:
        if word in INFIX:
            b, a = stack.pop(), stack.pop()
            stack.append(f"({a} {INFIX[word]} {b})")
        elif word[0].isalpha() and not word.startswith("X"):
            stack.append(f"{word}({stack.pop()})")
        else:
            stack.append(word)
    (out,) = stack
    return out


def main():
    table = np.random.default_rng(1).uniform(0.5, 2.0, (ROWS, 5)).astype(np.float32)
    data = op.Dataset(np.asfortranarray(table))
    names = {v.Name: v.Hash for v in data.Variables}
    everything = op.Range(0, ROWS)
    dispatch = op.DispatchTable()
    nodes, seconds = 0, 0.0
    for line in open(sys.argv[1]):
        words = line.split()
        tree = op.InfixParser.Parse(infix(words), names)
        best = float("inf")
        for _ in range(RUNS):
            begun = time.perf_counter()
            op.Evaluate(dispatch, tree, data, everything)
            best = min(best, time.perf_counter() - begun)
        nodes += len(words)
        seconds += best
    print(f"{nodes * ROWS / seconds / 1e9:.2f} Gnode/s")


main()
