#!/usr/bin/env python3
"""Makes vectors.json: values written by another implementation, which ours must open and verify.

Needs the packages `cryptography` and `argon2-cffi`. Nonces and salts are derived from a counter, so that the file
is the same whenever it is made; nothing that guards real secrets may do that.

    make.py             prints vectors.json
    make.py open FILE   opens {"secret", "plain", "stored"} lines, one JSON object each, and says whether all did
"""

import base64
import hashlib
import hmac
import json
import sys

from argon2.low_level import Type, hash_secret
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRETS = ["0123456789abcdef", "correct horse battery staple", "geheimes Wörtchen 🔑 für den Server", "x" * 200]
PLAINS = ["a", "hunter2", "DATABASE_URL=postgres://u:p@h/db", "zwei\nZeilen\tund ein \"Zitat\"", "日本語 🚀", "v1:abc",
          " ", "0" * 15, "1" * 16, "2" * 17, "long " * 200]
PLACES = [("app_env_vars", "value", "17/TOKEN"), ("jobs", "payload", "42"), ("users", "totp_secret", "1")]
LABELS = {"columns": "wisehosting-aes-v1", "row_bound_columns": "wisehosting-aes-v2",
          "oauth_state": "wisehosting-oauth-state-v1", "jwt": "wisehosting-jwt-v1", "revoke_links": "wisehosting-revoke-v1"}

counter = 0


def pseudo_random(length):
    global counter
    counter += 1
    return hashlib.sha256(b"vector %d" % counter).digest()[:length]


def derive(secret, label, length=32):
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=label.encode()).derive(secret.encode())


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def v1(secret, plain):
    nonce = pseudo_random(12)
    return "v1:" + encode(nonce + AESGCM(derive(secret, "wisehosting-aes-v1")).encrypt(nonce, plain.encode(), None))


def v2(secret, place, plain):
    key_id = derive(secret, "wisehosting-key-id-v1", 8)
    parts = [b"wisehosting-v2", key_id] + [part.encode() for part in place]
    data = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    nonce = pseudo_random(12)
    sealed = AESGCM(derive(secret, "wisehosting-aes-v2")).encrypt(nonce, plain.encode(), data)
    return f"v2:{key_id.hex()}:{encode(nonce + sealed)}"


def revoke(secret, user, session, at):
    message = f"{user}:{session}:{at}"
    return message + ":" + hmac.new(derive(secret, LABELS["revoke_links"]), message.encode(), "sha256").hexdigest()


def backup(code):
    return hash_secret(code.encode(), pseudo_random(16), 2, 19456, 1, 32, Type.ID).decode()


def make():
    return {
        "v1": [{"secret": s, "plain": p, "stored": v1(s, p)} for s in SECRETS for p in PLAINS],
        "v2": [{"secret": s, "table": t, "column": c, "row": r, "plain": p, "stored": v2(s, (t, c, r), p)}
               for s in SECRETS for (t, c, r) in PLACES for p in PLAINS[:5]],
        "purposes": [{"secret": s, "purpose": name, "key": derive(s, label).hex()}
                     for s in SECRETS for name, label in LABELS.items()],
        "api_keys": [{"key": p, "hash": hashlib.sha256(p.encode()).hexdigest()} for p in PLAINS],
        "revoke_tokens": [{"secret": s, "user_id": u, "session_id": i, "signed_at": at, "token": revoke(s, u, i, at)}
                          for s in SECRETS for (u, i, at) in [(1, 2, 1_700_000_000), (2**53, 7, 4_000_000_000)]],
        "backup_codes": [{"code": c, "hash": backup(c)} for c in ["AC3D-K7MP-QR9T", "deadbeef", "1234-5678"]],
    }


def open_all(path):
    opened = 0
    for line in open(path, encoding="utf-8"):
        value = json.loads(line)
        raw = value["stored"].removeprefix("v1:")
        data = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
        plain = AESGCM(derive(value["secret"], "wisehosting-aes-v1")).decrypt(data[:12], data[12:], None)
        assert plain.decode() == value["plain"], line
        opened += 1
    print(f"opened {opened} values")


if __name__ == "__main__":
    if sys.argv[1:2] == ["open"]:
        open_all(sys.argv[2])
    else:
        print(json.dumps(make(), indent=1, ensure_ascii=False))
