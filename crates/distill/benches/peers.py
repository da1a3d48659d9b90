"""The peers of `ordering.rs`: CPU time of one run, one thread.

average_decision_ordering 1.0 (PyPI) samples pairs; NumPy 2.4 takes all pairs in
blocks, which is the definition. Run: OMP_NUM_THREADS=1 python peers.py
"""

import time

import numpy as np
from average_decision_ordering import calc_ado


def sample(n):
    rng = np.random.default_rng(1)
    labels = np.arange(n) % 2
    hidden = rng.normal(size=n) + labels
    f, g = (hidden + 0.3 * rng.normal(size=n) for _ in range(2))
    return f, g, labels


def all_pairs(f, g, labels):
    s, b = labels == 1, labels == 0
    total = 0.0
    for fs, gs in zip(f[s], g[s]):
        total += np.sign((fs - f[b]) * (gs - g[b])).sum()
    return 0.5 + 0.5 * total / s.sum() / b.sum()


def timed(name, work):
    start = time.process_time()
    value = work()
    print(f"{name}: {value:.6f} in {time.process_time() - start:.2f} s")


for n in (20_000, 200_000):
    f, g, labels = sample(n)
    if n == 20_000:
        timed(f"NumPy, all pairs of {n} scores", lambda: all_pairs(f, g, labels))
    timed(f"peer, 1,000,000 pairs of {n} scores", lambda: calc_ado(f, g, labels, 1_000_000))
