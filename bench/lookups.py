"""Times the look-up of single accounts' logins on the same Parquet files: Writ, and DuckDB (`pip install duckdb pytz`).

Both give the instants and addresses of the same customers. Writ's time is from the identifier to the finished
production (look-up of the customer, plan, query, row check, NDJSON, CSV, digests); DuckDB's is the query alone, its
rows fetched into Python. Both are warm: each customer is asked once before, in another order.
"""
import random, statistics, sys, time

import duckdb
from measure import customers, measured

home, rounds = sys.argv[1], 3
files = f"{home}/data/logins/*.parquet"
database = duckdb.connect()
query = f"select \"at\", ip from read_parquet('{files}') where customer_id = ?"
ids = [one for one in customers(home, 40) if database.execute(query, [one]).fetchone()]


def writ():
    return measured("lookups_of_single_accounts", home, ids * 2)["lookup_ms"][len(ids):]


def duck():
    took = []
    for one in random.sample(ids, len(ids)):
        begun = time.perf_counter()
        database.execute(query, [one]).fetchall()
        took.append((time.perf_counter() - begun) * 1000)
    return took


ratios = []
for number in range(1, rounds + 1):
    ours, theirs = statistics.median(writ()), statistics.median(duck())
    ratios.append(ours / theirs)
    print(f"round {number}: Writ {ours:.1f} ms, DuckDB {duckdb.__version__} {theirs:.1f} ms in the middle of {len(ids)}; ratio {ours / theirs:.2f}")
print(f"ratio in the middle: {statistics.median(ratios):.2f}")
