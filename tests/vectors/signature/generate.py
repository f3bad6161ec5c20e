"""Writes the signature vectors beside this file. Deterministic: a second run changes nothing.

The oracle is PyPI `cryptography` (OpenSSL) and plain arithmetic here, so that the vectors do not come from the code
that they test. Run it as `python3 tests/vectors/signature/generate.py`.
"""

import base64
import hashlib
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
PAYLOAD_TYPE = "application/vnd.in-toto+json"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def b64(data):
    return base64.b64encode(data).decode()


def string(data):
    return struct.pack(">I", len(data)) + data


def raw_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def blob(raw):
    return string(b"ssh-ed25519") + string(raw)


def line(raw):
    return "ssh-ed25519 " + b64(blob(raw))


def keyid(raw):
    return "SHA256:" + b64(hashlib.sha256(blob(raw)).digest()).rstrip("=")


def pae(payload_type, body):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(body), body)


def noncanonical_key():
    """A point's y coordinate written as y + p: it decodes leniently, is of large order, and is not canonical."""
    for y in range(2, 19):
        x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
        if pow(x2, (P - 1) // 2, P) == 1:
            return (y + P).to_bytes(32, "little")
    raise AssertionError("no such point")


def small_order_r(seed, message):
    """A signature whose R is the identity. The equation holds, so that only the strict rules refuse it."""
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 63 | 64
    r = (1).to_bytes(32, "little")
    k = int.from_bytes(hashlib.sha512(r + raw_public(seed) + message).digest(), "little")
    return r + (k * int.from_bytes(scalar, "little") % L).to_bytes(32, "little")


def dsse():
    seed, other = bytes(range(32)), bytes(range(32, 64))
    raw, raw2 = raw_public(seed), raw_public(other)
    identity = (1).to_bytes(32, "little")
    payload = '{"_type":"https://in-toto.io/Statement/v1","note":"f1 ≥ 0.91"}'
    message = pae(PAYLOAD_TYPE, payload.encode())
    sig = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    sig_other = Ed25519PrivateKey.from_private_bytes(other).sign(message)
    sig_bare = Ed25519PrivateKey.from_private_bytes(seed).sign(payload.encode())
    s = int.from_bytes(sig[32:], "little")
    text = b64(sig)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    # 64 bytes end in one lone byte: two characters, of which the second carries four bits that must be zero.
    loose = text[:-3] + alphabet[alphabet.index(text[-3]) + 1] + "=="

    # 32 bytes end in two: three characters, of which the third carries two bits that must be zero.
    fingerprint = keyid(raw)
    loose_id = fingerprint[:-1] + alphabet[alphabet.index(fingerprint[-1]) + 1]

    def case(name, verdict, refused_at=None, **changes):
        entry = {
            "name": name,
            "key": line(raw),
            "payload": payload,
            "signature": {"keyid": keyid(raw), "sig": text},
            "verdict": verdict,
        }
        if refused_at:
            entry["refused_at"] = refused_at
        for field, value in changes.items():
            if field in ("keyid", "sig"):
                entry["signature"][field] = value
            else:
                entry[field] = value
        return entry

    bad = "bad-signature"
    return {
        "about": "Signatures over DSSE's pre-authentication encoding. verdict: good, or the code of the fault; "
        "refused_at: reading the key, reading the signature, or verifying.",
        "payload_type": PAYLOAD_TYPE,
        "signer": {"seed": seed.hex(), "key": line(raw), "keyid": keyid(raw)},
        "payload": payload,
        "pae": message.hex(),
        "sig": text,
        "empty_pae": pae(PAYLOAD_TYPE, b"").hex(),
        "cases": [
            case("good", "good"),
            case("good-by-another-key", "good", key=line(raw2), keyid=keyid(raw2), sig=b64(sig_other)),
            case("wrong-message", bad, "verify", payload=payload + " "),
            case("empty-message", bad, "verify", payload=""),
            case("signed-without-pae", bad, "verify", sig=b64(sig_bare)),
            case("wrong-key", bad, "verify", sig=b64(sig_other)),
            case("keyid-of-another-key", bad, "verify", keyid=keyid(raw2)),
            case("one-bit-flipped", bad, "verify", sig=b64(bytes([sig[0] ^ 1]) + sig[1:])),
            case("s-not-below-the-group-order", bad, "verify", sig=b64(sig[:32] + (s + L).to_bytes(32, "little"))),
            case("small-order-r", bad, "verify", sig=b64(small_order_r(seed, message))),
            case("zero-signature", bad, "verify", sig=b64(bytes(64))),
            case("small-order-key-fits-any-message", "bad-key", "key", key=line(identity), keyid=keyid(identity),
                 sig=b64(identity + bytes(32))),
            case("truncated-signature", bad, "signature", sig=b64(sig[:63])),
            case("signature-too-long", bad, "signature", sig=b64(sig + b"\0")),
            case("base64-cut-short", bad, "signature", sig=text[:-4]),
            case("base64-without-padding", bad, "signature", sig=text.rstrip("=")),
            case("base64-url-alphabet", bad, "signature",
                 sig=base64.urlsafe_b64encode(b"\xff\xff\xff" + sig[3:]).decode()),
            case("base64-with-loose-bits", bad, "signature", sig=loose),
            case("base64-with-a-newline", bad, "signature", sig=text[:40] + "\n" + text[40:]),
            case("base64-with-a-space-after", bad, "signature", sig=text + " "),
            case("empty-signature", bad, "signature", sig=""),
            case("keyid-with-padding", bad, "signature", keyid=keyid(raw) + "="),
            case("keyid-with-loose-bits", bad, "signature", keyid=loose_id),
            case("keyid-in-hex", bad, "signature", keyid=hashlib.sha256(blob(raw)).hexdigest()),
        ],
    }


def public_keys():
    raw = raw_public(bytes(range(32)))
    good = line(raw)
    rsa = string(b"ssh-rsa") + string(b"\1\0\1") + string(b"\0" + bytes(range(128, 256)) * 2)
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    ecdsa = point.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    sk = string(b"sk-ssh-ed25519@openssh.com") + string(raw) + string(b"ssh:")
    body = b64(blob(raw))

    def ok(name, text):
        return {"name": name, "text": text, "verdict": "good", "key": good, "keyid": keyid(raw)}

    def bad(name, text, says):
        return {"name": name, "text": text, "verdict": "bad-key", "says": says}

    def ed(name, data, says):
        return bad(name, "ssh-ed25519 " + b64(data), says)

    return {
        "about": "OpenSSH public key lines. says: a part of the sentence that refuses the line.",
        "cases": [
            ok("plain", good),
            ok("with-a-comment", good + " alice@laptop, the grey one"),
            ok("with-a-newline", good + "\n"),
            bad("rsa", "ssh-rsa " + b64(rsa) + " alice", "an RSA key"),
            bad("ecdsa", ecdsa, "an ECDSA key"),
            bad("dsa", "ssh-dss AAAAB3NzaC1kc3M=", "a DSA key"),
            bad("security-token", "sk-ssh-ed25519@openssh.com " + b64(sk), "on a security token"),
            bad("certificate", "ssh-ed25519-cert-v01@openssh.com AAAA", "an OpenSSH certificate"),
            bad("unknown-type", "ssh-ed448 AAAA", "of the unknown type `ssh-ed448`"),
            bad("rsa-blob-under-an-ed25519-name", "ssh-ed25519 " + b64(rsa), "an RSA key"),
            ed("small-order-identity", blob((1).to_bytes(32, "little")), "is weak"),
            ed("small-order-zero", blob(bytes(32)), "is weak"),
            ed("small-order-minus-one", blob((P - 1).to_bytes(32, "little")), "is weak"),
            ed("not-a-point", blob((2).to_bytes(32, "little")), "not a point"),
            ed("point-in-another-encoding", blob(noncanonical_key()), "canonical encoding"),
            ed("31-bytes", blob(raw[:31]), "32 bytes"),
            ed("33-bytes", blob(raw + b"\0"), "32 bytes"),
            ed("bytes-after-the-key", blob(raw) + b"\0", "32 bytes"),
            ed("length-beyond-the-end", string(b"ssh-ed25519") + b"\xff\xff\xff\xff", "32 bytes"),
            bad("base64-cut-short", "ssh-ed25519 " + body[:-1], "canonical base64"),
            bad("base64-with-extra-padding", "ssh-ed25519 " + body + "====", "canonical base64"),
            bad("body-missing", "ssh-ed25519", "not a public key"),
            bad("empty", "", "not a public key"),
            bad("two-lines", good + "\n" + good, "one line"),
            bad("private-key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
                "a private key"),
        ],
    }


def sshsig():
    seed = bytes(range(32))
    raw = raw_public(seed)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    message = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\npromote sentiment@champion: 3 → 4\n"

    def armored(namespace=b"git", hash_name="sha512", version=1, tail=b"", width=70, label="SSH SIGNATURE", sig=None):
        digest = hashlib.new(hash_name, message.encode()).digest()
        data = b"SSHSIG" + string(namespace) + string(b"") + string(hash_name.encode()) + string(digest)
        made = string(b"ssh-ed25519") + string(sig or private.sign(data))
        body = b64(b"SSHSIG" + struct.pack(">I", version) + string(blob(raw)) + string(namespace) + string(b"")
                   + string(hash_name.encode()) + string(made) + tail)
        lines = [body[at:at + width] for at in range(0, len(body), width)]
        return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

    def case(name, verdict, text, says=None, canonical=False):
        entry = {"name": name, "armored": text, "verdict": verdict}
        if canonical:
            entry["canonical"] = True
        if says:
            entry["says"] = says
        return entry

    bad = "bad-signature"
    return {
        "about": "SSHSIG over `message` in the namespace git. canonical: our own armor is byte for byte this text.",
        "seed": seed.hex(),
        "key": line(raw),
        "namespace": "git",
        "message": message,
        "cases": [
            case("good", "good", armored(), canonical=True),
            case("good-with-sha256", "good", armored(hash_name="sha256")),
            case("good-in-lines-of-64", "good", armored(width=64)),
            case("good-with-crlf", "good", armored().replace("\n", "\r\n")),
            case("another-namespace", bad, armored(namespace=b"file"), "namespace"),
            case("another-hash", bad, armored(hash_name="sha1"), "hash"),
            case("version-2", bad, armored(version=2), "version"),
            case("bytes-after-the-end", bad, armored(tail=b"\0"), "after its end"),
            case("63-signature-bytes", bad, armored(sig=bytes(63)), "64"),
            case("zero-signature", bad, armored(sig=bytes(64)), "does not verify"),
            case("pgp-armor", bad, armored(label="PGP SIGNATURE"), "PGP SIGNATURE"),
            case("text-before", bad, "x" + armored(), "BEGIN"),
            case("text-after", bad, armored() + "x", "BEGIN"),
            case("cut-in-the-middle", bad, armored()[:120], "BEGIN"),
            case("empty", bad, "", "BEGIN"),
        ],
    }


for name, value in (("dsse", dsse()), ("public-keys", public_keys()), ("sshsig", sshsig())):
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")
