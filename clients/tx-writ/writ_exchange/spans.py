"""A set of entry numbers as spans of neighbours: a bank's numbers are dense, so a few spans stand for millions."""

import bisect
import typing as t


class Spans:
    """A set of whole numbers. Iterates in ascending order; do not change it meanwhile."""

    def __init__(self, spans: t.Iterable[t.Sequence[int]] = ()) -> None:
        """From spans of first and last number, both included, ascending and apart, as `spans()` gives them."""
        self._firsts = [span[0] for span in spans]
        self._lasts = [span[1] for span in spans]

    def spans(self) -> t.List[t.List[int]]:
        return [[first, last] for first, last in zip(self._firsts, self._lasts)]

    def copy(self) -> "Spans":
        return Spans(self.spans())

    def __contains__(self, number: int) -> bool:
        at = self._before(number)
        return at >= 0 and number <= self._lasts[at]

    def __iter__(self) -> t.Iterator[int]:
        for first, last in zip(self._firsts, self._lasts):
            yield from range(first, last + 1)

    def add(self, number: int) -> None:
        if number in self:
            return
        at = self._before(number)
        joins_before = at >= 0 and self._lasts[at] == number - 1
        joins_after = at + 1 < len(self._firsts) and self._firsts[at + 1] == number + 1
        if joins_before and joins_after:
            self._lasts[at] = self._lasts.pop(at + 1)
            del self._firsts[at + 1]
        elif joins_before:
            self._lasts[at] = number
        elif joins_after:
            self._firsts[at + 1] = number
        else:
            self._firsts.insert(at + 1, number)
            self._lasts.insert(at + 1, number)

    def remove(self, number: int) -> None:
        """Nothing happens where it is not there."""
        if number not in self:
            return
        at = self._before(number)
        first, last = self._firsts.pop(at), self._lasts.pop(at)
        kept = [(start, end) for start, end in ((first, number - 1), (number + 1, last)) if start <= end]
        self._firsts[at:at] = [start for start, _ in kept]
        self._lasts[at:at] = [end for _, end in kept]

    def _before(self, number: int) -> int:
        """The place of the last span that begins at or before the number, or -1."""
        return bisect.bisect_right(self._firsts, number) - 1
