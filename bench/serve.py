"""Plays and prints what `bench/serve` measures: a home with hashes, the service, the load, changes beside it, a restart."""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import time

WRIT, HASHES, HOME = sys.argv[1], int(sys.argv[2]), sys.argv[3]
BANK = "MEASURED"
# Seconds of load, connections, and the threads of the generator.
LOAD, CONNECTIONS, THREADS = 20, 16, 1
LUA = """
local hashes = {}
for line in io.lines("%s") do hashes[#hashes + 1] = line end
local next = 0
request = function()
  next = next %% #hashes + 1
  return wrk.format("GET", "%s" .. hashes[next], {["Authorization"] = "Bearer %s"})
end
done = function(summary, latency)
  io.write(string.format("{\\"requests\\": %%d, \\"microseconds\\": %%d, \\"errors\\": %%d, \\"p50_us\\": %%d, \\"p99_us\\": %%d}\\n",
    summary.requests, summary.duration, summary.errors.status + summary.errors.timeout + summary.errors.read + summary.errors.connect,
    latency:percentile(50), latency:percentile(99)))
end
"""


def main():
    fill()
    key = json.loads(writ("--json", "key", "issue", "--member", "measured", "--role", "curator"))["key"]
    queries = os.path.join(HOME, "queries")
    draw = random.Random(2)
    held = held_codes()
    with open(queries, "w") as file:
        file.writelines(near(draw, held) + "\n" for _ in range(20_000))
    with Service() as service:
        print(f"{HASHES} hashes, {resident(service.process.pid)} MB resident, answers {service.ready:.2f} s after its start")
        for route in ["/m/raw_lookup?signal_type=pdq&signal=", "/m/lookup?signal_type=pdq&signal="]:
            figures = load(service, queries, route, key)
            rate = figures["requests"] / figures["microseconds"] * 1e6
            print(f"{route.split('?')[0]}: {rate:,.0f} look-ups/s, p50 {figures['p50_us']} us, p99 {figures['p99_us']} us, {figures['errors']} errors")
        changes(service, queries, key)
    with Service() as service:
        print(f"restarted: answers a look-up {service.ready:.2f} s after its start")


def fill():
    """A home with that many hashes, drawn at random; half of what is asked lies near one of them."""
    if os.path.exists(os.path.join(HOME, "hashes", "hashes.toml")):
        return
    writ("bank", "init", "--member", "measured")
    writ("bank", "create", BANK)
    listed = os.path.join(HOME, "list")
    with open(listed, "w") as file:
        draw = random.Random(1)
        file.writelines(f"{draw.getrandbits(256):064x}\n" for _ in range(HASHES))
    began = time.perf_counter()
    writ("bank", "add", BANK, "--list", listed)
    seconds = time.perf_counter() - began
    print(f"{HASHES} hashes contributed from a list in {seconds:.1f} s, {HASHES / seconds:,.0f}/s, the index and the state saved")
    os.remove(listed)
    config = os.path.join(HOME, "hashes", "hashes.toml")
    text = open(config).read().replace("lookups_per_minute = 6000", "lookups_per_minute = 0")
    open(config, "w").write(text)


def held_codes():
    """Some ten thousand of the codes that the bank holds, from all of it."""
    export = subprocess.Popen([WRIT, "--home", HOME, "bank", "export", BANK], stdout=subprocess.PIPE, text=True)
    every = max(1, HASHES // 10_000)
    codes = [int(line.split()[1], 16) for number, line in enumerate(export.stdout) if number % every == 0]
    if export.wait() or not codes:
        raise SystemExit(f"the bank {BANK} cannot be read")
    return codes


def near(draw, held):
    """A hash to ask: of a known one up to 31 bits away, or of none."""
    if draw.random() < 0.5:
        return f"{draw.getrandbits(256):064x}"
    apart = sum(1 << bit for bit in draw.sample(range(256), draw.randrange(32)))
    return f"{draw.choice(held) ^ apart:064x}"


class Service:
    """`writ serve`, from its start to its end."""

    def __enter__(self):
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [WRIT, "--home", HOME, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        self.address = self.process.stdout.readline().split("//")[1].strip()
        ask(self.address, "GET", "/status")
        self.ready = time.perf_counter() - began
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def load(service, queries, route, key):
    script = os.path.join(HOME, "load.lua")
    with open(script, "w") as file:
        file.write(LUA % (queries, route, key))
    arguments = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{LOAD}s", "-s", script, f"http://{service.address}"]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    return json.loads(said.strip().splitlines()[-1])


def changes(service, queries, key):
    """How soon an entry that was acknowledged is found, and no more once withdrawn, while others look up."""
    generator = subprocess.Popen(
        ["wrk", "-t1", "-c2", "-d20s", "-s", os.path.join(HOME, "load.lua"), f"http://{service.address}"], stdout=subprocess.DEVNULL
    )
    added, withdrawn = [], []
    draw = random.Random()
    while generator.poll() is None:
        text = f"{draw.getrandbits(256):064x}"
        body = {"bank": BANK, "signals": [{"type": "pdq", "hash": text}]}
        began = time.perf_counter()
        entry = ask(service.address, "POST", "/v1/entries", key, body)["entries"][0]
        until(service.address, text, key, 1)
        added.append(time.perf_counter() - began)
        began = time.perf_counter()
        ask(service.address, "DELETE", f"/v1/entries/{entry}", key)
        until(service.address, text, key, 0)
        withdrawn.append(time.perf_counter() - began)
    for what, times in [("added", added), ("withdrawn", withdrawn)]:
        times.sort()
        worst, median = times[-1] * 1000, statistics.median(times) * 1000
        print(f"{what} and seen, asked to found: median {median:.1f} ms, longest {worst:.1f} ms of {len(times)}, while 2 connections look up")


def until(address, text, key, many):
    while len(ask(address, "GET", f"/m/raw_lookup?signal_type=pdq&signal={text}", key)["matches"]) != many:
        pass


def ask(address, method, path, key=None, body=None):
    connection = http.client.HTTPConnection(address)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {said[:200]}")
    return json.loads(said) if said[:1] in b"{[" else said


def resident(process):
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def writ(*words):
    said = subprocess.run([WRIT, "--home", HOME, *words], capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(said.stderr)
    return said.stdout


main()
