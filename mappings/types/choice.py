"""One of a list of choices, or several of them, that each app spells in its own way."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, Reader, Shower, text_of, unbroken


class _OfWords(Kind):
    """What one choice and several have in common."""

    maps = True

    def __init__(self, unknown: str = "pass") -> None:
        self.unknown = unknown

    def held(self, form: Form) -> frozenset[str] | None:
        """The words that the app can be given; None: any."""
        shown = spellings(form)
        return frozenset(shown) if shown and self.unknown == "hold" else None


class Choice(_OfWords):
    """A choice. Golden is the mapping's own word, else the app's in lower case with ``_`` between words. An
    app's spelling comes from ``values: {golden: app}``, else from the options that it offers. Same: equal
    golden word. Blank: nothing but space. A word that an app has no option for: under ``unknown: pass`` it is
    sent as it is, and refused there by name; under ``unknown: hold`` nothing is written in that app, and a
    word of an app that the mapping does not know is a bad value, which spreads nowhere."""

    name = "choice"

    def read(self, value: Value) -> Value:
        text = text_of(value)
        return None if text is None else folded(text)

    def reader(self, form: Form) -> Reader:
        known = words_of(form)
        if not known:
            return self.read
        strict = self.unknown == "hold"

        def read(value: Value) -> Value:
            text = text_of(value)
            if text is None:
                return None
            word = folded(text)
            if strict and word not in known:
                raise BadValue("expected one of the choices that the mapping knows")
            return known.get(word, word)

        return read

    def shower(self, form: Form) -> Shower:
        shown = spellings(form)
        if not shown:
            return self.show
        return lambda golden: shown.get(golden, golden) if isinstance(golden, str) else golden


class MultiChoice(_OfWords):
    """Several of a list of choices. Golden is a sorted list of words, each as of a choice; the whole list is
    kept in step (of free tags, take the type tags). Same: equal sets. Blank: no choice. A word that an app
    has no option for: as for a choice, but ``unknown: hold`` leaves such words of an app where they are, and
    those that an app cannot show are taken away by nobody there."""

    name = "multi_choice"
    is_set = True

    def read(self, value: Value) -> Value:
        return self._read(value, folded)

    def reader(self, form: Form) -> Reader:
        mapped = self.mapper(form)
        return lambda value: self._read(value, mapped)

    def mapper(self, form: Form) -> Callable[[str], str | None]:
        """An app's word -> golden word, None where it is left alone."""
        known, strict = words_of(form), self.unknown == "hold"
        if not known:
            return folded
        return lambda text: known.get(folded(text), None if strict else folded(text))

    def shower(self, form: Form) -> Shower:
        shown, given = spellings(form), self.held(form)

        def show(golden: Value) -> Value:
            words = golden if isinstance(golden, list) else []
            return [shown.get(word, word) for word in words if given is None or word in given]

        return show

    def key(self, golden: Value) -> Hashable:
        return tuple(golden) if isinstance(golden, list) and golden else None

    def _read(self, value: Value, mapped: Callable[[str], str | None]) -> Value:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if not isinstance(value, list):
            raise BadValue("expected a list of choices")
        said = [unbroken(text) for text in value if text.strip()]
        words = {word for text in said if (word := mapped(text)) is not None}
        return sorted(words) or None


def words_of(form: Form) -> dict[str, str]:
    """An app's word -> golden word: of `values`, and of the options that the app offers."""
    known = {folded(option): folded(option) for option in form.options}
    known.update({folded(shown): folded(word) for word, shown in form.values.items()})
    return known


def spellings(form: Form) -> dict[str, str]:
    """Golden word -> the app's word."""
    shown = {folded(option): option for option in form.options}
    shown.update({folded(word): value for word, value in form.values.items()})
    return shown


def folded(text: str) -> str:
    """A choice as a word: ``Computer Software`` and ``COMPUTER_SOFTWARE`` are ``computer_software``."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
