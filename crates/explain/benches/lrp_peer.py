"""The work of lrp.rs with zennit (0.5.1, PyTorch 2.15.0): python lrp_peer.py [threads] [repeats]."""

import sys
import time

import numpy as np
import torch
import zennit.composites as composites
import zennit.rules as rules
from torch import nn

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
IMAGES = 250


def uniform(seed, n):
    """Numbers from -1/2 to 1/2 that any language makes alike: an integer hash."""
    i = np.arange(n, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(2654435761) + np.uint64(seed * 40503)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(2246822519)) & mask
    h ^= h >> np.uint64(13)
    return (h.astype(np.float64) / 4294967296.0 - 0.5).astype(np.float32)


model = nn.Sequential(
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
).eval()
with torch.no_grad():
    for i, parameter in enumerate(model.parameters()):
        fan = [9, 144, 1568, 64][i // 2]
        numbers = uniform(i + 1, parameter.numel()) * np.float32(2 / np.sqrt(fan))
        parameter.copy_(torch.tensor(numbers).reshape(parameter.shape))
images = torch.tensor(uniform(1000, IMAGES * 784)).reshape(IMAGES, 1, 28, 28)

SUMS = (nn.Linear, nn.Conv2d)
PASS = [(nn.ReLU, rules.Pass())]


def on_all(rule):
    return composites.LayerMapComposite([(SUMS, rule)] + PASS)


def relevance(composite):
    x = images.clone().requires_grad_(True)
    with composite.context(model) as prepared:
        output = prepared(x)
        seed = torch.zeros_like(output)
        seed[:, 3] = output[:, 3].detach()
        return torch.autograd.grad(output, x, seed)[0]


for name, composite in [
    ("epsilon", on_all(rules.Epsilon(1e-6))),
    ("alpha2-beta1", on_all(rules.AlphaBeta(2, 1))),
    ("z-plus", on_all(rules.ZPlus())),
    ("epsilon-plus-flat", composites.EpsilonPlusFlat()),
]:
    for _ in range(3):
        relevance(composite)
    wall, cpu = [], []
    for _ in range(REPEATS):
        start, busy = time.perf_counter(), time.process_time()
        found = relevance(composite)
        wall.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - busy) * 1e3)
    print(
        f"{name} wall={np.median(wall):.3f} minwall={min(wall):.3f} cpu={np.median(cpu):.3f} "
        f"mincpu={min(cpu):.3f} sum={found.abs().sum():.5f}"
    )
