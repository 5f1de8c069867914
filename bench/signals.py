"""Reads what Writ took for each picture, hashes the same pixels with `pdqhash`, and prints both and their ratio."""

import statistics
import sys
import time

import numpy as np
import pdqhash


def rings(width, height, channels, seed=1):
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    dx, dy = 2 * x - width, 2 * y - height
    at = (dx * dx + dy * dy) * 24 // (width * width + height * height)
    return np.stack([(at * (11 + seed + c % channels) % 256).astype(np.uint8) for c in range(3)], axis=2)


def milliseconds(pixels):
    start = time.thread_time()
    pdqhash.compute(pixels)
    return (time.thread_time() - start) * 1000


print("picture | Writ ms (median, least) | pdqhash ms (median, least) | ratio of medians | bits apart")
for line in sys.stdin:
    _, width, height, channels, median, least, written = line.split()
    pixels = rings(int(width), int(height), int(channels))
    times = sorted(milliseconds(pixels) for _ in range(5))
    bits, _ = pdqhash.compute(pixels)
    apart = bin(int("".join(map(str, bits)), 2) ^ int(written, 16)).count("1")
    kind = "grey" if channels == "1" else "colour"
    theirs = statistics.median(times)
    print(
        f"{width}x{height} {kind} | {median}, {least} | {theirs:.1f}, {times[0]:.1f} | {theirs / float(median):.0f} | {apart}"
    )
