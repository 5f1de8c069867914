"""How many cases the desk closes in a second: lodged, proven, judged, granted by one reviewer, collected, sealed, the
customer told, delivered, closed. 200 subpoenas for four elements of customers of a generated provider."""
import sys

from measure import customers, measured

home, number = sys.argv[1], sys.argv[2]
result = measured("cases_closed_in_a_second", home, customers(home, 200))
print(f"round {number}: {result['cases_per_s']:.1f} cases/s ({result['cases']} in {result['s']:.2f} s, lodging {result['lodge_s']:.2f} s)")
