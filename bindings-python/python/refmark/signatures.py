"""Keys and signatures by themselves: what an auditor checks without a registry."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from . import _native
from ._arguments import document

__all__ = ["PublicKey", "check_dsse", "check_ssh", "public_key"]


class PublicKey(NamedTuple):
    """An ed25519 public key."""

    #: Its OpenSSH text, without a comment.
    text: str
    #: Its fingerprint, ``SHA256:…``: what a signature names.
    id: str


def public_key(text: str) -> PublicKey:
    """Reads a key from an OpenSSH line. Other types and weak keys are a :class:`KeyNotFoundError` that names them."""
    return PublicKey(*_native.public_key(text))


def check_dsse(key: str, payload: bytes, signature: Mapping[str, Any]) -> None:
    """Checks a record's signature (``keyid`` and ``sig``) over a payload; :class:`IntegrityError` where it is not good."""
    _native.check_dsse(key, payload, document(signature))


def check_ssh(armored: str, message: bytes, namespace: str = "git") -> str:
    """Checks an SSH signature, such as a commit's, and gives the id of the key that made it."""
    return _native.check_ssh(armored, namespace, message)
