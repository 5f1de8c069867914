"""Reads proofs of inclusion out of a record's tiles, for verifiers that have no way to make their own."""

import base64
import functools
import hashlib
import random

# What DER puts before the 32 bytes of an Ed25519 key (RFC 8410).
ED25519 = bytes.fromhex("302a300506032b6570032100")


def sample(size, count, seed):
    """Which entries to prove: the first, the last, and others drawn at random."""
    others = random.Random(seed).sample(range(1, max(size - 1, 1)), max(min(size, count) - 2, 0))
    return sorted({0, size - 1, *others})


def question(record, log, indexes):
    """All that a verifier is asked, besides the checkpoint; bytes in base64."""
    encoded = lambda data: base64.b64encode(data).decode()
    return {
        "log": {"name": log.name, "id": encoded(log.id), "key": encoded(ED25519 + log.raw)},
        "proofs": [
            {
                "index": index,
                # One that its bundle lacks is asked for as empty: refusing it is up to the verifier.
                "entry": encoded(b"".join(record.entries(index // 256)[index % 256 :][:1])),
                "hashes": [encoded(hash) for hash in proof(record, index)],
            }
            for index in indexes
        ],
    }


def proof(record, index):
    """The hashes that lead from an entry to the root, the entry's sibling first (RFC 6962, 2.1.1)."""
    low, high, siblings = 0, record.size, []
    while high - low > 1:
        middle = split(low, high)
        if index < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return [subtree(record, low, high) for low, high in reversed(siblings)]


@functools.lru_cache(maxsize=65536)
def subtree(record, low, high):
    """The hash over entries `low` to `high`: in a tile if their number is a power of 256, else put together."""
    width = high - low
    level = (width.bit_length() - 1) // 8
    if width == 1 << 8 * level:
        at = low >> 8 * level
        hash = record.read(level, at // 256)[at % 256 * 32 :][:32]
        if len(hash) != 32:
            raise ValueError(f"tile {record.tile(level, at // 256)} is cut short")
        return hash
    middle = split(low, high)
    return hashlib.sha256(b"\1" + subtree(record, low, middle) + subtree(record, middle, high)).digest()


def split(low, high):
    """Left goes the largest power of two that is less than all."""
    return low + (1 << (high - low - 1).bit_length() - 1)
