"""EnergyFlow on the jets of `efp.rs`, in turn with it.

    cargo bench -p pellucid-observables --bench efp --no-run
    python time_energyflow.py BINARY [rounds]

Prints the medians over rounds of the processor time per jet, one thread, of
both programs and their ratio, and checks that the sums of all values agree.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import types

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
sys.modules["wasserstein"] = types.ModuleType("wasserstein")  # needed for distances only
import energyflow  # noqa: E402
import numpy  # noqa: E402

binary = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
path = pathlib.Path(__file__).parents[1] / "tests" / "fixtures" / "efp" / "jets.json"
long = [sorted(jet, key=lambda p: -p[0]) for jet in json.loads(path.read_text())["jets"] if len(jet) >= 40]


def jets(count):
    found = []
    for first in range(len(long)):
        following = sum((long[(first + k) % len(long)] for k in range(len(long))), [])
        found.append(numpy.column_stack([following[:count], numpy.zeros(count)]))
    return found


def efpset(degree, kappa=1, beta=1):
    return energyflow.EFPSet(
        f"d<={degree}", ("p==", 1), measure="hadr", kappa=kappa, beta=beta, normed=True, coords="ptyphim"
    )


def ours(name):
    words = subprocess.run([binary, "1", name, "1"], capture_output=True, text=True, check=True).stdout.split()
    fields = dict(word.split("=") for word in words[1:])
    return float(fields["cpu"]), float(fields["sum"])


def theirs(sets, events):
    start = time.process_time()
    total = sum(float(numpy.sum(s.compute(event))) for event in events for s in sets)
    return (time.process_time() - start) / len(events) * 1e6, total / len(events)


GRID = [(k, b) for k in (-1, 0, 0.5, 1, 2) for b in (0.5, 1, 2)]
CASES = {
    "prime5": (5, [(1, 1)], 40),
    "prime6": (6, [(1, 1)], 40),
    "prime7": (7, [(1, 1)], 40),
    "grid5": (5, GRID, 40),
    "grid7": (7, GRID, 40),
    "prime7_20": (7, [(1, 1)], 20),
    "prime7_80": (7, [(1, 1)], 80),
    "square7": (7, [(1, 2)], 40),
    "square7_80": (7, [(1, 2)], 80),
}
print(f"EnergyFlow {energyflow.__version__}, numpy {numpy.__version__}, {len(long)} jets, {rounds} rounds")
for name, (degree, points, count) in CASES.items():
    sets, events = [efpset(degree, kappa, beta) for kappa, beta in points], jets(count)
    mine, peer = [], []
    for _ in range(rounds):
        cpu, total = ours(name)
        mine.append(cpu)
        cpu, expected = theirs(sets, events)
        peer.append(cpu)
        assert abs(total / expected - 1) < 1e-9, (name, total, expected)
    a, b = statistics.median(mine), statistics.median(peer)
    print(f"{name:12} ours {a:10.1f} us   EnergyFlow {b:12.1f} us   ratio {b / a:7.0f}")
