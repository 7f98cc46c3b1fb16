"""Customers that are one person: pairs, their probability, and one id per person.

Names, addresses and numbers are read into the engine's memory, compared and forgotten;
what is stored are ids of customers, probabilities and nothing else.
"""

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ccml.config.duplicates import DuplicatesConfig
from ccml.config.identity import IdentityConfig
from ccml.identity.duplicates_splink import AGREEMENT, probable_pairs, same_values
from ccml.identity.phones import normalise_phone
from ccml.identity.pseudonyms import distinct_values, pseudonym_map

EXACT, PROBABLE = "exact", "splink"
COLUMNS = ("customer_id", "same_as", "probability", "rule", "person_id")
ABOUT = "one row per pair of customers that are one person"
SHARED = ("email", "phone")
"""Values of very many customers, such as a placeholder, tell nobody apart."""


def customer_duplicates(
    people: pd.DataFrame, config: DuplicatesConfig, most_shared: int, seed: int
) -> pd.DataFrame:
    """Find pairs of customers that are one person.

    Args:
        people: One row per customer as `tidy_people` gives it.
        config: Method, columns and threshold.
        most_shared: E-mails and numbers of more customers than this are left out.
        seed: Seed of the random pairs.

    Returns:
        customer_id, same_as (the greater id), probability (1 by the exact rule), rule,
        and person_id, the smallest id of all customers that the pairs hold together.
    """
    people = people.sort_values("customer_id", ignore_index=True)
    people = people.assign(
        **{name: _rare(people[name], most_shared) for name in SHARED}
    )
    pairs = same_values(people, list(SHARED)).rename(
        columns={"customer_id_other": "same_as"}
    )
    pairs = pairs.assign(probability=1.0, rule=EXACT)
    if config.method == "splink" and len(people) > 1:
        found = probable_pairs(people, config, seed).assign(rule=PROBABLE)
        pairs = pd.concat([pairs, found], ignore_index=True)
        pairs = pairs.drop_duplicates(["customer_id", "same_as"])
    pairs = pairs.sort_values(["customer_id", "same_as"], ignore_index=True)
    pairs["person_id"] = person_ids(pairs.customer_id, pairs.same_as)
    made: pd.DataFrame = pairs[list(COLUMNS)].astype(
        {"customer_id": "str", "same_as": "str", "rule": "str", "person_id": "str"}
    )
    return made


def person_ids(left: pd.Series, right: pd.Series) -> Sequence[str]:
    """Give each pair the smallest id of all that hang together by pairs."""
    codes, ids = pd.factorize(pd.concat([left, right]), sort=True)
    size = len(left)
    edges = coo_array(
        (np.ones(size), (codes[:size], codes[size:])), shape=(len(ids), len(ids))
    )
    _count, group = connected_components(edges, directed=False)
    # The ids are sorted, so the first of a group is the smallest.
    _groups, first = np.unique(group, return_index=True)
    smallest = np.asarray(ids, dtype=object)[first[group]]
    return list(smallest[codes[:size]])


def _rare(values: pd.Series, most_shared: int) -> pd.Series:
    counts = values.map(values.value_counts())
    return values.where(counts <= most_shared)


def tidy_people(rows: ibis.Table, identity: IdentityConfig) -> pd.DataFrame:
    """Take each customer's newest values, in one spelling.

    Args:
        rows: customer_id, valid_from, and the columns of a person as they are.
        identity: Says how phone numbers are written.

    Returns:
        One row per customer: customer_id and every column of a person; what is not
        given is missing. It lives in memory only.
    """
    named = rows.filter(rows.customer_id.notnull())
    texts = {
        name: _plain(named[name]) if name in named.columns else ibis.null("string")
        for name in AGREEMENT
    }
    tidy = named.mutate(**texts)
    numbers = pseudonym_map(
        ibis.get_backend(rows),
        distinct_values(tidy.phone),
        ("number",),
        lambda raw: (
            normalise_phone(raw, identity.phone_region, identity.internal_digits)[1],
        ),
    )
    joined = tidy.left_join(numbers, tidy.phone == numbers.raw)
    joined = joined.mutate(phone=joined.number)
    last = {
        f"_{name}_at": joined.valid_from.max(where=joined[name].notnull()).over(
            group_by=joined.customer_id
        )
        for name in AGREEMENT
    }
    joined = joined.mutate(**last)
    newest = {
        name: joined[name].max(where=joined.valid_from == joined[f"_{name}_at"])
        for name in AGREEMENT
    }
    people = joined.group_by("customer_id").agg(**newest).order_by("customer_id")
    frame: pd.DataFrame = people.to_pandas()
    return frame


def _plain(column: ibis.Value) -> ibis.Value:
    """Small letters and single blanks: spellings of one value become one."""
    return column.lower().re_replace(r"\s+", " ").strip().nullif("")
