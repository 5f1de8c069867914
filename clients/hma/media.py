"""Pictures and a video made by arithmetic, and a loopback server that hands them out as a stranger's site would."""

import hashlib
import http.server
import json
import struct
import threading
import zlib


def rings(side, seed, noise=0):
    """A grey picture of rings and slopes, `side` pixels square; a little `noise` changes few bits of its PDQ hash."""
    rows = []
    for y in range(side):
        row = bytearray(b"\0")
        for x in range(side):
            dx, dy = 2 * x - side, 2 * y - side
            ring = (dx * dx + dy * dy) * (8 + seed) // (side * side)
            value = ring * 37 * seed % 128 + x * 64 // side + y * 40 // side
            row.append((value + noise * ((x * 7 + y * 13 + x * y) % 5)) % 256)
        rows.append(bytes(row))
    return png(side, b"".join(rows))


def flat(side):
    """One grey all over: too plain for a PDQ hash."""
    return png(side, (b"\0" + b"\x80" * side) * side)


def png(side, filtered):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(filtered)) + chunk(b"IEND", b"")


def noise(size, word):
    """Bytes that stand for a video: only its MD5 counts, no frame of it is looked at."""
    blocks = (hashlib.sha256(f"{word} {n}".encode()).digest() for n in range(size // 32 + 1))
    return b"".join(blocks)[:size]


FILES = {
    "rings.png": ("image/png", rings(256, 3)),
    "rings-again.png": ("image/png", rings(256, 3, noise=8)),
    "waves.png": ("image/png", rings(256, 5)),
    "knots.png": ("image/png", rings(256, 4)),
    "folds.png": ("image/png", rings(256, 9)),
    "stairs.png": ("image/png", rings(256, 11)),
    "flat.png": ("image/png", flat(64)),
    "torn.png": ("image/png", rings(256, 3)[:400]),
    "empty.png": ("image/png", b""),
    "words.txt": ("text/plain", b"not a picture\n"),
    "clip.mp4": ("video/mp4", noise(4096, "clip")),
    "rings-as-words": ("text/plain", rings(256, 3)),
    "large.png": ("image/png", noise(5 * 1024 * 1024, "large")),
}

# Two hashes as another party shares them in the StopNCII form, each with the opinion of a member.
SHARED = [
    ("ImagePDQ", "f" * 32 + "0" * 32, "Active", "Blocked"),
    ("ImagePDQ", "0f" * 32, "Active", "None"),
]


def shared_page():
    records = [
        {
            "lastModtimestamp": 1700000000 + n,
            "signalType": kind,
            "hashValue": value,
            "hashStatus": status,
            "caseNumbers": {str(n): status},
            "CSPFeedbacks": [{"source": "Member A", "feedbackValue": said, "tags": ["one"]}],
        }
        for n, (kind, value, status, said) in enumerate(SHARED)
    ]
    return {
        "count": len(records),
        "nextPageToken": None,
        "nextSetTimestamp": 1700000100,
        "hasMoreRecords": False,
        "hashRecords": records,
    }


class Site(http.server.BaseHTTPRequestHandler):
    """`/NAME` is a file of FILES; `/moved/NAME` redirects to it; `/v1/FetchHashes` is a feed in the StopNCII form."""

    def do_GET(self):
        path = self.path.partition("?")[0].lstrip("/")
        if path == "v1/FetchHashes":
            self.reply(200, "application/json", json.dumps(shared_page()).encode())
        elif path.startswith("moved/"):
            self.send_response(302)
            self.send_header("Location", "/" + path.removeprefix("moved/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path in FILES:
            self.reply(200, *FILES[path])
        else:
            self.reply(404, "text/plain", b"no such file\n")

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # Whoever asked has read enough, which is its right.

    def log_message(self, *words):
        pass


def serve():
    """Starts the site on a free loopback port and gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
