#!/usr/bin/env python3
"""Verifies exports of the audit trail: verify-audit.py EXPORT [EARLIER-EXPORT]. The earlier heads must be links of the later export.
With the server secret in WH_API_SERVER__SECRET the seals are verified as well. Status 0 if everything is right, else 1."""
import hashlib, hmac, json, os, sys

FIELDS = "at kind session_id ip geo user_agent target_type target_id detail".split()
faults, links, user, reached, previous, pinned, secret = [], 0, None, 0, "", [], os.environ.get("WH_API_SERVER__SECRET")

def form(*parts):  # each part after its length in bytes and a colon
    return b"".join(b"%d:%s" % (len(part), part) for part in (str(part).encode() for part in parts))

def lines(path):
    with open(path, encoding="utf-8") as file:
        yield from map(json.loads, file)

def signed(seal):  # HKDF-SHA-256 without salt, then HMAC
    key = hmac.digest(hmac.digest(bytes(32), secret.encode(), "sha256"), b"wisehosting-audit-seals-v1\x01", "sha256")
    text = form("wh-audit-seal-1", *(seal[name] for name in ("user", "place", "hash", "sealed_at")))
    return hmac.digest(key, text, "sha256").hex() == seal["mac"]

def pins(at):  # heads and seals of this user for which the condition holds
    faults.extend(f"user {user}, place {pin['place']}: not the link of a head or seal" for pin in pinned if at(pin))

earlier = {line["user"]: line["head"] for line in lines(sys.argv[2]) if "head" in line} if sys.argv[2:] else {}
for line in lines(sys.argv[1]):
    if "head" in line:
        pins(lambda pin: pin["place"] > reached)
        user, reached, previous, seal = line["user"], line["anchor"]["place"], line["anchor"]["hash"], line["seal"]
        pinned = [pin for pin in (line["head"], seal, earlier.pop(user, None)) if pin]
        if seal and secret and not signed(seal):
            faults.append(f"user {user}: the seal is not signed with this secret")
    else:
        text = form("wh-audit-1", previous, reached + 1, line["user"], line["event"], *(line.get(name) for name in FIELDS))
        if (line["user"], line["place"], line["hash"]) != (user, reached + 1, hashlib.sha256(text).hexdigest()):
            faults.append(f"user {user}, place {reached + 1}, event {line['event']}: changed, moved or missing")
        links, reached, previous = links + 1, line["place"], line["hash"]
    pins(lambda pin: pin["place"] == reached and pin["hash"] != previous)
pins(lambda pin: pin["place"] > reached)
print("\n".join(faults + [f"user {user}: in the earlier export only" for user in earlier] + [f"{links} links"]))
sys.exit(bool(faults or earlier))
