"""The segment of each customer at any cutoff, by today's clusters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.store import Store
from ccml.segments.build import read_model
from ccml.segments.clusters.call_traits import call_traits
from ccml.segments.clusters.feature_traits import feature_traits
from ccml.segments.clusters.traits import Trait, TraitTable
from ccml.segments.groups import QUIET, Former, segment_ids
from ccml.segments.material import Source, clustered_customers, read_material
from ccml.segments.population import Population, calls_per_customer

Ids = NDArray[np.object_]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Today's clusters, and how customers of any cutoff are read for them.

    Args:
        source: Where customers and calls are read from; of calls, only the traits that
            the clusters use.
        former: Scales and clusters; nothing where there are none.
        traits: Traits of features, to have the same at every cutoff.
    """

    source: Source
    former: Former | None
    traits: Sequence[Trait] | None

    def ids(self, people: Population) -> Ids:
        """Give each customer the segment that today's clusters would."""
        made, calls = self._described(people)
        clustered = clustered_customers(calls, self.source.config)
        found = np.full(len(calls), QUIET, dtype=object)
        values = made.rows(clustered).values()
        former = self.former
        if former is not None and former.fits(values):
            own = segment_ids(former.place(values), list(former.ids), len(values))
        else:
            own = segment_ids(None, [], len(values))
        found[clustered] = own
        return found

    def _described(self, people: Population) -> tuple[TraitTable, Counts]:
        source, columns = self.source, self.source.config.clusters.columns
        if source.features is None or self.traits is None:
            made = call_traits(people, source.inbound, source.view)
            return made, made.above["calls"].to_numpy()
        made = feature_traits(people, source.features, columns, self.traits)
        return made, calls_per_customer(people, source.inbound)


def read_places(source: Source, today: Population) -> Places:
    """Read today's clusters.

    Args:
        source: Where customers and calls are read from.
        today: The customers at the current cutoff.
    """
    former = read_model(source.store)
    if source.config.clusters.columns:
        now = read_material(source, today)
        return Places(source, former, now.traits.traits)
    topics = (former.topics if former else None) or ()
    needs = former.needs() if former and former.model else frozenset()
    view = replace(source.view, topics=topics, only=needs)
    return Places(replace(source, view=view), former, None)


def stored_ids(store: Store, people: Population) -> Ids:
    """Read today's segments in the order of the customers."""
    rows = store.read("segments").select("customer_id", "segment_id").to_pandas()
    by_id = rows.set_index("customer_id")["segment_id"]
    found = by_id.reindex(pd.Index(people.customers["customer_id"]))
    return np.asarray(found.fillna(QUIET).to_numpy(dtype=object))
