"""The slots: what one field of an app carries, read and written as a whole.

These functions run a million times in a first sync, so all decisions are taken when a slot is built.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from mappings.model import BadValue, Shape, Unshown, Value
from mappings.transforms import Transform
from mappings.types import Kind
from mappings.types.base import Reader, Shower, text_of, unbroken
from mappings.types.text import name_key

Coercion = Callable[[str], str]


class BaseSlot:
    """One golden field in one app field: read, shown and compared by the field's type."""

    __slots__ = (
        "_coerce",
        "_field",
        "_read",
        "_show",
        "_type",
        "app",
        "default",
        "fields",
        "flows_out",
        "lost",
        "name",
        "narrows",
        "on_create",
        "reference",
        "writable",
    )

    def __init__(
        self, app: str, shape: Shape, fields: tuple[str, ...], type: Kind, read: Reader, show: Shower
    ) -> None:
        self.app = app
        self.name = shape.name
        self.fields = fields
        self.writable = shape.writable == "yes"
        self.on_create = shape.writable in ("yes", "create")
        self.reference = ""
        self.default = shape.default
        self.flows_out = True
        self.lost: frozenset[str] = frozenset()
        self.narrows = any(step != "trim" for step in shape.coerce)
        self._field = fields[0]
        self._type = type
        self._read = read
        self._show = show
        self._coerce = coercion(shape.coerce)

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        value = golden.get(self._field)
        return None if value is None else self.coerced(self._show(value))

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        return {self._field: None if value is None else self._read(value)}

    def same(self, a: Value, b: Value) -> bool:
        return a == b or self._key(a) == self._key(b)

    def words(self, value: Value) -> frozenset[str]:
        return frozenset()

    def names(self, word: str) -> bool:
        return False

    def coerced(self, value: Value) -> Value:
        if self._coerce is None:
            return value
        if isinstance(value, str):
            return self._coerce(value) or None
        return [self._coerce(item) for item in value] if isinstance(value, list) else value

    def _key(self, value: Value) -> Hashable:
        """Equal for equal values. What cannot be read is compared as it stands."""
        try:
            return self._type.key(self._read(value))
        except BadValue:
            return "unreadable", tuple(value) if isinstance(value, list) else str(value).strip()


class FirstSlot(BaseSlot):
    """A golden field in the first place of a list; the rest of the list is the app's own affair. Another
    value replaces the first, or moves to the front where the list holds it already. A blank empties a list
    of one and cannot be shown in a longer one, where the next value would become the first."""

    __slots__ = ()

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        value, listed = super().project(golden, None), _items(seen)
        if value is None:
            if len(listed) > 1:
                raise Unshown
            return None
        at = next((i for i, item in enumerate(listed) if self._first_same(item, value)), None)
        if at is None:
            return [str(value), *listed[1:]]
        return [listed[at], *listed[:at], *listed[at + 1 :]]

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        for item in _items(value):
            unbroken(item)  # the rest of the list is written with the first
        return {self._field: self._read(_first(value))}

    def _first_same(self, item: str, value: Value) -> bool:
        return super()._key(item) == super()._key(value)

    def _key(self, value: Value) -> Hashable:
        return super()._key(_first(value))


class TransformSlot(BaseSlot):
    """One golden field, written and read through the steps of a mapping."""

    __slots__ = ("_transform",)

    def __init__(
        self,
        app: str,
        shape: Shape,
        fields: tuple[str, ...],
        type: Kind,
        read: Reader,
        show: Shower,
        transform: Transform,
    ) -> None:
        read, show = self._through(read, transform), self._after(show, transform)
        super().__init__(app, shape, fields, type, read, show)
        self.narrows = self.narrows or transform.narrows
        self._transform = transform

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        default = self._transform.default
        if default and self._field in golden and golden[self._field] is None:
            return self.coerced(default)
        return super().project(golden, seen)

    @staticmethod
    def _through(read: Reader, transform: Transform) -> Reader:
        return lambda value: read(transform.read(value) if isinstance(value, str) else value)

    @staticmethod
    def _after(show: Shower, transform: Transform) -> Shower:
        def shown(golden: Value) -> Value:
            value = show(golden)
            return transform.show(value) if isinstance(value, str) else value

        return shown


class HeldSlot(BaseSlot):
    """A choice of which the app can show only some words."""

    __slots__ = ("_given",)

    def __init__(
        self,
        app: str,
        shape: Shape,
        fields: tuple[str, ...],
        type: Kind,
        read: Reader,
        show: Shower,
        given: frozenset[str],
    ) -> None:
        super().__init__(app, shape, fields, type, read, show)
        self._given = given

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        value = golden.get(self._field)
        if value is not None and value not in self._given:
            raise Unshown
        return super().project(golden, seen)


class TagSlot(BaseSlot):
    """The mapped words of a list, as `mapped` knows them. All others stay, in their order. A word that the
    app has lost, or cannot be given (all but `given`; None: any), is neither written there nor missed there,
    as long as another app can be given it (`elsewhere`)."""

    __slots__ = ("_mapped", "elsewhere", "given")

    def __init__(
        self,
        app: str,
        shape: Shape,
        fields: tuple[str, ...],
        type: Kind,
        read: Reader,
        show: Shower,
        mapped: Callable[[str], str | None],
        given: frozenset[str] | None = None,
    ) -> None:
        super().__init__(app, shape, fields, type, read, show)
        self._mapped = mapped
        self.given = given
        self.elsewhere: frozenset[str] | None = None

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        if self._field not in golden:
            return seen or None
        value = golden[self._field]
        due = set(value) - self.lost if isinstance(value, list) else set()
        kept: list[str] = []
        for tag in _items(seen):
            word = self._mapped(tag)
            if word is None:
                kept.append(tag)
            elif word in due:
                kept.append(tag)
                due.discard(word)
        fresh = self.coerced(self._show(sorted(due)))
        return [*kept, *_items(fresh)] or None

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        parts = super().split(value, old)
        if not self.lost and self.given is None:
            return parts
        stays = [word for word in _items(old.get(self._field)) if self._is_unshown(word)]
        return {self._field: sorted({*_items(parts[self._field]), *stays})} if stays else parts

    def _is_unshown(self, word: str) -> bool:
        """Whether others have a word, and this app cannot show it."""
        shown = self.given is None or word in self.given
        known = self.elsewhere is None or word in self.elsewhere
        return word in self.lost or (known and not shown)

    def words(self, value: Value) -> frozenset[str]:
        return frozenset(word for tag in _items(value) if (word := self._mapped(tag)) is not None)

    def names(self, word: str) -> bool:
        return word in self.words(self._show([word]))

    def _key(self, value: Value) -> Hashable:
        if self.lost and isinstance(value, list):
            value = [tag for tag in value if self._mapped(tag) not in self.lost]
        return super()._key(value)


class PartsSlot(BaseSlot):
    """First and last name in one text. A new text is split beside the boundary that is known: the first name
    is kept where the text begins with it, else the last name where it ends with it; else the last word is the
    last name. A single word is a first name."""

    __slots__ = ("_last",)

    def __init__(self, app: str, shape: Shape, first: str, last: str, type: Kind) -> None:
        super().__init__(app, shape, (first, last), type, type.read, type.show)
        self.narrows = True
        self._last = last

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        first, last = golden.get(self._field), golden.get(self._last)
        whole = f"{first} {last}" if first and last else first or last
        return None if whole is None else self.coerced(whole)

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        whole = text_of(value)
        first, last = old.get(self._field), old.get(self._last)
        before, after = boundary(whole or "", str(first or ""), str(last or ""))
        return {self._field: before or None, self._last: after or None}

    def _key(self, value: Value) -> Hashable:
        try:
            return name_key(text_of(value) or "")
        except BadValue:
            return None, str(value)


class ReferenceSlot(BaseSlot):
    """A record id on the app's side, a golden id on ours: passed through for the engine to translate."""

    __slots__ = ()

    def __init__(self, app: str, shape: Shape, fields: tuple[str, ...], type: Kind, target: str) -> None:
        super().__init__(app, shape, fields, type, type.read, type.show)
        self.reference = target
        self._coerce = None


class ConsentSlot(BaseSlot):
    """Consent in the app's own words. A value that says nothing gives no state; a state that the app cannot
    show leaves what is there. Values that say nothing are all alike."""

    __slots__ = ("_shown", "_states", "_words")

    def __init__(
        self,
        app: str,
        shape: Shape,
        fields: tuple[str, ...],
        type: Kind,
        states: Mapping[str, str],
        shown: Mapping[str, str],
    ) -> None:
        super().__init__(app, shape, fields, type, type.read, type.show)
        self._states = {value.lower(): state for value, state in states.items()}
        self._shown = dict(shown)
        self._words = frozenset(self._states) | {_word(value) for value in self._shown.values()}

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        state = golden.get(self._field)
        return self._shown.get(state, seen) if isinstance(state, str) else seen

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        state = self._states.get(_word(value))
        return {} if state is None else {self._field: state}

    def coerced(self, value: Value) -> Value:
        return value

    def _key(self, value: Value) -> Hashable:
        word = _word(value)
        return word if word in self._words else None


def boundary(whole: str, first: str, last: str) -> tuple[str, str]:
    """Split a full name into (first, last) beside the boundary known from the old parts."""
    words = whole.split()
    if len(words) < 2 and not last:
        return whole.strip(), ""
    keys = name_key(whole).split()
    old_first, old_last = name_key(first).split(), name_key(last).split()
    if len(keys) != len(words):
        words = keys
    if old_first and keys[: len(old_first)] == old_first:
        return first, _tail(words, len(old_first), last)
    if old_last and keys[len(keys) - len(old_last) :] == old_last and len(keys) >= len(old_last):
        return " ".join(words[: len(words) - len(old_last)]), last
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else (whole.strip(), "")


def _tail(words: list[str], start: int, last: str) -> str:
    """The last name behind a kept first name: as it was known where it is the same, else as typed."""
    tail = " ".join(words[start:])
    return last if name_key(tail) == name_key(last) else tail


def coercion(names: Iterable[str]) -> Coercion | None:
    """What an app makes of a written text, as one function; None where it changes nothing."""
    steps = [_coercion(name) for name in names]
    if not steps:
        return None
    if len(steps) == 1:
        return steps[0]

    def apply(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return apply


def _coercion(name: str) -> Coercion:
    if name == "trim":
        return str.strip
    if name == "lower":
        return str.lower
    if name == "digits":
        return lambda text: "".join(c for c in text if c in "+0123456789")
    word, _, length = name.partition(":")
    if word != "cut" or not length.isdigit():
        raise ValueError(f"{name!r} is not a coercion: known are trim, lower, digits and cut:N")
    size = int(length)
    return lambda text: text[:size]


def _items(value: Value) -> list[str]:
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [str(value)]


def _first(value: Value) -> Value:
    return (value[0] if value else None) if isinstance(value, list) else value


def _word(value: Value) -> str:
    if isinstance(value, str):
        return value.strip().lower()
    return "" if value is None or isinstance(value, list) else str(value).lower()
