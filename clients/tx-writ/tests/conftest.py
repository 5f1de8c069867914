"""A stand-in for each test, and what `tx fetch` does with a feed, without its files."""

import pathlib
import sys

import pytest
from threatexchange.exchanges.helpers import SimpleFetchedStateStore
from threatexchange.signal_type.pdq.signal import PdqSignal

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from standin import KEY, Standin  # noqa: E402
from writ_exchange import WritCollabConfig, WritCredentials, WritSignalExchangeAPI  # noqa: E402


@pytest.fixture
def writ():
    standin = Standin()
    yield standin
    standin.close()


@pytest.fixture
def reader(writ):
    return Reader(writ)


class Reader:
    """Fetches as `tx` does: page by page into its own store, from the checkpoint that the store has."""

    def __init__(self, writ, ending="", **settings):
        self.collab = WritCollabConfig(base_url=writ.url + ending, name="writ", **settings)
        self.api = WritSignalExchangeAPI.for_collab(self.collab, WritCredentials(KEY))
        self.store = MemoryStore(WritSignalExchangeAPI)

    def fetch(self, pages=None):
        for count, delta in enumerate(self.api.fetch_iter([PdqSignal], self.store.get_checkpoint(self.collab)), 1):
            self.store.merge(self.collab, delta)
            if count == pages:
                break

    @property
    def held(self):
        """What would be indexed: hash to what is known of it."""
        return self.store.get_for_signal_type([self.collab], PdqSignal).get("writ", {})

    @property
    def hashes(self):
        return set(self.held)


class MemoryStore(SimpleFetchedStateStore):
    def _read_state(self, collab_name):
        return None

    def _write_state(self, collab_name, delta):
        pass
