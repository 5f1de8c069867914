"""An entry of the bank as the feed tells it, and what the library is to think of a match with it."""

import datetime
import re
import time
import typing as t
from dataclasses import dataclass, field

from threatexchange.exchanges.fetch_state import (
    AggregateSignalOpinion,
    AggregateSignalOpinionCategory,
    FetchedSignalMetadata,
    SignalOpinion,
    SignalOpinionCategory,
)

# Where an entry, or one of its signals, stands so that it does not match. Quarantined ones matched too often or lie
# near popular harmless pictures; the feed tells of them again when a person has released them.
SILENT = {"withdrawn", "expired", "quarantined"}

STANDING = {
    "active": AggregateSignalOpinionCategory.POSITIVE_CLASS,
    "disputed": AggregateSignalOpinionCategory.DISPUTED,
}

# A dispute says that the labels or the bank are wrong, so the content does not belong to this collaboration's class.
VERDICTS = {
    "confirm": SignalOpinionCategory.POSITIVE_CLASS,
    "dispute": SignalOpinionCategory.NEGATIVE_CLASS,
    "not-terrorist": SignalOpinionCategory.NEGATIVE_CLASS,
    "seen": SignalOpinionCategory.INVESTIGATION_SEED,
}

SIGNS = {"confirm": "+", "dispute": "?", "not-terrorist": "-", "seen": "~"}


@dataclass
class WritOpinion:
    """What one member says: its verdict (`confirm`, `dispute`, `not-terrorist`, `seen`) and the labels it gives."""

    member: str
    verdict: str
    labels: t.List[str]


@dataclass
class WritEntry:
    """One entry that matches. `signals` are type and hash; `expires` is in seconds since 1970."""

    entry: int
    bank: str
    state: str
    negative: bool
    signals: t.List[t.Tuple[str, str]]
    labels: t.List[str]
    opinions: t.List[WritOpinion]
    expires: t.Optional[float]

    def has_expired(self) -> bool:
        return self.expires is not None and self.expires <= time.time()

    @property
    def category(self) -> AggregateSignalOpinionCategory:
        """Where the entry stands by the rules that the members adopted, which count votes as the library does not."""
        if self.negative:
            return AggregateSignalOpinionCategory.NEGATIVE_CLASS
        return STANDING.get(self.state, AggregateSignalOpinionCategory.INVESTIGATION_SEED)

    @property
    def contribution(self) -> SignalOpinion:
        """That somebody put it into the bank is an opinion of its own, whatever is said of it later."""
        category = SignalOpinionCategory.NEGATIVE_CLASS if self.negative else SignalOpinionCategory.POSITIVE_CLASS
        return SignalOpinion(False, category, set(self.labels))

    def __str__(self) -> str:
        said = "".join(f" {SIGNS.get(opinion.verdict, '~')}{opinion.member}" for opinion in self.opinions)
        labels = f" {','.join(sorted(self.labels))}" if self.labels else ""
        return f"{self.bank}/{self.entry}{said}{labels}"


@dataclass
class WritMetadata(FetchedSignalMetadata):
    """All entries that have one hash. `me` is the member who fetches, where the collaboration names it."""

    entries: t.List[WritEntry] = field(default_factory=list)
    me: t.Optional[str] = None

    def get_as_opinions(self) -> t.Sequence[SignalOpinion]:
        said = [(opinion, VERDICTS.get(opinion.verdict)) for entry in self.entries for opinion in entry.opinions]
        return [entry.contribution for entry in self.entries] + [
            SignalOpinion(opinion.member == self.me, category, set(opinion.labels))
            for opinion, category in said
            if category is not None
        ]

    def get_as_aggregate_opinion(self) -> AggregateSignalOpinion:
        """As the entries stand. What lies in a negative bank is negative, whatever other banks say of it."""
        tags = {label for entry in self.entries for label in entry.labels}
        categories = {entry.category for entry in self.entries}
        if AggregateSignalOpinionCategory.NEGATIVE_CLASS in categories:
            return AggregateSignalOpinion(AggregateSignalOpinionCategory.NEGATIVE_CLASS, tags)
        return AggregateSignalOpinion(max(categories), tags)

    def __str__(self) -> str:
        return f"{self.get_as_aggregate_opinion().category.name} {'; '.join(map(str, self.entries))}"


def read_entry(raw: t.Any) -> t.Tuple[int, t.Optional[WritEntry]]:
    """The entry's number, and the entry, or nothing if it does not match now. Raises `ValueError` on malformed ones."""
    if not isinstance(raw, dict):
        raise ValueError(f"an entry is `{str(raw)[:80]}` instead of an object")
    number, state = raw.get("entry"), raw.get("state")
    if type(number) is not int or not 0 <= number < 2**63:
        raise ValueError(f"its number is `{str(number)[:80]}`")
    if not isinstance(state, str):
        raise ValueError(f"the state of {number} is `{str(state)[:80]}`")
    if state in SILENT:
        return number, None
    signals = [signal for signal in map(read_signal, items(raw, "signals")) if signal is not None]
    if not signals and not items(raw, "signals"):
        raise ValueError(f"{number} has no signals")
    entry = WritEntry(
        entry=number,
        bank=word(raw, "bank"),
        state=state,
        negative=raw.get("purpose") == "negative",
        signals=signals,
        labels=[label for label in items(raw, "labels") if isinstance(label, str)],
        opinions=[opinion for opinion in map(read_opinion, items(raw, "opinions")) if opinion is not None],
        expires=seconds(raw.get("expires")),
    )
    return number, entry if signals else None


def read_signal(raw: t.Any) -> t.Optional[t.Tuple[str, str]]:
    """Nothing where the signal by itself does not match: support for one signal is not support for another."""
    if not isinstance(raw, dict) or raw.get("state") in SILENT:
        return None
    kind, text = raw.get("type"), raw.get("hash")
    return (kind, text) if isinstance(kind, str) and isinstance(text, str) else None


def read_opinion(raw: t.Any) -> t.Optional[WritOpinion]:
    if not isinstance(raw, dict) or not isinstance(raw.get("member"), str) or not isinstance(raw.get("verdict"), str):
        return None
    labels = [label for label in items(raw, "labels") if isinstance(label, str)]
    return WritOpinion(raw["member"], raw["verdict"], labels)


def items(raw: t.Dict[str, t.Any], name: str) -> t.List[t.Any]:
    value = raw.get(name)
    if value is not None and not isinstance(value, list):
        raise ValueError(f"`{name}` is `{str(value)[:80]}` instead of a list")
    return value or []


def word(raw: t.Dict[str, t.Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is `{str(value)[:80]}` instead of text")
    return value


def seconds(when: t.Any) -> t.Optional[float]:
    if when is None:
        return None
    try:
        # Python before 3.11 reads neither `Z` nor nanoseconds.
        moment = datetime.datetime.fromisoformat(re.sub("[.][0-9]+", "", when).replace("Z", "+00:00"))
    except (TypeError, ValueError):
        raise ValueError(f"`expires` is `{str(when)[:80]}` instead of a time") from None
    return moment.replace(tzinfo=moment.tzinfo or datetime.timezone.utc).timestamp()
