"""Runs one of the measurements that are written as ignored tests, on a generated home, and gives its JSON line."""
import json, os, sqlite3, subprocess


def customers(home, count):
    """The ids of so many customers, drawn at random."""
    people = sqlite3.connect(f"{home}/data/accounts.sqlite")
    return [row[0] for row in people.execute("select customer_id from customers order by random() limit ?", [count])]


def measured(name, home, ids):
    environment = {**os.environ, "WRIT_BENCH_HOME": os.path.abspath(home), "WRIT_BENCH_CUSTOMERS": ",".join(ids)}
    command = ["scripts/cargo", "test", "--release", "--workspace", "--locked", "--test", "it", "--", "--ignored",
               "--nocapture", name]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return json.loads(next(line for line in out.splitlines() if line.startswith("{")))
