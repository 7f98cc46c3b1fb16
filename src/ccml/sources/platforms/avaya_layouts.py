"""Avaya CMS call history: names of the fields, and their order without a header.

Field names change with the release and with the tool that turned the binary `chr` files
into text; all of them are read under the names of the table `call_rec`. The orders are
those of published converters; that of releases 12 to 15 was checked on a sample.
"""

from ccml.sources.layouts import Layout
from ccml.sources.platforms.headerless_csv import Positions

EVENTS = tuple(f"EVENT{number}" for number in range(1, 10))
SPLITS = tuple(f"SPLIT{number}" for number in range(1, 4))
FLAGS = (
    "ASSIST",
    "AUDIO",
    "CONFERENCE",
    "DA_QUEUED",
    "HOLDABN",
    "MALICIOUS",
    "OBSERVINGCALL",
    "TRANSFERRED",
    "AGT_RELEASED",
)
TEXTS = (
    "UCID",
    "DISPVDN",
    "EQLOC",
    "FIRSTVDN",
    "ORIGLOGIN",
    "ANSLOGIN",
    "LASTOBSERVER",
    "DIALED_NUM",
    "CALLING_PTY",
    "LASTDIGITS",
    "LASTCWC",
    "CALLING_II",
    *(f"CWC{number}" for number in range(1, 6)),
    *(f"VDN{number}" for number in range(2, 10)),
    "ASAI_UUI",
)
TIMES = ("CALLID", "ACWTIME", "ANSHOLDTIME", "CONSULTTIME", "DISPTIME", "DURATION")
FIGURES = (
    "TALKTIME",
    "NETINTIME",
    "ORIGHOLDTIME",
    "QUEUETIME",
    "RINGTIME",
    "DISPIVECTOR",
    "DISPSPLIT",
    "FIRSTIVECTOR",
    *SPLITS,
    "TKGRP",
    "EQ_LOCID",
    "ORIG_LOCID",
    "ANS_LOCID",
    "OBS_LOCID",
    "UUI_LEN",
    *FLAGS,
    "ACD",
    "DISPOSITION",
    "DISPPRIORITY",
    "HELD",
    "SEGMENT",
    "ANSREASON",
    "ORIGREASON",
    "DISPSKLEVEL",
    *EVENTS,
    *TEXTS,
)
LATER = (
    "INTERRUPTDEL",
    "AGENTSURPLUS",
    "AGENTSKILLLEVEL",
    "PREFSKILLLEVEL",
    "ICRRESENT",
    "ICRPULLREASON",
)
RELEASE_12 = (*TIMES, "SEGSTART", "SEGSTOP", *FIGURES)
RELEASE_16 = (
    *TIMES,
    "SEGSTART",
    "SEGSTART_UTC",
    "SEGSTOP",
    "SEGSTOP_UTC",
    *FIGURES,
    *LATER,
)
REQUIRED = ("CALLID", "SEGMENT", "SEGSTART", "DISPTIME", "TALKTIME", "DISPOSITION")
OPTIONAL = (
    "ACD",
    "ROW_DATE",
    "UCID",
    "SEGSTART_UTC",
    "SEGSTOP",
    "SEGSTOP_UTC",
    "DURATION",
    "QUEUETIME",
    "RINGTIME",
    "ANSHOLDTIME",
    "ORIGHOLDTIME",
    "ACWTIME",
    "CONSULTTIME",
    "DISPSPLIT",
    *SPLITS,
    "TKGRP",
    "EQLOC",
    "ORIGLOGIN",
    "ANSLOGIN",
    "DIALED_NUM",
    "CALLING_PTY",
    "LASTCWC",
    "TRANSFERRED",
    "CONFERENCE",
    "OBSERVINGCALL",
    "AGT_RELEASED",
)
ALIASES = {
    "CALL_DISP": "DISPOSITION",
    "ONHOLDTIME": "ANSHOLDTIME",
    "TRUNKGROUP": "TKGRP",
    "ORIGLOGID": "ORIGLOGIN",
    "ANSLOGID": "ANSLOGIN",
    "DIALEDNUMBER": "DIALED_NUM",
    "CALLINGPARTY": "CALLING_PTY",
    "CWCDIGITS": "LASTCWC",
    "AGENTRELEASED": "AGT_RELEASED",
    "ACDNUM": "ACD",
}
"""Name in converted files: name in `call_rec`."""
KNOWN = REQUIRED + OPTIONAL
_CONVERTED = tuple("CALL_DISP" if name == "DISPOSITION" else name for name in REQUIRED)

LAYOUTS = (
    Layout("Avaya CMS call_rec", REQUIRED, (*OPTIONAL, *ALIASES)),
    Layout("Avaya CMS chr file, converted", _CONVERTED, (*OPTIONAL, *ALIASES)),
)
POSITIONS = Positions((*KNOWN, *ALIASES), (RELEASE_12, RELEASE_16))
