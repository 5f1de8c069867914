"""The faults planted in a record: what each changes, and which verifiers it concerns.

A verifier that has no way to see a fault must still accept: that shows that the copy is otherwise whole.
"""

import base64
import collections
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import record as r

VERIFIERS = ["x/mod", "sigstore", "@sigstore", "cryptography"]
REFUSES, ACCEPTS, NO_PROOF = "refuses", "accepts", "no proof"

# `files` are those that change, by their path in the folder: to what bytes, or None for away with it.
Fault = collections.namedtuple("Fault", "name files expected")


def planted(record, log, witnesses, sampled):
    """Every fault that a record of this size and these signatures can have."""
    # An even one whose next shares its bundle, near the middle: what hurts it is then in a proof that is asked for.
    paired = [index for index in sampled if index % 2 == 0 and index + 1 < record.size]
    near = min(paired, key=lambda index: abs(2 * index - record.size), default=0)
    in_data = [*in_entries(record, near), *in_tiles(record, near)]
    return [*in_data, *in_note(record, log), *in_cosignatures(record, witnesses)]


def everybody(data, note):
    """What is expected of those that check the data, and of the one that checks the signatures alone."""
    return dict(zip(VERIFIERS, [REFUSES, data, data, note]))


def in_entries(record, near):
    bundle, tile = record.tile("entries", near // 256), record.tile(0, near // 256)
    entries = record.entries(near // 256)
    changed = [flipped(entry, len(entry) // 2) if i == near % 256 else entry for i, entry in enumerate(entries)]
    hash = hashlib.sha256(b"\0" + changed[near % 256]).digest()
    with_hash = spliced(record.read(0, near // 256), near % 256 * 32, hash)
    without = [entry for i, entry in enumerate(entries) if i != near % 256]
    yield Fault("entry: byte flipped", {bundle: r.framed(changed)}, everybody(REFUSES, ACCEPTS))
    both = {bundle: r.framed(changed), tile: with_hash}
    yield Fault("entry: its hash changed too", both, everybody(REFUSES, ACCEPTS))
    yield Fault("entry: dropped", {bundle: r.framed(without)}, everybody(REFUSES, ACCEPTS))


def in_tiles(record, near):
    """A tile at the bottom, the one at the top, and the lowest of the partial ones at the right edge."""
    top = (record.size.bit_length() - 1) // 8
    edge = next(level for level in range(top + 1) if (record.size >> 8 * level) % 256)
    last = record.size >> 8 * edge + 8
    # The hash of the entry beside the sampled one is in that one's proof.
    beside = (near + 1) % 256 * 32 if record.size > 1 else 0
    # Where a tile holds the root and nothing else, no proof has use of it.
    lone = record.size == 256**top
    seen, missed = (ACCEPTS, ACCEPTS) if lone else (REFUSES, NO_PROOF)
    places = [(0, near // 256, beside, ACCEPTS if record.size == 1 else REFUSES), (top, 0, 31, seen)]
    for level, index, at, data in places[: 1 + (top > 0)]:
        changed = {record.tile(level, index): flipped(record.read(level, index), at)}
        yield Fault(f"level-{level} tile: byte flipped", changed, everybody(data, ACCEPTS))
    tile = record.tile(edge, last)
    yield Fault("edge tile: byte flipped", {tile: flipped(record.read(edge, last), 7)}, everybody(seen, ACCEPTS))
    yield Fault("edge tile: missing", {tile: None}, everybody(missed, ACCEPTS))


def in_note(record, log):
    text, signatures = signed(record)
    origin, size, root, rest = text.split("\n", 3)
    key, signature = the_one_of(log, signatures)
    grown = f"{origin}\n{int(size) + 1}\n{root}\n{rest}"
    other = base64.b64encode(flipped(base64.b64decode(root), 0)).decode()
    faults = {
        "checkpoint: size edited": (grown, signatures),
        "checkpoint: root edited": (f"{origin}\n{size}\n{other}\n{rest}", signatures),
        "signature: byte flipped": (text, replaced(signatures, key, flipped(signature, 9))),
        "signature: by another key": (text, replaced(signatures, key, foreign().sign(text.encode("utf-8")))),
        "signature: missing": (text, [one for one in signatures if one[:2] != key]),
    }
    for name, parts in faults.items():
        yield Fault(name, {"checkpoint": r.written(*parts)}, everybody(REFUSES, REFUSES))


def in_cosignatures(record, witnesses):
    """Only those who know the witnesses' keys can tell; sigstore's clients know none."""
    text, signatures = signed(record)
    present = [witness for witness in witnesses if the_one_of(witness, signatures)]
    if not present:
        return
    key, signature = the_one_of(present[0], signatures)
    time = int.from_bytes(signature[:8], "big")
    forged = signature[:8] + foreign().sign(r.cosigned(time, text))
    named = {(witness.name, witness.id) for witness in present}
    stranger = foreign()
    typed = bytes([r.WITNESS]) + stranger.public_key().public_bytes_raw()
    own = signature[:8] + stranger.sign(r.cosigned(time, text))
    unknown = ("stranger.example", r.key_id("stranger.example", typed), own)
    faults = {
        "cosignature: byte flipped": replaced(signatures, key, flipped(signature, 20)),
        "cosignature: by another key": replaced(signatures, key, forged),
        "cosignature: time changed": replaced(signatures, key, (time + 3600).to_bytes(8, "big") + signature[8:]),
        "cosignature: a stranger's": [one for one in signatures if one[:2] not in named] + [unknown],
    }
    for name, lines in faults.items():
        yield Fault(name, {"checkpoint": r.written(text, lines)}, everybody(ACCEPTS, REFUSES))


def signed(record):
    return r.note((record.folder / "checkpoint").read_text("utf-8"))


def the_one_of(key, signatures):
    return next(((one[:2], one[2]) for one in signatures if one[:2] == (key.name, key.id)), None)


def replaced(signatures, key, signature):
    return [(*one[:2], signature) if one[:2] == key else one for one in signatures]


def foreign():
    return Ed25519PrivateKey.generate()


def flipped(data, at):
    return spliced(data, at, bytes([data[at] ^ 0x10]))


def spliced(data, at, piece):
    return data[:at] + piece + data[at + len(piece) :]
