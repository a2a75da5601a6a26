"""Entries of a ledger from the fields that matter, the others filled in."""

import msgspec

from hw4.ledger import ledger
from hw4.ledger.records import Ledger, Record, Unmeasured

PLACE = {"id": "area/name", "instance": "", "test": "t.py::t"}
RECORD = {"statement": "It rises.", "source": "", "margin": 0.1, "unit": "", "share": 0.9}
RECORD |= {"expect": "supported", "verdict": "supported", "as_expected": True, "log_evidence": 9.4}
RECORD |= {"seeds_to_go": 0, "counterexample": None, "series": {"arms": []}, "seconds": 1.0}
RECORD |= {"cached": False}
EFFECT = {"median": 0.5, "low": 0.4, "high": 0.6, "confidence": 0.95}
RATIO = {"median": 1.5, "low": 1.4, "high": 1.6, "confidence": 0.99}
TIMING = {"processes": 6, "rounds": 8, "elements": 1, "seconds": [], "control": 1.0}
TIMING |= {"margin": 0.1, "warnings": []}
OF_KIND = ("evidence", "seeds", "events", "effect", "shown", "share", "p0", "budget", "timing")


def entry(values=(), others=(), **more):
    """Return the record of a claim, by default a win; of an error where there is an `error`.

    Args:
        values: of fields, or an entry that is to be changed.
        others: values of further fields, or of the same.
        more: the same.
    """
    if isinstance(values, Record | Unmeasured):
        kept = ledger.plain(values)
        if {**dict(others), **more}.get("kind", kept.get("kind")) != kept.get("kind"):
            kept = {name: kept[name] for name in kept if name not in OF_KIND}
        values = kept
    given = PLACE | dict(values) | dict(others) | more
    if "error" in given:
        return ledger.entry({"message": "why"} | given)
    given.setdefault("kind", "win")
    if given.get("verdict") == "confirmed":
        given.setdefault("confirm_alpha", 0.01)
    of_kind = {"exact": _exact, "timing": _timing}.get(given["kind"], _by_seeds)
    return ledger.entry(RECORD | of_kind(given) | given)


def _exact(given):
    return {"seeds": 0, "events": 0, "effect": None}


def _timing(given):
    given["timing"] = TIMING | (given.get("timing") or {})
    rounds = given["timing"]["processes"] * given["timing"]["rounds"]
    return {"seeds": 0, "events": 0, "effect": RATIO, "evidence": [1.5] * rounds}


def _by_seeds(given):
    seeds = given.get("seeds", 16)
    evidence = [True if given["kind"] == "rate" else 1.0] * seeds
    return {"seeds": seeds, "events": seeds, "effect": EFFECT, "evidence": evidence}


def changed(book, others=(), **more):
    """Return a ledger with other fields, or without those that are `...`."""
    values = ledger.plain(book) | dict(others) | more
    return msgspec.convert({k: v for k, v in values.items() if v is not ...}, Ledger)


def arm(text="MLP()", curve=(), probes=..., **more):
    """Return an arm in plain values, all of whose metrics are one curve on every seed."""
    metrics = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    made = {"arm": text, "quartiles": [25, 50, 75], **{name: [list(curve)] * 3 for name in metrics}}
    return made | ({} if probes is ... else {"probes": probes}) | more
