"""Every platform of the demo: its reader, its config, and how near it comes to the truth.

Each platform has one line; what a platform cannot tell stands in `gaps` of its reader.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlatformCase:
    """One platform.

    Args:
        reader: Name of the reader.
        config: Its example below `configs/platforms`.
        resolution_s: How exactly the export writes instants.
    """

    reader: str
    config: str
    resolution_s: float = 1.0


CASES: dict[str, PlatformCase] = {
    "amazon_connect": PlatformCase("amazon_connect", "amazon_connect.yaml"),
    "genesys_cloud": PlatformCase("genesys_cloud", "genesys_cloud.yaml", 0.001),
    "genesys_interactions": PlatformCase(
        "genesys_interactions", "genesys_interactions.yaml", 60.0
    ),
    "cxone": PlatformCase("cxone", "cxone.yaml"),
    "cxone_download": PlatformCase("cxone_download", "cxone_download.yaml"),
    "five9": PlatformCase("five9", "five9.yaml"),
    "asterisk": PlatformCase("asterisk_queue_log", "asterisk_queue_log.yaml"),
    "callrail": PlatformCase("callrail", "callrail.yaml"),
    "twilio": PlatformCase("twilio", "twilio.yaml"),
    "phonexa": PlatformCase("file", "phonexa.yaml"),
    "avaya": PlatformCase("avaya", "avaya.yaml"),
    "talkdesk_calls": PlatformCase("talkdesk_calls", "talkdesk_calls.yaml"),
    "talkdesk_calls_old": PlatformCase("talkdesk_calls", "talkdesk_calls_old.yaml"),
    "talkdesk_contacts": PlatformCase("talkdesk_contacts", "talkdesk_contacts.yaml"),
}
"""Name of the writer: its case."""
