"""Match the records of CSV exports: read them, and write who is who. The same matcher as in a sync."""

from __future__ import annotations

import csv
import gc
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mappings.types.country import code_of
from syncer.matching.matcher import Matched, Question, match
from syncer.matching.traits import Traits, person
from syncer.usecases.handed import begins, opened, safe

CLUSTERS = ("app", "id", "cluster")
REVIEW = ("app", "id", "other_app", "other_id", "score", "reasons")
QUESTIONS = 0.03  # questions a record at most
# What a column may be called, folded to letters alone.
NAMES = {
    "id": "id recordid contactid userid subscriberid customerid",
    "app": "app source system",
    "email": "email emailaddress mail workemail",
    "first_name": "firstname givenname forename",
    "last_name": "lastname surname familyname",
    "name": "name fullname contactname displayname",
    "company": "company companyname organisation organization organizationname",
    "phone": "phone phonenumber telephone mobile mobilephone mobilephonenumber",
    "country": "country countryregion",
    "city": "city town suburb",
    "birth_date": "birthdate dateofbirth dob birthday",
    "postcode": "postcode postalcode zip zipcode",
    "house": "streetnumber housenumber",
    "street": "street streetname streetaddress address address1 addressline1",
    "number": "nationalid nationalnumber ssn socsecid socialsecuritynumber taxid taxnumber",
}
FACTS = ("birth_date", "postcode", "street", "number")
_COLUMN = {alias: name for name, aliases in NAMES.items() for alias in aliases.split()}
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


class UnreadableFile(Exception):
    """A file that holds no table, or may not be written over. The text is for the admin."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file: its traits, and the columns that are only passed on."""

    traits: Traits
    other: Mapping[str, str]


@contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for cyclic garbage while it lasts: there is none, and looking takes a fifth of the
    time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read(files: Iterable[Path]) -> list[Row]:
    """The records of some files. Raises `UnreadableFile`."""
    return [row for file in files for row in _rows(file)]


def look_at(out: Path) -> None:
    """Whether what an earlier call left in the folder may be written over: what somebody added to it, such as
    their answers, may not. Raises `UnreadableFile`."""
    for name, head in (("clusters.csv", ",".join(CLUSTERS)), ("review.csv", ",".join(REVIEW) + "\r\n")):
        file = out / name
        if file.is_file() and not begins(file, head.encode()):
            told = "is there already, and not as this command leaves it. Name another folder by --out."
            raise UnreadableFile(f"{file} {told}")


def matched(rows: Sequence[Row]) -> Matched:
    """Who is who, with at most three questions for a hundred records."""
    return match([r.traits for r in rows], most=int(len(rows) * QUESTIONS))


def write(rows: Sequence[Row], found: Matched, out: Path) -> tuple[Path, Path]:
    """`clusters.csv` (app, id, cluster, and the columns that were not known) and `review.csv`, in a
    folder; both for their owner only, and no cell a formula."""
    out.mkdir(parents=True, exist_ok=True)
    clusters, review = out / "clusters.csv", out / "review.csv"
    number = {id(r): n for n, group in enumerate(found.groups, start=1) for r in group}
    further = list(dict.fromkeys(name for row in rows for name in row.other))

    def line(row: Row) -> Sequence[object]:
        one = row.traits
        return one.app, one.id, number[id(one)], *(row.other.get(name, "") for name in further)

    _table(clusters, (*CLUSTERS, *further), map(line, rows))
    _table(review, REVIEW, map(_review, found.questions))
    return clusters, review


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with opened(path) as stream:
        table = csv.writer(stream)
        table.writerow([safe(name) for name in header])
        table.writerows([safe(cell) for cell in row] for row in rows)


def _review(q: Question) -> tuple[str, str, str, str, str, str]:
    return q.one.app, q.one.id, q.other.app, q.other.id, f"{q.chance:.3f}", f"{q.why}: {q.evidence.text}"


def _rows(file: Path) -> Iterator[Row]:
    text = _text(file)
    csv.field_size_limit(2**31 - 1)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header = next(lines, None)
    if not header:
        raise UnreadableFile(f"{file} is empty: a CSV file with a line of column names is needed.")
    columns = [_known(name) for name in header]
    if not {"email", "first_name", "last_name", "name", "phone"} & set(columns):
        raise UnreadableFile(
            f"{file} has no column to match people by: name one of email, phone, name, first_name, last_name."
        )
    for number, cells in enumerate(lines, start=1):
        if any(cells):
            yield _row(file, number, header, columns, cells)


def _row(file: Path, number: int, header: list[str], columns: list[str], cells: list[str]) -> Row:
    values: dict[str, str] = {}
    other: dict[str, str] = {}
    for title, name, cell in zip(header, columns, cells, strict=False):
        if not name:
            other[title] = cell
        elif not values.get(name):
            values[name] = cell.strip()
    values["country"] = code_of(values.get("country", ""))
    values["street"] = f"{values.get('house') or ''} {values.get('street') or ''}"
    facts = [(kind, values.get(kind, "")) for kind in FACTS]
    app, id = values.get("app") or file.stem, values.get("id") or str(number)
    mails = (values.get("email") or "").replace(";", ",").split(",")
    phones = (values.get("phone") or "").split(";")
    return Row(person(app, id, values, mails, phones, facts), other)


def _known(title: str) -> str:
    return _COLUMN.get("".join(c for c in title.casefold() if c.isalnum()), "")


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}.") from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)
