"""The document that claims quote, as HTML: its sentences marked with what was found of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from hw4.ledger.records import Document, Entry, Ledger
from hw4.report.reading.answers import WORDS
from hw4.report.reading.quoted import Quoting, Sentence
from hw4.report.reading.quotes import plain
from hw4.report.reading.sentences import divided, is_sentence

_HARD_BREAK = re.compile(r"(?: {2,}|\\)\n")
_ADDRESS = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_START, _END = Markup('<div class="block">'), Markup("</div>")
_CODE = ("fence", "code_block")
_OURS = "hw4"  # the type of tokens that are HTML already
_LONG = 20_000  # characters of a paragraph in which each end of a sentence is looked at
_TOP = 3  # the level of the document's first headings, below the page's own

Pieces: TypeAlias = list[tuple[str, Sentence | None]]
"""A line's text in Markdown, and which of it are sentences."""
Said: TypeAlias = Callable[[Sentence], Markup]
Below: TypeAlias = Callable[[list[Sentence]], Markup]


class Annotated:
    """A document with what claims say of its sentences.

    Attributes:
        name: of its file.
        sentences: all of them, in order.
    """

    def __init__(self, document: Document, records: Sequence[Entry]) -> None:
        self.name = document.name
        self.sentences: list[Sentence] = []
        self._quoting = Quoting(records)
        self._env: dict[str, object] = {}
        self._markdown = _markdown()
        self._tokens = _joined(self._markdown.parse(document.text, self._env))
        before = ["", *(token.type for token in self._tokens)]
        self._pieces = [
            list(self._divided(token, kind == "heading_open"))
            for kind, token in zip(before, self._tokens, strict=False)
        ]

    @property
    def quoted(self) -> list[Sentence]:
        """The sentences that claims quote."""
        return [each for each in self.sentences if each.behind]

    @property
    def uncovered(self) -> int:
        """How many sentences no claim quotes."""
        return len(self.sentences) - len(self.quoted)

    @property
    def unmet(self) -> dict[str, str]:
        """The quotes that are not in the text, and the claim of each."""
        return {quote: records[0].id for quote, records in self._quoting.unmet.items()}

    @cached_property
    def numbers(self) -> dict[str, list[int]]:
        """The numbers of the sentences that have each answer, for those that occur."""
        found = ((word, [s.number for s in self.quoted if s.word == word]) for word in WORDS)
        return {word: numbers for word, numbers in found if numbers}

    @cached_property
    def following(self) -> dict[int, int]:
        """The number of the next sentence with the same answer, by a sentence's own."""
        return dict(pair for numbers in self.numbers.values() for pair in pairwise(numbers))

    def html(self, said: Said, below: Below) -> Markup:
        """Return the text.

        Args:
            said: returns a sentence's answer, which follows it, if claims quote it.
            below: returns what follows the paragraph of some sentences.
        """
        made = list(self._rendered(said, below))
        return Markup(self._markdown.renderer.render(made, self._markdown.options, self._env))

    def _divided(self, token: Token, is_title: bool) -> Iterator[Pieces]:
        if token.type in _CODE:
            for line in token.content.rstrip("\n").split("\n"):
                yield self._sentences(line, [(0, len(line))], is_title)
        elif token.type == "inline":
            for line in map(plain, _HARD_BREAK.split(token.content)):
                yield self._sentences(line, self._ends(line), is_title)

    def _sentences(self, line: str, ends: list[tuple[int, int]], is_title: bool) -> Pieces:
        """Return a line's pieces; a title or a label is a sentence only where claims quote it."""
        quoted = self._quoting.places(plain(line))
        pieces: Pieces = []
        for start, end in ends:
            text, behind = line[start:end], self._quoting.behind(quoted, start, end)
            said = bool(behind) or (not is_title and is_sentence(text))
            if said:
                self.sentences.append(Sentence(text, len(self.sentences) + 1, behind))
            pieces.append((text, self.sentences[-1] if said else None))
        return pieces

    def _ends(self, line: str) -> list[tuple[int, int]]:
        """Return where sentences start and end, none within stressed words or a link."""
        found = list(divided(line))
        apart = " ".join(self._inline(line[start:end]) for start, end in found)
        if apart == self._inline(line) or len(line) > _LONG:
            return found
        whole: list[tuple[int, int]] = []
        for start, end in found:
            torn = whole and not self._divides(line, start)
            whole.append((whole.pop()[0] if torn else start, end))
        return whole

    def _divides(self, line: str, start: int) -> bool:
        before, after = line[:start].rstrip(), line[start:]
        return f"{self._inline(before)} {self._inline(after)}" == self._inline(line)

    def _inline(self, text: str) -> str:
        rendered: str = self._markdown.renderInline(text, self._env)
        return rendered

    def _rendered(self, said: Said, below: Below) -> Iterator[Token]:
        levels = [int(token.tag[1]) for token in self._tokens if token.type == "heading_open"]
        shift = _TOP - min(levels, default=_TOP)
        for token, lines in zip(self._tokens, self._pieces, strict=True):
            sentences = [each for line in lines for _, each in line if each]
            if token.type == "inline":
                after = below(sentences)
                yield _raw(Markup("<br>\n").join(self._line(line, said) for line in lines))
            elif token.type in _CODE:
                shown = Markup("\n").join(_code(line, said) for line in lines)
                code = Markup("<pre><code>{}</code></pre>").format(shown)
                yield _raw(_START + code + below(sentences) + _END)
            elif token.type in ("paragraph_open", "heading_open"):
                yield from (_raw(_START), _lower(token, shift))
            elif token.type in ("paragraph_close", "heading_close"):
                yield from (_lower(token, shift), _raw(after + _END))
            elif token.type in ("td_close", "th_close"):
                yield from (_raw(after), token)
            else:
                yield token

    def _line(self, pieces: Pieces, said: Said) -> Markup:
        made = [_marked(Markup(self._inline(text)), each, said) for text, each in pieces]
        return Markup(" ").join(made)


def annotated(ledger: Ledger) -> Annotated | None:
    """Return a ledger's document, None if it has none or its claims quote nothing."""
    if not ledger.document:
        return None
    made = Annotated(ledger.document, ledger.records)
    return made if made.quoted or made.unmet else None


def _code(pieces: Pieces, said: Said) -> Markup:
    return Markup().join(_marked(escape(text), each, said) for text, each in pieces)


def _marked(text: Markup, sentence: Sentence | None, said: Said) -> Markup:
    if sentence is None:
        return text
    word = sentence.word if sentence.behind else "uncovered"
    made = '<span class="said {}" id="said-{}">{}</span>{}'
    return Markup(made).format(word, sentence.number, text, said(sentence))


def _raw(html: Markup) -> Token:
    return Token(_OURS, "", 0, content=str(html))


def _lower(token: Token, levels: int) -> Token:
    if not token.type.startswith("heading"):
        return token
    return token.copy(tag=f"h{min(6, int(token.tag[1]) + levels)}")


def _joined(tokens: list[Token]) -> list[Token]:
    """Return tokens in which a paragraph that breaks off goes on in the next, as it was meant."""
    made: list[Token] = []
    for token in tokens:
        made.append(token)
        kinds = [each.type for each in made[-6:]]
        if kinds == ["paragraph_open", "inline", "paragraph_close"] * 2:
            first, second = made[-5], made[-2]
            if first.content[-1:].isalpha() and second.content[:1].islower():
                joined = first.copy(content=f"{first.content} {second.content}")
                made[-6:] = [made[-6], joined, made[-1]]
    return made


def _markdown() -> MarkdownIt:
    """Return a reader of Markdown that passes no HTML through and loads nothing."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule(_OURS, lambda _, tokens, at, *__: tokens[at].content)
    markdown.add_render_rule("image", lambda _, tokens, at, *__: escape(tokens[at].content))
    markdown.add_render_rule("link_open", _link)
    return markdown


def _link(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    """Return a link to another site; of one beside the document, which is not here, its words."""
    address = str(tokens[at].attrs.get("href", ""))
    return Markup('<a href="{}">').format(address) if _ADDRESS.match(address) else Markup("<a>")
