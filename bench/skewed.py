#!/usr/bin/env python3
"""Makes codes as long still scenes make them: PDQ of every frame of generated videos; then the index beside FAISS on them.

    pip install --target PEERS faiss-cpu
    bench/skewed.py FRAMES FOLDER PEERS [QUERIES]

FOLDER keeps the videos (10,000 frames each at 25 a second, 128 by 72 pixels, MPEG-4 in AVI, made by /usr/bin/ffmpeg) and
the codes. A video is scenes of 100 to 5,000 frames, as many short as long ones by the logarithm. Each scene is a picture of
its own: part of a fractal, colours that run into each other under some boxes, or cells of an automaton. Seven of ten stand
still under a camera's noise, two are panned slowly, one changes. The codes are those of every frame of quality 50
and above, in order, as the fenced decoder and the crate of signals give them; nothing is added or left out.
"""

import json
import math
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

frames, folder, peers = int(sys.argv[1]), sys.argv[2], sys.argv[3]
queries = sys.argv[4] if len(sys.argv) > 4 else "4000"
LENGTH, WIDTH, HEIGHT = 10_000, 128, 72
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))


def picture(draw):
    """A source whose first frame is the scene's."""
    size = f"size={WIDTH * 3 // 2}x{HEIGHT * 3 // 2}:rate=25"
    kind = draw.choice(["fractal", "boxes", "cells"])
    if kind == "fractal":
        turn, scale = draw.uniform(0, 2 * math.pi), 10 ** draw.uniform(-2, -0.3)
        x = 0.51 * math.cos(turn) - 0.26 * math.cos(2 * turn)
        y = 0.51 * math.sin(turn) - 0.26 * math.sin(2 * turn)
        return f"mandelbrot={size}:maxiter=200:start_x={x:.5f}:start_y={y:.5f}:start_scale={scale:.5f}:end_scale={scale / 9:.6f}:end_pts=4000"
    if kind == "cells":
        return f"cellauto=size=24x14:rate=25:rule={draw.choice([30, 90, 110, 150])}:seed={draw.randrange(1 << 30)},scale={WIDTH * 3 // 2}:{HEIGHT * 3 // 2}:flags=bicubic"
    boxes = "".join(
        f",drawbox=x={draw.randrange(WIDTH)}:y={draw.randrange(HEIGHT)}:w={draw.randint(8, 90)}:h={draw.randint(8, 60)}"
        f":color=0x{draw.randrange(1 << 24):06x}:t=fill"
        for _ in range(draw.randint(3, 9))
    )
    seed, form = draw.randrange(1 << 30), draw.choice(["linear", "radial", "circular", "spiral"])
    return f"gradients={size}:nb_colors=8:speed=0.01:seed={seed}:type={form}{boxes}"


def scene(draw, length):
    small, still = f"scale={WIDTH}:{HEIGHT}", "trim=end_frame=1,loop=loop=-1:size=1,setpts=N/25/TB"
    noise = f"noise=alls={draw.randint(1, 9)}:allf=t:all_seed={draw.randrange(1 << 20)}"
    kind = draw.choices(["still", "panned", "changing"], [7, 2, 1])[0]
    moved = {
        "still": f"{small},format=yuv420p,{still},{noise}",
        "panned": f"format=yuv420p,{still},crop={WIDTH}:{HEIGHT}:x='(iw-ow)*min(1,n/{length})':y=(ih-oh)/2,{noise}",
        "changing": f"{small},format=yuv420p,{noise}",
    }
    return f"{picture(draw)},{moved[kind]},trim=end_frame={length},setpts=N/25/TB,setsar=1"


def video(number):
    path = os.path.join(folder, f"video-{number}.avi")
    if os.path.exists(path):
        return path
    draw, lengths = random.Random(number), []
    while sum(lengths) < LENGTH:
        lengths.append(min(round(100 * 50 ** draw.random()), LENGTH - sum(lengths)))
    scenes = [f"{scene(draw, length)}[s{at}]" for at, length in enumerate(lengths)]
    joined = "".join(f"[s{at}]" for at, _ in enumerate(lengths))
    graph = ";".join([*scenes, f"{joined}concat=n={len(lengths)}"])
    form = ["-threads", "1", "-c:v", "mpeg4", "-q:v", "5", "-g", "100", "-f", "avi"]
    command = ["/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-y", "-filter_complex_threads", "1", "-filter_complex", graph]
    subprocess.run([*command, *form, f"{path}.part"], check=True)
    os.rename(f"{path}.part", path)
    return path


def codes(path):
    """The file of a video's codes, 32 bytes each."""
    file = f"{path}.codes"
    if not os.path.exists(file):
        program = os.path.join(target, "release", "examples", "vpdq")
        said = subprocess.run([program, "hash", "0", path], check=True, capture_output=True, text=True).stdout
        seen = json.loads(said)
        assert seen["whole"]
        hashed = (frame.split(",") for frame in json.loads(seen["signal"]))
        with open(f"{file}.part", "wb") as out:
            out.write(b"".join(bytes.fromhex(code) for code, quality, _ in hashed if int(quality) >= 50))
        os.rename(f"{file}.part", file)
    return file


subprocess.run(["cargo", "build", "-q", "--release", "-p", "writ-media", "--example", "vpdq"], cwd=root, check=True)
os.makedirs(folder, exist_ok=True)
with ThreadPoolExecutor(2) as two:
    files = list(two.map(lambda number: codes(video(number)), range(-(-frames // LENGTH))))
together = os.path.join(folder, "codes")
with open(together, "wb") as out:
    for file in files:
        with open(file, "rb") as one:
            out.write(one.read())
count = os.path.getsize(together) // 32
with open(together, "rb") as every:
    distinct = len({every.read(32) for _ in range(count)})
print(f"{len(files)} videos of {LENGTH} frames: {count} codes of quality 50 and above, {distinct} distinct")
subprocess.run([sys.executable, os.path.join(root, "bench", "hamming.py"), str(count), together, peers, queries], check=True)
