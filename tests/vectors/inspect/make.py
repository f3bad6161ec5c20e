"""Makes the cases of this folder: `<case>/<file>` and `<case>/expected.json`.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install safetensors gguf onnx numpy joblib msgpack lz4
    /tmp/venv/bin/python make.py

What the formats' own writers can make is made by them; lies are told by hand. `expected.json` is written by hand below:
it says what refmark must find, never what it found. Last run with safetensors 0.8, gguf 0.19, onnx 1.23, numpy 2.4, joblib 1.6.
"""

import gzip
import io
import json
import pickle
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import gguf
import joblib
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save as save_safetensors

HERE = Path(__file__).parent
CASES = {}


def case(name, file, data, klass, format, tensors=None, problems=(), **more):
    """One case: the file's bytes, and what must be found in it."""
    assert name not in CASES, name
    assert len(data) < 40_000, (name, len(data))
    expected = {"file": file, "class": klass, "format": format, "tensors": tensors or [], "problems": list(problems), **more}
    CASES[name] = (file, data, expected)


class Evil:
    """Pickles to a call of os.system, which nothing here ever makes."""

    def __reduce__(self):
        import os

        return (os.system, ("echo never run",))


def st(header, data=b"", length=None):
    """A safetensors file from a header (a text, or a value) and data."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, start, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def safetensors_cases():
    good = save_safetensors(
        {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], dtype=np.int64)}, metadata={"format": "pt"}
    )
    case("safetensors-plain", "model.safetensors", good, "tensors", "safetensors",
         [["b", "I64", [2], 16], ["a", "F32", [2, 3], 24]], metadata={"format": "pt"})
    case("safetensors-under-another-name", "weights.bin", good, "tensors", "safetensors",
         [["b", "I64", [2], 16], ["a", "F32", [2, 3], 24]])
    case("safetensors-no-tensors", "model.safetensors", st({}), "tensors", "safetensors")
    case("safetensors-sub-byte", "model.safetensors", st({"a": entry("F4", [4], 0, 2)}, b"ab"), "tensors", "safetensors",
         [["a", "F4", [4], 2]])
    bad = lambda name, data, problem="inconsistent": case(
        f"safetensors-{name}", "model.safetensors", data, "not-scanned", "safetensors", problems=[problem])
    one = {"a": entry("F32", [1], 0, 4)}
    bad("truncated-data", good[:-1])
    bad("trailing-byte", good + b"\0")
    bad("length-beyond-the-end", st(one, b"abcd", length=4096))
    bad("length-too-large", st(one, b"abcd", length=64 << 20))
    bad("float-shape", st(b'{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', b"abcd"))
    bad("exponent-offset", st(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}}', b"abcd"))
    bad("minus-zero-offset", st(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-0,4]}}', b"abcd"))
    bad("duplicate-key", st(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}', b"abcd"))
    bad("duplicate-field", st(b'{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', b"abcd"))
    bad("duplicate-metadata", st(b'{"__metadata__":{"k":"1","k":"2"}}'))
    bad("metadata-not-text", st(b'{"__metadata__":{"k":1}}'))
    bad("unknown-field", st(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', b"abcd"))
    bad("overlap", st({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 2, 6)}, b"abcdef"))
    bad("same-bytes-twice", st({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 0, 4)}, b"abcd"))
    bad("hole", st({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 5, 9)}, b"abcdefghi"))
    bad("offset-beyond-the-end", st({"a": entry("F32", [2], 0, 8)}, b"abcd"))
    bad("offsets-backwards", st({"a": entry("F32", [1], 4, 0)}, b"abcd"))
    bad("negative-offset", st({"a": entry("F32", [1], -4, 0)}, b"abcd"))
    bad("wrong-size", st({"a": entry("F32", [2], 0, 4)}, b"abcd"))
    bad("shape-overflow", st({"a": entry("F32", [2**63, 2, 2], 0, 4)}, b"abcd"))
    bad("unknown-dtype", st({"a": entry("F99", [1], 0, 4)}, b"abcd"))
    bad("deep-header", st(b"{" + b'"a":{' * 300 + b"}" * 301))
    bad("half-byte", st({"a": entry("F4", [3], 0, 2)}, b"ab"))
    body = zipped([("x/data.pkl", pickle.dumps(Evil()))])
    case("polyglot-safetensors-covers-zip", "model.safetensors", st({"a": entry("U8", [len(body)], 0, len(body))}, body),
         "unsafe-format", "safetensors", problems=["inconsistent"], notes=["dangerous import: posix.system"])
    case("polyglot-safetensors-zip-behind", "model.safetensors", good + body, "unsafe-format", "safetensors",
         problems=["inconsistent", "inconsistent"])
    body = zipped([("readme.txt", b"hello")])
    case("polyglot-safetensors-covers-harmless-zip", "model.safetensors",
         st({"a": entry("U8", [len(body)], 0, len(body))}, body), "not-scanned", "safetensors", problems=["inconsistent"])
    case("polyglot-zip-with-trailing-junk", "model.safetensors",
         st({"a": entry("U8", [len(body) + 7], 0, len(body) + 7)}, body + b"trailer"), "not-scanned", "safetensors",
         problems=["inconsistent"])


def gstr(text):
    text = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(text)) + text


def gtensor(name, dims, kind, offset):
    return gstr(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims) + struct.pack("<IQ", kind, offset)


def ghead(tensors, keys, version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys)


def pad(data, alignment=32):
    return data + b"\0" * (-len(data) % alignment)


def gguf_cases():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.gguf"
        w = gguf.GGUFWriter(path, "llama")
        w.add_block_count(1)
        w.add_chat_template("{{ messages }}")
        w.add_token_list(["a", "b", "c"])
        w.add_float32("x.scale", 0.5)
        w.add_bool("x.flag", True)
        w.add_tensor("f32", np.arange(6, dtype=np.float32).reshape(2, 3))
        w.add_tensor("q8", gguf.quants.quantize(np.ones((2, 32), dtype=np.float32), gguf.GGMLQuantizationType.Q8_0),
                     raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        w.add_tensor("q4k", np.zeros((1, 144), dtype=np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q4_K)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()
        good = path.read_bytes()
    case("gguf-plain", "model.gguf", good, "config-code", "gguf",
         [["f32", "F32", [3, 2], 24], ["q8", "Q8_0", [32, 2], 68], ["q4k", "Q4_K", [256, 1], 144]],
         metadata={"general.architecture": "llama", "x.scale": "0.5", "x.flag": "true", "tokenizer.chat_template": "{{ messages }}"})
    v1 = b"GGUF" + struct.pack("<III", 1, 1, 0) + struct.pack("<I", 1) + b"a" + struct.pack("<III", 1, 2, 0) + struct.pack("<Q", 0)
    case("gguf-version-1", "model.gguf", pad(v1) + b"abcdefgh", "tensors", "gguf", [["a", "F32", [2], 8]])
    bad = lambda name, data, problem="inconsistent": case(
        f"gguf-{name}", "model.gguf", data, "not-scanned", "gguf", problems=[problem])
    bad("trailing-bytes", good + b"x" * 8)
    bad("hidden-in-padding", good[:-1] + b"x")
    bad("truncated", good[: len(good) - 100])
    bad("huge-tensor-count", ghead(2**60, 0) + b"\0" * 64, "too-large")
    bad("tensor-count-that-does-not-fit", ghead(1000, 0) + b"\0" * 64)
    bad("huge-key-count", ghead(0, 2**63) + b"\0" * 64, "too-large")
    bad("huge-string", ghead(0, 1) + struct.pack("<Q", 2**62) + b"\0" * 64)
    bad("huge-array", ghead(0, 1) + gstr("k") + struct.pack("<IIQ", 9, 4, 2**62) + b"\0" * 64)
    bad("huge-text-array", ghead(0, 1) + gstr("k") + struct.pack("<IIQ", 9, 8, 2**62) + b"\0" * 64, "too-large")
    bad("deep-arrays", ghead(0, 1) + gstr("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50 + struct.pack("<IQ", 0, 0))
    bad("duplicate-key", pad(ghead(0, 2) + (gstr("k") + struct.pack("<IB", 0, 1)) * 2))
    bad("duplicate-tensor", pad(ghead(2, 0) + gtensor("a", [8], 0, 0) + gtensor("a", [8], 0, 32)) + b"\0" * 64)
    bad("overlap", pad(ghead(2, 0) + gtensor("a", [8], 0, 0) + gtensor("b", [8], 0, 0)) + b"\0" * 64)
    bad("hole", pad(ghead(2, 0) + gtensor("a", [8], 0, 0) + gtensor("b", [8], 0, 64)) + b"\0" * 96)
    bad("unknown-type", pad(ghead(1, 0) + gtensor("a", [8], 99, 0)) + b"\0" * 32)
    bad("shape-overflow", pad(ghead(1, 0) + gtensor("a", [2**62, 2**62], 0, 0)) + b"\0" * 32)
    bad("half-block", pad(ghead(1, 0) + gtensor("a", [16], 8, 0)) + b"\0" * 32)
    bad("odd-alignment", ghead(0, 1) + gstr("general.alignment") + struct.pack("<II", 4, 3))
    bad("zero-alignment", ghead(0, 1) + gstr("general.alignment") + struct.pack("<II", 4, 0))
    case("gguf-big-endian", "model.gguf", b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "tensors", "gguf", metadata={"gguf.byte_order": "big-endian"})
    bad("big-endian-version-2", b"GGUF" + struct.pack(">IQQ", 2, 0, 0))
    bad("name-not-utf8", pad(ghead(1, 0) + gtensor(b"\xff\xfe", [8], 0, 0)) + b"\0" * 32)


def onnx_model(**more):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])
    w = numpy_helper.from_array(np.ones((3, 2), dtype=np.float32), "w")
    b = helper.make_tensor("b", TensorProto.FLOAT, [2], [1.0, 2.0])
    node = helper.make_node("Gemm", ["x", "w", "b"], ["y"])
    graph = helper.make_graph([node], "g", [x], [y], [w, b])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], producer_name="refmark", producer_version="1", ir_version=10)
    onnx.checker.check_model(model)
    return model


def onnx_cases():
    model = onnx_model()
    entry_ = model.metadata_props.add()
    entry_.key, entry_.value = "author", "nlp"
    good = model.SerializeToString()
    case("onnx-plain", "model.onnx", good, "tensors", "onnx", [["w", "F32", [3, 2], 24], ["b", "F32", [2], 8]],
         metadata={"author": "nlp"},
         onnx={"ir_version": 10, "producer": "refmark 1", "opsets": [{"domain": "", "version": 21}],
               "inputs": [{"name": "x", "dtype": "F32", "shape": ["batch", "3"]}],
               "outputs": [{"name": "y", "dtype": "F32", "shape": ["batch", "2"]}], "external": []})
    case("onnx-trailing-bytes", "model.onnx", good + b"\0\0\0", "not-scanned", "onnx", problems=["inconsistent"])
    case("onnx-truncated", "model.onnx", good[:-5], "not-scanned", "onnx", problems=["inconsistent"])
    case("onnx-unknown-field", "model.onnx", good + bytes([0x9A, 0x06, 4]) + b"evil", "not-scanned", "onnx", problems=["inconsistent"])
    case("onnx-two-graphs", "model.onnx", good + bytes([0x3A, 0]), "not-scanned", "onnx", problems=["inconsistent"])

    def external(location, nested=False):
        model = onnx_model()
        tensor = TensorProto(name="w", data_type=1, dims=[3, 2], data_location=TensorProto.EXTERNAL)
        for key, value in [("location", location), ("offset", "16"), ("length", "24")]:
            e = tensor.external_data.add()
            e.key, e.value = key, value
        if nested:
            model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
        else:
            model.graph.initializer[0].CopyFrom(tensor)
        return model.SerializeToString()

    case("onnx-external-data", "model.onnx", external("weights.bin"), "tensors", "onnx", [["b", "F32", [2], 8]],
         notes=["tensors lie in other files: weights.bin"])
    for name, location in [("climbs", "../../etc/passwd"), ("is-absolute", "/etc/passwd"), ("has-a-drive", "C:\\x"), ("climbs-within", "a/../../b")]:
        case(f"onnx-external-{name}", "model.onnx", external(location), "not-scanned", "onnx", problems=["inconsistent"])
    case("onnx-external-climbs-in-a-node", "model.onnx", external("../x", nested=True), "not-scanned", "onnx", problems=["inconsistent"])
    model = onnx_model()
    model.graph.initializer[0].raw_data = b"short"
    case("onnx-wrong-size", "model.onnx", model.SerializeToString(), "not-scanned", "onnx", problems=["inconsistent"])
    model = onnx_model()
    model.graph.initializer.append(model.graph.initializer[0])
    case("onnx-duplicate-initializer", "model.onnx", model.SerializeToString(), "not-scanned", "onnx", problems=["inconsistent"])
    def field(number, data):
        length, out = len(data), bytes([number << 3 | 2])
        while length > 127:
            out, length = out + bytes([length & 127 | 128]), length >> 7
        return out + bytes([length]) + data

    graph = b""
    for _ in range(60):
        graph = field(1, field(5, field(6, graph)))
    deep = b"\x08\x0a" + field(7, graph) + field(8, b"\x10\x15")
    case("onnx-deep-graphs", "model.onnx", deep, "not-scanned", "onnx", problems=["inconsistent"])
    model = onnx_model()
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    case("onnx-custom-domain", "model.onnx", model.SerializeToString(), "config-code", "onnx",
         [["w", "F32", [3, 2], 24], ["b", "F32", [2], 8]],
         notes=["needs operators of the domain `com.example`, which are a runtime's own code"])


def npy(array, **more):
    out = io.BytesIO()
    np.save(out, array, **more)
    return out.getvalue()


def npy_by_hand(header, data=b""):
    text = header.encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def numpy_cases():
    good = npy(np.arange(6, dtype=np.float32).reshape(2, 3))
    case("npy-plain", "a.npy", good, "tensors", "npy", [["array", "F32", [2, 3], 24]])
    case("npy-scalar", "a.npy", npy(np.float64(1)), "tensors", "npy", [["array", "F64", [], 8]])
    case("npy-big-endian", "a.npy", npy(np.ones(2, dtype=">i4")), "tensors", "npy", [["array", "I32_BE", [2], 8]])
    case("npy-text", "a.npy", npy(np.array(["ab", "c"])), "tensors", "npy", [["array", "U2_TEXT", [2], 16]])
    case("npy-objects", "a.npy", npy(np.array([Evil()], dtype=object)), "unsafe-format", "npy",
         notes=["dangerous import: posix.system"])
    case("npy-structured", "a.npy", npy(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])), "not-scanned", "npy", problems=["unsupported"])
    case("npy-structured-objects", "a.npy", npy_by_hand("{'descr': [('a', '<f4'), ('b', '|O')], 'fortran_order': False, 'shape': (1,), }", pickle.dumps([1])),
         "unsafe-format", "npy")
    case("npy-objects-spelled-otherwise", "a.npy", npy_by_hand("{'descr': 'i4,O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps([1])),
         "unsafe-format", "npy")
    bad = lambda name, data: case(f"npy-{name}", "a.npy", data, "not-scanned", "npy", problems=["inconsistent"])
    bad("truncated", good[:-1])
    bad("trailing-byte", good + b"x")
    bad("shape-overflow", npy_by_hand(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({2**62}, {2**62}), }}"))
    bad("header-is-code", npy_by_hand("__import__('os').system('id')"))
    bad("key-twice", npy_by_hand("{'descr': '<f4', 'descr': '|O', 'fortran_order': False, 'shape': (0,), }"))

    def npz(save, **arrays):
        out = io.BytesIO()
        save(out, **arrays)
        return out.getvalue()

    a, b = np.arange(4, dtype=np.float32), np.ones((2, 2), dtype=np.int64)
    plain = npz(np.savez, a=a, b=b)
    case("npz-plain", "a.npz", plain, "tensors", "npz", [["a", "F32", [4], 16], ["b", "I64", [2, 2], 32]])
    compressed = npz(np.savez_compressed, a=np.zeros(1000, dtype=np.float32))
    case("npz-compressed", "a.npz", compressed, "tensors", "npz", [["a", "F32", [1000], 4000]])
    case("npz-objects", "a.npz", npz(np.savez, a=a, o=np.array([Evil()], dtype=object)), "unsafe-format", "npz")
    case("npz-one-object-array", "a.npz", npz(np.savez, o=np.array([{}], dtype=object)), "unsafe-format", "npz",
         notes=["`o.npy` is an array of Python objects: its bytes are a pickle"])
    case("npz-pickle-member", "a.npz", zipped([("a.npy", good), ("b.npy", pickle.dumps(Evil()))]), "unsafe-format", "npz",
         problems=["inconsistent"], notes=["dangerous import: posix.system"])
    case("npz-bytes-before", "a.npz", b"PK\x03\x04" + b"\0" * 28 + plain, "not-scanned", "npz", problems=["inconsistent"])
    case("npz-truncated", "a.npz", plain[:-1], "not-scanned", "zip", problems=["inconsistent"])


def zipped(members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, compression)
    return out.getvalue()


def torch_pickle():
    """What torch.save writes for one tensor, without torch."""
    return (b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00aq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03"
            b"((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x02tq\x08Q"
            b"K\x00K\x02\x85q\tK\x01\x85q\n\x89ccollections\nOrderedDict\nq\x0b)Rq\x0ctq\rRq\x0es.")


def pickle_cases():
    evil = "dangerous import: posix.system"
    for protocol in range(6):
        case(f"pickle-protocol-{protocol}", "model.pkl", pickle.dumps(Evil(), protocol), "unsafe-format", "pickle", notes=[evil])
    case("pickle-named-safetensors", "model.safetensors", pickle.dumps(Evil()), "unsafe-format", "pickle",
         notes=[evil, "its name says safetensors, its content pickle"])
    case("pickle-harmless", "data.pkl", pickle.dumps({"a": [1, 2.5, "x"]}), "unsafe-format", "pickle")
    case("pickle-harmless-protocol-0", "data.txt", pickle.dumps({"a": [1, 2.5, "x", None, True]}, 0), "unsafe-format", "pickle")
    case("pickle-truncated", "model.bin", pickle.dumps(Evil())[:-1], "unsafe-format", "pickle", problems=["inconsistent"], notes=[evil])
    case("pickle-truncated-protocol-0", "model.bin", pickle.dumps(Evil(), 0)[:-1], "unsafe-format", "pickle", problems=["inconsistent"], notes=[evil])
    case("pickle-pip-main", "model.bin", b"cpip\nmain\n((lp0\nVinstall\np1\naVevil\np2\natR.", "unsafe-format", "pickle",
         notes=["dangerous import: pip.main"])
    case("pickle-broken-after-the-call", "model.bin", b"cos\nsystem\n(S'id'\ntR\xff\xff\xff", "unsafe-format", "pickle",
         notes=["dangerous import: os.system"])
    case("pickle-broken-before-the-call", "vocab.txt", b"cos\nsystem\n and more words\n", "data", "text")
    case("pickle-broken-in-the-call", "vocab.txt", b"cos\nsystem\n(S'id'\ntR and more words\n", "unsafe-format", "pickle",
         notes=["dangerous import: os.system"])
    case("pickle-then-junk", "model.bin", b"cos\nsystem\n(S'id'\ntR." + b"\0" * 50, "unsafe-format", "pickle",
         notes=["dangerous import: os.system"])
    case("pickle-through-memo", "model.bin", b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93\x8c\x02id\x85R.", "unsafe-format", "pickle",
         notes=["dangerous import: os.system"])
    case("pickle-inst", "model.bin", b"(S'id'\nios\nsystem\n.", "unsafe-format", "pickle", notes=["dangerous import: os.system"])
    case("pickle-getattr", "model.bin", b"\x80\x04cbuiltins\ngetattr\n(cos\npath\nX\x01\x00\x00\x00xtR.", "unsafe-format", "pickle",
         notes=["dangerous import: builtins.getattr"])
    legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2) + torch_pickle()
    case("pickle-pytorch-legacy", "model.pt", legacy + pickle.dumps(["0"], 2) + struct.pack("<Q2f", 2, 1.0, 2.0), "unsafe-format", "pickle",
         notes=["pickle imports: collections.OrderedDict, torch.FloatStorage, torch._utils._rebuild_tensor_v2"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m"
        joblib.dump({"a": np.arange(3.0)}, path)
        case("joblib-plain", "model.joblib", path.read_bytes(), "unsafe-format", "pickle")
        joblib.dump({"a": np.arange(3.0), "e": Evil()}, path, compress=("zlib", 3))
        case("joblib-zlib", "model.joblib", path.read_bytes(), "unsafe-format", "zlib", notes=[evil])
        joblib.dump({"a": np.arange(3.0)}, path, compress=("gzip", 3))
        case("joblib-gzip", "model.joblib", path.read_bytes(), "unsafe-format", "gzip")
        joblib.dump({"a": np.arange(3.0)}, path, compress=("bz2", 3))
        case("joblib-bzip2", "model.joblib", path.read_bytes(), "unsafe-format", "bzip2")
        joblib.dump({"a": np.arange(3.0)}, path, compress=("xz", 3))
        case("joblib-xz", "model.joblib", path.read_bytes(), "unsafe-format", "xz")
    body = pickle.dumps(Evil(), 2)
    case("joblib-before-0.10", "model.pkl", b"ZF" + hex(len(body)).encode().ljust(19) + zlib.compress(body), "unsafe-format", "zlib", notes=[evil])
    case("gzip-pickle", "model.pkl.gz", gzip.compress(pickle.dumps(Evil()), mtime=0), "unsafe-format", "gzip", notes=[evil])
    case("gzip-text", "notes.txt.gz", gzip.compress(b"hello", mtime=0), "not-scanned", "gzip")
    case("zlib-bomb", "bomb.bin", zlib.compress(b"\0" * 20_000_000, 9), "not-scanned", "zlib")


def archive_cases():
    evil = "dangerous import: posix.system"
    torch = [("archive/data.pkl", torch_pickle()), ("archive/byteorder", b"little"), ("archive/data/0", struct.pack("<2f", 1, 2)), ("archive/version", b"3\n")]
    case("pytorch-zip", "pytorch_model.bin", zipped(torch), "unsafe-format", "pytorch-zip",
         notes=["pickle imports: collections.OrderedDict, torch.FloatStorage, torch._utils._rebuild_tensor_v2"])
    case("pytorch-zip-evil", "pytorch_model.bin", zipped([("archive/data.pkl", pickle.dumps(Evil(), 2))] + torch[1:]), "unsafe-format", "pytorch-zip", notes=[evil])
    case("pytorch-zip-deflated", "pytorch_model.bin", zipped(torch, zipfile.ZIP_DEFLATED), "unsafe-format", "pytorch-zip")
    case("pytorch-zip-broken-pickle", "pytorch_model.bin", zipped([("archive/data.pkl", b"\xff\xff")] + torch[1:]), "unsafe-format", "pytorch-zip")
    case("zip-hidden-pickle", "model.zip", zipped([("a/readme.txt", b"hi"), ("a/weights.dat", pickle.dumps(Evil()))]), "unsafe-format", "zip", notes=[evil])
    case("zip-nested-pickle", "model.zip", zipped([("inner.zip", zipped([("w", pickle.dumps(Evil()))]))], zipfile.ZIP_DEFLATED), "unsafe-format", "zip", notes=[evil])
    case("zip-text", "docs.zip", zipped([("readme.txt", b"hi")]), "not-scanned", "zip")
    case("zip-python", "docs.zip", zipped([("run", b"import os\nos.system('id')\n")]), "code", "zip")
    data = bytearray(zipped([("readme.txt", b"hi")]))
    data[30] = ord("X")
    case("zip-two-names", "docs.zip", bytes(data), "not-scanned", "zip", problems=["inconsistent"])
    end = zipped([("readme.txt", b"hi")])
    at = end.rfind(b"PK\x05\x06")
    case("zip-huge-count", "docs.zip", end[:at] + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(end) - at - 22 + at - end.rfind(b"PK\x01\x02"), end.rfind(b"PK\x01\x02"), 0),
         "not-scanned", "zip", problems=["inconsistent"])
    case("zip-empty", "docs.zip", zipped([]), "not-scanned", "zip")
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {}}]}, "registered_name": None}
    keras = lambda config: zipped([("metadata.json", b"{}"), ("config.json", json.dumps(config).encode()), ("model.weights.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 64)])
    case("keras-zip", "model.keras", keras(config), "not-scanned", "keras-zip")
    config["config"]["layers"].append({"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}})
    case("keras-zip-lambda", "model.keras", keras(config), "config-code", "keras-zip", notes=["a Keras Lambda layer holds Python bytecode"])
    config["config"]["layers"] = [{"module": "os", "class_name": "system", "config": "id"}]
    case("keras-zip-foreign-module", "model.keras", keras(config), "config-code", "keras-zip", notes=["Keras would import os.system"])
    h5 = lambda name: b"\x89HDF\r\n\x1a\n" + b"\0" * 40 + b'{"class_name": "Sequential", "config": [{"class_name": "' + name + b'"}]}' + b"\0" * 20
    case("hdf5-plain", "model.h5", h5(b"Dense"), "not-scanned", "hdf5")
    case("hdf5-lambda", "model.h5", h5(b"Lambda"), "code", "hdf5")

    def tar(members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))
        return out.getvalue()[:4096]

    case("tar-pickle", "model.tar", tar([("a.txt", b"hi"), ("pickle", pickle.dumps(Evil()))]), "unsafe-format", "tar", notes=[evil])
    case("tar-text", "model.tar", tar([("a.txt", b"hi")]), "not-scanned", "tar")
    case("tar-truncated", "model.tar", tar([("a.txt", b"hi" * 400)])[:1000], "not-scanned", "tar", problems=["inconsistent"])
    case("tar-gz-pickle", "model.tar.gz", gzip.compress(tar([("p", pickle.dumps(Evil()))]), mtime=0), "unsafe-format", "gzip", notes=[evil])


def png():
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def text_cases():
    case("text-card", "README.md", b"# A model\n\n```python\nimport torch\nfrom a import b\n```\n", "data", "text")
    case("text-empty", "empty.txt", b"", "data", "empty")
    case("text-not-utf8", "latin.txt", "caf\u00e9".encode("latin-1"), "not-scanned", "unknown")
    case("text-utf16", "config.json", '{"auto_map": {"a": "b"}}'.encode("utf-16"), "not-scanned", "unknown")
    case("text-says-gguf", "about.txt", b"GGUF is a format of llama.cpp.\n", "data", "text")
    case("json-config", "config.json", json.dumps({"model_type": "bert", "auto_map": None}).encode(), "data", "json")
    case("json-auto-map", "config.json", json.dumps({"auto_map": {"AutoModel": "modeling.Model"}}).encode(), "config-code", "json")
    case("json-auto-map-after-nan", "config.json", b'{"a": NaN, "auto_map": {"AutoModel": "m.M"}}', "config-code", "json")
    case("json-auto-map-escaped", "config.json", b'{"\\u0061uto_map": {"AutoModel": "m.M"}}', "config-code", "json")
    case("json-auto-map-then-null", "config.json", b'{"auto_map": {"AutoModel": "m.M"}, "auto_map": null}', "config-code", "json")
    case("json-auto-map-after-surrogate", "config.json", b'{"a": "\\ud800", "auto_map": {"AutoModel": "m.M"}}', "config-code", "json")
    case("json-too-deep", "config.json", b'{"a":' + b"[" * 2000 + b"]" * 2000 + b', "auto_map": {"A": "m.M"}}', "not-scanned", "json", problems=["too-large"])
    case("python-source", "modeling.py", b"x = 1\n", "code", "python")
    case("python-in-disguise", "vocab.txt", b"import os\nos.system('id')\n", "code", "python")
    case("python-one-line", "merges.txt", b"import os;os.system('id')\n", "code", "python")
    case("python-carriage-returns", "notes.txt", b"import os\ros.system('id')\r", "code", "python")
    case("python-bytecode", "model.bin", struct.pack("<H", 3495) + b"\r\n" + b"\0" * 12 + b"\xe3" + b"\0" * 20, "code", "python-bytecode")
    case("shell-script", "setup", b"#!/bin/sh\nid\n", "code", "script")
    case("yaml-python-tag", "config.yaml", b"a: !!python/object/apply:os.system ['id']\n", "code", "script")
    cells = lambda kind: json.dumps({"cells": [{"cell_type": kind, "source": ["1"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    case("notebook-code", "a.ipynb", cells("code"), "code", "notebook")
    case("notebook-prose", "a.ipynb", cells("markdown"), "data", "notebook")
    case("elf", "model.bin", b"\x7fELF\x02\x01\x01" + b"\0" * 57, "code", "elf")
    case("pe", "model.bin", b"MZ" + b"\0" * 62 + b"PE\0\0", "code", "pe")
    case("wasm", "model.bin", b"\0asm\x01\0\0\0", "code", "wasm")
    case("mach-o", "model.bin", b"\xcf\xfa\xed\xfe" + b"\0" * 28, "code", "mach-o")
    case("java-class", "model.bin", b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\0" * 20, "code", "java-class")
    case("png", "figure.png", png(), "data", "png")
    case("png-with-a-tail", "figure.png", png() + b"more", "not-scanned", "png", problems=["inconsistent"])
    case("png-with-a-zip", "figure.png", png() + zipped([("a", b"hi")]), "not-scanned", "png", problems=["inconsistent", "inconsistent"])
    gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"
    case("gif", "a.gif", gif, "data", "gif")
    jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xda\0\x08\x01\x01\0\0?\0\xd2\xff\0\xcf\xff\xd9"
    case("jpeg", "a.jpg", jpeg, "data", "jpeg")
    case("jpeg-truncated", "a.jpg", jpeg[:-2], "not-scanned", "jpeg", problems=["inconsistent"])
    case("webp", "a.webp", b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8L\0\0\0\0", "data", "webp")
    case("tensorflow-saved-model", "saved_model.pb", b"\x08\x01\x12\x08\x0a\x06\x0a\x04\x08\x01\x12\x00", "not-scanned", "tensorflow-saved-model")
    case("tflite", "model.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 40, "not-scanned", "tflite")
    case("random-bytes", "model.safetensors", bytes((i * 167 + 89) % 256 for i in range(300)), "not-scanned", "unknown",
         notes=["its name says safetensors, its content unknown"])


def main():
    for make in (safetensors_cases, gguf_cases, onnx_cases, numpy_cases, pickle_cases, archive_cases, text_cases, *MORE):
        make()
    for old in HERE.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    for name, (file, data, expected) in CASES.items():
        folder = HERE / name
        folder.mkdir()
        (folder / file).write_bytes(data)
        lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in expected.items()]
        (folder / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(len(CASES), "cases", sum(len(data) for _, data, _ in CASES.values()), "bytes")


if __name__ == "__main__":
    import more

    MORE = more.sections(case, Evil)
    main()
