"""Makes files, whole and mutated, and asks the formats' official readers whether they take them.

    python make.py FOLDER COUNT

Writes the files and `verdicts.json`: name -> null where the reader takes it, else why not. Called by ../oracle.rs.
"""

import json
import pathlib
import random
import re
import struct
import sys
import warnings

import gguf
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open
from safetensors.numpy import save_file

warnings.simplefilter("ignore")
FOLDER, COUNT = pathlib.Path(sys.argv[1]), int(sys.argv[2])
R = random.Random(15)


def array():
    kind = R.choice([np.float32, np.float16, np.int64, np.int8, np.bool_, np.float64])
    return (np.arange(R.choice([1, 2, 6])).reshape(R.choice([(-1,), (1, -1)])) % 2).astype(kind)


def safetensors(path):
    save_file({f"t{n}": array() for n in range(R.randint(1, 3))}, path, metadata={"k": "v"} if R.random() < 0.5 else None)


def read_safetensors(path):
    with safe_open(path, "np") as file:
        for key in file.keys():
            file.get_tensor(key)


def write_gguf(path):
    writer = gguf.GGUFWriter(path, "llama", endianess=R.choice([gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG]))
    writer.add_uint32("llama.block_count", 3)
    writer.add_token_list(["a", "bc"])
    writer.add_bool("x.flag", True)
    for n in range(R.randint(1, 3)):
        writer.add_tensor(f"t{n}", np.arange(R.choice([4, 32]), dtype=R.choice([np.float32, np.float16])))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path):
    for tensor in gguf.GGUFReader(path).tensors:
        tensor.data.tobytes()


def write_onnx(path):
    raw = R.random() < 0.5
    weights = [helper.make_tensor(f"w{n}", TensorProto.FLOAT, [2], np.ones(2, np.float32).tobytes() if raw else [1.0, 2.0], raw=raw) for n in range(2)]
    half = helper.make_tensor("h", TensorProto.FLOAT16, [3], np.ones(3, np.float16))
    ints = helper.make_tensor("i", TensorProto.INT64, [2], [1, 300])
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])
    graph = helper.make_graph([helper.make_node("Add", ["x", "w0"], ["y"])], "g", [value("x")], [value("y")], initializer=[*weights, half, ints])
    onnx.save(helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)]), path)


def read_onnx(path):
    model = onnx.load(path)
    if not model.graph.ByteSize():
        raise ValueError("no graph")
    for tensor in model.graph.initializer:
        numpy_helper.to_array(tensor)


def write_npy(path):
    np.save(path, array())


def read_npy(path):
    np.load(path, allow_pickle=False)


FORMATS = {
    "safetensors": (safetensors, read_safetensors),
    "gguf": (write_gguf, read_gguf),
    "onnx": (write_onnx, read_onnx),
    "npy": (write_npy, read_npy),
}


def mutate(data):
    data = bytearray(data)
    for _ in range(R.choice([1, 1, 2])):
        if not data:
            break
        head = min(len(data), 400)
        at = R.randrange(head)
        match R.randrange(7):
            case 0:
                data[at] = R.randrange(256)
            case 1:
                data[at] ^= 1 << R.randrange(8)
            case 2:
                del data[R.randrange(1, len(data) + 1) - 1 :]
            case 3:
                data += bytes(R.randrange(256) for _ in range(R.choice([1, 4, 32])))
            case 4:
                del data[at]
            case 5:
                data.insert(at, R.randrange(256))
            case 6:
                numbers = list(re.finditer(rb"(?<![\w.])\d+(?![\w.])", bytes(data[:head])))
                if numbers:
                    it = R.choice(numbers)
                    said = it.group()
                    new = R.choice([said + b".0", b"-" + said, said + b"e0", b"0", b"1", b"99999999999999999999", b"0x1", b" " + said, b"null", b'"' + said + b'"', b"true"])
                    data[it.start() : it.end()] = new
                    # Keep a safetensors header's length true, so that the number itself is what is looked at.
                    if len(data) > 8 and data[8:9] == b"{":
                        data[:8] = struct.pack("<Q", struct.unpack("<Q", data[:8])[0] + len(new) - len(said))
    return bytes(data)


verdicts = {}
for format, (write, read) in FORMATS.items():
    for number in range(COUNT):
        path = FOLDER / f"{format}-{number:06}.{format}"
        write(path)
        if number % 10:
            path.write_bytes(mutate(path.read_bytes()))
        try:
            read(path)
            verdicts[path.name] = None
        except Exception as error:  # noqa: BLE001 - whatever it says, it does not take the file
            verdicts[path.name] = f"{type(error).__name__}: {error}"[:200]
(FOLDER / "verdicts.json").write_text(json.dumps(verdicts))
