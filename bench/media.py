"""Prints a table of what `bench/media` measured, with the Python client's times and hashes beside it."""

import os
import statistics
import sys
import time

import numpy
import pdqhash
from PIL import Image


def client(path):
    """As the Python client: decoded by Pillow in full, hashed by pdqhash."""
    with Image.open(path) as image:
        pixels = numpy.asarray(image.convert("RGB"))
    return pdqhash.compute(pixels)


def milliseconds(path):
    times = []
    for _ in range(7):
        began = time.perf_counter()
        client(path)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def bits(vector):
    return int("".join(str(int(bit)) for bit in vector), 2)


print("| picture | kB | Writ decodes, ms | Writ to hash, ms (median, least) | of the processor, ms | in full, ms | of the processor, ms | client, ms | ratio | bits from own full | bits from client |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
for line in sys.stdin:
    _, path, size, decode, _, _, median, least, used, full, _, full_used, apart, exact, _ = line.rstrip("\n").split("\t")
    theirs = milliseconds(path)
    vector, _ = client(path)
    name = os.path.basename(path).removesuffix(".jpg").replace("x", " × ").replace("-", " ")
    ours_apart = bin(bits(vector) ^ int(exact, 16)).count("1")
    print(
        f"| {name} | {size} | {decode} | {median}, {least} | {used} | {full} | {full_used} | {theirs:.1f} "
        f"| {theirs / float(median):.1f} | {apart} | {ours_apart} (full size) |"
    )
