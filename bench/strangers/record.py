"""What the scripts know of a record: where its files lie, and how entries, keys and signatures are written."""

import base64
import collections
import functools
import hashlib
import pathlib
import struct

Key = collections.namedtuple("Key", "name id kind raw")
LOG, WITNESS = 1, 4


class Record:
    """A folder laid out as C2SP tlog-tiles says; `size` is the one its checkpoint names."""

    def __init__(self, folder, size):
        self.folder, self.size = pathlib.Path(folder), size

    @classmethod
    def open(cls, folder):
        return cls(folder, int(note(pathlib.Path(folder, "checkpoint").read_text("utf-8"))[0].split("\n")[1]))

    def tile(self, level, index):
        """The path of a tile, or of a bundle where the level is `entries`, relative to the folder."""
        filled = self.size >> (0 if level == "entries" else 8 * level)
        width = min(256, filled - 256 * index)
        digits = f"{index:03}" if index < 1000 else f"{index:0{-(-len(str(index)) // 3) * 3}}"
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        return f"tile/{level}/{path}" + (f".p/{width}" if width < 256 else "")

    @functools.lru_cache(maxsize=1024)
    def read(self, level, index):
        return (self.folder / self.tile(level, index)).read_bytes()

    def entries(self, index):
        """The entries of a bundle."""
        return unframed(self.read("entries", index))


def unframed(bundle):
    entries, at = [], 0
    while at < len(bundle):
        (length,) = struct.unpack_from(">H", bundle, at)
        entries.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(bundle):
        raise ValueError("the last entry is cut short")
    return entries


def framed(entries):
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def note(signed):
    """The text of a signed note, and its signatures: name, key's id, what follows the id."""
    text, _, lines = signed.rpartition("\n\n")
    signatures = []
    for line in lines.splitlines():
        _, name, value = line.split(" ")
        value = base64.b64decode(value, validate=True)
        signatures.append((name, value[:4], value[4:]))
    return text + "\n", signatures


def written(text, signatures):
    lines = [f"\u2014 {name} {base64.b64encode(id + rest).decode()}\n" for name, id, rest in signatures]
    return (text + "\n" + "".join(lines)).encode("utf-8")


def keys(file):
    """The keys of a file, one vkey on each line."""
    return [key(line) for line in pathlib.Path(file).read_text("utf-8").split()]


def key(vkey):
    name, id, typed = vkey.split("+", 2)
    typed = base64.b64decode(typed, validate=True)
    if bytes.fromhex(id) != key_id(name, typed) or len(typed) != 33:
        raise ValueError(f"`{vkey}` is not a key")
    return Key(name, key_id(name, typed), typed[0], typed[1:])


def key_id(name, typed):
    return hashlib.sha256(name.encode("utf-8") + b"\n" + typed).digest()[:4]


def cosigned(time, text):
    """What a witness signs (C2SP tlog-cosignature v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode("utf-8")
