"""The work of ig.rs in PyTorch (2.15.0): python ig_peer.py [threads] [repeats].

Two ways: step by step (256 rows a call) and all 12,800 points in one call.
"""

import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 40


def uniform(seed, n):
    """Numbers from -1/2 to 1/2 that any language makes alike: an integer hash."""
    i = np.arange(n, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(2654435761) + np.uint64(seed * 40503)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(2246822519)) & mask
    h ^= h >> np.uint64(13)
    return (h.astype(np.float64) / 4294967296.0 - 0.5).astype(np.float32)


SIZES = [30, 128, 128, 64, 1]
weights = []
for i, (a, b) in enumerate(zip(SIZES, SIZES[1:])):
    for k, shape in enumerate([(b, a), (b,)]):
        numbers = uniform(2 * i + k + 1, int(np.prod(shape))) * np.float32(2 / np.sqrt(a))
        weights.append(torch.tensor(numbers).reshape(shape))


def model(x):
    for i in range(0, len(weights) - 2, 2):
        x = F.relu(F.linear(x, weights[i], weights[i + 1]))
    return F.linear(x, weights[-2], weights[-1])


x = torch.tensor(uniform(1000, 256 * 30) * 2).reshape(256, 30)
alphas = ((torch.arange(50) + 0.5) / 50).reshape(50, 1, 1)


def steps():
    total = torch.zeros(256, 30)
    for s in range(50):
        point = (x * ((s + 0.5) / 50)).requires_grad_(True)
        total += torch.autograd.grad(model(point).sum(), point)[0]
    return total / 50 * x


def at_once():
    points = (alphas * x).reshape(-1, 30).requires_grad_(True)
    gradient = torch.autograd.grad(model(points).sum(), points)[0]
    return gradient.reshape(50, 256, 30).mean(0) * x


for name, work in [("ig50x256", steps), ("ig12800", at_once)]:
    for _ in range(3):
        work()
    wall, cpu = [], []
    for _ in range(REPEATS):
        start, busy = time.perf_counter(), time.process_time()
        result = work()
        wall.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - busy) * 1e3)
    print(
        f"{name} wall={np.median(wall):.3f} minwall={min(wall):.3f} cpu={np.median(cpu):.3f} "
        f"mincpu={min(cpu):.3f} sum={result.abs().sum():.5f}"
    )
