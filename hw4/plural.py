"""A number before its noun."""


def numbered(number: int, noun: str) -> str:
    """Return "1 seed", "2 seeds", "2,000 seeds"; nouns that end in s have plurals in "es"."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number:,} {plural}"
