"""Cases: the app, or the way to it, fails. What may not be done, deleted or empty is not taken for it."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import pytest

from connectors.contract import AppError, AuthRefused, Unavailable, Write
from connectors.contract_suite.hooks import Hooks

# Answers with status 200 that are not what any app promises.
GARBLED: Final[tuple[Any, ...]] = (
    "<html>please log in</html>",
    '{"results": [{"id": "1", "na',
    {},
    [],
    {"id": None},
)
NO_LIST: Final = {
    "results": None,
    **dict.fromkeys(("data", "users", "organizations", "members"), None),
    "end_of_stream": None,
}
BUSY: Final[tuple[tuple[int, Any], ...]] = (
    (429, "Too many requests, slow down"),
    (429, {"message": "Too Many Attempts."}),
    (503, {}),
)
REFUSALS: Final = (400, 404, 409, 413, 422)
TROUBLE: Final = (400, 401, 403, 409, 429, 500, 503)  # of a 404 an app may say that it means one record
# What something on the way answers in the app's place, or leaves of its answer.
FOREIGN: Final[tuple[tuple[int, Any], ...]] = ((404, "<html>no</html>"), (404, ""), (200, ""), (200, {}))
FETCH_CALLS: Final = 4  # a fetch of one record takes no more
SAID: Final = {"message": "no", "detail": "no", "title": "Forbidden", "description": "no", "error": "no"}


class Failing(Hooks):
    @pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
    def test_a_create_whose_answer_is_lost_is_not_taken_for_done_or_undone(self, kind: str) -> None:
        self.fault(kind, on="write", count=1)
        (result,) = self.write(self.create(self.person(0)))
        assert result.outcome in ("unknown", "applied" if kind == "drop_after" else "retry")
        self.settle()
        assert self.copies(0) == (kind == "drop_after")

    @pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
    def test_an_update_whose_answer_is_lost_is_unknown(self, kind: str) -> None:
        (id,) = self.seed(1)
        before = self.held(id)[self.texts[1]]
        self.fault(kind, on="write", count=1)
        (result,) = self.write(self.update(id, {self.texts[1]: "sent"}))
        assert result.outcome in ("unknown", "applied" if kind == "drop_after" else "retry")
        assert self.held(id)[self.texts[1]] == ("sent" if kind == "drop_after" else before)

    @pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
    def test_an_archive_whose_answer_is_lost_is_unknown(self, kind: str) -> None:
        if self.spec.archive == "none":
            pytest.skip("records of this object are not archived")
        (id,) = self.seed(1)
        self.fault(kind, count=1)
        (result,) = self.write(self.archival(id))
        assert result.outcome in ("unknown", "applied" if kind == "drop_after" else "retry")
        assert (self.fetch(id)[id].state == "found") == (kind == "drop_before")

    def test_a_busy_app_is_asked_again(self) -> None:
        ids = self.seed(2)
        self.settle()
        for status, body in BUSY:
            self.fault("status", on="read", count=1, status=status, body=body)
            assert set(ids) <= set(self.read()[0])
        for status, body in BUSY[:2]:
            self.fault("status", on="write", count=1, status=status, body=body)
            (result,) = self.write(self.update(ids[0], {self.texts[1]: "at last"}))
            assert result.outcome == "applied", result.reason

    def test_an_app_that_keeps_failing_is_said_to_be_unavailable(self) -> None:
        self.seed(1)
        self.fault("status", on="read", count=99, status=503)
        with pytest.raises(Unavailable, match=r"\w"):
            self.read()

    def test_a_pull_that_fails_after_its_first_page_does_not_end_there(self) -> None:
        if not self.small_pages:
            pytest.skip("a page of this app holds more records than the test can make")
        self.seed(self.many)
        self.settle()
        for taken in range(1, len(self.pages())):
            pages = self.connector.pull(self.object, None, self.asked)
            assert not any(page.last for page in islice(pages, taken))
            self.fault("status", on="read", count=99, status=503)
            with pytest.raises(Unavailable, match=r"\w"):
                list(pages)
            self.no_faults()

    def test_a_write_that_failed_in_the_app_is_unknown(self) -> None:
        for n, status in enumerate((500, 502, 504)):
            self.no_faults()
            self.fault("status", on="write", count=1, status=status, body="<html>oops</html>")
            (result,) = self.write(self.create(self.person(n)))
            assert result.outcome in ("unknown", "retry"), status

    def test_a_credential_that_ends_in_the_middle_is_said_so(self) -> None:
        (id,) = self.seed(1)
        self.fault("expired_token", count=99)
        with pytest.raises(AuthRefused, match=r"\w"):
            self.read()
        with pytest.raises(AuthRefused, match=r"\w"):
            self.fetch(id)
        assert not self.attempted(self.update(id, {self.texts[1]: "x"}))

    def test_a_right_that_lacks_is_said_so(self) -> None:
        (id,) = self.seed(1)
        self.fault("status", count=99, status=403, body=SAID)
        with pytest.raises(AuthRefused, match=r"\w"):
            self.read()
        assert not self.attempted(self.update(id, {self.texts[1]: "x"}))

    def test_a_refusal_that_nobody_expects_is_an_error_or_a_result(self) -> None:
        (id,) = self.seed(1)
        for status in REFUSALS:
            self.fault("status", count=99, status=status, body={})
            with pytest.raises(AppError, match=r"\w"):
                self.read()
            assert not self.attempted(self.update(id, {self.texts[1]: "x"})), status
            self.no_faults()

    def test_an_answer_that_is_not_a_list_is_an_error_and_never_an_empty_app(self) -> None:
        self.seed(2)
        self.settle()
        for body in (*GARBLED, NO_LIST):
            if body == self.empty_list:
                continue  # an app without records is read as one
            self.fault("status", on="read", count=99, status=200, body=body)
            with pytest.raises(AppError, match=r"\w"):
                self.read()
            self.no_faults()

    def test_an_answer_that_is_not_a_record_tells_neither_of_a_deletion_nor_of_blanks(self) -> None:
        (id,) = self.seed(1)
        known = self.held(id)
        for body in (*GARBLED, NO_LIST):
            self.fault("status", on="read", count=99, status=200, body=body)
            try:
                (answer,) = self.fetch(id).values()
            except AppError:
                continue
            finally:
                self.no_faults()
            assert answer.state in ("found", "unknown"), body
            shown = dict(answer.record.values) if answer.record else {}
            assert {name: known[name] for name in shown} == shown, body

    def test_one_foreign_answer_in_a_fetch_neither_deletes_nor_blanks(self) -> None:
        """Whichever of its calls it is an answer to."""
        if not self.own_404:
            pytest.skip("what this app says of a missing record cannot be told from what a proxy says")
        (id,) = self.seed(1)
        self.write(self.update(id, self.samples or {self.texts[1]: "kept"}))
        fields = (*self.asked, *self.samples)
        known = self.held(id, fields)
        for status, body in FOREIGN:
            for earlier in range(FETCH_CALLS):
                self.fault("status", on="read", count=1, skip=earlier, status=status, body=body)
                try:
                    (answer,) = self.fetch(id, fields=fields).values()
                except AppError:
                    continue
                finally:
                    self.no_faults()
                assert answer.state in ("found", "unknown"), (status, body, earlier)
                shown = dict(answer.record.values) if answer.record else {}
                assert {name: known[name] for name in shown} == shown, (status, body, earlier)

    @pytest.mark.parametrize("status", TROUBLE)
    def test_a_fetch_that_failed_never_tells_of_a_deletion(self, status: int) -> None:
        (id,) = self.seed(1)
        self.fault("status", on="read", count=99, status=status, body=SAID)
        try:
            states = {answer.state for answer in self.fetch(id).values()}
        except AppError:
            return
        assert states <= {"found", "unknown"}

    @pytest.mark.parametrize("status", TROUBLE)
    def test_a_search_that_failed_never_tells_that_nobody_is_there(self, status: int) -> None:
        """A create whose answer was lost is made again where nobody is found."""
        (id,) = self.seed(1)
        self.settle()
        wanted = self.address(0)
        self.fault("status", on="read", count=99, status=status, body=SAID)
        self.assert_found_or_told(wanted, id)

    def test_an_answer_to_a_search_that_is_none_never_tells_that_nobody_is_there(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        wanted = self.address(0)
        for body in (*GARBLED, NO_LIST):
            if body == self.empty_list:
                continue  # an app without such a record is read as one
            self.fault("status", on="read", count=99, status=200, body=body)
            self.assert_found_or_told(wanted, id)
            self.no_faults()

    def test_a_garbled_answer_to_a_write_leaves_it_unknown(self) -> None:
        (id,) = self.seed(1)
        for body in (*GARBLED, ""):
            self.fault("status", on="write", count=99, status=200, body=body)
            assert not self.attempted(self.update(id, {self.texts[1]: "x"})), body
            self.no_faults()

    def test_writes_that_an_answer_does_not_name_are_not_taken_for_done(self) -> None:
        ids = self.seed(4)
        self.fault("partial", on="write", count=1)
        results = self.write(*(self.update(id, {self.texts[1]: "in part"}) for id in ids))
        for id, result in zip(ids, results, strict=True):
            assert result.outcome in ("applied", "unknown", "retry")
            if result.outcome == "applied":
                assert self.held(id)[self.texts[1]] == "in part"

    def test_the_answer_to_a_write_without_effect_is_no_echo(self) -> None:
        (id,) = self.seed(1)
        self.fault("ignore", on="write", count=1)
        (result,) = self.write(self.update(id, {self.texts[1]: "never kept"}))
        self.no_faults()
        if result.record is not None:
            held = self.held(id, tuple(result.record.values))
            assert dict(result.record.values) == dict(held)

    def test_neither_credential_nor_address_shows_in_an_error(self) -> None:
        (id,) = self.seed(1)
        private = f"{self.secret or 'secret'} of {self.address(0)}"
        body = {**dict.fromkeys(SAID, private), "errors": [{"message": private, "code": private}]}
        for status in (400, 401, 403, 422, 500):
            self.fault("status", count=99, status=status, body=body)
            told = [str(caught) for caught in self.errors(self.read)]
            told += [str(caught) for caught in self.errors(lambda: self.fetch(id))]
            told += self.reasons(self.update(id, {self.texts[1]: "x"}))
            self.no_faults()
            for text in told:
                assert not self.secret or self.secret not in text
                assert "@" not in self.address(0) or self.address(0) not in text

    # Helpers.

    def assert_found_or_told(self, wanted: str, id: str) -> None:
        """A search that went wrong is an error, unless it finds the record all the same."""
        try:
            found = self.find(wanted)
        except AppError:
            return
        assert [record.id for record in found] == [id]

    def attempted(self, *writes: Write) -> bool:
        """Whether any of the writes is said to have been applied."""
        return any(result.outcome in ("applied", "existed") for result in self.results(*writes))

    def reasons(self, *writes: Write) -> list[str]:
        try:
            return [f"{result.reason} {dict(result.fields)}" for result in self.write(*writes)]
        except AppError as error:
            return [str(error)]

    def errors(self, call: Any) -> list[AppError]:
        try:
            call()
        except AppError as error:
            return [error]
        return []
