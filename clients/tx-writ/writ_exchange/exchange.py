"""The exchange: what a Writ shares becomes records that `tx fetch` keeps, and what `tx label` says becomes opinions.

A record is one entry of the bank, keyed by its number. Each page of the feed gives entries as they stand now; one that
no longer matches comes as a deletion, so that withdrawals take effect with the fetch that reads them.

When the Writ says `resync`, what is held may have gaps. `tx` can only delete what it is told by key, so the checkpoint
remembers which entries are held. The feed is read from the start, and at its end every entry held before and not named
again is deleted. Until then all of it goes on matching.
"""

import logging
import typing as t
from dataclasses import dataclass, field

from threatexchange.exchanges import auth, fetch_state
from threatexchange.exchanges.collab_config import CollaborationConfigBase, CollaborationConfigWithDefaults
from threatexchange.exchanges.signal_exchange_api import SignalExchangeAPI
from threatexchange.signal_type.signal_base import SignalType

from writ_exchange.client import START, WritClient, WritError
from writ_exchange.entry import WritEntry, WritMetadata, read_entry
from writ_exchange.spans import Spans

API_NAME = "writ"

VERDICTS = {
    fetch_state.SignalOpinionCategory.POSITIVE_CLASS: "confirm",
    fetch_state.SignalOpinionCategory.NEGATIVE_CLASS: "not-terrorist",
    fetch_state.SignalOpinionCategory.INVESTIGATION_SEED: "seen",
}


@dataclass
class _Required:
    base_url: str = field(metadata={"help": "where the Writ listens, such as https://hashes.example"})


@dataclass
class WritCollabConfig(CollaborationConfigWithDefaults, _Required):
    """What one collaboration with a Writ needs to know beside the key."""

    api: str = field(init=False, default=API_NAME)
    bank: t.Optional[str] = field(
        default=None,
        metadata={"help": "keep only this bank, and upload into it what you label", "metavar": "BANK"},
    )
    member: t.Optional[str] = field(
        default=None,
        metadata={"help": "who you are there: your own opinions are then shown as yours", "metavar": "MEMBER"},
    )


@dataclass
class WritCheckpoint(fetch_state.FetchCheckpointBase):
    """How far the feed was read: its own checkpoint, and the numbers of the entries that are held.

    `held` and `doubted` are spans, first and last included. `doubted` are those held from before a resync that the
    feed has not named again yet.
    """

    since: str = START
    held: t.List[t.List[int]] = field(default_factory=list)
    doubted: t.List[t.List[int]] = field(default_factory=list)


@dataclass
class WritCredentials(auth.CredentialHelper):
    """The key of a member or a reader, from the environment or a file."""

    ENV_VARIABLE: t.ClassVar[str] = "TX_WRIT_KEY"
    FILE_NAME: t.ClassVar[str] = "~/.tx_writ_key"

    key: str = field(metadata={"help": "The key that the Writ's operator gave you."})

    @classmethod
    def _from_str(cls, s: str) -> "WritCredentials":
        return cls(s.strip())

    def _are_valid(self) -> bool:
        return bool(self.key) and self.key.isascii() and self.key.isprintable() and " " not in self.key


class WritSignalExchangeAPI(
    auth.SignalExchangeWithAuth[WritCollabConfig, WritCredentials],
    SignalExchangeAPI[WritCollabConfig, WritCheckpoint, WritMetadata, int, WritEntry],
):
    """Fetches from one Writ, and says there what its key's member thinks."""

    def __init__(self, collab: WritCollabConfig, client: WritClient) -> None:
        super().__init__()
        self.collab = collab
        self.client = client

    @classmethod
    def for_collab(
        cls, collab: WritCollabConfig, credentials: t.Optional[WritCredentials] = None
    ) -> "WritSignalExchangeAPI":
        credentials = credentials or WritCredentials.get(cls)
        return cls(collab, WritClient(collab.base_url, credentials.key))

    @classmethod
    def get_name(cls) -> str:
        return API_NAME

    @staticmethod
    def get_config_cls() -> t.Type[WritCollabConfig]:
        return WritCollabConfig

    @staticmethod
    def get_checkpoint_cls() -> t.Type[WritCheckpoint]:
        return WritCheckpoint

    @staticmethod
    def get_record_cls() -> t.Type[WritMetadata]:
        return WritMetadata

    @staticmethod
    def get_credential_cls() -> t.Type[WritCredentials]:
        return WritCredentials

    def fetch_iter(
        self,
        supported_signal_types: t.Sequence[t.Type[SignalType]],
        checkpoint: t.Optional[WritCheckpoint],
    ) -> t.Iterator[fetch_state.FetchDelta[int, WritEntry, WritCheckpoint]]:
        """Reads the feed from the checkpoint to its end, a page a time; raises `WritError`, what was read stays."""
        checkpoint = checkpoint or WritCheckpoint()
        held, doubted = Spans(checkpoint.held), Spans(checkpoint.doubted)
        for page in self.client.pages(checkpoint.since):
            if page.restarted:
                doubted = held.copy()
            updates = self._updates(page.entries, held, doubted)
            if not page.more:
                updates.update(dict.fromkeys(doubted))
                for number in doubted:
                    held.remove(number)
                doubted = Spans()
            yield fetch_state.FetchDelta(updates, WritCheckpoint(page.next, held.spans(), doubted.spans()))

    def _updates(self, raw: t.List[t.Any], held: Spans, doubted: Spans) -> t.Dict[int, t.Optional[WritEntry]]:
        """One malformed entry is passed over with a warning; an earlier form of it stays as it is."""
        updates: t.Dict[int, t.Optional[WritEntry]] = {}
        for item in raw:
            try:
                number, entry = read_entry(item)
            except ValueError as error:
                logging.warning("passed over a malformed entry: %s", error)
                if isinstance(item, dict) and type(item.get("entry")) is int:
                    doubted.remove(item["entry"])
                continue
            doubted.remove(number)
            if entry is not None and self.collab.bank not in (None, entry.bank):
                entry = None
            updates[number] = entry
            if entry is None:
                held.remove(number)
            else:
                held.add(number)
        return updates

    @classmethod
    def naive_convert_to_signal_type(
        cls,
        signal_types: t.Sequence[t.Type[SignalType]],
        collab: CollaborationConfigBase,
        fetched: t.Mapping[int, t.Optional[WritEntry]],
    ) -> t.Dict[t.Type[SignalType], t.Dict[str, WritMetadata]]:
        """The hashes that match today, by type; a hash that several entries have tells of all of them."""
        by_name = {signal_type.get_name(): signal_type for signal_type in signal_types}
        me = getattr(collab, "member", None)
        found: t.Dict[t.Type[SignalType], t.Dict[str, WritMetadata]] = {}
        for entry in fetched.values():
            if entry is None or entry.has_expired():
                continue
            for name, text in entry.signals:
                signal_type = by_name.get(name)
                if signal_type is None:
                    continue
                try:
                    text = signal_type.validate_signal_str(text)
                except Exception as error:  # Each signal type raises what it likes.
                    logging.warning("passed over a %s of entry %d that is none: %s", name, entry.entry, error)
                    continue
                same = found.setdefault(signal_type, {}).setdefault(text, WritMetadata([], me))
                if entry not in same.entries:
                    same.entries.append(entry)
        return found

    def report_opinion(self, s_type: t.Type[SignalType], signal: str, opinion: fetch_state.SignalOpinion) -> None:
        """Says of every entry with this hash what the opinion says; a positive one of an unknown hash is uploaded.

        Which entries have the hash is read from the feed, from its start: the library keeps what was fetched to
        itself.
        """
        signal = signal.strip()  # `tx label` reads it from a file, with the newline at its end.
        numbers = self.find(s_type.get_name(), signal)
        labels = sorted(opinion.tags)
        if not numbers and opinion.category is fetch_state.SignalOpinionCategory.POSITIVE_CLASS:
            self.upload([(s_type.get_name(), signal)], labels)
            return
        if not numbers:
            raise WritError(f"no entry has the {s_type.get_name()} `{signal[:80]}`, so nothing can be said of it")
        for number in numbers:
            self.client.give_opinion(number, VERDICTS[opinion.category], "said with tx", labels)

    def find(self, type_name: str, signal: str) -> t.List[int]:
        """The numbers of the entries that have this hash and match, in ascending order."""
        numbers: t.Set[int] = set()
        for page in self.client.pages(START):
            for number, entry in self._updates(page.entries, Spans(), Spans()).items():
                if entry is not None and (type_name, signal.lower()) in entry.signals:
                    numbers.add(number)
                else:
                    numbers.discard(number)
        return sorted(numbers)

    def upload(
        self, signals: t.Sequence[t.Tuple[str, str]], labels: t.Sequence[str], note: t.Optional[str] = None
    ) -> t.List[int]:
        """Contributes the signals of one piece of content to the collaboration's bank; gives the entries' numbers."""
        if self.collab.bank is None:
            raise WritError(
                "no bank to upload into: name one with "
                f"`tx config collab edit {API_NAME} {self.collab.name} --base-url {self.collab.base_url} --bank BANK`"
            )
        return self.client.upload(self.collab.bank, signals, labels, note)
