"""The details of folded instances, deflated: a page of many is a fraction as large.

Every part of an article is in a `<noscript>`: with JavaScript it is text until `page.js` draws it,
and without it is as any other part of the page. Details that are like those of another article are
deflated with them as the dictionary, and `inflate.js` reads them.
"""

from __future__ import annotations

import base64
import re
import zlib

_PARTS = re.compile(
    rb'<article id="(?P<id>[^"]*)"'
    rb'|<noscript class="part details"(?: data-like="(?P<like>[^"]*)")?>(?P<markup>.*?)</noscript>',
    re.DOTALL,
)
_LIKE = re.compile(rb'<noscript class="part details" data-like="([^"]*)">')
_FOLDED = b'<noscript hidden class="part details" data-like="%b">%b</noscript>'


def packed(page: bytes) -> bytes:
    """Return a page in which details that name others like them are deflated.

    Args:
        page: HTML without CR or NUL, which no browser hands on as they are; the details of an
            article come after those that they name.
    """
    liked = set(_LIKE.findall(page))
    details: dict[bytes, bytes] = {}
    article = b""

    def shown(found: re.Match[bytes]) -> bytes:
        nonlocal article
        if found["id"] is not None:
            article = found["id"]
            return found[0]
        if article in liked:
            details[article] = found["markup"]
        like = found["like"]
        return found[0] if like is None else _folded(like, found["markup"], details[like])

    return _PARTS.sub(shown, page)


def _folded(like: bytes, markup: bytes, dictionary: bytes) -> bytes:
    squeeze = zlib.compressobj(9, wbits=-15, zdict=dictionary)
    return _FOLDED % (like, base64.b64encode(squeeze.compress(markup) + squeeze.flush()))
