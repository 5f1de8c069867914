"""Checks a checkpoint and proofs of inclusion with the unpatched modules of PyPI's `sigstore`.

Use: with_sigstore.py CHECKPOINT QUESTION
"""

import base64
import json
import pathlib
import sys

from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails
from sigstore_models.rekor.v1 import TransparencyLogEntry as Message


def main(checkpoint, question):
    signed = pathlib.Path(checkpoint).read_text("utf-8")
    asked = json.loads(pathlib.Path(question).read_text())
    log = Keyring([PublicKey(raw_bytes=asked["log"]["key"], key_details=PublicKeyDetails.PKIX_ED25519)])
    try:
        named = SignedCheckpoint.from_text(signed).checkpoint
        for proof in asked["proofs"]:
            entry = TransparencyLogEntry(Message.from_dict(message(signed, named, asked["log"], proof)))
            verify_checkpoint(log, entry)
            verify_merkle_inclusion(entry)
    except VerificationError as error:
        return {"verdict": "refuses", "why": str(error)}
    return {"verdict": "accepts", "entries": len(asked["proofs"]), "inclusion": len(asked["proofs"])}


def message(signed, named, log, proof):
    """A proof as the client would receive it; size and root are those of the checkpoint."""
    return {
        "logIndex": str(proof["index"]),
        "logId": {"keyId": log["id"]},
        "kindVersion": {"kind": "entry", "version": "1"},
        "canonicalizedBody": proof["entry"],
        "inclusionProof": {
            "logIndex": str(proof["index"]),
            "treeSize": str(named.log_size),
            "rootHash": base64.b64encode(bytes.fromhex(named.log_hash)).decode(),
            "hashes": proof["hashes"],
            "checkpoint": {"envelope": signed},
        },
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
