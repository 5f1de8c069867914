"""Writes the vectors of the signals: pictures by formula, and what the reference implementations make of them.

    pip install --target PEERS pdqhash==0.2.8 threatexchange==1.2.17 py-tlsh==5.0.0 numpy pillow
    PYTHONPATH=PEERS python3 vectors/signals/generate.py

The formulas are whole-number arithmetic, stated a second time in crates/signals/tests/it/pictures.rs, so that only
hashes are kept. The extension for vPDQ imports the package `vpdq` only to hash files, which is not done here: where
it is not installed (it needs FFmpeg's libraries to build) an empty module stands in for it.
"""

import importlib.util
import pathlib
import random
import sys
import types

import numpy as np
import pdqhash
from PIL import Image, ImageDraw

if importlib.util.find_spec("vpdq") is None:
    sys.modules["vpdq"] = types.SimpleNamespace(VpdqFeature=object)

from threatexchange.extensions.tlsh.text_tlsh import TextTLSHSignal
from threatexchange.extensions.vpdq.vpdq import VPDQSignal
from threatexchange.extensions.vpdq.vpdq_index import VPDQIndex
from threatexchange.extensions.vpdq.vpdq_util import json_to_vpdq, vpdq_to_json
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.sha256 import VideoSHA256Signal

HERE = pathlib.Path(__file__).parent


def main():
    pdq()
    small_pictures()
    vpdq()
    tlsh()
    files()


# ---- pictures ----


def mix(x, y, seed):
    """A well-mixed 32-bit number for each place."""
    with np.errstate(over="ignore"):
        h = x.astype(np.uint32) * np.uint32(0x9E3779B1) + y.astype(np.uint32) * np.uint32(0x85EBCA77)
        h = h + np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
        h = (h ^ h >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
        h = (h ^ h >> np.uint32(12)) * np.uint32(0x297A2D39)
        return (h ^ h >> np.uint32(15)).astype(np.int64)


def flat(x, y, w, h, seed):
    return x * 0 + 100 + seed


def slope(x, y, w, h, seed):
    return (x * 255 // max(w - 1, 1) * 3 + y * 255 // max(h - 1, 1)) // 4


def noise(x, y, w, h, seed):
    return mix(x, y, seed) >> 24


def blocks(x, y, w, h, seed):
    return mix(x * 8 // w, y * 8 // h, seed) >> 24


def tiles(x, y, w, h, seed):
    return np.where((x * (13 + seed) // w + y * 9 // h) % 2 == 0, 35, 220)


def rings(x, y, w, h, seed):
    dx, dy = 2 * x - w, 2 * y - h
    return (dx * dx + dy * dy) * 24 // (w * w + h * h) * (11 + seed) % 256


def text(x, y, w, h, seed):
    across, down = x * 100 // w, y * 84 // h
    px, py = across % 5, down % 7
    glyph = mix(across // 5, down // 7, seed)
    ink = (px < 4) & (py < 6) & (glyph >> py * 4 + px & 1 == 1)
    return np.where(ink, 20, 240)


def framed(x, y, w, h, seed):
    inside = (x >= w // 16) & (x < w - w // 16) & (y >= h // 16) & (y < h - h // 16)
    return np.where(inside, 200 - seed, 0)


def hills(x, y, w, h, seed):
    total = 0
    for octave in range(6):
        period = max(max(w, h) // (3 << octave), 1)
        ix, iy = x // period, y // period
        fx, fy = x % period * 256 // period, y % period * 256 // period
        corner = lambda dx, dy: mix(ix + dx, iy + dy, seed * 8 + octave) >> 24
        top = corner(0, 0) * (256 - fx) + corner(1, 0) * fx
        bottom = corner(0, 1) * (256 - fx) + corner(1, 1) * fx
        total = total + (top * (256 - fy) + bottom * fy >> 16) * (64 >> octave)
    return total // 126


FORMULAS = [flat, slope, noise, blocks, tiles, rings, text, framed, hills]


def picture(formula, seed, width, height, channels):
    """Height by width by three: the seed is another one for each colour, the same for a grey picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    colours = [formula(x, y, width, height, seed + colour % channels) for colour in range(3)]
    return np.stack(colours, axis=2).astype(np.uint8)


# ---- PDQ ----

SMALL = [
    (1, 1), (4, 100), (100, 4), (5, 5), (5, 700), (700, 5), (16, 16), (63, 65), (64, 64), (65, 64), (100, 80),
    (127, 129), (128, 128), (129, 257), (200, 300), (256, 256), (500, 333), (640, 480), (1000, 40), (40, 1000),
]  # fmt: skip

LARGE = [
    (hills, 1, 1000, 1000, 1), (hills, 2, 1000, 1000, 3), (noise, 3, 1537, 1025, 3), (rings, 1, 2000, 1500, 3),
    (text, 2, 2000, 1500, 1), (text, 3, 4000, 3000, 1), (tiles, 1, 4000, 3000, 3), (slope, 0, 20000, 9, 3),
    (hills, 3, 7, 12000, 3),
]  # fmt: skip


def pdq():
    cases = [(f, s % 3, w, h, c) for f in FORMULAS for s, (w, h) in enumerate(SMALL) for c in (1, 3)] + LARGE
    with open(HERE / "pdq.tsv", "w") as plain, open(HERE / "pdq-forms.tsv", "w") as forms:
        print("formula\tseed\twidth\theight\tchannels\tquality\thash", file=plain)
        print("formula\tseed\twidth\theight\tchannels\thashes of the eight forms", file=forms)
        for formula, seed, width, height, channels in cases:
            case = f"{formula.__name__}\t{seed}\t{width}\t{height}\t{channels}"
            pixels = picture(formula, seed, width, height, channels)
            bits, quality = pdqhash.compute(pixels)
            print(f"{case}\t{quality}\t{hexadecimal(bits)}", file=plain)
            # The client shrinks a picture of 64 by 64 before it turns it, and otherwise takes it as it is.
            if 100 <= min(width, height) and width * height < 1 << 19 and (width, height) != (64, 64):
                turned, _ = pdqhash.compute_dihedral(pixels)
                print(f"{case}\t{' '.join(hexadecimal(bits) for bits in turned)}", file=forms)


def hexadecimal(bits):
    return f"{int(''.join(map(str, bits)), 2):064x}"


def small_pictures():
    """Three drawn by Pillow, with smoothed edges: kept as they are, since no formula states them."""
    page = Image.new("L", (320, 400), 250)
    draw = ImageDraw.Draw(page)
    for line in range(16):
        words = random.Random(line).choices(["lantern", "of", "the", "marsh", "hour", "quiet", "Oberwald"], k=6)
        draw.text((18, 14 + 23 * line), " ".join(words), fill=15)
    poster = Image.new("RGB", (360, 270), (240, 225, 190))
    draw = ImageDraw.Draw(poster)
    draw.ellipse((40, 30, 190, 180), fill=(190, 40, 35))
    draw.polygon([(180, 250), (250, 60), (340, 250)], fill=(30, 60, 120), outline=(0, 0, 0))
    draw.line((0, 200, 360, 120), fill=(20, 20, 20), width=9)
    seal = Image.new("L", (300, 300), 128)
    ImageDraw.Draw(seal).arc((40, 40, 260, 260), 20, 300, fill=200, width=30)
    with open(HERE / "pictures.tsv", "w") as out:
        print("file\tquality\thash", file=out)
        for name, image in [
            ("page.pgm", page.resize((80, 100), Image.Resampling.LANCZOS)),
            ("poster.ppm", poster.resize((120, 90), Image.Resampling.LANCZOS)),
            ("seal.pgm", seal.resize((75, 75), Image.Resampling.LANCZOS)),
        ]:
            image.save(HERE / name)
            bits, quality = pdqhash.compute(np.asarray(Image.open(HERE / name).convert("RGB")))
            print(f"{name}\t{quality}\t{hexadecimal(bits)}", file=out)


# ---- vPDQ ----


def vpdq():
    """Pairs of videos, and what the extension says of each: compared directly, and found through its index."""
    draw = random.Random(20161205)
    new = lambda: draw.randrange(1 << 256)
    near = lambda bits, most: bits ^ sum(1 << at for at in draw.sample(range(256), draw.randint(0, most)))
    line = lambda bits, quality, second: f"{bits:064x},{quality},{second:.1f}"
    with open(HERE / "vpdq.tsv", "w") as out:
        print("query\tknown\tmatches\tpercent of query\tpercent of known", file=out)
        for case in range(24):
            known = [(new(), draw.choice([100, 100, 80, 50, 49, 3])) for _ in range(draw.randint(2, 9))]
            known += draw.choices(known, k=draw.randint(0, 2))
            query = [(near(bits, draw.choice([0, 8, 31, 36])), q) for bits, q in known[case % 3 :]]
            query += [(new(), 100) for _ in range(draw.choice([0, 0, 1, 4]))]
            texts = [
                vpdq_to_json(json_to_vpdq(str([line(*f, s) for s, f in enumerate(video)]).replace("'", '"')))
                for video in (query, known)
            ]
            if not all(any(q >= 50 for _, q in video) for video in (query, known)):
                continue
            direct = VPDQSignal.compare_hash(*texts)
            found = VPDQIndex.build([(texts[1], "known")]).query(texts[0])
            assert direct.match == bool(found), texts
            shares = direct.distance
            print(
                *texts, int(direct.match), shares.query_match_percent, shares.compared_match_percent,
                sep="\t", file=out,
            )  # fmt: skip


# ---- TLSH, files ----


def tlsh():
    draw = random.Random(20151113)
    words = "lantern marsh hour quiet river ash bell cold door ember field glass harbour ink juniper Öland größe".split()
    base = [" ".join(draw.choices(words, k=k)) + "." for k in (5, 8, 9, 12, 40, 120, 400)]
    edited = [b.replace("river", "stream", 2).replace("bell", "Bell") for b in base[3:]] + [base[6][300:] + base[4]]
    texts = base + edited + ["a" * 600, "", "short", "x" * 49, base[5].upper()]
    hashes = [TextTLSHSignal.hash_from_str(t) for t in texts]
    with open(HERE / "tlsh.tsv", "w") as out:
        print("text\thash", file=out)
        for written, hashed in zip(texts, hashes):
            print(f"{written}\t{hashed}", file=out)
    with open(HERE / "tlsh-distances.tsv", "w") as out:
        print("hash\thash\tdistance\tmatches", file=out)
        known = [h for h in hashes if h]
        for a in known:
            for b in known:
                result = TextTLSHSignal.compare_hash(a, b)
                print(f"{a}\t{b}\t{result.distance.distance}\t{int(result.match)}", file=out)


def files():
    with open(HERE / "files.tsv", "w") as out:
        print("text\tvideo_md5\tvideo_sha256", file=out)
        for written in ["", "abc", "a lantern in the marsh", "x" * 200]:
            given = written.encode()
            print(f"{written}\t{VideoMD5Signal.hash_from_bytes(given)}\t{VideoSHA256Signal.hash_from_bytes(given)}", file=out)
    with open(HERE / "names.tsv", "w") as out:
        print("name\tcontent\texample", file=out)
        for kind in (PdqSignal, VPDQSignal, VideoMD5Signal, VideoSHA256Signal, TextTLSHSignal):
            for example in kind.get_examples():
                # Two of the client's examples are not signals: a digest it made up, and a text too short to hash.
                if example:
                    print(f"{kind.get_name()}\t{kind.get_content_types()[0].get_name()}\t{example}", file=out)


main()
