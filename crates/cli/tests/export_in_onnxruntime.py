"""Is an exported explanation in onnxruntime what `pellucid attribute` gives?

    cargo build -p pellucid-cli
    python export_in_onnxruntime.py target/debug/pellucid [--models FILTER] [--methods FILTER] [--table FILE]

Peers: onnx 1.23.2 (checker), onnxruntime 1.32.0 (CPU). Every method that can be exported, with every model that the tests
have, and with those of `../shared/models/cms` and `../shared/cases/network` where they are. The exported file runs on the
feed of the model itself: the same names, element types and shapes (models of one event that are explained for any
number: on three). For every model and method the largest difference of all outputs is printed, relative to the largest number
of each output, or what both commands refuse.

A difference above 1e-5 is a failure, but where the method itself is badly conditioned in single precision (relevance shared
in proportion to terms that cancel): where `attribute` in single precision is more than 1e-6 off its own numbers in double
precision, onnxruntime, which sums more in single precision than we do, may be 30 times as far off them, and the row says
`rounding`. Failures too are an element type or a
shape that is not the model's, and a refusal by one of the two commands only; the exit code is 1. Where onnxruntime
or a folder is missing, that is said and skipped.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDERS = {
    "export": ROOT / "crates/cli/tests/fixtures/export",
    "cases": ROOT / "../shared/cases/network",
    "attribute": ROOT / "crates/cli/tests/fixtures/attribute",
    "onnx": ROOT / "crates/network/tests/fixtures/onnx",
    "taggers": ROOT / "crates/network/tests/fixtures/taggers",
    "recurrent": ROOT / "crates/network/tests/fixtures/recurrent",
    "cms": ROOT / "../shared/models/cms",
}
METHODS = {
    "gradient": [],
    "input-x-gradient": [],
    "integrated-gradients": ["--steps", "16"],
    "deeplift": [],
    "lrp-z": [],
    "lrp-epsilon": [],
    "lrp-gamma": [],
    "lrp-alpha-beta": [],
    "lrp-z-plus": [],
    "lrp-w2": [],
    "lrp-flat": [],
    "lrp-box": ["--set", "low=-8", "--set", "high=8"],
    "lrp-composite": [],
}
TOLERANCE = 1e-5
# Accounts may be nothing but the rounding of what they are accounts of.
ACCOUNTS = ("absorbed", "stabilised", "empty")
EVENTS, OPEN = 3, 20


def declared(model):
    """Name, element type and sides of the inputs that a model must be given."""
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name not in weights:
            tensor = value.type.tensor_type
            sides = [side.dim_value or side.dim_param or (value.name, i) for i, side in enumerate(tensor.shape.dim)]
            yield value.name, onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type), sides


def feed(path, model):
    """The model's own arrays where they are kept beside it, else drawn ones; none for lists of different length."""
    for kept in (path.with_suffix(".npz"), path.with_name(f"{path.stem}.input.npz")):
        if kept.exists():
            arrays = dict(np.load(kept))
            if any(name.endswith(".offsets") for name in arrays):
                return None
            names = [name for name, *_ in declared(model)]
            if len(names) == 1 and names[0] not in arrays:
                arrays[names[0]] = arrays["x"]
            kinds = {name: kind for name, kind, _ in declared(model)}
            return {name: arrays[name].astype(kinds[name]) for name in names}
    return drawn(model)


def drawn(model, seed=5):
    """Numbers for every input: masks are 1 for the first three quarters, integers 0 or 1, truth values mostly true."""
    rng = np.random.default_rng(seed)
    arrays, lengths = {}, {}
    for name, kind, sides in declared(model):
        shape = []
        for i, side in enumerate(sides):
            first = EVENTS if i == 0 and side not in ("nodes", "edges") else OPEN
            shape.append(side if isinstance(side, int) else lengths.setdefault(side if isinstance(side, str) else (name, i), first))
        if "mask" in name.lower():
            numbers = np.ones(shape)
            side = max(range(len(shape)), key=lambda i: shape[i] if i else 0)
            numbers[(slice(None),) * side + (slice(3 * shape[side] // 4, None),)] = 0
        elif kind == np.bool_:
            numbers = rng.random(shape) < 0.7
        elif np.issubdtype(kind, np.integer):
            numbers = rng.integers(0, 2, shape)
        else:
            numbers = rng.normal(size=shape)
        arrays[name] = numbers.astype(kind)
    return arrays


def several(arrays, session):
    """The events three times, a little different, if the explanation takes more than the model."""
    open_sides = all(not isinstance(value.shape[0], int) for value in session.get_inputs())
    if not open_sides or any(len(array) != 1 for array in arrays.values()):
        return arrays
    scale = lambda array: np.stack([array[0] * f if array.dtype.kind == "f" else array[0] for f in (1, 0.5, -0.7)])
    return {name: scale(array).astype(array.dtype) for name, array in arrays.items()}


def call(program, arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, " ".join(done.stderr.split())


def session_of(path, arrays):
    onnx.checker.check_model(str(path))
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    kinds = {name: kind for name, kind, _ in declared(onnx.load(path))}
    for name, kind in kinds.items():
        if arrays[name].dtype != kind:
            raise TypeError(f"it takes {name} as {kind}, the model as {arrays[name].dtype}")
    return session


def sizes_of(path, arrays):
    """The named sizes that are not those of the events, as options."""
    named = {}
    for name, _, sides in declared(onnx.load(path)):
        for i, side in enumerate(sides[1:], 1):
            if isinstance(side, str):
                named[side] = arrays[name].shape[i]
    return [word for name, size in named.items() for word in ("--size", f"{name}={size}")]


def attributed(program, path, arrays, options, folder, precision):
    kept, out = folder / "feed.npz", folder / f"{precision}.npz"
    out.unlink(missing_ok=True)
    np.savez(kept, **arrays)
    code, said = call(program, ["attribute", path, kept, *options, "--precision", precision, "--out", out])
    return (None, said) if code else (dict(np.load(out)), said)


def distance(found, expected, explained):
    """The largest difference of two sets of arrays, of the largest number of each, and where."""
    worst, where = 0.0, "all"
    for name, numbers in found.items():
        if name not in expected:
            raise KeyError(f"attribute has no {name}")
        other = expected[name].astype(np.float64)
        if numbers.shape != other.shape:
            raise ValueError(f"{name} has the shape {numbers.shape}, not {other.shape}")
        finite = np.isfinite(other)
        if not (np.isfinite(numbers) == finite).all():
            raise ValueError(f"{name} is not finite elsewhere than in attribute")
        if not finite.any():
            continue
        size = np.abs(other[finite]).max()
        if name in ACCOUNTS:
            size = max(size, explained)
        off = np.abs(numbers[finite] - other[finite]).max() / max(size, 1e-12)
        if off > worst:
            worst, where = float(off), name
    return worst, where


def compare(program, path, options, arrays, folder):
    """A verdict, the largest difference, and a sentence."""
    explanation = folder / "explanation.onnx"
    explanation.unlink(missing_ok=True)
    write = ["export-explanation", path, *options, "--out", explanation]
    exported, said = call(program, write)
    if exported:
        # Some models can be written for known sizes only.
        exported, said = call(program, [*write, *sizes_of(path, arrays)])
    expected, told = attributed(program, path, arrays, options, folder, "f32")
    if exported and expected is None:
        return "refused", None, told
    if exported or expected is None:
        who = "export-explanation" if exported else "attribute"
        return "failure", None, f"only {who} refuses: {said if exported else told}"
    try:
        session = session_of(explanation, arrays)
        more = several(arrays, session)
        if more is not arrays:
            arrays = more
            expected, told = attributed(program, path, arrays, options, folder, "f32")
        wanted = [value.name for value in session.get_inputs()]
        names = [value.name for value in session.get_outputs()]
        found = dict(zip(names, session.run(names, {name: arrays[name] for name in wanted})))
        explained = np.abs(expected["explained"][np.isfinite(expected["explained"])]).max(initial=0)
        worst, where = distance(found, expected, explained)
        if worst <= TOLERANCE:
            return "equal", worst, where
        exact, _ = attributed(program, path, arrays, options, folder, "f64")
        single = {name: expected[name] for name in found}
        own, peer = distance(single, exact, explained)[0], distance(found, exact, explained)[0]
        conditioned = own < 1e-6 or peer > 30 * own
        return "failure" if conditioned else "rounding", worst, f"{where}; single precision is {own:.1e} off itself"
    except Exception as error:  # whatever the runtime says is what a user would see
        return "failure", None, " ".join(str(error).split())[:300]


def held(model):
    """Masks of real numbers are held, as their users do: a path would begin at a jet without particles."""
    inputs = list(declared(model))
    masks = [name for name, kind, _ in inputs if "mask" in name.lower() and np.issubdtype(kind, np.floating)]
    return [word for name in masks for word in ("--hold", name)] if len(masks) < len(inputs) else []


def target_of(program, path, arrays, folder):
    """A place in the output, if the command asks for one."""
    _, said = attributed(program, path, arrays, ["--method", "gradient"], folder, "f32")
    return ["--target", "0"] if "--target K" in said else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--models", default="")
    parser.add_argument("--methods", default="")
    parser.add_argument("--table")
    given = parser.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    counts = {"equal": 0, "rounding": 0, "refused": 0, "failure": 0}
    table = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, home in FOLDERS.items():
            if not home.exists():
                print(f"skipped: {kind} is not there")
                continue
            for path in sorted(home.glob("*.onnx")):
                name = f"{kind}/{path.stem}"
                if given.models not in name:
                    continue
                model = onnx.load(path)
                arrays = feed(path, model)
                if arrays is None:
                    continue
                target = target_of(program, path, arrays, folder) + held(model)
                row = {}
                for method, options in METHODS.items():
                    if given.methods in method:
                        options = ["--method", method, *options, *target]
                        row[method] = compare(program, path, options, arrays, folder)
                        counts[row[method][0]] += 1
                table[name] = row
                told = {kind: sum(verdict == kind for verdict, *_ in row.values()) for kind in counts}
                worst = max((off for verdict, off, _ in row.values() if verdict == "equal"), default=0)
                print(f"{name}: {', '.join(f'{n} {kind}' for kind, n in told.items() if n)}, worst of the equal {worst:.1e}")
                refused = {text for verdict, _, text in row.values() if verdict == "refused"}
                for text in refused if len(refused) == 1 and told["refused"] > 1 else ():
                    print(f"    refused: {text[:200]}")
                for method, (verdict, off, text) in row.items():
                    if verdict in ("failure", "rounding") or (verdict == "refused" and len(refused) > 1):
                        print(f"    {method}: {verdict} {'' if off is None else f'{off:.1e}'} {text[:240]}")
                sys.stdout.flush()
    if given.table:
        pathlib.Path(given.table).write_text(json.dumps(table, indent=1))
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return counts["failure"] > 0


if __name__ == "__main__":
    sys.exit(main())
