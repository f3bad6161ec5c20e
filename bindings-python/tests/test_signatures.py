"""The signature vectors that every language reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import REPO

import refmark
from refmark import signatures

FOLDER = REPO / "tests" / "vectors" / "signature"
DSSE = json.loads((FOLDER / "dsse.json").read_text())
KEYS = json.loads((FOLDER / "public-keys.json").read_text())
SSH = json.loads((FOLDER / "sshsig.json").read_text())


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", KEYS["cases"], ids=name)
def test_a_public_key_reads_or_is_refused_with_its_type_named(case: dict[str, Any]) -> None:
    if case["verdict"] == "good":
        assert signatures.public_key(case["text"]) == (case["key"], case["keyid"])
        return
    with pytest.raises(refmark.RefmarkError) as raised:
        signatures.public_key(case["text"])
    assert raised.value.code == case["verdict"] and case["says"] in raised.value.message and raised.value.hint


@pytest.mark.parametrize("case", DSSE["cases"], ids=name)
def test_a_record_s_signature_comes_to_its_verdict(case: dict[str, Any]) -> None:
    try:
        signatures.check_dsse(case["key"], case["payload"].encode(), case["signature"])
        found = "good"
    except refmark.RefmarkError as error:
        found = error.code
    assert found == case["verdict"]


@pytest.mark.parametrize("case", SSH["cases"], ids=name)
def test_an_ssh_signature_comes_to_its_verdict(case: dict[str, Any]) -> None:
    try:
        signer = signatures.check_ssh(case["armored"], SSH["message"].encode(), SSH["namespace"])
        found = "good"
        assert signer == signatures.public_key(SSH["key"]).id or case["name"] != "good"
    except refmark.RefmarkError as error:
        found = error.code
    assert found == case["verdict"]
