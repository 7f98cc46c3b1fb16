"""The segment of each customer at any cutoff, by today's clusters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.store import Store
from ccml.segments.clusters.traits import Trait
from ccml.segments.groups import QUIET, Former, segment_ids
from ccml.segments.material import Source, clustered_customers, read_material
from ccml.segments.population import Population

Ids = NDArray[np.object_]
MODEL = ("segment_summary", "model.json")


@dataclass(frozen=True)
class Places:
    """Today's clusters, and how customers of any cutoff are read for them.

    Args:
        source: Where customers and calls are read from.
        former: Scales and clusters; nothing where there are none.
        traits: Traits of features, to have the same at every cutoff.
    """

    source: Source
    former: Former | None
    traits: Sequence[Trait] | None

    def ids(self, people: Population) -> Ids:
        """Give each customer the segment that today's clusters would."""
        topics = self.former.topics if self.former else None
        made = read_material(self.source, people, topics, self.traits)
        clustered = clustered_customers(made.calls, self.source.config)
        found = np.full(len(made.calls), QUIET, dtype=object)
        values = made.traits.rows(clustered).values()
        former = self.former
        if former is not None and former.fits(values):
            own = segment_ids(former.place(values), list(former.ids), len(values))
        else:
            own = segment_ids(None, [], len(values))
        found[clustered] = own
        return found


def read_places(source: Source, today: Population) -> Places:
    """Read today's clusters.

    Args:
        source: Where customers and calls are read from.
        today: The customers at the current cutoff.
    """
    former = _former(source.store)
    if not source.config.clusters.columns:
        return Places(source, former, None)
    now = read_material(source, today)
    return Places(source, former, now.traits.traits)


def stored_ids(store: Store, people: Population) -> Ids:
    """Read today's segments in the order of the customers."""
    rows = store.read("segments").select("customer_id", "segment_id").to_pandas()
    by_id = rows.set_index("customer_id")["segment_id"]
    found = by_id.reindex(pd.Index(people.customers["customer_id"]))
    return np.asarray(found.fillna(QUIET).to_numpy(dtype=object))


def _former(store: Store) -> Former | None:
    folder, file = MODEL
    text = (store.folder(folder) / file).read_text(encoding="utf-8")
    return Former.from_dict(json.loads(text))
