"""Clustering and substructure beside FastJet 3.5.2 and fjcontrib, in turn.

    cargo bench -p pellucid-observables --bench clustering --no-run
    python time_fastjet.py BINARY [ROUNDS]

makes events of proton collisions with pythia8mc 8.317.2 (hard QCD above 100 GeV
and minimum bias, laid over each other and cut to an exact number of particles)
and jets of exactly 57 and 40 constituents of the shipped sample, builds the peer
(`../tests/fixtures/fastjet/peer.cc`), and gives both programs the same files.
One thread; CPU microseconds per event or jet, medians.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "fixtures" / "fastjet"))
import make  # noqa: E402

SIZES = [100, 404, 959, 2000, 5000, 10000, 20000]


def particles():
    """Particles of many collisions, one after another, in random order within each."""
    import pythia8mc

    common = ["Print:quiet = on", "Next:numberCount = 0", "Beams:eCM = 13000.", "Random:setSeed = on", "Random:seed = 7"]
    runs = []
    for words in (["HardQCD:all = on", "PhaseSpace:pTHatMin = 100."], ["SoftQCD:nonDiffractive = on"]):
        pythia = pythia8mc.Pythia("", False)
        for word in common + words:
            pythia.readString(word)
        pythia.init()
        events = []
        while len(events) < 400:
            if not pythia.next():
                continue
            final = [p for p in pythia.event if p.isFinal() and p.isVisible() and abs(p.eta()) < 5]
            events.append(np.array([[p.px(), p.py(), p.pz(), p.e()] for p in final]))
        runs.append(events)
    return runs


def events(hard, soft, size, count, rng):
    """Hard collisions with as many others over them as it takes."""
    out = []
    for i in range(count):
        event = [hard[i % len(hard)]]
        while sum(map(len, event)) < size:
            event.append(soft[rng.integers(len(soft))])
        whole = np.concatenate(event)
        keep = np.arange(len(event[0])) if len(event[0]) < size else rng.permutation(len(event[0]))[:size]
        rest = rng.permutation(np.arange(len(event[0]), len(whole)))[: size - len(keep)]
        out.append(whole[rng.permutation(np.concatenate([keep, rest]))])
    return out


def run(*words):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    binary = pathlib.Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        peer, given = make.build(folder), pathlib.Path(folder) / "in"
        hard, soft = particles()
        for algorithm, radius in [("anti-kt", 0.8), ("anti-kt", 0.4), ("cambridge-aachen", 0.8), ("kt", 0.8)]:
            for size in SIZES if (algorithm, radius) == ("anti-kt", 0.8) else SIZES[1:4]:
                make.write_input(given, events(hard, soft, size, max(4, 40000 // size), rng))
                times = [[], []]
                for _ in range(3):
                    times[0].append(float(run(binary, "events", given, algorithm, radius, rounds)))
                    times[1].append(float(run(peer, "time-events", given, algorithm, radius, rounds)))
                ours, theirs = (float(np.median(t)) for t in times)
                print(f"{algorithm} {radius} {size:6d}: {ours:9.1f} {theirs:9.1f}  {ours / theirs:.2f}", flush=True)
        rows = pyarrow.parquet.read_table(make.SAMPLE, columns=make.COLUMNS).to_pylist()
        for size in (57, 40):
            chosen = [make.four_momenta(row) for row in rows if len(row["part_pt"]) == size][:200]
            make.write_input(given, chosen)
            print(f"jets of {size} constituents, ours:\n" + run(binary, "jets", given, rounds))
            print("FastJet:\n" + run(peer, "time-jets", given, rounds), flush=True)
