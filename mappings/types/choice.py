"""One of a list of choices that each app spells in its own way."""

from __future__ import annotations

from mappings.model import Value
from mappings.types.base import Form, Kind, Reader, Shower, text_of


class Choice(Kind):
    """A choice. Golden is the mapping's own word, else the app's in lower case with ``_`` between words. An
    app's spelling comes from ``values: {golden: app}``, else from the options that it offers. Same: equal
    golden word. Blank: nothing but space. A choice that an app does not know is sent as it is, and refused
    there by name."""

    name = "choice"
    maps = True

    def read(self, value: Value) -> Value:
        text = text_of(value)
        return None if text is None else folded(text)

    def reader(self, form: Form) -> Reader:
        if not form.values:
            return self.read
        golden = {folded(shown): folded(word) for word, shown in form.values.items()}

        def read(value: Value) -> Value:
            text = text_of(value)
            if text is None:
                return None
            word = folded(text)
            return golden.get(word, word)

        return read

    def shower(self, form: Form) -> Shower:
        shown = {folded(option): option for option in form.options}
        shown.update({folded(word): value for word, value in form.values.items()})
        if not shown:
            return self.show
        return lambda golden: shown.get(golden, golden) if isinstance(golden, str) else golden


def folded(text: str) -> str:
    """A choice as a word: ``Computer Software`` and ``COMPUTER_SOFTWARE`` are ``computer_software``."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
