"""The reasons of a score as columns of a list."""

import json

import pandas as pd


def reason_columns(reasons: pd.Series, wanted: int) -> pd.DataFrame:
    """Lay the sentences that raise a score out as reason_1, reason_2, ...

    Args:
        reasons: JSON texts of `ccml.scores.reasons`.
        wanted: Number of columns.
    """
    rows = [_sentences(text, wanted) for text in reasons]
    names = [f"reason_{place + 1}" for place in range(wanted)]
    return pd.DataFrame(rows, columns=names, index=reasons.index, dtype="string")


def _sentences(text: str, wanted: int) -> list[str | None]:
    raising = [r["sentence"] for r in json.loads(text) if r["direction"] == "up"]
    return [*raising[:wanted], *([None] * (wanted - len(raising)))]
