"""How long models take to be read: `python import_peer.py PELLUCID [FOLDER] [ROUNDS]`.

Writes two models of 10 MB (a dense network, and thirteen transformer blocks) with
PyTorch's legacy exporter, then, in turn, runs `pellucid inspect MODEL` (start of the
program, reading, shapes, and the rule of relevance of every node) and a Python
process that makes an onnxruntime session of the same file (less one that only
imports onnxruntime). With a folder of models it also runs `pellucid inspect FOLDER`,
which explains one event of each model by gradient and lrp-epsilon and checks both.
Prints medians of processor time in seconds.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")


def models(folder):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.before = nn.LayerNorm(width)
            self.attention = nn.MultiheadAttention(width, 8, batch_first=True)
            self.between = nn.LayerNorm(width)
            self.dense = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

        def forward(self, x):
            h = self.before(x)
            x = x + self.attention(h, h, h, need_weights=False)[0]
            return x + self.dense(self.between(x))

    class Transformer(nn.Module):
        def __init__(self, width=128, blocks=13):
            super().__init__()
            self.embed = nn.Linear(7, width)
            self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            return self.head(self.blocks(self.embed(x)).mean(1))

    torch.manual_seed(0)
    dense = nn.Sequential(
        nn.Linear(100, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(),
        nn.Linear(1024, 1400), nn.ReLU(), nn.Linear(1400, 10),
    )
    cases = [("dense", dense, (2, 100)), ("transformer", Transformer(), (2, 30, 7))]
    for name, model, shape in cases:
        path = os.path.join(folder, name + ".onnx")
        torch.onnx.export(
            model.eval(), torch.randn(*shape), path, opset_version=17, input_names=["x"],
            output_names=["y"], dynamic_axes={"x": {0: "N"}}, dynamo=False,
        )
        yield name, path


def seconds(command):
    """The processor time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    program = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else ""
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    session = "import onnxruntime as o; o.InferenceSession({!r}, providers=['CPUExecutionProvider'])"
    with tempfile.TemporaryDirectory() as place:
        commands = {}
        for name, path in models(place):
            print(f"{name}: {os.path.getsize(path) / 1e6:.1f} MB")
            commands[f"{name}, pellucid inspect"] = [program, "--threads", "1", "inspect", path]
            commands[f"{name}, onnxruntime"] = [sys.executable, "-c", session.format(path)]
        commands["import onnxruntime alone"] = [sys.executable, "-c", "import onnxruntime"]
        if folder:
            commands["pellucid inspect FOLDER"] = [program, "--threads", "1", "inspect", folder]
        times = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(seconds(command))
    for name, found in times.items():
        print(f"{name}: {statistics.median(found):.3f} s ({min(found):.3f} to {max(found):.3f})")


if __name__ == "__main__":
    main()
