"""The demo company as exports of several CRMs, by the name of the CRM."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from ccml.demo.crm_exports import dynamics, hubspot, salesforce

Writer = Callable[[Mapping[str, pa.Table], Path, int], None]
CRM_WRITERS: Mapping[str, Writer] = {
    "salesforce": salesforce.write,
    "hubspot": hubspot.write,
    "dynamics": dynamics.write,
}
