"""EnergyFlow on the jets of `observables.rs`, to be run in the same session.

    python time_energyflow.py

Prints the time per jet of 40 constituents: CPU time of one thread, the best
of several passes over the jets of the fixture.
"""

import json
import os
import pathlib
import sys
import time
import types

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
sys.modules["wasserstein"] = types.ModuleType("wasserstein")  # needed for distances only
import energyflow  # noqa: E402
import numpy  # noqa: E402

path = pathlib.Path(__file__).parents[1] / "tests" / "fixtures" / "efp" / "jets.json"
jets = [sorted(jet, reverse=True)[:40] for jet in json.loads(path.read_text())["jets"] if len(jet) >= 40]
jets = [numpy.column_stack([jet, numpy.zeros(40)]) for jet in jets]


def per_jet(efps):
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        for jet in jets:
            efps(jet)
        best = min(best, (time.process_time() - start) / len(jets))
    return best


def efpset(degree, kappa=1, beta=1, *more):
    return energyflow.EFPSet(
        f"d<={degree}", *more, measure="hadr", kappa=kappa, beta=beta, normed=True, coords="ptyphim"
    )


print(f"EnergyFlow {energyflow.__version__}, numpy {numpy.__version__}, {len(jets)} jets of 40 constituents")
for degree in (3, 4, 5, 6):
    prime, every = efpset(degree, 1, 1, ("p==", 1)), efpset(degree)
    print(f"d<={degree}  prime {per_jet(prime.compute) * 1e3:8.3f} ms   all {per_jet(every.compute) * 1e3:8.3f} ms")
grid = [efpset(5, k, b, ("p==", 1)) for k in (-1, 0, 0.5, 1, 2) for b in (0.5, 1, 2)]
print(f"d<=5  prime, 15 measures {per_jet(lambda jet: [e.compute(jet) for e in grid]) * 1e3:8.3f} ms")
