"""Which values are told apart must follow from what was known before any cutoff."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import ibis

from ccml.engine.store import Store
from ccml.features.audit.case import Case
from ccml.features.audit.checks import ADVICE, WORDS
from ccml.features.audit.finding import Finding, judged
from ccml.features.audit.sample import happened_column
from ccml.features.plan import plan_features
from ccml.features.vocabulary import vocabulary_begin
from ccml.progress import Silence


class CutStore(Store):
    """The stored tables without what happened, or was known, from a moment on."""

    def __init__(self, store: Store, moment: datetime) -> None:
        super().__init__(store.root, store.backend)
        self.moment = moment

    def read(self, name: str) -> ibis.Table:
        """Open a table, cut."""
        rows, cut = super().read(name), ibis.literal(self.moment)
        for column in (happened_column(name), "known_at"):
            if column in rows.columns:
                rows = rows.filter(rows[column] < cut)
        return rows


def check_vocabulary(case: Case) -> list[Finding]:
    """Tables cut before the first cutoff give the same values to tell apart."""
    project = case.project
    begin = vocabulary_begin(project)
    if begin is None:
        return []
    cut = replace(project, progress=Silence())
    store: Any = CutStore(project.store, begin)
    vars(cut).update(store=store)
    early = plan_features(cut, project.config.spines[case.sample.spine])
    return [
        _same_values(
            table, column, set(values), set(early.tables[table].values[column])
        )
        for table, of in case.plan.tables.items()
        for column, values in of.values.items()
        if column not in project.config.features.tables[table].values
    ]


def _same_values(table: str, column: str, found: set[str], wanted: set[str]) -> Finding:
    counted = (len(wanted | found), len(wanted ^ found))
    return judged(WORDS, "table", f"{table}.{column}", counted, ADVICE[WORDS])
