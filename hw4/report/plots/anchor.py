"""Where a claim stands on the page: the fragment of its link and the `id` of its article."""

from __future__ import annotations

import hashlib
import re

from hw4.ledger.records import Entry

_LONGEST = 120  # characters; a longer name ends in its hash
_KEPT = 80
_OTHER = re.compile(r"[^A-Za-z0-9._/\-]")


def anchor(record: Entry) -> str:
    """Return a record's anchor, as "claim:batch-norm/worse-here:phantom".

    All its characters stand for themselves in a URL's fragment and in an HTML `id`: letters,
    digits, and . _ / - + : ~. A blank is "+", any other character its code between tildes; so two
    claims have the same anchor only where their names, of any length, are the same.
    """
    name, instance = _encoded(record.id), _encoded(record.instance)
    whole = f"claim:{name}:{instance}" if instance else f"claim:{name}"
    if len(whole) <= _LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:20]
    return f"{whole[:_KEPT]}~~{digest}"  # two tildes together are no character's code


def _encoded(text: str) -> str:
    return _OTHER.sub(lambda found: "+" if found[0] == " " else f"~{ord(found[0]):x}~", text)
