"""The training steps and Hessian-vector products of `training.rs` in PyTorch (2.x, eager).

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


def cnn(side, *convolutions):
    layers, channels = [], 1
    for filters, kernel in convolutions:
        layers += [nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool2d(2)]
        channels, side = filters, side // 2
    width = channels * side * side
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 1))


JETS, PARTICLES, NEIGHBOURS = 32, 30, 16


class Edges(nn.Module):
    """Two edge convolutions, along given edges or along all of a jet."""

    def __init__(self, dense):
        super().__init__()
        self.dense = dense
        widths = [(14, 64), (64, 64), (128, 64), (64, 64), (64, 1)]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in widths)
        node = torch.arange(JETS * PARTICLES).repeat_interleave(NEIGHBOURS)
        k = torch.arange(NEIGHBOURS).repeat(JETS * PARTICLES)
        self.to = node
        self.source = node // PARTICLES * PARTICLES + (node % PARTICLES + 1 + k) % PARTICLES

    def message(self, edges, i):
        hidden = torch.relu(self.layers[2 * i](edges))
        return torch.relu(self.layers[2 * i + 1](hidden))

    def forward(self, x):
        for i in range(2):
            if self.dense:
                shape = (JETS, PARTICLES, PARTICLES, x.shape[2])
                here, there = x.unsqueeze(2).expand(shape), x.unsqueeze(1).expand(shape)
                messages = self.message(torch.cat([here, there - here], 3), i)
                x = messages.sum(2) * (1 / PARTICLES)
            else:
                here, there = x.index_select(0, self.to), x.index_select(0, self.source)
                messages = self.message(torch.cat([here, there - here], 1), i)
                zeros = torch.zeros(JETS * PARTICLES, 64)
                x = zeros.index_add(0, self.to, messages) * (1 / NEIGHBOURS)
        return self.layers[4](x.reshape(JETS, PARTICLES, 64).mean(1))


# Network, shape of the input, number of labels, steps.
CASES = {
    "mlp256": (mlp, (256, 30), 256, 300),
    "mlp4096": (mlp, (4096, 30), 4096, 60),
    "cnn28": (lambda: cnn(28, (16, 3), (32, 3)), (128, 1, 28, 28), 128, 25),
    "cnn37": (lambda: cnn(37, (16, 3), (32, 3)), (128, 1, 37, 37), 128, 20),
    "tagger25": (lambda: cnn(25, (16, 5), (32, 3), (32, 3)), (256, 1, 25, 25), 256, 20),
    "edge_gathered": (lambda: Edges(False), (JETS * PARTICLES, 7), JETS, 30),
    "edge_dense": (lambda: Edges(True), (JETS, PARTICLES, 7), JETS, 20),
    "hessian256": (mlp, (256, 30), 256, 200),
    "hessian4096": (mlp, (4096, 30), 4096, 30),
}


def train(model, x, y):
    """A step of Adam; the loss before it."""
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        adam.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def hessian(model, x, y):
    """The product of the loss's Hessian with a direction: the size of it, and its part along it."""
    weights = list(model.parameters())
    directions = [
        torch.from_numpy(uniform(3000 + i, w.numel())).reshape(w.shape) for i, w in enumerate(weights)
    ]

    def step():
        loss = ((model(x) - y) ** 2).mean()
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        along = sum((g * v).sum() for g, v in zip(slopes, directions))
        return torch.autograd.grad(along, weights)

    return step, directions


def measure(name, steps=None):
    build, shape, labels, usual = CASES[name]
    model = fill(build())
    x = torch.from_numpy(uniform(1000, math.prod(shape)) * 2).reshape(shape)
    y = torch.from_numpy((uniform(2000, labels) > 0).astype(np.float32)).reshape(-1, 1)
    second = name.startswith("hessian")
    step, directions = hessian(model, x, y) if second else (train(model, x, y), None)
    results, wall = [], []
    warm, busy = 12, 0.0
    steps = steps or usual
    for i in range(warm + steps):
        if i == warm:
            busy = time.process_time()
        start = time.perf_counter()
        results.append(step())
        if i >= warm:
            wall.append((time.perf_counter() - start) * 1e3)
    cpu = (time.process_time() - busy) * 1e3 / steps
    numbers = [results[0], results[10]]
    if second:
        numbers = [
            sum(h.double().abs().sum().item() for h in results[-1]),
            sum((h.double() * v.double()).sum().item() for h, v in zip(results[-1], directions)),
        ]
    return (
        f"{name} wall={statistics.median(wall):.3f} least={min(wall):.3f} cpu={cpu:.3f} "
        f"loss0={numbers[0]:.6f} loss10={numbers[1]:.6f}"
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
            assert abs(ours - peer) < 1e-5 * max(1, abs(peer)), f"{name} {what}: {ours} against PyTorch's {peer}"
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
