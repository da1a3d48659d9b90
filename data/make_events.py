"""Makes the small samples of events that are no jets: events.parquet, phases.npz, images.npz.

Needs numpy and pyarrow (made with numpy 2 and pyarrow 22). Nothing is measured data: the laws
behind the labels are written here, so that what a trained model says can be held against them.

    python make_events.py
"""
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

rng = np.random.default_rng(20261201)


def events(n=3000):
    """Events of two leptons and 3 to 8 further objects.

    Signal is a resonance of mass 91 GeV and width 4 GeV; background has independent leptons of the
    same spectra. `mass` is the invariant mass of massless leptons,
    m^2 = 2 pt1 pt2 (cosh(eta1 - eta2) - cos(phi1 - phi2)). The objects of the signal come in
    pairs back to back in the transverse plane, those of the background alone.
    """
    label = rng.integers(0, 2, n)
    eta = rng.normal(0, 1.0, (n, 2)).clip(-2.5, 2.5)
    phi = rng.uniform(-np.pi, np.pi, (n, 2))
    pt = 20 + rng.exponential(25, (n, 2))
    angle = np.cosh(eta[:, 0] - eta[:, 1]) - np.cos(phi[:, 0] - phi[:, 1])
    m = 91 + 4 * rng.normal(size=n)
    # The second lepton of the signal is nearly opposite to the first and completes the resonance.
    phi[:, 1] = np.where(label == 1, phi[:, 0] + np.pi + 0.7 * rng.normal(size=n), phi[:, 1])
    phi = (phi + np.pi) % (2 * np.pi) - np.pi
    angle = np.cosh(eta[:, 0] - eta[:, 1]) - np.cos(phi[:, 0] - phi[:, 1])
    pt[:, 1] = np.where(label == 1, m**2 / (2 * pt[:, 0] * angle), pt[:, 1])
    mass = np.sqrt(2 * pt[:, 0] * pt[:, 1] * angle)
    lists = {"obj_x": [], "obj_y": [], "obj_eta": []}
    for i in range(n):
        k = rng.integers(3, 9)
        p = 10 + rng.exponential(15, k)
        f = rng.uniform(-np.pi, np.pi, k)
        if label[i]:
            for j in range(1, k, 2):
                p[j] = p[j - 1] * rng.normal(1, 0.1)
                f[j] = f[j - 1] + np.pi + 0.1 * rng.normal()
        lists["obj_x"].append((p * np.cos(f)).astype(np.float32))
        lists["obj_y"].append((p * np.sin(f)).astype(np.float32))
        lists["obj_eta"].append(rng.normal(0, 1.5, k).astype(np.float32))
    flavour = np.where(rng.random(n) < 0.5, "electron", "muon")
    columns = {
        "pt1": pt[:, 0], "pt2": pt[:, 1], "eta1": eta[:, 0], "eta2": eta[:, 1],
        "phi1": phi[:, 0], "phi2": phi[:, 1],
    }
    columns = {name: values.astype(np.float32) for name, values in columns.items()}
    columns["flavour"] = flavour
    columns["mass"] = mass.astype(np.float32)
    columns["label"] = label.astype(np.int8)
    for name, values in lists.items():
        columns[name] = pa.array([v.tolist() for v in values], pa.list_(pa.float32()))
    table = pa.table(columns)
    units = {"pt1": "GeV", "pt2": "GeV", "mass": "GeV", "phi1": "rad", "phi2": "rad", "obj_x": "GeV", "obj_y": "GeV"}
    fields = [f.with_metadata({"unit": units[f.name]}) if f.name in units else f for f in table.schema]
    pq.write_table(table.cast(pa.schema(fields)), "events.parquet", compression="zstd")


def phases(n=400, side=16, sweeps=40):
    """Ising configurations, three temperatures: ordered (T = 1.8), critical (2.269), disordered (3.5).

    Wolff clusters from a random start; label 0 disordered, 1 critical, 2 ordered.
    """
    spins, labels = [], []
    for label, temperature in enumerate([3.5, 2.269, 1.8]):
        p = 1 - np.exp(-2 / temperature)
        s = rng.choice(np.array([-1, 1], np.int8), (side, side))
        for sample in range(-20, n):
            for _ in range(sweeps if sample < 0 else 4):
                start = tuple(rng.integers(0, side, 2))
                sign, cluster = s[start], [start]
                seen = np.zeros((side, side), bool)
                seen[start] = True
                while cluster:
                    i, j = cluster.pop()
                    for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                        a, b = a % side, b % side
                        if not seen[a, b] and s[a, b] == sign and rng.random() < p:
                            seen[a, b] = True
                            cluster.append((a, b))
                s[seen] = -sign
            if sample >= 0:
                spins.append(s.copy())
                labels.append(label)
    order = rng.permutation(len(labels))
    np.savez_compressed("phases.npz", spins=np.array(spins)[order], label=np.array(labels, np.int8)[order])


def images(n=1500, side=12):
    """Showers in a calorimeter of 12 x 12 cells, with the missing energy of the event.

    Signal has two showers and more missing energy, background one; cells in whole units of 0.1 GeV.
    """
    label = rng.integers(0, 2, n)
    cells = np.zeros((n, side, side), np.int16)
    for i in range(n):
        for _ in range(1 + label[i]):
            x, y = rng.uniform(2, side - 2, 2)
            hits = rng.poisson(60)
            at = np.stack([rng.normal(x, 0.9, hits), rng.normal(y, 0.9, hits)]).astype(int).clip(0, side - 1)
            np.add.at(cells[i], (at[0], at[1]), rng.poisson(5, hits).astype(np.int16))
    met = rng.exponential(20 + 25 * label)
    ht = cells.sum((1, 2)) * 0.1
    np.savez_compressed("images.npz", cells=cells, met=met.astype(np.float32), ht=ht.astype(np.float32), label=label.astype(np.int8))


events()
phases()
images()
