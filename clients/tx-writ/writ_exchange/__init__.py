"""The hash bank of Writ as an exchange of the `threatexchange` library: `tx config extensions add writ_exchange`."""

from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from writ_exchange.client import WritClient, WritError
from writ_exchange.entry import WritEntry, WritMetadata, WritOpinion
from writ_exchange.exchange import WritCheckpoint, WritCollabConfig, WritCredentials, WritSignalExchangeAPI

__all__ = [
    "TX_MANIFEST",
    "WritCheckpoint",
    "WritClient",
    "WritCollabConfig",
    "WritCredentials",
    "WritEntry",
    "WritError",
    "WritMetadata",
    "WritOpinion",
    "WritSignalExchangeAPI",
]

TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(WritSignalExchangeAPI,))
