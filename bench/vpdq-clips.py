"""Makes clips, hashes each by Writ and by PyPI's `vpdq`, and compares rates, hashes and what matches what."""

import collections
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import vpdq
from threatexchange.extensions.vpdq.vpdq_index import VPDQIndex
from threatexchange.extensions.vpdq.vpdq_util import VpdqCompactFeature, vpdq_to_json

program, rounds = sys.argv[1], int(sys.argv[2])
SECONDS, SIZE = 8, "640x360"

# Four sources: drawn shapes that move, a zoom, a game whose cells flicker, and still scenes that follow each other.
SOURCES = {
    "shapes": f"testsrc2=size={SIZE}:rate=25",
    "zoom": f"mandelbrot=size={SIZE}:rate=25:maxiter=300:end_pts=400",
    "cells": "life=size=80x45:rate=5:ratio=0.3:seed=5:mold=20:life_color=#f0e0a0:mold_color=#805030:death_color=#204080,"
    f"fps=25,scale={SIZE}:flags=bicubic",
    "scenes": ";".join(
        f"gradients=size={SIZE}:rate=25:duration=2:speed=0.0001:nb_colors=8:seed={seed}:type={kind},"
        f"drawgrid=w={40 + 30 * seed}:h={30 + 25 * seed}:t=6:color=black[s{seed}]"
        for seed, kind in enumerate(["radial", "linear", "spiral", "circular"], 1)
    )
    + ";[s1][s2][s3][s4]concat=n=4",
}

X264 = ["-c:v", "libx264", "-preset", "ultrafast"]
GOOD = [*X264, "-crf", "20", "-f", "mp4"]
# What is done to a source: a filter, and how the result is written.
CHANGES = {
    "as it was": ("null", GOOD),
    "half the size": ("scale=iw/2:ih/2", GOOD),
    "16 and 10 pixels cropped": ("crop=in_w-16:in_h-10", GOOD),
    "recompressed hard": ("null", [*X264, "-crf", "44", "-f", "mp4"]),
    "seconds 2 to 6": ("trim=2:6,setpts=PTS-STARTPTS", GOOD),
    "logo": ("drawbox=x=iw-130:y=20:w=110:h=50:color=white:t=fill,drawbox=x=iw-120:y=30:w=40:h=30:color=red:t=fill", GOOD),
    "mirrored": ("hflip", GOOD),
    "brighter": ("eq=brightness=0.1:contrast=1.1", GOOD),
    "12 frames a second": ("fps=12", GOOD),
    "29.97 frames a second": ("fps=30000/1001", GOOD),
    "VP8 in WebM": ("null", ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "900k", "-f", "webm"]),
    "MPEG-4 in AVI": ("null", ["-c:v", "mpeg4", "-q:v", "5", "-f", "avi"]),
    "MPEG-2 in a transport stream": ("null", ["-c:v", "mpeg2video", "-q:v", "5", "-f", "mpegts"]),
}


def clips(folder):
    """Each source as it was, and each change of two of the sources."""
    sources = list(SOURCES)
    for number, change in enumerate(CHANGES):
        of = sources if number == 0 else [sources[number % 4], sources[(number + 1) % 4]]
        for source in of:
            path = os.path.join(folder, f"{source}, {change}")
            filters, form = CHANGES[change]
            graph = f"{SOURCES[source]},{filters},format=yuv420p"
            subprocess.run(
                ["/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-filter_complex", graph, "-t", str(SECONDS), *form, path],
                check=True,
            )
            yield path


def processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(paths, seconds):
    """Of each clip: processor seconds and frames as (hash, quality, seconds); then its share of each pair."""
    said = subprocess.run([program, "compare", str(seconds), *paths], check=True, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in said.splitlines()]
    assert all(line["whole"] for line in lines[:-1])
    hashed = []
    for line in lines[:-1]:
        frames = [frame.split(",") for frame in json.loads(line["signal"])]
        hashed.append((line["processor_s"], [(int(h, 16), int(q), float(s)) for h, q, s in frames]))
    return hashed, {(a, b): (query, known, match) for a, b, query, known, match in lines[-1]["pairs"]}


def theirs(paths, seconds):
    hashed, signals = [], []
    for path in paths:
        began = processor()
        features = vpdq.computeHash(path, seconds_per_hash=seconds, thread_count=1)
        took = processor() - began
        features.sort(key=lambda feature: feature.frame_number)
        hashed.append((took, [(int(f.hex, 16), f.quality, f.timestamp) for f in features]))
        signals.append(vpdq_to_json([VpdqCompactFeature.from_vpdq_feature(one) for one in features]))
    return hashed, pairs(signals)


def pairs(signals):
    """What the Python client's index says: of each pair the shares found of both, and whether they match."""
    known = [(signal, number) for number, signal in enumerate(signals)]
    every, strict = VPDQIndex.build(known, query_match_threshold_pct=0), VPDQIndex.build(known)
    found = {(a, b): (0.0, 0.0, False) for a, _ in enumerate(signals) for b, _ in enumerate(signals)}
    for number, query in enumerate(signals):
        matches = {match.metadata for match in strict.query(query)}
        for one in every.query(query):
            shares = one.similarity_info
            where = number, one.metadata
            found[where] = shares.query_match_percent, shares.compared_match_percent, one.metadata in matches
    return found


def rates(name, times, frames):
    middle = statistics.median(times)
    print(f"{name}: {frames} frames, {frames / middle:.0f} a processor second ({', '.join(f'{t:.2f}' for t in times)} s)")
    return middle


def distances(names, mine, other):
    """Bits between frames of the same place, for the clips of which both looked at as many."""
    bands = collections.defaultdict(list)
    for name, (_, a), (_, b) in zip(names, mine, other):
        if len(a) != len(b):
            print(f"  {name}: {len(a)} frames by Writ, {len(b)} by vpdq")
            continue
        apart = [(bin(x[0] ^ y[0]).count("1"), min(x[1], y[1])) for x, y in zip(a, b)]
        moved = max(abs(x[2] - y[2]) for x, y in zip(a, b))
        far = max(bits for bits, quality in apart if quality >= 50) if any(q >= 50 for _, q in apart) else "none of quality 50"
        middle = statistics.median(bits for bits, _ in apart)
        least = min(quality for _, quality in apart)
        print(f"  {name}: {len(apart)} frames, bits apart {middle:g} in the middle, at most {far}; quality from {least}; times {moved:.3f} s apart at most")
        for bits, quality in apart:
            bands["80 to 100" if quality >= 80 else "50 to 79" if quality >= 50 else "below 50"].append(bits)
    for quality, bits in sorted(bands.items()):
        bits.sort()
        counted = collections.Counter("0" if b == 0 else "1-2" if b <= 2 else "3-4" if b <= 4 else "5-10" if b <= 10 else "11-31" if b <= 31 else "32 and more" for b in bits)
        shares = ", ".join(f"{band}: {counted[band]}" for band in ["0", "1-2", "3-4", "5-10", "11-31", "32 and more"] if counted[band])
        print(f"  quality {quality}: {len(bits)} frames; bits apart {shares}; most {bits[-1]}")


with tempfile.TemporaryDirectory() as folder:
    paths = list(clips(folder))
    names = [os.path.basename(path) for path in paths]
    for seconds, what in [(1, "one frame a second"), (0, "every frame")]:
        print(f"== {what}, {len(paths)} clips")
        times = [], []
        for _ in range(rounds):
            mine, my_pairs = ours(paths, seconds)
            other, their_pairs = theirs(paths, seconds)
            for kept, hashed in zip(times, (mine, other)):
                kept.append(sum(took for took, _ in hashed))
        frames = [sum(len(frames) for _, frames in hashed) for hashed in (mine, other)]
        a, b = rates("Writ", times[0], frames[0]), rates("vpdq", times[1], frames[1])
        print(f"ratio of rates {frames[0] / a / (frames[1] / b):.2f}")
        distances(names, mine, other)
        differ = [pair for pair in my_pairs if my_pairs[pair][2] != their_pairs[pair][2]]
        most = max(abs(my_pairs[pair][side] - their_pairs[pair][side]) for pair in my_pairs for side in (0, 1))
        both = sum(1 for pair in my_pairs if my_pairs[pair][2] and their_pairs[pair][2])
        print(f"verdicts equal in {len(my_pairs) - len(differ)} of {len(my_pairs)} pairs; {both} match by both; shares at most {most:.1f} points apart")
        for q, k in differ:
            print(f"  `{names[q]}` in `{names[k]}`: Writ {my_pairs[q, k]}, vpdq {their_pairs[q, k]}")
