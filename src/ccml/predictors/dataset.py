"""The training set: what a predictor learns from, checked and in a total order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from numbers import Number
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.predictors import PredictorConfig
from ccml.errors import DataError, unknown_name

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
FeatureKind = Literal["number", "bool", "category"]

MIN_CLASS_ROWS = 20
CUSTOMER = "customer_id"
CUTOFF = "cutoff_at"


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from; the four frames share one index.

    Attributes:
        keys: One row per example, unique: customer_id, cutoff_at and perhaps the id of
            an event; or row_no for a flat table.
        features: Numbers, booleans or texts, known before the cutoff.
        label: 0 or 1; examples whose label is not known yet are left out before.
        slices: One boolean column per named part that is judged on its own.
        embargo: Time from a cutoff until its label is known.
        label_rule: What a label of 1 means, in words.
        group: Key column whose values belong together: rows of one customer.
        zone: Time zone of the site, whose calendar months are judged.
        groups: Columns compared for fairness and never learnt from; see `with_groups`.
        families: Feature -> its family in the feature catalogue, where one is known.
    """

    keys: pd.DataFrame
    features: pd.DataFrame
    label: pd.Series
    slices: pd.DataFrame
    embargo: timedelta = timedelta(0)
    label_rule: str = ""
    group: str = CUSTOMER
    zone: str = "UTC"
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    families: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def y(self) -> Floats:
        """The label as floats."""
        return self.label.to_numpy(dtype=np.float64)

    @property
    def clusters(self) -> Rows:
        """A number per customer or group, or per row where none is known."""
        alone = np.arange(len(self), dtype=np.int64)
        if self.group not in self.keys.columns:
            return alone
        codes = pd.factorize(self.keys[self.group])[0].astype(np.int64)
        return np.where(codes < 0, codes.max() + 1 + alone, codes)

    def take(self, rows: Rows) -> "TrainingSet":
        """Return the examples at these positions."""
        return replace(
            self,
            keys=self.keys.iloc[rows],
            features=self.features.iloc[rows],
            label=self.label.iloc[rows],
            slices=self.slices.iloc[rows],
            groups=self.groups.iloc[rows] if len(self.groups.columns) else self.groups,
        )


def feature_kind(values: pd.Series, place: str) -> FeatureKind:
    """Tell how a feature column is used.

    Raises:
        DataError: The column holds neither numbers, booleans nor texts.
    """
    if pd.api.types.is_bool_dtype(values.dtype):
        return "bool"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "number"
    if isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype):
        return "category"
    kind = _kind_of_objects(values) if values.dtype == object else None
    if kind is None:
        msg = (
            f"{place}: feature {values.name!r} holds {values.dtype}; allowed are "
            "numbers, booleans and texts; convert it or add it to `drop`."
        )
        raise DataError(msg)
    return kind


def _kind_of_objects(values: pd.Series) -> FeatureKind | None:
    seen = {type(value) for value in values.dropna()}
    if seen <= {bool, np.bool_}:
        return "bool" if seen else "number"
    if all(issubclass(kind, str) for kind in seen):
        return "category"
    if all(issubclass(kind, Number | Decimal) for kind in seen):
        return "number"
    return None


def as_numbers(values: pd.Series, place: str) -> Floats:
    """Return a number or boolean column as floats, null as NaN.

    Raises:
        DataError: The column holds texts or infinite values.
    """
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        msg = f"{place}: feature {values.name!r} must hold numbers, got {values.dtype}."
        raise DataError(msg) from error
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        msg = (
            f"{place}: feature {values.name!r} has {infinite} infinite values; make "
            "them null or finite where the feature is computed."
        )
        raise DataError(msg)
    return numbers


def prepare(config: PredictorConfig, data: TrainingSet, place: str) -> TrainingSet:
    """Check a training set, leave out dropped columns and sort its rows by key.

    Row order alone changes a LightGBM model, so rows and columns get a total order.
    """
    _check_shape(data, place)
    data = with_groups(config.judge.groups, data, place)
    data = _with_group(config.split.group, data, place)
    features = _kept_features(config, data.features, place)
    order = data.keys.reset_index(drop=True).sort_values(list(data.keys.columns)).index
    rows = np.asarray(order, dtype=np.int64)
    sorted_set = replace(data, features=features).take(rows)
    return replace(
        sorted_set,
        keys=sorted_set.keys.reset_index(drop=True),
        features=sorted_set.features.reset_index(drop=True),
        label=sorted_set.label.reset_index(drop=True).astype(np.int8),
        slices=sorted_set.slices.reset_index(drop=True).astype(bool),
        groups=sorted_set.groups.reset_index(drop=True),
    )


def with_groups(groups: Sequence[str], data: TrainingSet, place: str) -> TrainingSet:
    """Take the columns that are compared for fairness out of the features.

    Raises:
        ConfigError: One of them is no column.
    """
    known = [str(name) for name in data.features.columns]
    for name in groups:
        if name not in known:
            raise unknown_name("column", name, known, f"{place}.judge.groups")
    named = data.features.set_axis(known, axis=1)
    chosen = list(dict.fromkeys(groups))
    return replace(data, features=named.drop(columns=chosen), groups=named[chosen])


def _with_group(group: str | None, data: TrainingSet, place: str) -> TrainingSet:
    """Take the column that is split by among the keys: nothing learns from it."""
    if group is None or group in data.keys.columns:
        return replace(data, group=group or data.group)
    if group not in data.features.columns:
        known = [*map(str, data.keys.columns), *map(str, data.features.columns)]
        raise unknown_name("column", group, known, f"{place}.split.group")
    named = data.features[group].set_axis(data.keys.index)
    return replace(
        data,
        keys=data.keys.assign(**{group: named}),
        features=data.features.drop(columns=[group]),
        group=group,
    )


def _check_shape(data: TrainingSet, place: str) -> None:
    if not len(data):
        msg = f"{place}: no rows with a known label; widen the period or the spine."
        raise DataError(msg)
    sizes = {len(data.features), len(data.label), len(data.slices), len(data)}
    if len(sizes) > 1:
        msg = f"{place}: keys, features, label and slices differ in length."
        raise DataError(msg)
    copies = int(data.keys.duplicated().sum())
    if copies:
        msg = (
            f"{place}: {copies} rows repeat the key {list(data.keys.columns)}; "
            "it must be unique."
        )
        raise DataError(msg)
    _check_label(data.label, data.label_rule, place)


def _check_label(label: pd.Series, rule: str, place: str) -> None:
    unknown = int(label.isna().sum())
    if unknown:
        msg = f"{place}: {unknown} labels are null; leave rows not yet mature out."
        raise DataError(msg)
    if not label.isin([0, 1]).all():
        msg = (
            f"{place}: the label must hold 0 and 1 only; a count needs "
            "`label.at_least`, such as 2."
        )
        raise DataError(msg)
    if label.nunique() < 2:
        msg = (
            f"{place}.label: all {len(label):,} labels are {int(label.iloc[0])}, but a "
            f"predictor needs both outcomes; a label of 1 means: {rule}; change that "
            "rule, or bring data in which both happen."
        )
        raise DataError(msg)


def _kept_features(
    config: PredictorConfig, features: pd.DataFrame, place: str
) -> pd.DataFrame:
    known = [str(name) for name in features.columns]
    dropped = [name for name in config.drop if name not in config.judge.groups]
    for name in dropped:
        if name not in known:
            raise unknown_name("feature", name, known, f"{place}.drop")
    kept = features.set_axis(known, axis=1).drop(columns=dropped)
    if config.rule is not None and config.rule not in kept.columns:
        raise unknown_name("feature", config.rule, kept.columns, f"{place}.rule")
    _check_value_column(config, kept, place)
    return kept[sorted(kept.columns)]


def _check_value_column(
    config: PredictorConfig, kept: pd.DataFrame, place: str
) -> None:
    name = config.profit.value_column if config.profit else None
    if name is None:
        return
    if name not in kept.columns:
        where = f"{place}.profit.value_column"
        raise unknown_name("feature", name, kept.columns, where)
    as_numbers(kept[name], f"{place}.profit.value_column")


def without_empty_features(
    config: PredictorConfig, data: TrainingSet, train: Rows, place: str
) -> tuple[TrainingSet, list[str]]:
    """Leave out the features that are null in every training row; name them.

    Raises:
        DataError: No feature has a value, or the rule's feature has none.
    """
    filled: Any = data.features.iloc[train].notna().any()
    empty = [str(name) for name in data.features.columns[~filled]]
    if not data.features.shape[1]:
        msg = f"{place}: no feature is left; take names out of `drop` or add features."
        raise DataError(msg)
    if len(empty) == data.features.shape[1]:
        msg = (
            f"{place}: none of {len(empty)} features has a value in the training rows; "
            "look at the feature tables."
        )
        raise DataError(msg)
    if config.rule in empty:
        msg = (
            f"{place}.rule: feature {config.rule!r} has no value in the training rows; "
            "name another one or leave the rule out."
        )
        raise DataError(msg)
    return replace(data, features=data.features.drop(columns=empty)), empty
