"""What callers and listeners say: CSAT, NPS, CES and quality scores.

Answers are missing not at random, so nothing is filled in, and each figure stands
beside the share of answered calls that were answered for.
"""

import ibis

from ccml.config.kpis import SatisfactionConfig
from ccml.kpis.figures import Figure, count_rows, mean, rate

PROMOTER_FROM, DETRACTOR_TO = 9, 6


def satisfaction(calls: ibis.Table, config: SatisfactionConfig) -> list[Figure]:
    """Build every figure of the surveys, each with its response rate."""
    return [
        *csat(calls, config),
        *nps(calls),
        *effort(calls, config),
        mean(
            "quality_score",
            "mean of the scores, in the platform's scale",
            "points",
            calls.quality_score,
            calls.quality_score.notnull(),
        ),
        *(_response(calls, name) for name in ("csat", "nps", "ces", "quality_score")),
    ]


def csat(calls: ibis.Table, config: SatisfactionConfig) -> list[Figure]:
    """Build CSAT as a mean, as the top two boxes, and as the share above the middle."""
    score = calls.csat
    replied = score.notnull()
    top, above = config.csat_top_from, config.csat_above
    return [
        mean("csat", "mean of the answers", "points", score, replied),
        rate("csat_top", f"answers of {top:g} and more", score >= top, replied),
        rate("csat_above", f"answers above {above:g}", score > above, replied),
    ]


def nps(calls: ibis.Table) -> list[Figure]:
    """Build NPS, -100 to 100: the share of 9-10 minus the share of 0-6."""
    score = calls.nps
    base = score.count()
    up = count_rows(score >= PROMOTER_FROM)
    down = count_rows(score <= DETRACTOR_TO)
    variant = "100 x (answers 9-10 - answers 0-6) / answers"
    return [Figure("nps", variant, "points", base, 100 * (up - down), base)]


def effort(calls: ibis.Table, config: SatisfactionConfig) -> list[Figure]:
    """Build CES as a mean and as the share who called it easy; the scale is said."""
    score, edge = calls.ces, config.ces_above
    replied = score.notnull()
    low = config.ces_low_is_easy
    side = "below" if low else "above"
    easy = score < edge if low else score > edge
    scale = f"scale {config.ces_scale}"
    return [
        mean("ces", f"mean of the answers, {scale}", "points", score, replied),
        rate("ces_easy", f"answers {side} {edge:g}, {scale}", easy, replied),
    ]


def _response(calls: ibis.Table, column: str) -> Figure:
    """Build the share of answered calls with an answer; null where nobody was asked."""
    replied = calls[column].notnull()
    base = count_rows(calls.answered)
    asked = ibis.ifelse(calls[column].count() > 0, base, None)
    return Figure(
        f"{column}_response",
        "answers / answered calls",
        "share",
        base,
        ibis.ifelse(asked.notnull(), count_rows(replied & calls.answered), None),
        asked,
    )
