"""Settings under which the real hasher-matcher-actioner answers the table: every role, quick tasks, all exchanges."""

import os

from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.content_type.photo import PhotoContent
from threatexchange.content_type.video import VideoContent
from threatexchange.exchanges.impl.fb_threatexchange_api import FBThreatExchangeSignalExchangeAPI
from threatexchange.exchanges.impl.file_api import LocalFileSignalExchangeAPI
from threatexchange.exchanges.impl.ncmec_api import NCMECSignalExchangeAPI
from threatexchange.exchanges.impl.static_sample import StaticSampleSignalExchangeAPI
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIISignalExchangeAPI
from threatexchange.exchanges.impl.techagainstterrorism_api import TATSignalExchangeAPI
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

DATABASE_URI = f"postgresql+psycopg2://writ@/postgres?host={os.environ['HMA_POSTGRES_FOLDER']}"

PRODUCTION = True
ROLE_HASHER = True
ROLE_MATCHER = True
ROLE_CURATOR = True
UI_ENABLED = False

TASK_FETCHER = True
TASK_INDEXER = True
TASK_INDEX_CACHE = True
TASK_FETCHER_INTERVAL_SECONDS = 2
TASK_INDEXER_INTERVAL_SECONDS = 1
TASK_INDEX_CACHE_INTERVAL_SECONDS = 1

# Small enough to be exceeded by a test in no time.
MAX_REMOTE_FILE_SIZE = 4 * 1024 * 1024

STORAGE_IFACE_INSTANCE = DefaultOMMStore(
    signal_types=[PdqSignal, VideoMD5Signal],
    content_types=[PhotoContent, VideoContent],
    exchange_types=[
        StaticSampleSignalExchangeAPI,
        LocalFileSignalExchangeAPI,
        FBThreatExchangeSignalExchangeAPI,
        NCMECSignalExchangeAPI,
        StopNCIISignalExchangeAPI,
        TATSignalExchangeAPI,
    ],
)
