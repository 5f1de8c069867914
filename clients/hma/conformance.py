#!/usr/bin/env python3
"""Plays tables of real requests against a server that speaks HMA and compares each answer with the expected one.

Use: conformance.py BASE_URL [TABLE.toml ...] [--key KEY] [--only WORD] [--answers FILE]

Without a table it plays `conformance.toml` and `coop.toml`. A key travels as `Authorization: Bearer`; one in the
address (`http://x:KEY@host`) as `Authorization: Basic`, as clients send it that know addresses only. Exit status: 0
when every answer is as expected or differs as declared, 1 otherwise, 2 when the server cannot be reached.

Needs Python 3.11, nothing else. It serves the pictures that the requests name at 127.0.0.1: a server that refuses to
fetch from there, as it should, must be told to allow that address for the play.
"""

import argparse
import base64
import http.client
import json
import pathlib
import re
import sys
import time
import tomllib
import urllib.parse
import uuid

import media

HERE = pathlib.Path(__file__).parent


def main():
    options = parse_arguments()
    server = Server(options.base, options.key)
    kept = {"site": media.serve(), "base": options.base.rstrip("/")}
    answers = open(options.answers, "w") if options.answers else None
    verdicts = []
    print("route | asked | expected | got | same")
    for path in options.tables:
        table = tomllib.loads(pathlib.Path(path).read_text())
        for request in table["request"]:
            if options.only and options.only not in request["name"]:
                continue
            try:
                verdicts.append(play(server, request, kept, answers, table.get("errors")))
            except OSError as error:
                print(f"conformance: `{options.base}` cannot be reached: {error}", file=sys.stderr)
                return 2
        print_uncalled(table, server, options.only)
    print(f"\n{len(verdicts)} requests: " + ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)))
    return 1 if "NO" in verdicts else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base")
    parser.add_argument("tables", nargs="*", default=[HERE / "conformance.toml", HERE / "coop.toml"])
    parser.add_argument("--key", help="sent as `Authorization: Bearer KEY`")
    parser.add_argument("--only", help="play only the requests whose name has this word")
    parser.add_argument("--answers", help="write every request and answer in full to this file")
    return parser.parse_args()


class Server:
    """The server under test: sends one request on a connection of its own, and remembers which routes were called."""

    def __init__(self, base, key):
        parts = urllib.parse.urlsplit(base)
        self.host, self.port, self.prefix = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self.headers = {}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        elif parts.username is not None:
            pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            self.headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self.called = []

    def send(self, method, target, headers, body):
        self.called.append((method, re.sub("/+", "/", target.partition("?")[0])))
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, self.prefix + target, body, self.headers | headers)
            response = connection.getresponse()
            return Answer(response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read())
        finally:
            connection.close()


class Answer:
    """What came back: `shown` is the status with the beginning of the body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode("utf-8", "replace")
        self.kind = headers.get("content-type", "").partition(";")[0]

    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def shown(self):
        return short(f"{self.status} {' '.join(self.text.split())}")


def play(server, request, kept, answers, errors):
    """Sends one request, again and again where the table allows time, and prints and gives the verdict.

    `errors` is what may stand in place of any error, with the same status.
    """
    method, target, headers, body = compose(request, kept)
    deadline = time.monotonic() + request.get("within", 0)
    while True:
        answer = server.send(method, target, headers, body)
        why = differences(request, answer, kept)
        if not why or time.monotonic() > deadline:
            break
        time.sleep(0.25)
    declared = request.get("differs")
    if declared is None and errors and answer.status == request["status"] and answer.status >= 400:
        declared = errors | {"status": answer.status}
    verdict = "yes"
    if why:
        verdict = "declared" if declared and not differences(declared, answer, kept) else "NO"
    if answers:
        record(answers, request, method, target, body, answer)
    expected = short(f"{request['status']} {' '.join(str(request.get('answer', request.get('text', ''))).split())}")
    print(f"{method} {target.partition('?')[0]} | {request['name']} | {expected} | {answer.shown} | {verdict}")
    for line in why if verdict == "NO" else []:
        print(f"    {line}")
    if verdict == "declared":
        print(f"    {declared['reason']}")
    return verdict


def compose(request, kept):
    method, _, target = fill(request["send"], kept).partition(" ")
    if "query" in request:
        query = {name: fill(value, kept) for name, value in request["query"].items()}
        target += "?" + urllib.parse.urlencode(query)
    headers = dict(request.get("headers", {}))
    if "json" in request:
        return method, target, {"Content-Type": "application/json"} | headers, fill(request["json"], kept).encode()
    if "body" in request:
        return method, target, headers, request["body"].encode()
    if "files" in request or "form" in request:
        kind, body = multipart(request.get("files", []), request.get("form", {}))
        return method, target, {"Content-Type": kind} | headers, body
    return method, target, headers, None


def fill(text, kept):
    """Puts what earlier answers taught in place of `{name}`; other braces, such as those of JSON, stay."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: written(kept.get(found[1], found[0])), text)


def written(value):
    return value if isinstance(value, str) else json.dumps(value)


def multipart(files, form):
    """`files` are `field:name` of a generated file."""
    boundary = uuid.uuid4().hex
    parts = []
    for name, value in form.items():
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for file in files:
        field, _, name = file.partition(":")
        kind, content = media.FILES[name]
        head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {kind}'
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def differences(expected, answer, kept):
    """What of the answer is not as `expected` says, one line each; what the pattern keeps goes into `kept`."""
    found = []
    statuses = expected["status"] if isinstance(expected["status"], list) else [expected["status"]]
    if answer.status not in statuses:
        found.append(f"status {answer.status} instead of {' or '.join(map(str, statuses))}")
    if "kind" in expected and answer.kind != expected["kind"]:
        found.append(f"content type `{answer.kind}` instead of `{expected['kind']}`")
    for name, value in expected.get("header", {}).items():
        if answer.headers.get(name.lower()) != fill(value, kept):
            found.append(f"header {name}: `{answer.headers.get(name.lower())}` instead of `{value}`")
    if "text" in expected and answer.text.strip() != fill(expected["text"], kept):
        found.append(f"body `{short(answer.text)}` instead of `{expected['text']}`")
    if "answer" in expected:
        learnt = {}
        pattern = json.loads(fill(expected["answer"], kept))
        compare(pattern, answer.json(), "answer", found, learnt)
        if not found:
            kept.update(learnt)
    return found


# What stands for a value that differs each time. `<keep:NAME>` is any value, which later requests name as `{NAME}`.
PLACEHOLDERS = {
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<number>": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "<text>": lambda v: isinstance(v, str),
    "<bool>": lambda v: isinstance(v, bool),
    "<any>": lambda v: True,
    "<unix>": lambda v: isinstance(v, int) and abs(v - time.time()) < 3600,
    "<pdq>": lambda v: isinstance(v, str) and re.fullmatch("[0-9a-f]{64}", v) is not None,
    "<md5>": lambda v: isinstance(v, str) and re.fullmatch("[0-9a-f]{32}", v) is not None,
    "<near>": lambda v: isinstance(v, str) and v.isdigit() and int(v) <= 31,
}


def compare(pattern, value, where, found, learnt):
    """Compares a JSON value with a pattern: `"..."`, as a key or as the last of a list, allows what is not named.

    A list that begins with `"<any order>"` names all of its items, not their order.
    """
    if isinstance(pattern, dict) and isinstance(value, dict):
        for key in pattern.keys() - value.keys() - {"..."}:
            found.append(f"{where}.{key} is missing")
        for key in value.keys() - pattern.keys() if "..." not in pattern else ():
            found.append(f"{where}.{key} is more than expected: {short(json.dumps(value[key]))}")
        for key in pattern.keys() & value.keys():
            compare(pattern[key], value[key], f"{where}.{key}", found, learnt)
    elif isinstance(pattern, list) and isinstance(value, list):
        compare_lists(pattern, value, where, found, learnt)
    elif isinstance(pattern, str) and pattern.startswith("<keep:"):
        learnt[pattern[6:-1]] = value
    elif isinstance(pattern, str) and pattern in PLACEHOLDERS:
        if not PLACEHOLDERS[pattern](value):
            found.append(f"{where} is {short(json.dumps(value))}, not {pattern}")
    elif pattern != value or isinstance(pattern, bool) != isinstance(value, bool):
        found.append(f"{where} is {short(json.dumps(value))} instead of {short(json.dumps(pattern))}")


def compare_lists(pattern, value, where, found, learnt):
    if pattern[:1] == ["<any order>"]:
        for item in value:
            if not any(fits(wanted, item) for wanted in pattern[1:]):
                found.append(f"{where} has {short(json.dumps(item))}, which is not expected")
        compare_lists([*pattern[1:], "..."], value, where, found, learnt)
    elif pattern[-1:] == ["..."]:
        for wanted in pattern[:-1]:
            if not any(fits(wanted, item) for item in value):
                found.append(f"{where} lacks {short(json.dumps(wanted))}")
    elif len(pattern) != len(value):
        found.append(f"{where} has {len(value)} items instead of {len(pattern)}")
    else:
        for n, (wanted, item) in enumerate(zip(pattern, value)):
            compare(wanted, item, f"{where}[{n}]", found, learnt)


def fits(pattern, value):
    found = []
    compare(pattern, value, "", found, {})
    return not found


def print_uncalled(table, server, only):
    """A table that names its routes must call each."""
    for route in [] if only else table.get("routes", []):
        method, _, path = route.partition(" ")
        shape = re.compile(re.sub("<[^>]+>", "[^/]+", path) + "$")
        if not any(called == method and shape.match(target) for called, target in server.called):
            print(f"    not called: {route}")


def record(answers, request, method, target, body, answer):
    asked = "" if body is None else f" with {len(body)} bytes" if b"\0" in body else " with " + body.decode()
    head = f"{answer.status} {answer.headers.get('content-type', '')} {answer.headers.get('location', '')}".rstrip()
    lines = [request["name"], f"  {method} {target}{asked}", f"  {head}", f"  {answer.text.strip()}\n"]
    print("\n".join(lines), file=answers, flush=True)


def short(text):
    return text if len(text) <= 110 else text[:107] + "..."


if __name__ == "__main__":
    sys.exit(main())
