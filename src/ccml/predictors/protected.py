"""Features that must not be learnt from."""

from collections.abc import Sequence

from ccml.config.reasons import ReasonsConfig, matching
from ccml.errors import RefusedError


def refuse_protected(
    reasons: ReasonsConfig, features: Sequence[str], place: str
) -> None:
    """Refuse to learn from features that the config protects.

    Raises:
        RefusedError: Some are among the features; they are named.
    """
    found = matching([str(name) for name in features], reasons.protected)
    if found:
        raise RefusedError(
            f"{place}.reasons.protected: {found} are protected and would be learnt from; "
            f"add them to `drop`, or move them to reasons.never if they may be learnt "
            f"from but not told."
        )
