#!/usr/bin/env python3
"""The index beside FAISS in one run: exact look-ups of 256-bit codes within 31 bits.

    pip install --target FOLDER faiss-cpu
    bench/hamming.py COUNT even|scenes|CODES FOLDER [QUERIES]

Builds the example `bench` of writ-hamming in the release profile, lets it write its codes, queries and how many matches
each has to files, and asks FAISS's multi-index hashing (256 bits, 16 tables of 16 bits, one bit flipped: what the Python
client of ThreatExchange uses) and its flat scan the same. CODES is a file of codes, 32 bytes each: `bench/skewed.py` makes
one of videos and calls this. Every rate is per second of processor time of one thread, so that other work on the machine
does not count. FAISS is asked fewer queries where it is slow; of each of those the matches are counted and compared.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

count, spread, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
queries = int(sys.argv[4]) if len(sys.argv) > 4 else 20_000
sys.path.insert(0, folder)
import faiss  # noqa: E402
import numpy  # noqa: E402

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))


def processor():
    return time.process_time()


def ours(scratch):
    subprocess.run(
        ["cargo", "build", "-q", "--release", "-p", "writ-hamming", "--example", "bench"],
        cwd=root, check=True,
    )
    files = [os.path.join(scratch, name) for name in ("codes", "queries", "totals")]
    program = os.path.join(target, "release", "examples", "bench")
    home = os.path.join(scratch, "index")
    said = subprocess.run(
        [program, spread, str(count), home, str(queries), *files],
        check=True, capture_output=True, text=True,
    ).stdout
    print(said, end="")
    rates = re.findall(r"search_many on 1 q/s .* per processor second (\d+)", said)
    read = [numpy.fromfile(file, dtype=numpy.uint8).reshape(-1, 32) for file in files[:2]]
    return float(rates[0]), *read, numpy.fromfile(files[2], dtype=numpy.uint64)


def peer(name, index, codes, asked, totals):
    """Its rate; says how many of the matches it finds, and of how many queries it finds all that the index finds."""
    begun = processor()
    index.add(codes)
    built = processor() - begun
    rates, found = [], []
    for part in numpy.array_split(asked, 3):
        begun = processor()
        # FAISS finds what lies strictly within.
        limits, _, _ = index.range_search(part, 32)
        rates.append(len(part) / max(processor() - begun, 1e-9))
        found.extend(numpy.diff(limits))
    rate, found, totals = sorted(rates)[1], numpy.array(found), totals[: len(asked)].astype(numpy.int64)
    print(f"{name}: {rate:.1f} look-ups per processor second, build {built:.1f} s, of {len(asked)} queries")
    print(f"  matches {found.sum()}, the index {totals.sum()}; as many in {(found == totals).sum()} queries, more in {(found > totals).sum()}")
    return rate


with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
    faiss.omp_set_num_threads(1)
    rate, codes, asked, totals = ours(scratch)
    many = totals > 1000
    print(f"queries with more than 1,000 matches: {many.sum()} of {len(totals)}, {totals[many].mean() if many.any() else 0:.0f} each")
    few = max(6, min(len(asked), 300_000_000 // count))
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    multi.nflip = 1
    theirs = peer("FAISS MultiHash(256,16,16), nflip 1", multi, codes, asked[:few], totals)
    print(f"ratio {rate / theirs:.0f}")
    del multi
    half = max(6, few // 2)
    theirs = peer("FAISS flat", faiss.IndexBinaryFlat(256), codes, asked[:half], totals)
    print(f"ratio {rate / theirs:.0f}")
