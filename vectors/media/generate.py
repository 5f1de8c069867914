"""Writes one small picture as JPEG twice, with the same coefficients: in one scan, and in scans that refine each other.

    pip install --target PEERS pillow==13.0.0
    PYTHONPATH=PEERS python3 vectors/media/generate.py

The encoder that the tests have has no scans that refine others; that of libjpeg, in which most files are written, has.
"""

import pathlib

from PIL import Image

WIDTH, HEIGHT = 93, 75
FOLDER = pathlib.Path(__file__).parent


def level(x, y):
    """Slopes, edges and texture, so that every band has values."""
    edge = 90 if (x // 11 + y // 13) % 2 else 0
    return (x * 2 + edge + x * x * y // 97 % 23 + (x ^ y) % 17) % 256


picture = Image.new("RGB", (WIDTH, HEIGHT))
picture.putdata([(level(x, y), level(y, x), 255 - level(x, y)) for y in range(HEIGHT) for x in range(WIDTH)])
for name, progressive in [("sequential", False), ("refined", True)]:
    picture.save(FOLDER / f"{name}.jpg", quality=90, subsampling=2, progressive=progressive, optimize=True)
