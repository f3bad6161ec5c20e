"""The cases that make.py takes from here: structure before guesses, settings that name code, formats by name."""

import bz2
import io
import json
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib

import gguf
import lz4.frame
import msgpack
import numpy as np
import onnx
from onnx import TensorProto, helper


def sections(case, evil):
    """The functions that make cases with `case`; `evil()` pickles to a call of os.system."""
    return (
        lambda: values_cases(case, evil),
        lambda: almost_cases(case, evil),
        lambda: onnx_cases(case),
        lambda: gguf_cases(case),
        lambda: config_cases(case),
        lambda: name_cases(case),
        lambda: packed_cases(case, evil),
        lambda: pickle_cases(case),
    )


def flax_array(array):
    return msgpack.ExtType(1, msgpack.packb((array.shape, array.dtype.name, array.tobytes())))


def numpy_array(array):
    return {b"nd": True, b"type": array.dtype.str, b"kind": b"", b"shape": array.shape, b"data": array.tobytes()}


def values_cases(case, evil):
    weights = np.arange(4, dtype=np.float32)
    case("msgpack-map", "a.msgpack", msgpack.packb({"a": [1, -2, 2.5, None, True], "b": b"raw"}), "data", "msgpack")
    case("msgpack-starts-like-an-extension", "moves", b"\x82" + msgpack.packb("a") + b"\x01" + msgpack.packb("b") + b"\x02", "data", "msgpack")
    case("msgpack-flax", "flax_model.msgpack", msgpack.packb({"bert": {"w": flax_array(weights.reshape(2, 2))}, "b": flax_array(weights[:1])}),
         "tensors", "flax-msgpack", [["bert/w", "F32", [2, 2], 16], ["b", "F32", [1], 4]])
    case("msgpack-spacy", "model", msgpack.packb({"nodes": [], "attrs": [], "params": [{"W": numpy_array(weights)}], "shims": []}),
         "tensors", "spacy-msgpack", [["params/0/W", "F32", [4], 16]])
    case("msgpack-numpy-objects", "model", msgpack.packb({b"nd": True, b"type": "|O", b"kind": b"O", b"shape": (1,), b"data": pickle.dumps([1])}),
         "unsafe-format", "msgpack")
    case("msgpack-holds-a-pickle", "cfg", msgpack.packb({"tokenizer": pickle.dumps(evil())}), "unsafe-format", "msgpack",
         notes=["dangerous import: posix.system"])
    case("msgpack-wrong-size", "flax_model.msgpack", msgpack.packb({"w": msgpack.ExtType(1, msgpack.packb(((3,), "float32", b"abcd")))}),
         "not-scanned", "flax-msgpack", problems=["inconsistent"])
    case("msgpack-unknown-extension", "a.bin", msgpack.packb({"x": msgpack.ExtType(77, b"abc")}), "not-scanned", "msgpack")
    case("msgpack-trailing-byte", "a.msgpack", msgpack.packb({"a": 1}) + b"\xff", "not-scanned", "unknown")
    case("cbor-list", "two.cbor", b"\x82\xf9\x3e\x00\xa1\x61w\x48" + b"\0" * 8, "data", "cbor")
    case("cbor-open-lengths", "a.cbor", b"\xbf\x61a\x9f\x01\x02\xff\x61b\x5f\x41x\x41y\xff\xff", "data", "cbor")
    case("cbor-tagged", "a.cbor", b"\xd9\xd9\xf7\xa1\x61a\x01", "data", "cbor")
    # 21 bytes that are one byte string in CBOR, and a call when they are unpickled.
    case("pickle-that-is-cbor-too", "a.cbor", b"T\0\0\0\0" + b"0cos\nsystem\n(tR.", "unsafe-format", "pickle")
    ubj = b"{L" + struct.pack(">q", 7) + b"learner{}L" + struct.pack(">q", 7) + b"version[$l#L" + struct.pack(">q", 3) + struct.pack(">iii", 2, 1, 0) + b"}"
    case("xgboost-ubj", "model.ubj", ubj, "data", "xgboost-ubj")
    case("ubjson-truncated", "model.ubj", ubj[:-1], "not-scanned", "unknown")


def almost_cases(case, evil):
    rng = np.random.default_rng(15)
    for first in (0x80, 0x82, 0x84, 0x8C, 0x93, 0x28, 0x63, 0x78):
        weights = bytes([first]) + rng.standard_normal(512).astype(np.float16).tobytes()[1:]
        case(f"raw-weights-{first:02x}", "weights.bin", weights, "not-scanned", "unknown")
    case("raw-weights-like-zlib", "weights.bin", b"\x78\x9c" + rng.standard_normal(512).astype(np.float16).tobytes(), "not-scanned", "unknown")
    for name, words in {"cnt": "cnt\nregistered\ncasual\n", "inst": "in\nto\nthe\n(blue\n", "ints": "I1\nI2\nI3\n"}.items():
        case(f"labels-{name}", "feature_names.txt", words.encode(), "data", "text")

    def header(length):
        text = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        return struct.pack("<Q", length) + text + b" " * (length - len(text)) + b"abcd"

    # A header's length is written least byte first: these begin like pickles and zlib streams.
    for length in (0x63, 0x80, 0x128, 0x178, 0x180, 0x280, 0x480, 0x5E78):
        case(f"safetensors-header-{length:04x}", "model.safetensors", header(length), "tensors", "safetensors", [["w", "F32", [1], 4]])
    buffer = io.BytesIO()
    np.savez(buffer, w=np.ones(3, dtype=np.float32))
    npz = buffer.getvalue()
    case("tar-ends-with-npz", "model.tar", tar([("config.txt", b"a: 1\n"), ("weights.npz", npz)]), "not-scanned", "tar")
    case("tar-ends-with-evil-npz", "model.tar", tar([("w.zip", zipped([("a.pkl", pickle.dumps(evil()))]))]), "unsafe-format", "tar")
    # The archive begins in the file before: as a zip archive it is another thing than the files of the tar archive.
    whole = zipped([("a.txt", b"text\n")])
    case("tar-hides-a-zip-across-files", "model.tar", tar([("a", b"PK" + b"\0" * 510), ("b", b"\0" * 100 + whole)]), "not-scanned", "tar", problems=["inconsistent"])
    case("nemo", "model.nemo", tar([("./model_config.yaml", b"encoder:\n  _target_: os.system\n"), ("./model_weights.ckpt", npz)]), "config-code", "nemo")


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def model_of(nodes, initializers=(), functions=(), opsets=None, **more):
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])], initializer=list(initializers), **more)
    return helper.make_model(graph, opset_imports=opsets or [helper.make_opsetid("", 20)], functions=list(functions), ir_version=9)


def onnx_cases(case):
    constant = helper.make_node("Constant", [], ["c"], name="factor", value=helper.make_tensor("v", TensorProto.FLOAT, [1], [2.0]))
    mul = helper.make_node("Mul", ["x", "c"], ["y"])
    good = lambda name, model, tensors, klass="tensors", **more: case(f"onnx-{name}", "model.onnx", model.SerializeToString(), klass, "onnx", tensors, **more)
    bad = lambda name, model: good(name, model, [], "not-scanned", problems=["inconsistent"])
    good("constant", model_of([constant, mul]), [["factor/value/v", "F32", [1], 4]])
    inner = lambda name: helper.make_graph([helper.make_node("Identity", ["w"], [name])], name, [],
                                           [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])], initializer=[helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])])
    branch = helper.make_node("If", ["x"], ["y"], name="if", then_branch=inner("a"), else_branch=inner("b"))
    good("branches", model_of([branch]), [["if/else_branch/w", "F32", [1], 4], ["if/then_branch/w", "F32", [1], 4]])
    function = helper.make_function("own", "f", ["x"], ["y"], [constant, mul], [helper.make_opsetid("", 20)])
    call = helper.make_node("f", ["x"], ["y"], domain="own")
    good("function", model_of([call], functions=[function], opsets=[helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]),
         [["f/factor/value/v", "F32", [1], 4]])
    sparse = helper.make_sparse_tensor(helper.make_tensor("s", TensorProto.FLOAT, [2], [1.0, 2.0]), helper.make_tensor("i", TensorProto.INT64, [2], [0, 5]), [9])
    good("sparse", model_of([mul], sparse_initializer=[sparse]), [["s", "F32", [2], 8], ["s/indices", "I64", [2], 2]])
    half = helper.make_tensor("h", TensorProto.FLOAT16, [2], np.array([1, 2], dtype=np.float16))
    quarter = helper.make_tensor("q", TensorProto.INT4, [3], [1, 2, 3])
    typed = model_of([mul], [half, quarter])
    good("typed", typed, typed_expected(typed))
    for name, change in {
        "typed-short": lambda t: t.ClearField("float_data") or t.float_data.append(1.0),
        "typed-long": lambda t: t.float_data.extend([1.0] * 9),
        "typed-wrong-field": lambda t: t.ClearField("float_data") or t.int32_data.extend([1, 2]),
        "typed-none": lambda t: t.ClearField("float_data"),
    }.items():
        tensor = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
        change(tensor)
        bad(name, model_of([mul], [tensor]))


def typed_expected(model):
    """What typed values take is how they are packed: counted from the message."""
    out = []
    for tensor in model.graph.initializer:
        packed = sum(len(varint(v)) for v in tensor.int32_data)
        name = {TensorProto.FLOAT16: "F16", TensorProto.INT4: "I4"}[tensor.data_type]
        raw = len(tensor.raw_data)
        out.append([tensor.name, name, list(tensor.dims), raw or packed])
    return out


def varint(value):
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def gguf_cases(case):
    def written(endian):
        import pathlib
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "m.gguf"
            writer = gguf.GGUFWriter(path, "llama", endianess=endian)
            writer.add_uint32("llama.block_count", 2)
            writer.add_array("llama.sizes", [1, 2, 3])
            writer.add_token_list(["a", "b"] * 20)
            writer.add_tensor("w", np.arange(4, dtype=np.float32))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            return path.read_bytes()

    case("gguf-big-endian-tensors", "m.gguf", written(gguf.GGUFEndian.BIG), "tensors", "gguf", [["w", "F32_BE", [4], 16]],
         metadata={"llama.block_count": "2", "llama.sizes": "[1, 2, 3]", "gguf.version": "3"})
    case("gguf-written-by-gguf", "m.gguf", written(gguf.GGUFEndian.LITTLE), "tensors", "gguf", [["w", "F32", [4], 16]],
         metadata={"llama.block_count": "2", "llama.sizes": "[1, 2, 3]"})


def config_cases(case):
    for name, value in {
        "target": {"model": {"_target_": "os.system"}},
        "attention": {"attn_implementation": "someone/kernel"},
        "custom-pipeline": {"custom_pipelines": {"task": {"impl": "p.P"}}},
        "sentence-transformers": [{"idx": 0, "name": "0", "path": "", "type": "custom_st.Transformer"}],
        "diffusers-component": {"_class_name": "P", "_diffusers_version": "0.30", "unet": ["my_unet", "Net"]},
        "diffusers-pipeline": {"_class_name": ["pipeline", "Mine"], "_diffusers_version": "0.30"},
        "chat-template": {"chat_template": "{% for m in messages %}{{ m }}{% endfor %}"},
        "keras-registered": {"class_name": "Layer", "registered_name": "Mine>Layer"},
        "jsonpickle": {"py/object": "os.system"},
    }.items():
        case(f"config-{name}", "config.json", json.dumps(value).encode(), "config-code", "json")
    for name, text in {
        "yaml-target": "encoder:\n  _target_: os.system\n  command: id\n",
        "yaml-flow-target": "m: {x: 1, '_target_': os.system}\n",
        "yaml-escaped-target": '"\\x5ftarget_": os.system\n',
        "mlmodel-loader": "flavors:\n  python_function:\n    loader_module: my_loader\n",
    }.items():
        case(f"config-{name}", "model_config.yaml", text.encode(), "config-code", "text")
    case("config-jinja", "chat_template.jinja", b"{{ messages }}", "config-code", "text")
    case("config-mlflow-own-loader", "MLmodel", b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n", "data", "text")
    case("config-peft", "adapter_config.json", json.dumps({"peft_type": "LORA", "base_model_name_or_path": "org/base", "r": 8}).encode(), "data", "json",
         metadata={"base_model_name_or_path": "org/base", "r": "8"}, notes=["an adapter (LORA) of rank 8 for org/base"])
    case("config-awq", "config.json", json.dumps({"quantization_config": {"quant_method": "awq", "bits": 4}}).encode(), "data", "json",
         notes=["quantized by awq, 4 bits"])
    case("torchscript", "model.pt", zipped([("m/code/__torch__.py", b"class M(Module):\n  pass\n"), ("m/data.pkl", pickle.dumps({"a": 1}, 2)), ("m/constants.pkl", pickle.dumps((), 2))]),
         "unsafe-format", "torchscript")


def name_cases(case):
    def field(number, data):
        return varint(number << 3 | 2) + varint(len(data)) + data

    description = field(2, field(1, field(1, b"x")) + field(10, field(1, b"y")))
    case("coreml", "model.mlmodel", b"\x08\x05" + description + field(500, field(1, field(1, b"l"))), "not-scanned", "coreml",
         metadata={"coreml.kind": "neural network", "coreml.inputs": "x", "coreml.outputs": "y"})
    case("coreml-custom-layer", "model.mlmodel", b"\x08\x05" + description + field(500, field(1, field(1, b"l") + field(500, field(10, b"MyLayer")))),
         "config-code", "coreml")
    case("coreml-ml-program", "model.mlmodel", b"\x08\x07" + description + field(502, b"\x08\x01"), "not-scanned", "coreml")
    node = lambda op: field(1, field(1, b"n") + field(2, op))
    saved = lambda op: b"\x08\x01" + field(2, field(1, b"") + field(2, node(op)))
    case("saved-model-add", "saved_model.pb", saved(b"AddV2"), "not-scanned", "tensorflow-saved-model")
    case("saved-model-reads-files", "saved_model.pb", saved(b"ReadFile"), "config-code", "tensorflow-saved-model")
    case("openvino", "model.xml", b'<?xml version="1.0"?>\n<net name="m" version="11">\n<layers/>\n</net>\n', "data", "openvino-ir")
    case("lightgbm", "model.txt", b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=3\n", "data", "lightgbm")
    case("catboost", "model.cbm", b"CBM1" + struct.pack("<I", 8) + b"\0" * 8, "not-scanned", "catboost")
    case("xgboost-json", "model.json", json.dumps({"learner": {}, "version": [2, 1, 0]}).encode(), "data", "xgboost-json")
    case("ggml-ggjt", "model.bin", b"tjgg" + struct.pack("<I", 3) + b"\0" * 40, "not-scanned", "ggml", metadata={"ggml.form": "ggjt", "ggml.version": "3"})
    case("llamafile", "model.llamafile", b"MZqFpD='\n\0\0" + b"\0" * 100 + zipped([("model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 0))]), "code", "llamafile")
    case("tensorrt-engine", "model.plan", b"ftrt" + b"\0" * 60, "code", "tensorrt-engine")
    case("lfs-pointer", "model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 1234\n", "not-scanned", "git-lfs-pointer")
    case("html-page", "model.gguf", b"<!doctype html>\n<html><title>No</title></html>\n", "data", "html")


def packed_cases(case, evil):
    body = pickle.dumps(evil())
    for name, packed, format in (
        ("bz2", bz2.compress(body), "bzip2"),
        ("xz", lzma.compress(body), "xz"),
        ("lzma", lzma.compress(body, lzma.FORMAT_ALONE), "lzma"),
        ("lz4", lz4.frame.compress(body), "lz4"),
        ("zlib", zlib.compress(body), "zlib"),
        ("bz2-twice", bz2.compress(bz2.compress(body)), "bzip2"),
    ):
        case(f"packed-pickle-{name}", "model.joblib", packed, "unsafe-format", format, notes=["dangerous import: posix.system"])
    case("packed-text-xz", "a.txt.xz", lzma.compress(b"hello\n"), "not-scanned", "xz")
    for name, method in (("bz2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        case(f"zip-{name}-pickle", "a.zip", zipped([("a.pkl", body)], method), "unsafe-format", "zip", notes=["dangerous import: posix.system"])


def pickle_cases(case):
    """Ways around scanners that were published, rebuilt by hand."""
    run = lambda module, name: b"\x80\x04c" + module + b"\n" + name + b"\nX\x01\0\0\0x\x85R."
    for module, name in (
        (b"_osx_support", b"_read_output"), (b"cProfile", b"run"), (b"cgitb", b"lookup"), (b"code", b"InteractiveInterpreter.runcode"),
        (b"doctest", b"debug_script"), (b"ensurepip", b"_run_pip"), (b"idlelib.autocomplete", b"AutoComplete.fetch_completions"),
        (b"idlelib.run", b"Executive.runcode"), (b"lib2to3.pgen2.grammar", b"Grammar.loads"), (b"linecache", b"getlines"),
        (b"logging.config", b"_resolve"), (b"numpy.f2py.crackfortran", b"getlincoef"), (b"pty", b"spawn"), (b"pydoc", b"pipepager"),
        (b"ssl", b"get_server_certificate"), (b"timeit", b"timeit"), (b"torch.utils._config_module", b"ConfigModule.load_config"),
        (b"torch.serialization", b"os.system"), (b"trace", b"Trace.run"), (b"uuid", b"_get_command_stdout"), (b"venv", b"create"),
        (b"builtins", b"eval"), (b"operator", b"methodcaller"), (b"functools", b"reduce"), (b"dill", b"loads"),
    ):
        label = f"{module.decode()}.{name.decode()}"
        case(f"bypass-{label.lower()}", "model.pkl", run(module, name), "unsafe-format", "pickle", notes=[f"dangerous import: {label}"])
    call = b"\x8c\x02id\x85R."
    odd = {
        "escaped-text": b"\x80\x04S'o\\x73'\nS'system'\n\x93" + call,
        "memo-line": b"\x80\x04\x8c\x02osp18446744073709551616000\n0\x8c\x06systemp5\n0g18446744073709551616000\ng5\n\x93" + call,
        "hex-integer": b"I0x1f\n0cos\nsystem\n(S'id'\ntR.",
        "long-line": b"V" + b"a" * 9000 + b"\n0cos\nsystem\n(S'id'\ntR.",
        "many-values": b"N" * 5000 + b"cos\nsystem\n(S'id'\ntR.",
        "protocol-again": b"\x80\x02\x80\x04cos\nsystem\n(S'id'\ntR.",
        "two-pickles": pickle.dumps(1) + b"cos\nsystem\n(S'id'\ntR.",
        "lying-frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fcos\nsystem\n(S'id'\ntR.",
        "no-stop": b"cos\nsystem\n(S'id'\ntR",
        "odd-module": b"cmy-module\nrun me\n(S'id'\ntR.",
        "build": b"\x80\x04cm\nC\n)\x81}\x8c\x01a\x8c\x01bsb.",
        "object": b"(cos\nsystem\nS'id'\no.",
    }
    for name, body in odd.items():
        problems = ["inconsistent"] if name == "no-stop" else []
        case(f"bypass-{name}", "weights.bin", body, "unsafe-format", "pickle", problems=problems)
    case("bypass-extension-in-zip", "model.zip", zipped([("data/weights.config", run(b"pip", b"main"))]), "unsafe-format", "zip")
    broken = bytearray(zipped([("a/data.pkl", run(b"os", b"system"))]))
    broken[6] |= 1
    case("bypass-zip-flag", "model.pt", bytes(broken), "unsafe-format", "pytorch-zip")
