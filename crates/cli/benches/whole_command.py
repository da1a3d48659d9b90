"""Our whole process against the loop of a peer, in turn: reading, planning, computing and writing against computing alone.

    cargo build --release -p pellucid-cli
    python whole_command.py target/release/pellucid [rounds] [work]

Peers: torch 2.15.0, zennit 0.5.1; both sides in one thread, single precision. The models are made by torch (weights of an
integer hash), exported, and explained on the same numbers; the attributions of both must be equal before any time
counts, but in a thousandth of the events, where rounding decides which of two numbers is larger. Of ours everything counts from the start of the process to its end (user and system time of the process); of
the peer only the loop over batches of the size that is best for it, on tensors that are there, without importing anything.
Printed are CPU seconds of every round, their medians and the ratio, and the load of the machine.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import zennit.composites as composites
import zennit.rules as rules
from torch import nn

torch.set_num_threads(1)
SUMS = (nn.Linear, nn.Conv2d)
EPSILON = 1e-2


def uniform(seed, n):
    """Numbers from -1/2 to 1/2 that any language makes alike: an integer hash."""
    i = np.arange(n, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(2654435761) + np.uint64(seed * 40503)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(2246822519)) & mask
    h ^= h >> np.uint64(13)
    return (h.astype(np.float64) / 4294967296.0 - 0.5).astype(np.float32)


def with_weights(model):
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            fan = parameter[0].numel() if parameter.dim() > 1 else 100
            numbers = uniform(i + 1, parameter.numel()) * np.float32(2 / np.sqrt(fan))
            parameter.copy_(torch.tensor(numbers).reshape(parameter.shape))
    return model.eval()


def cnn():
    return with_weights(
        nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 49, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )
    )


def mlp():
    sizes = [30, 128, 128, 64, 1]
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return with_weights(nn.Sequential(*layers[:-1]))


def in_batches(work, x, batch):
    return torch.cat([work(part) for part in x.split(batch)])


def gradient(model):
    def work(x):
        x = x.clone().requires_grad_(True)
        return torch.autograd.grad(model(x)[:, 3].sum(), x)[0]

    return work


def relevance(model):
    composite = composites.LayerMapComposite([(SUMS, rules.Epsilon(EPSILON)), (nn.ReLU, rules.Pass())])

    def work(x):
        x = x.clone().requires_grad_(True)
        with composite.context(model) as prepared:
            output = prepared(x)
            seed = torch.zeros_like(output)
            seed[:, 3] = output[:, 3].detach()
            return torch.autograd.grad(output, x, seed)[0]

    return work


def integrated(model, steps=50):
    def work(x):
        total = torch.zeros_like(x)
        for step in range(steps):
            point = (x * ((step + 0.5) / steps)).requires_grad_(True)
            total += torch.autograd.grad(model(point).sum(), point)[0]
        return total / steps * x

    return work


# What is explained, how many events of which shape, by which method, the batch that is best for the peer, the ratio to reach,
# and how far two sums of single precision may be apart, of the largest attribution.
WORKS = {
    "lrp-epsilon": (cnn, (4000, 1, 28, 28), relevance, 250, 0.5, 1e-4, ["--set", f"epsilon={EPSILON}", "--target", "3"]),
    "gradient": (cnn, (4000, 1, 28, 28), gradient, 250, 0.8, 1e-5, ["--target", "3"]),
    "integrated-gradients": (mlp, (20000, 30), integrated, 1000, 0.4, 1e-4, ["--steps", "50", "--quadrature", "midpoint"]),
}


def ours(program, arguments):
    """CPU seconds of a process, from its start to its end, and the wall time."""
    start = time.perf_counter()
    process = subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start


def theirs(work, x, batch):
    start, busy = time.perf_counter(), time.process_time()
    found = in_batches(work, x, batch)
    return time.process_time() - busy, time.perf_counter() - start, found


def main(program, rounds=5, only=""):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for method, (make, shape, explain, batch, goal, tolerance, options) in WORKS.items():
            if only not in method:
                continue
            model = make()
            numbers = uniform(1000, int(np.prod(shape))).reshape(shape) * np.float32(1 if len(shape) > 2 else 2)
            x = torch.tensor(numbers)
            onnx, data, out = folder / "model.onnx", folder / "x.npz", folder / "out.npz"
            torch.onnx.export(
                model, (x[:2],), str(onnx), input_names=["x"], output_names=["y"], dynamo=False,
                dynamic_axes={"x": {0: "N"}, "y": {0: "N"}}, opset_version=17,
            )
            np.savez(data, x=numbers)
            arguments = ["attribute", onnx, data, "--method", method, *options, "--threads", "1", "--quiet", "--out", out]
            work = explain(model)
            in_batches(work, x[: 2 * batch], batch)
            cpu, wall = {"ours": [], "theirs": []}, {"ours": [], "theirs": []}
            for _ in range(int(rounds)):
                one = ours(program, arguments)
                *other, found = theirs(work, x, batch)
                for name, pair in (("ours", one), ("theirs", other)):
                    cpu[name].append(pair[0])
                    wall[name].append(pair[1])
            mine, found = np.load(out)["attribution"], found.numpy()
            off = np.abs(mine - found).reshape(len(found), -1).max(1) / np.abs(found).max()
            apart = int((off > tolerance).sum())
            assert apart <= len(off) / 1000, (method, apart, off.max())
            ratios = sorted(a / b for a, b in zip(cpu["ours"], cpu["theirs"]))
            median = {name: statistics.median(values) for name, values in cpu.items()}
            ratio = median["ours"] / median["theirs"]
            shown = {name: ", ".join(f"{value:.2f}" for value in values) for name, values in cpu.items()}
            print(f"{method}, {shape[0]} events, load {os.getloadavg()[0]:.1f} (equal to {np.median(off):.1e}, {apart} events apart)")
            for name in cpu:
                print(f"    {name:6} CPU s {shown[name]}  median {median[name]:.3f}  wall {statistics.median(wall[name]):.2f}")
            print(f"    ratio {ratio:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f}); to reach {goal}", flush=True)


if __name__ == "__main__":
    main(str(pathlib.Path(sys.argv[1]).resolve()), *sys.argv[2:])
