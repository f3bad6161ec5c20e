"""Checks this evidence pack with Python 3.11 or newer alone: no package, no network, no refmark.

    python3 verify.py [--root sha256:...]

It checks that every signed statement in statements/ verifies, by a key that a policy of the registry gives to whoever signed it;
that each policy is signed by the keys of a root, and each root by those of the one before it; that the manifest is the artifact's,
and the documents are the manifest's; and that the dossier names no statement that is not here. With --root the first root must be
this one: whoever gives you the pack must not be the only one who tells you the root.

What it cannot tell: whether something was left out. For that, clone the registry and run `refmark verify`.
"""

import base64
import hashlib
import json
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent

# Ed25519, as RFC 8032 gives it.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * I % P
    if (x * x - x2) % P:
        return None
    return P - x if (x & 1) != sign else x


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def mul(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p = add(p, p)
        s >>= 1
    return q


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point(data):
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def verifies(key, message, signature):
    if len(signature) != 64:
        return False
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or same(mul(8, a), (0, 1, 1, 0)) or same(mul(8, r), (0, 1, 1, 0)):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(mul(s, BASE), add(r, mul(h, a)))


def raw_key(text):
    """The 32 bytes of `ssh-ed25519 BASE64`."""
    blob = base64.b64decode(text.split()[1])
    assert blob[4:15] == b"ssh-ed25519", text
    return blob[19:]


def key_id(raw):
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + raw
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


problems = []


def check(holds, what):
    if not holds:
        problems.append(what)
    return holds


class Statement:
    """A statement, and the keys that signed it: those of its signatures that verify."""

    def __init__(self, path):
        self.path = path
        envelope = json.loads((HERE / "statements" / (path + ".dsse.json")).read_bytes())
        self.bytes = base64.b64decode(envelope["payload"])
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        self.value = json.loads(self.bytes)
        self.predicate = self.value["predicate"]
        record = json.loads((HERE / "records" / path).read_bytes())
        check(record["statement"] == self.value, f"{path}: the record says something else than what was signed")
        check(self.predicate["path"] == path, f"{path}: it belongs to {self.predicate['path']}")
        self.signatures = envelope["signatures"]

    def signed_by(self, keys):
        """Which of these keys signed it."""
        kind = b"application/vnd.in-toto+json"
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.bytes), self.bytes)
        by_id = {key_id(key): key for key in keys}
        return {
            by_id[it["keyid"]]
            for it in self.signatures
            if it["keyid"] in by_id and verifies(by_id[it["keyid"]], message, base64.b64decode(it["sig"]))
        }


def quorum(statement, root, role):
    """Whether so many principals of a root signed as the role asks for."""
    holders = {it["principal"]: {raw_key(key) for key in it["keys"]} for it in root.predicate["keyholders"]}
    wanted = root.predicate[role]
    signers = [name for name in wanted["principals"] if statement.signed_by(holders.get(name, set()))]
    return len(signers) >= wanted["threshold"] > 0


def main():
    names = sorted(
        str(it.relative_to(HERE / "statements"))[: -len(".dsse.json")]
        for it in (HERE / "statements").rglob("*.dsse.json")
    )
    statements = {name: Statement(name) for name in names}
    roots = [it for name, it in statements.items() if name.startswith("trust/")]
    policies = [it for name, it in statements.items() if name.startswith("policy/")]
    if not check(roots and policies, "there is no root, or no policy"):
        return 0, None
    first = roots[0]
    wanted = sys.argv[2].removeprefix("sha256:") if sys.argv[1:2] == ["--root"] else first.digest
    check(first.digest == wanted, f"the first root is sha256:{first.digest}, and not sha256:{wanted}")
    for number, root in enumerate(roots):
        check(quorum(root, root, "root"), f"{root.path}: its own keyholders did not sign it")
        if number:
            check(quorum(root, roots[number - 1], "root"), f"{root.path}: the root before it did not sign it")
    members = {}
    for policy in policies:
        text = (HERE / "records" / policy.path.replace(".json", ".toml")).read_bytes()
        check(hashlib.sha256(text).hexdigest() == policy.predicate["text"], f"{policy.path}: its text is another one")
        check(any(quorum(policy, root, "policy") for root in roots), f"{policy.path}: no root's keyholders signed it")
        for name, member in tomllib.loads(text.decode()).get("members", {}).items():
            members.setdefault(name, set()).update(raw_key(key) for key in member.get("keys", []))
    for path, statement in statements.items():
        if not path.startswith(("trust/", "policy/")):
            by = statement.predicate["by"]
            check(statement.signed_by(members.get(by, set())), f"{path}: no key of {by} signed it")
    dossier = json.loads((HERE / "dossier.json").read_bytes())
    artifact = next((HERE / "records").glob("artifacts/*/*/*/*/*/manifest.json"))
    manifest = artifact.read_bytes()
    canonical = base64.b64decode((HERE / "manifest.canonical.b64").read_bytes())
    check(json.loads(canonical) == json.loads(manifest), "the manifest is another one")
    check("sha256-" + hashlib.sha256(canonical).hexdigest() == dossier["artifact"], "the manifest is not the artifact's")
    here = {it.digest for it in statements.values()}
    named = [it["statement"] for it in dossier["evidence"] + dossier["moves"]]
    named += [approval["statement"] for move in dossier["moves"] for approval in move["approvals"]]
    check(set(named) <= here, "the dossier names a statement that is not here")
    return len(statements), first.digest


count, root = main()
if problems:
    for problem in problems:
        print("problem:", problem, file=sys.stderr)
    sys.exit(1)
print(f"ok: {count} statements, signed by those whom the registry's policies name; the first root is sha256:{root}")
if sys.argv[1:2] != ["--root"]:
    print("compare the root with what its owner told you, or give it: --root sha256:...")
