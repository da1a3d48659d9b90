"""The training steps of `training.rs` in PyTorch (2.x, eager).

    python torch_peer.py [threads] [name] [rounds]

Same weights, same data, same loss and Adam, so that `loss0` and `loss10` of
both programs agree to the digits printed. With `--against BINARY` (the
compiled bench) both run in turns, so that a busy machine slows both, and the
ratio of the medians is printed.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from torch import nn


def uniform(seed, count):
    """Numbers from -1/2 to 1/2 by the integer hash of `training.rs`."""
    mask = np.uint64(0xFFFFFFFF)
    h = np.arange(count, dtype=np.uint64) * np.uint64(2654435761)
    h = (h + np.uint64(seed * 40503)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(2246822519)) & mask
    h ^= h >> np.uint64(13)
    return (h.astype(np.float64) / 2**32 - 0.5).astype(np.float32)


def fill(model):
    """Gives every weight tensor, in order, the numbers of its own seed."""
    for seed, (weight, bias) in enumerate(zip(*[iter(model.parameters())] * 2)):
        fan = weight[0].numel()
        scale = np.float32(2 / math.sqrt(fan))
        for offset, tensor in enumerate((weight, bias)):
            numbers = uniform(2 * seed + 1 + offset, tensor.numel()) * scale
            tensor.data = torch.from_numpy(numbers).reshape(tensor.shape)
    return model


def mlp():
    return nn.Sequential(
        nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1),
    )


def cnn(side, first, second, pad):
    left = side
    for kernel in (first, second):
        left = (left + 2 * pad + 1 - kernel) // 2
    return nn.Sequential(
        nn.Conv2d(1, 16, first, padding=pad), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, second, padding=pad), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * left * left, 64), nn.ReLU(), nn.Linear(64, 1),
    )


CASES = {
    "mlp256": (mlp, (256, 30), 300),
    "mlp4096": (mlp, (4096, 30), 60),
    "cnn28": (lambda: cnn(28, 3, 3, 1), (128, 1, 28, 28), 25),
    "cnn37": (lambda: cnn(37, 3, 3, 1), (128, 1, 37, 37), 20),
    "tagger25": (lambda: cnn(25, 5, 3, 0), (128, 1, 25, 25), 30),
}


def measure(name, steps=None):
    build, shape, usual = CASES[name]
    model = fill(build())
    x = torch.from_numpy(uniform(1000, math.prod(shape)) * 2).reshape(shape)
    y = torch.from_numpy((uniform(2000, shape[0]) > 0).astype(np.float32)).reshape(-1, 1)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses, wall = [], []
    warm, busy = 12, 0.0
    steps = steps or usual
    for step in range(warm + steps):
        if step == warm:
            busy = time.process_time()
        start = time.perf_counter()
        adam.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        adam.step()
        losses.append(loss.item())
        if step >= warm:
            wall.append((time.perf_counter() - start) * 1e3)
    cpu = (time.process_time() - busy) * 1e3 / steps
    return (
        f"{name} wall={statistics.median(wall):.3f} least={min(wall):.3f} cpu={cpu:.3f} "
        f"loss0={losses[0]:.6f} loss10={losses[10]:.6f}"
    )


def against(binary, threads, names, rounds):
    """Both programs in turns; the medians over the rounds, and their ratio."""
    for name in names:
        found = {"ours": [], "torch": []}
        for _ in range(rounds):
            for who, command in (
                ("ours", [binary, str(threads), name]),
                ("torch", [sys.executable, __file__, str(threads), name]),
            ):
                line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found[who].append(dict(pair.split("=") for pair in line.split()[1:]))
        numbers = []
        for what in ("wall", "cpu", "least"):
            ours, peer = (
                statistics.median(float(run[what]) for run in found[who]) for who in found
            )
            numbers.append(f"{what} {ours:.2f} / {peer:.2f} ms = {ours / peer:.2f}")
        for what in ("loss0", "loss10"):
            ours, peer = (float(found[who][0][what]) for who in found)
            assert abs(ours - peer) < 1e-5, f"{name} {what}: {ours} against PyTorch's {peer}"
        print(f"{name}, {threads} thread(s): " + ", ".join(numbers), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("threads", nargs="?", type=int, default=1)
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--against", metavar="BINARY")
    arguments = parser.parse_args()
    names = [name for name in CASES if arguments.name in name]
    if arguments.against:
        binary = os.path.abspath(arguments.against)
        return against(binary, arguments.threads, names, arguments.rounds)
    torch.set_num_threads(arguments.threads)
    for name in names:
        print(measure(name), flush=True)


if __name__ == "__main__":
    main()
