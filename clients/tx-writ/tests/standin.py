"""A small Writ on a real loopback socket: the feed of a bank, uploads and opinions, and the lies a peer can tell."""

import http.server
import json
import threading
import urllib.parse

KEY = "key-of-north-mast"


class Standin:
    """`put` changes an entry, `drop` withdraws it, `forget` drops the notices of what is gone.

    `lie` is a function from the honest answer and the query to what is sent instead. `asked` are all requests.
    """

    def __init__(self):
        self.entries, self.changed, self.head, self.floor = {}, {}, 0, 0
        self.page, self.lie, self.asked, self.status = 1000, None, [], 200
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, number, hash, state="active", **more):
        entry = {"entry": number, "bank": "RECRUITMENT", "state": state, "labels": [], "opinions": []}
        entry["signals"] = [{"type": "pdq", "hash": hash, "quality": 80}]
        self.tell(number, entry | more)

    def drop(self, number, state="withdrawn"):
        self.tell(number, {"entry": number, "bank": "RECRUITMENT", "state": state, "signals": [], "labels": []})

    def tell(self, number, entry):
        self.head += 1
        self.entries[number], self.changed[number] = entry, self.head

    def forget(self):
        """As after long absence: whoever began before and has not read to here has to begin anew."""
        self.floor = self.head
        for number in [n for n, entry in self.entries.items() if entry["state"] == "withdrawn"]:
            del self.entries[number], self.changed[number]

    def feed(self, query):
        began, seen = (int(part) for part in query["since"].split("."))
        if seen > self.head:
            return {"resync": "checkpoint lies ahead of this feed"}
        began = began or self.head
        if seen < self.floor and began < self.floor:
            return {"resync": "checkpoint is too old"}
        rest = sorted((change, n) for n, change in self.changed.items() if change > seen)
        page = rest[: min(self.page, int(query["limit"]))]
        more = len(rest) > len(page)
        following = page[-1][0] if more else self.head
        return {"entries": [self.entries[n] for _, n in page], "next": f"{began}.{following}", "more": more}

    def handler(standin):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                self.respond(None, lambda: standin.feed(query), query)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.respond(body, lambda: {"entries": [901]} if self.path == "/v1/entries" else {}, body)

            def respond(self, body, honest, asked):
                standin.asked.append((self.command, urllib.parse.urlsplit(self.path).path, body))
                status, answer = standin.status, {"message": "told to fail"}
                if self.headers["Authorization"] != f"Bearer {KEY}":
                    status, answer = 401, {"message": "unknown key"}
                elif status == 200:
                    answer = honest()
                    answer = standin.lie(answer, asked) if standin.lie else answer
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words):
                pass

        return Handler
