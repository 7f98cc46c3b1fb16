"""Probable duplicates among customers: splink's model of equal and unequal values.

How rare equal values are among strangers is learnt from random pairs. How often the two
records of one person agree is set here: the usual estimate (EM) does not converge on
small or clean data, and gives no answer when no duplicate is there at all.
"""

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ccml.config.duplicates import DuplicatesConfig
from ccml.errors import ConfigError

AGREEMENT = {
    "first_name": (0.80, 0.12, 0.08),
    "last_name": (0.82, 0.10, 0.08),
    "email": (0.65, 0.12, 0.23),
    "birth_date": (0.92, 0.05, 0.03),
    "postcode": (0.75, 0.25),
    "phone": (0.65, 0.35),
}
"""Share of records of one person that are equal, (nearly equal,) different."""
NEAR = 0.88
"""Jaro-Winkler similarity of texts that are nearly equal."""
BLOCKS = (
    ("email",),
    ("phone",),
    ("birth_date", "last_name"),
    ("birth_date", "first_name"),
    ("birth_date", "postcode"),
    ("first_name", "last_name", "postcode"),
)
"""Only pairs with one of these in common are looked at."""
CERTAIN = (("email", "phone"), ("email", "birth_date"), ("phone", "birth_date"))
FOUND_BY_CERTAIN = 0.7
"""Share of all duplicates that equal one another in such a way."""


def probable_pairs(
    people: pd.DataFrame, config: DuplicatesConfig, seed: int
) -> pd.DataFrame:
    """Find pairs of customers that are probably one person.

    Args:
        people: customer_id and tidy texts, in the order of customer_id.
        config: Columns and threshold.
        seed: Seed of the random pairs.

    Returns:
        customer_id, same_as, probability; customer_id is the smaller of the two.

    Raises:
        ConfigError: splink is not installed.
    """
    names = [name for name in AGREEMENT if people[name].notna().any()]
    linker = _linker(people[["customer_id", *names]], names)
    linker.training.estimate_u_using_random_sampling(
        max_pairs=config.most_pairs, seed=seed
    )
    found = linker.inference.predict(threshold_match_probability=config.threshold)
    pairs: pd.DataFrame = found.as_pandas_dataframe()
    pairs = pairs[_is_one_person(pairs, names)]
    ids = pairs[["customer_id_l", "customer_id_r"]].to_numpy(dtype=object)
    made = pd.DataFrame(
        {
            "customer_id": ids.min(axis=1) if len(ids) else [],
            "same_as": ids.max(axis=1) if len(ids) else [],
            "probability": pairs.match_probability.round(6).to_numpy(),
        }
    )
    return made.sort_values(["customer_id", "same_as"], ignore_index=True)


def _is_one_person(pairs: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Refuse members of a household, who share name, address and phone.

    First name or birth date must speak for one person, when one of them is given; and
    where the birth dates differ, the e-mail addresses must agree.
    """
    nothing = pd.Series(0.0, index=pairs.index)  # what a missing value weighs
    weight = {
        name: pairs[f"mw_{name}"] if name in names else nothing
        for name in ("first_name", "birth_date", "email")
    }
    first, born = weight["first_name"], weight["birth_date"]
    speaks = (first > 0) | (born > 0) | ((first == 0) & (born == 0))
    return speaks & ((born >= 0) | (weight["email"] > 0))


def _linker(people: pd.DataFrame, names: Sequence[str]) -> Any:
    try:
        from splink import DuckDBAPI, Linker, SettingsCreator
    except ImportError as error:
        raise ConfigError(
            "identity.duplicates.method: splink is not installed; run `pip install "
            "ccml[splink]`, or set method: exact."
        ) from error
    import duckdb

    # One thread: the random pairs are the same in every run. The memory is its own, and
    # gone with the connection.
    connection = duckdb.connect(config={"threads": 1})
    connection.register("frame", people)
    connection.execute("create table people as from frame")
    connection.unregister("frame")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="customer_id",
        comparisons=[_comparison(name) for name in names],
        blocking_rules_to_generate_predictions=_rules(names),
        probability_two_random_records_match=_prior(people, names),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,  # mw_: weights
        linker_uid="customers",
    )
    table = DuckDBAPI(connection=connection).register("people")
    return Linker(table, settings, log_level=logging.ERROR)


def _comparison(name: str) -> Any:
    from splink import comparison_library as library

    if name in {"postcode", "phone"}:
        made: Any = library.ExactMatch(name)
    elif name == "birth_date":
        made = library.DamerauLevenshteinAtThresholds(name, 1)
    else:
        made = library.JaroWinklerAtThresholds(name, NEAR)
    return made.configure(m_probabilities=list(AGREEMENT[name]))


def _rules(names: Sequence[str]) -> list[Any]:
    from splink import block_on

    return [block_on(*rule) for rule in BLOCKS if set(rule) <= set(names)]


def _prior(people: pd.DataFrame, names: Sequence[str]) -> float:
    """Estimate the probability that two customers, taken at random, are one person."""
    keys = ["customer_id", "customer_id_other"]
    certain = pd.concat(
        [same_values(people, list(rule)) for rule in CERTAIN if set(rule) <= set(names)]
        or [pd.DataFrame(columns=keys)]
    )
    found = max(1, len(certain.drop_duplicates()))
    every = max(2, len(people) * (len(people) - 1) / 2)
    return min(0.5, found / FOUND_BY_CERTAIN / every)


def same_values(people: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Pair customers whose values in all columns are given and equal."""
    given = people[["customer_id", *columns]].dropna()
    pairs = given.merge(given, on=columns, suffixes=("", "_other"))
    ordered = pairs[pairs.customer_id < pairs.customer_id_other]
    found: pd.DataFrame = ordered[["customer_id", "customer_id_other"]]
    return found
