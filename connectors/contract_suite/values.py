"""Cases: values come out as the app has them, and go in as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta

import pytest

from connectors.contract import FieldSpec, Result, Value
from connectors.contract_suite.forms import plain
from connectors.contract_suite.hooks import Hooks

UNICODE = {
    "persian_with_zwnj": "مریم حسینی‌نژاد",
    "arabic_letters": "علي كريمي",
    "persian_digits": "پلاک ۱۲",
    "indonesian": "Nur'aini Sitompul",
    "composed": "Zo\u00eb",
    "decomposed": "Zoe\u0308",
    "emoji_sequence": "Mara 👩🏽‍🚀🎉",
    "beyond_the_basic_plane": "𠮷野 𠜎",
    "direction_marks": "a\u200fسلام\u200eb",
    "markup_and_quotes": """<b>"R&D"</b> 'it' \\ %20 {"x": null}""",
    "words_that_look_like_nothing": "null",
    "digits_that_are_text": "007",
}


class Values(Hooks):
    @pytest.mark.parametrize("text", UNICODE.values(), ids=UNICODE.keys())
    def test_text_goes_in_and_out_unchanged(self, text: str) -> None:
        id = self.created({**self.person(0), **dict.fromkeys(self.texts, text)})
        self.settle()
        for values in (self.held(id), self.read()[0][id].values):
            assert {name: values[name] for name in self.texts} == {
                name: self.expected(name, text) for name in self.texts
            }

    def test_text_in_an_update_goes_in_and_out_unchanged(self) -> None:
        (id,) = self.seed(1)
        text = UNICODE["persian_with_zwnj"] + UNICODE["emoji_sequence"]
        self.write(self.update(id, dict.fromkeys(self.texts, text)))
        assert [self.held(id)[name] for name in self.texts] == [self.expected(n, text) for n in self.texts]

    def test_a_huge_text_is_kept_cut_as_declared_or_refused_by_name(self) -> None:
        (id,) = self.seed(1)
        field = self.texts[1]
        for text in ("huge " * 2_000 + "end", "x" * 70_000):
            before = self.held(id)
            (result,) = self.write(self.update(id, {field: text}))
            if result.outcome == "applied" and field not in result.fields:
                assert self.held(id)[field] == self.expected(field, text)
            else:
                assert result.outcome in ("applied", "rejected"), result.reason
                assert len(text) > (self.spec.fields[field].max_length or 0)
                assert (list(result.fields), self.held(id)) == ([field], before)
                assert len(result.reason) < 1_000

    def test_outer_blanks_come_out_as_declared(self) -> None:
        text = "  two words\t "
        id = self.created({**self.person(0), **dict.fromkeys(self.texts, text)})
        assert self.held(id, self.texts) == {name: self.expected(name, text) for name in self.texts}

    def test_a_key_comes_out_as_declared(self) -> None:
        """In another case than it was sent: told by `coerce`, else it looks like a person's edit."""
        key = self.address(0).title()
        id = self.created({**self.person(0), self.key_field: key})
        assert self.held(id, (self.key_field,)) == {self.key_field: self.expected(self.key_field, key)}

    def test_a_new_record_has_the_declared_defaults(self) -> None:
        defaults = {n: spec.default for n, spec in self.spec.fields.items() if spec.default is not None}
        id = self.created(self.person(0))
        assert self.held(id, tuple(defaults)) == defaults

    def test_only_the_fields_asked_for_are_returned(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        asked = (self.texts[1],)
        (page,) = [page for page in self.pages(fields=asked) if any(r.id == id for r in page.records)]
        assert {name for record in page.records for name in record.values} == set(asked)
        assert self.held(id, asked).keys() == set(asked)

    def test_a_field_that_the_app_lacks_is_not_returned(self) -> None:
        (id,) = self.seed(1)
        assert self.held(id, (self.texts[0], "no_such_field")).keys() == {self.texts[0]}

    def test_no_field_asked_for_gives_bare_records(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        assert any(record.id == id for page in self.pages(fields=()) for record in page.records)
        assert dict(self.held(id, ())) == {}

    def test_a_blank_is_there_and_is_none(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        blank = (self.texts[1], *(n for n in self.samples if self.spec.fields[n].default is None))
        for way, values in self.shown(id, 0, blank).items():
            assert values.keys() == {*blank}, way
            assert all(value in (None, [], False) for value in values.values()), way
            assert values[self.texts[1]] is None, way

    def test_ids_are_text(self) -> None:
        self.seed(1)
        self.settle()
        assert all(isinstance(id, str) and id for id in self.read()[0])
        assert isinstance(self.created(self.person(1)), str)

    def test_stamps_are_aware_and_utc(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        answer = self.fetch(id)[id].record
        assert answer is not None
        stamps = [record.stamp for record in (answer, self.read()[0][id])]
        stamps += [*answer.stamps.values()]
        assert all(stamp is None or stamp.tzinfo is UTC for stamp in stamps)

    def test_a_stamp_is_the_time_of_the_last_change(self) -> None:
        """In another zone, or that of the creation, it lets the wrong one of two edits win."""
        (id,) = self.seed(1)
        self.elapse(3 * self.grain)
        before = self.now()
        self.user_edit([id], {self.texts[1]: "at this time"})
        record, after = self.fetch(id)[id].record, self.now()
        assert record is not None
        for stamp in (record.stamp, record.stamps.get(self.texts[1])):
            if stamp is not None:
                assert before - timedelta(seconds=self.grain) <= stamp <= after + timedelta(seconds=2)

    def test_pull_and_fetch_tell_the_same_stamp(self) -> None:
        ids = self.seed(2)
        self.settle()
        pulled = self.read()[0]
        for id, answer in self.fetch(*ids).items():
            assert answer.record is not None
            assert pulled[id].stamp in (None, answer.record.stamp)

    def test_an_edit_never_takes_the_stamp_back(self) -> None:
        (id,) = self.seed(1)
        before = self.fetch(id)[id].record
        self.user_edit([id], {self.texts[1]: "later"})
        after = self.fetch(id)[id].record
        assert before is not None
        assert after is not None
        if before.stamp is None or after.stamp is None:
            pytest.skip("this app does not say when a record changed")
        assert after.stamp >= before.stamp

    def test_pull_and_fetch_show_the_same_values(self) -> None:
        (id,) = self.seed(1)
        every = tuple(self.spec.fields)
        self.settle()
        pulled = {r.id: r for page in self.pages(fields=every) for r in page.records}[id]
        assert dict(pulled.values) == dict(self.held(id, every))

    def test_values_have_the_described_types(self) -> None:
        id = self.created({**self.person(0), **self.samples})
        for name, value in self.held(id, tuple(self.spec.fields)).items():
            assert fits(self.spec.fields[name], value), (name, type(value))

    def test_sample_values_are_kept_as_they_were_sent(self) -> None:
        if not self.samples:
            pytest.skip("no sample values are declared")
        id = self.created(self.person(0))
        (result,) = self.write(self.update(id, self.samples))
        assert result.outcome == "applied", result.reason
        held = self.held(id, tuple(self.samples))
        assert {name: plain(held[name]) for name in self.samples} == self.wanted(self.samples)
        self.assert_answered(result, self.samples)

    def test_what_a_create_was_given_is_shown_alike_in_every_way(self) -> None:
        given = {**self.person(0), **{name: f"Text {n}" for n, name in enumerate(self.texts)}, **self.samples}
        if self.key_name in given:
            given[self.key_name] = self.address(0)
        (result,) = self.write(self.create(given))
        assert result.outcome == "applied", result.reason
        for way, values in self.shown(result.id or "", 0, tuple(given)).items():
            assert {name: plain(value) for name, value in values.items()} == self.wanted(given), way
        self.assert_answered(result, given)

    def test_sample_values_can_be_cleared(self) -> None:
        clearable = {
            n: v for n, v in self.samples.items() if self.spec.fields[n].kind not in ("consent", "boolean")
        }
        if not clearable:
            pytest.skip("no sample values are declared")
        id = self.created({**self.person(0), **clearable})
        blanks: dict[str, Value] = {n: [] if isinstance(v, list) else None for n, v in clearable.items()}
        (result,) = self.write(self.update(id, blanks))
        assert result.outcome == "applied", result.reason
        assert all(value in (None, []) for value in self.held(id, tuple(clearable)).values())

    def test_a_set_loses_and_gains_single_elements(self) -> None:
        name, options = next(
            ((n, v) for n, v in self.samples.items() if isinstance(v, list) and len(v) > 1), ("", [])
        )
        if not name:
            pytest.skip("no set with two elements is declared as a sample")
        id = self.created({**self.person(0), name: options[:1]})
        for wanted in (options, options[1:]):
            self.write(self.update(id, {name: list(wanted)}))
            assert plain(self.held(id, (name,))[name]) == plain(list(wanted))

    def test_a_reference_is_set_and_cleared(self) -> None:
        name = next((n for n, spec in self.spec.fields.items() if spec.kind == "reference"), None)
        if name is None or self.spec.fields[name].writable == "no":
            pytest.skip("this object has no reference that can be written")
        target = self.reference_target()
        id = self.created({**self.person(0), name: target})
        assert {values[name] for values in self.shown(id, 0, (name,)).values()} == {target}
        self.write(self.update(id, {name: None}))
        assert {values[name] for values in self.shown(id, 0, (name,)).values()} == {None}

    def wanted(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """What the app is declared to make of these values."""
        return {name: plain(self.expected(name, value)) for name, value in given.items()}

    def assert_answered(self, result: Result, given: Mapping[str, Value]) -> None:
        """The record in a result, if there is any, shows what was given, or leaves it out."""
        answered = result.record.values if result.record else {}
        assert {name: plain(value) for name, value in answered.items() if name in given} == {
            name: value for name, value in self.wanted(given).items() if name in answered
        }


def fits(spec: FieldSpec, value: Value) -> bool:
    """Sets are lists of text; everything else is a single value in the app's own form, or None."""
    if spec.kind == "multi":
        return value is None or (isinstance(value, list) and all(isinstance(part, str) for part in value))
    if spec.kind in ("reference", "consent", "choice", "text"):
        return value is None or (isinstance(value, str) and value != "")
    return value is None or isinstance(value, str | int | float | bool)
