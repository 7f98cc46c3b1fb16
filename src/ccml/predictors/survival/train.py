"""Training a survival model: same split, features and settings as the classifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.config.survival import SurvivalConfig
from ccml.errors import DataError
from ccml.predictors.constraints import constraints
from ccml.predictors.dataset import CUSTOMER, CUTOFF, Floats, Rows
from ccml.predictors.encode import TextCoding, cross_fitted, fit_encoder
from ccml.predictors.encoder import Encoder
from ccml.predictors.fit import fixed_settings
from ccml.predictors.folds import positions
from ccml.predictors.models import BoosterModel, safe_names
from ccml.predictors.split import test_start
from ccml.predictors.survival.hazard import PERIOD, HazardModel
from ccml.predictors.survival.kaplan_meier import kaplan_meier
from ccml.predictors.survival.material import SurvivalRows, ordered, spells_of
from ccml.predictors.survival.periods import (
    PersonPeriods,
    Spells,
    drawn,
    periods_learnt,
    person_periods,
)
from ccml.predictors.survival.section import Judged, doubts, survival_section

if TYPE_CHECKING:
    from ccml.predictors.evaluate import Case

MOST_ROWS = 100_000
"""Person-period rows that a model is fitted on."""
FEWEST_AT_RISK = 100
FEWEST_EVENTS = 20


@dataclass(frozen=True)
class Parts:
    """Which rows train and which judge: those of the classifier, and the unripe.

    Attributes:
        test_from: First cutoff of the test; training spells are cut here.
        test_until: End of the test's cutoffs, itself left out; None = no end.
        features: Features to learn from.
        group: Column whose values never stand on both sides, if any.
        test_groups: Its values in the test.
    """

    test_from: pd.Timestamp
    features: Sequence[str]
    test_until: pd.Timestamp | None = None
    group: str | None = None
    test_groups: frozenset[Any] = frozenset()


def parts_of(case: "Case") -> Parts:
    """Return the classifier's split, for rows with a label and without."""
    asked, data = case.config.split, case.data
    test_keys = data.keys.iloc[case.split.test]
    group = case.split.group
    return Parts(
        test_from=test_start(asked, data.keys[CUTOFF]),
        test_until=None if asked.test_until is None else pd.Timestamp(asked.test_until),
        features=list(data.features.columns),
        group=group,
        test_groups=frozenset(test_keys[group]) if group else frozenset(),
    )


@dataclass(frozen=True)
class TrainedSurvival:
    """A survival model and its judgement: the `survival` key of an evaluation."""

    model: HazardModel
    section: dict[str, Any]


def with_survival(evaluation: dict[str, Any], found: TrainedSurvival) -> None:
    """Put the judgement into an evaluation, with a note where it is no gain."""
    section = evaluation["survival"] = found.section
    for check, sentence in doubts(section):
        note = {"check": check, "severity": "note", "sentence": sentence}
        evaluation["findings"].append(note)


def train_survival(
    config: PredictorConfig,
    rows: SurvivalRows,
    parts: Parts,
    settings: ModelConfig,
    name: str,
) -> TrainedSurvival:
    """Learn when the event happens, and judge it on later cutoffs.

    Args:
        config: The predictor's section.
        rows: All rows that are asked about, in any order.
        parts: The split.
        settings: LightGBM settings.
        name: Name of the predictor.

    Raises:
        DataError: Too little was followed before the test to learn from.
    """
    asked, place = config.survival, f"predictors.{name}"
    assert asked is not None  # noqa: S101 - the caller asks first
    ready = ordered(config, rows, parts.features, place)
    customers = _numbers(ready.keys[CUSTOMER])
    train, test = _split(ready.keys, parts)
    kept, seen = spells_of(ready, train, customers, parts.test_from)
    model = _fitted(config, ready.features.iloc[kept], seen, settings, name)
    later, followed = spells_of(ready, test, customers)
    judged = Judged(model, ready.features.iloc[later], followed, seen)
    return TrainedSurvival(model, survival_section(judged, asked, config.seed))


def _numbers(customers: pd.Series) -> Rows:
    codes = pd.factorize(customers)[0].astype(np.int64)
    alone = np.arange(len(codes), dtype=np.int64)
    return np.where(codes < 0, codes.max(initial=0) + 1 + alone, codes)


def _split(keys: pd.DataFrame, parts: Parts) -> tuple[Rows, Rows]:
    in_test = keys[CUTOFF] >= parts.test_from
    in_train = ~in_test
    if parts.test_until is not None:
        in_test &= keys[CUTOFF] < parts.test_until
    if parts.group:
        of_test = keys[parts.group].isin(parts.test_groups)
        in_train, in_test = in_train & ~of_test, in_test & of_test
    return positions(in_train), positions(in_test)


def _fitted(
    config: PredictorConfig,
    features: pd.DataFrame,
    spells: Spells,
    settings: ModelConfig,
    name: str,
) -> HazardModel:
    asked, place = config.survival, f"predictors.{name}"
    assert asked is not None  # noqa: S101 - train_survival asks first
    every = person_periods(spells, asked.period_days, asked.max_periods)
    periods = _periods(every, asked, f"{place}.survival")
    within = every.take(np.flatnonzero(every.period_no < periods), np.ones(1))
    rows = drawn(within, MOST_ROWS, config.seed)
    encoder, X = _encoded(config, features, spells, place)
    ends = asked.period_days * np.arange(1.0, periods + 1)
    plain = kaplan_meier(spells.days, spells.happened)
    return HazardModel(
        name=name,
        encoder=encoder,
        booster=_booster(config, encoder, X, rows, settings),
        period_days=asked.period_days,
        periods=periods,
        horizons=tuple(
            days for days in asked.horizons_days if days <= periods * asked.period_days
        ),
        everybody=tuple(float(share) for share in plain.before(ends)),
    )


def _periods(rows: PersonPeriods, asked: SurvivalConfig, place: str) -> int:
    periods = periods_learnt(rows, FEWEST_AT_RISK)
    events = int(rows.happened[rows.period_no < periods].sum())
    if periods * asked.period_days < asked.horizons_days[0] or events < FEWEST_EVENTS:
        msg = (
            f"{place}: before the test {periods} periods of {asked.period_days} days are "
            f"followed by {FEWEST_AT_RISK} rows or more, with {events} events in them; "
            f"needed are {asked.horizons_days[0]} days and {FEWEST_EVENTS} events; bring "
            "more history, or take `survival` out."
        )
        raise DataError(msg)
    return periods


def _encoded(
    config: PredictorConfig, features: pd.DataFrame, spells: Spells, place: str
) -> tuple[Encoder, pd.DataFrame]:
    """Encode spells; rates of texts are of events seen, from other customers' rows."""
    y = spells.happened.astype(np.float64)
    texts = TextCoding(config.encoding.shares, config.encoding.orders)
    encoder = fit_encoder(features, y, place, spells.customers, texts)
    return encoder, cross_fitted(encoder, features, y, spells.customers, config.seed)


def _booster(
    config: PredictorConfig,
    encoder: Encoder,
    X: pd.DataFrame,
    rows: PersonPeriods,
    settings: ModelConfig,
) -> BoosterModel:
    """Fit LightGBM on features and period; the model is rebuilt from its text."""
    table = X.iloc[rows.spell].assign(**{PERIOD: rows.period_no.astype(np.float64)})
    named = table.set_axis(safe_names(list(table.columns)), axis=1)
    asked = settings.model_dump()
    rounds = asked.pop("n_estimators")
    fixed = fixed_settings(config.seed, len(rows)) | _limits(config, encoder)
    weight = _around_one(rows.weight)
    data = lgb.Dataset(named, rows.happened, weight=weight, params=fixed)
    booster = lgb.train(fixed | asked, data, num_boost_round=rounds)
    return BoosterModel.from_text(booster.model_to_string())


def _around_one(weight: Floats) -> Floats:
    """Scale weights to a mean of one, so that penalties mean what they mean elsewhere."""
    return np.asarray(weight / weight.mean())


def _limits(config: PredictorConfig, encoder: Encoder) -> dict[str, Any]:
    """Carry the config's constraints over; the period may act with every feature."""
    settings = dict(constraints(config, encoder).settings)
    last = len(encoder.columns)
    if "monotone_constraints" in settings:
        settings["monotone_constraints"] = [*settings["monotone_constraints"], 0]
    if "interaction_constraints" in settings:
        groups = settings["interaction_constraints"]
        settings["interaction_constraints"] = [[*group, last] for group in groups]
    return settings
