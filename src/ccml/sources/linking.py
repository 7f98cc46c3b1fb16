"""Legs to calls: which legs belong together, by the ids that they name."""

from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ccml.sources.scratch import as_view, keep_aside

CHAIN = "_chain"
"""Column that legs of one call share."""


def chained(legs: ibis.Table) -> ibis.Table:
    """Give every leg the mark of its call, by union-find over the ids that it names.

    Legs whose links name another record form chains; all others stand for themselves,
    so that the engine does the bulk and only the linked ids are loaded.

    Args:
        legs: Rows with link_id, links and call_ref.

    Returns:
        The legs with `_chain`: an id of one of the call's records, the same whatever
        the order of the rows.
    """
    backend = ibis.get_backend(legs)
    named = legs.select("link_id", other=legs.links.unnest())
    pairs = named.union(legs.select("link_id", other="call_ref"))
    pairs = pairs.filter(
        (pairs.other != "") & (pairs.other != pairs.link_id)
    ).distinct()
    edges = keep_aside(backend, pairs)
    if edges.count().execute() == 0:
        return legs.mutate(**{CHAIN: legs.link_id})
    roots = _roots(backend, edges)
    joined = legs.left_join(roots, legs.link_id == roots.id).drop("id")
    return as_view(joined.mutate(**{CHAIN: joined.root.fill_null(joined.link_id)}))


def _roots(backend: ibis.BaseBackend, edges: ibis.Table) -> ibis.Table:
    """Map every linked id to the smallest id of its chain: columns id, root."""
    ids = edges.select(id="link_id").union(edges.select(id="other"), distinct=True)
    numbered = keep_aside(
        backend, ids.mutate(no=ibis.row_number().over(order_by=ids.id))
    )
    numbers = _pairs(edges, numbered)
    count = int(numbered.count().execute())
    smallest = _smallest(numbers, count)
    arrows = ibis.memtable({"no": np.arange(count), "root_no": smallest})
    marked = numbered.join(arrows, "no")
    named = numbered.select(root_no="no", root="id")
    return keep_aside(backend, marked.join(named, "root_no").select("id", "root"))


def _pairs(edges: ibis.Table, numbered: ibis.Table) -> NDArray[np.int64]:
    left = numbered.select(link_id="id", a="no")
    right = numbered.select(other="id", b="no")
    found = edges.join(left, "link_id").join(right, "other").select("a", "b")
    batch = found.to_pyarrow()
    return np.stack([batch["a"].to_numpy(), batch["b"].to_numpy()])


def _smallest(pairs: NDArray[np.int64], count: int) -> NDArray[Any]:
    """Number of the smallest member of each member's component."""
    ones = np.ones(pairs.shape[1], dtype=np.int8)
    graph = coo_array((ones, (pairs[0], pairs[1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    first = np.full(int(component.max()) + 1, count)
    np.minimum.at(first, component, np.arange(count))
    return np.asarray(first[component])
