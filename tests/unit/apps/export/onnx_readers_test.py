"""onnx_readers_test.py WRITER LOCUM: exported networks answer as the engine does, in other runtimes.

Each file passes ONNX's checker and its inference of shapes (python3-onnx), is computed operator by operator as ONNX's
own text defines them (numpy, below), and by OpenCV's network module where that is there (python3-opencv).
"""
import collections
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-onnx)")
    sys.exit(77)
try:
    import cv2
except ImportError:
    cv2 = None

# Float's rounding over a dozen layers, relative to the largest number that comes out; seen: 2e-6.
TOLERANCE = 1e-5
USED = collections.Counter()


def convolution(x, w, bias, attributes):
    (k, _), (s, _) = attributes["kernel_shape"], attributes["strides"]
    top, left, bottom, right = attributes["pads"]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    patches = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
    y = np.einsum("bixyuv,oiuv->boxy", patches, w)
    return y if bias is None else y + bias[:, None, None]


def transposed(x, w, bias, attributes):  # w: (in, out, k, k); strides of k: pieces do not overlap
    (k, _), strides = attributes["kernel_shape"], attributes["strides"]
    assert list(strides) == [k, k]
    y = np.einsum("bixy,iouv->boxuyv", x, w)
    y = y.reshape(x.shape[0], w.shape[1], x.shape[2] * k, x.shape[3] * k)
    return y if bias is None else y + bias[:, None, None]


def resized(x, scales, attributes):
    assert list(scales[:2]) == [1, 1]
    for axis in (2, 3):
        n, f = x.shape[axis], float(scales[axis])
        out = np.arange(int(n * f))
        if attributes["mode"] == b"nearest":
            assert attributes["coordinate_transformation_mode"] == b"asymmetric"
            assert attributes["nearest_mode"] == b"floor"
            x = np.take(x, np.floor(out / f).astype(int), axis)
            continue
        assert attributes["mode"] == b"linear" and attributes["coordinate_transformation_mode"] == b"half_pixel"
        at = (out + 0.5) / f - 0.5
        first = np.floor(at).astype(int)
        share = (at - first).reshape([-1 if a == axis else 1 for a in range(4)])
        x = (1 - share) * np.take(x, first.clip(0, n - 1), axis) + share * np.take(x, (first + 1).clip(0, n - 1), axis)
    return x


def pooled(x, attributes, by):
    (f, _), strides = attributes["kernel_shape"], attributes["strides"]
    assert list(strides) == [f, f]
    b, c, h, w = x.shape
    return by(x[:, :, :h // f * f, :w // f * f].reshape(b, c, h // f, f, w // f, f), axis=(3, 5))


def reshaped(x, shape):  # 0: as it is; −1: what is left
    return x.reshape([x.shape[axis] if n == 0 else n for axis, n in enumerate(shape)])


def instance_norm(x, scale, bias, attributes):
    mean, variance = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    return scale[:, None, None] * (x - mean) / np.sqrt(variance + attributes["epsilon"]) + bias[:, None, None]


def space_to_depth(x, f):
    b, c, h, w = x.shape
    return x.reshape(b, c, h // f, f, w // f, f).transpose(0, 3, 5, 1, 2, 4).reshape(b, c * f * f, h // f, w // f)


def depth_to_space(x, f):  # mode DCR
    b, c, h, w = x.shape
    return x.reshape(b, f, f, c // f**2, h, w).transpose(0, 3, 4, 1, 5, 2).reshape(b, c // f**2, h * f, w * f)


OPERATORS = {
    "Conv": lambda a, x, w, bias=None: convolution(x, w, bias, a),
    "ConvTranspose": lambda a, x, w, bias=None: transposed(x, w, bias, a),
    "Resize": lambda a, x, roi, scales: resized(x, scales, a),
    "MaxPool": lambda a, x: pooled(x, a, np.max),
    "AveragePool": lambda a, x: pooled(x, a, np.mean),
    "InstanceNormalization": lambda a, x, scale, bias: instance_norm(x, scale, bias, a),
    "Reshape": lambda a, x, shape: reshaped(x, shape),
    "SpaceToDepth": lambda a, x: space_to_depth(x, a["blocksize"]),
    "DepthToSpace": lambda a, x: depth_to_space(x, a["blocksize"]),
    "Concat": lambda a, *x: np.concatenate(x, axis=a["axis"]),
    "Add": lambda a, x, y: x + y,
    "Mul": lambda a, x, y: x * y,
    "Relu": lambda a, x: np.maximum(x, 0),
    "Tanh": lambda a, x: np.tanh(x),
    "Sigmoid": lambda a, x: 1 / (1 + np.exp(-x)),
    "Identity": lambda a, x: x,
}


def by_definition(model, given):
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    values = {name: v.astype(np.float64) if v.dtype == np.float32 else v for name, v in values.items()}
    values.update({name: x.astype(np.float64) for name, x in given.items()})
    for node in model.graph.node:
        USED[node.op_type] += 1
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[name] if name else None for name in node.input]
        values[node.output[0]] = OPERATORS[node.op_type](attributes, *inputs)
    return {output.name: values[output.name] for output in model.graph.output}


def by_opencv(model, given, names):
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for value in fixed.graph.input:  # OpenCV 4.6 wants to know the sizes when it reads
        for dimension, n in zip(value.type.tensor_type.shape.dim, given[value.name].shape):
            dimension.dim_value = n
    net = cv2.dnn.readNetFromONNX(fixed.SerializeToString())
    for name, x in given.items():
        net.setInput(x, name)
    return dict(zip(names, net.forward(names)))


def compare(what, found, expected):
    for name, y in expected.items():
        assert found[name].shape == y.shape, (what, name, found[name].shape, y.shape)
        off = np.abs(found[name] - y).max() / np.abs(y).max()
        assert off < TOLERANCE, (what, name, off)
        print(f"{what} {name}: off by {off:.1e} of the largest")


def tensors(folder):
    models = collections.defaultdict(lambda: {"in": {}, "out": {}})
    with open(folder + "/manifest.txt") as lines:
        for line in lines:
            file, way, name, *shape, raw = line.split()
            numbers = np.fromfile(folder + "/" + raw, dtype="<f4").reshape([int(n) for n in shape])
            models[file][way][name] = numbers
    return models


def check_description(file, model):
    assert model.producer_name == "Locum" and model.ir_version == 7
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 13)]
    words = {p.key: p.value for p in model.metadata_props}
    if file.startswith("object"):
        stage = int(file.split(".")[1].removeprefix("stage"))
        assert words["stage"] == f"{stage} of 2, counted from 0", words
        assert words["canvas.stage_factor"].endswith(["times 1", "times 3"][stage]), words
        assert words["architecture.channels"] == "6 8 10" and words["model.git"] == "abc", words
        assert words["canvas.divisor"] == "16" and "phi in rad" in words["answer.channels"], words
        assert "log|O|" in model.graph.input[0].doc_string


def convert(*arguments):
    run = subprocess.run([sys.argv[2], "convert", *arguments], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def check_command(folder):
    """`locum convert` makes of the model file what the library made of the networks, and overwrites nothing."""
    code, said = convert(folder + "/object.h5", "--output", folder + "/again.onnx")
    assert code == 0, said
    for stage in (0, 1):
        with open(f"{folder}/again.stage{stage}.onnx", "rb") as a, open(f"{folder}/object.stage{stage}.onnx", "rb") as b:
            assert a.read() == b.read(), stage
    code, said = convert(folder + "/object.h5")  # to object.stageS.onnx, which are there
    assert code == 3 and "object.stage0.onnx" in said and "not overwritten" in said, said
    with open(folder + "/atoms.xyz", "w") as atoms:
        atoms.write('1\nProperties=species:S:1:pos:R:3\nSi 0 0 0\n')
    code, said = convert(folder + "/atoms.xyz", "--output", folder + "/atoms.onnx")
    assert code == 2 and "ONNX holds networks" in said and not os.path.exists(folder + "/atoms.onnx"), said
    code, said = convert(folder + "/atoms.xyz")
    assert code == 0, said
    code, said = convert(folder + "/atoms.h5", "--output", folder + "/atoms.onnx")
    assert code == 3 and "locum-dataset" in said, said


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    check_command(folder)
    models = tensors(folder)
    assert len(models) == 7, sorted(models)
    for file, tensor in models.items():
        path = folder + "/" + file
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        assert {v.name for v in inferred.graph.output} == set(tensor["out"]), file
        check_description(file, model)
        compare(f"{file} by definition", by_definition(model, tensor["in"]), tensor["out"])
        if cv2:
            compare(f"{file} in OpenCV", by_opencv(model, tensor["in"], list(tensor["out"])), tensor["out"])
    assert set(USED) == set(OPERATORS), set(OPERATORS) ^ set(USED)
print("numpy" + (f" and OpenCV {cv2.__version__}" if cv2 else " (python3-opencv is not there)") + " answer as the engine")
