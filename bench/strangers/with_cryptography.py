"""Checks the signatures of a checkpoint, the log's and those of its witnesses, with PyPI's `cryptography`.

Use: with_cryptography.py CHECKPOINT LOG_VKEY WITNESS_VKEYS QUORUM
"""

import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import record


def main(checkpoint, log, witnesses, quorum):
    text, signatures = record.note(pathlib.Path(checkpoint).read_text("utf-8"))
    known = {(key.name, key.id): key for key in record.keys(log) + record.keys(witnesses)}
    signed = {record.LOG: set(), record.WITNESS: set()}
    for name, id, signature in signatures:
        key = known.get((name, id))
        if key is None:
            continue
        message = text.encode("utf-8")
        if key.kind == record.WITNESS:
            message, signature = record.cosigned(int.from_bytes(signature[:8], "big"), text), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
        except InvalidSignature:
            return {"verdict": "refuses", "why": f"the signature of {name} is not by its key"}
        signed[key.kind].add(key)
    by_log, witnessed = len(signed[record.LOG]), len(signed[record.WITNESS])
    if not by_log or witnessed < int(quorum):
        return {"verdict": "refuses", "why": f"signed by {by_log} logs and {witnessed} witnesses, where {quorum} must"}
    return {"verdict": "accepts", "cosignatures": witnessed}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
