"""Which language an answer speaks: `?lang=`, else Accept-Language, else Chinese."""

from events.language import Language

_DEFAULT: Language = "zh"


def spoken(accept: str, wanted: str = "") -> Language:
    """Choose between `zh` and `en`. `accept` is an Accept-Language header, `wanted` a query."""
    if wanted in ("zh", "en"):
        return "en" if wanted == "en" else "zh"
    best: tuple[float, Language] = (0.0, _DEFAULT)
    for choice in accept[:400].lower().split(","):
        tag, _, quality = choice.partition(";")
        weight = _weight(quality)
        name = tag.strip().partition("-")[0]
        if name in ("zh", "en") and weight > best[0]:
            best = (weight, "en" if name == "en" else "zh")
    return best[1]


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(1.0, float(value)) if name == "q" else 0.0
    except ValueError:
        return 0.0
