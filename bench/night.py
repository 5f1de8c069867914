"""Prints the figures of one played night: the demands that were answered with data, from receipt to sealed parcel."""
import json, statistics, sys

night = json.load(open(sys.argv[1]))
took = sorted(case["machine"] for case in night["cases"] if case["sealed"])
print(
    f"round {sys.argv[2]}: {len(took)} answered, {sum(took) / 1000:.2f} s together, "
    f"{statistics.median(took):.0f} ms in the middle, {took[-1]:.0f} ms the slowest"
)
