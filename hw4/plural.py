"""A number before its noun."""

_GROUPED = 10_000  # from here on, digits stand in threes


def numbered(number: int, noun: str) -> str:
    """Return "1 seed", "2 seeds", "20,000 seeds"; nouns that end in s have plurals in "es"."""
    digits = f"{number:,}" if number >= _GROUPED else str(number)
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{digits} {noun if number == 1 else plural}"
