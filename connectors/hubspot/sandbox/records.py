"""HubSpot's records in the sandbox: what is stored, and the only places that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors.hubspot.sandbox.answers import conflict, error, not_found
from connectors.hubspot.sandbox.index import SearchIndex
from connectors.hubspot.sandbox.schema import LIFECYCLE, MODIFIED, checked, standard
from connectors.sandbox.clock import Clock, iso_ms
from connectors.sandbox.table import Row, Table
from connectors.sandbox.wire import Json, Mode, Refused

Note = Callable[..., None]
ENGAGEMENTS = ("emails", "calls", "meetings", "notes", "tasks")
SINGULAR = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "tickets": "ticket",
    **{kind: kind[:-1] for kind in ENGAGEMENTS},
}
ALWAYS = {kind: ("createdate", "hs_object_id", changed) for kind, changed in MODIFIED.items()}
DEFAULTS = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
    "tickets": ("content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "subject"),
    **dict.fromkeys(ENGAGEMENTS, ("hs_timestamp",)),
}
# A new record needs one property of each group.
NEEDS = {
    "contacts": (("email", "firstname", "lastname"),),
    "companies": (("name", "domain"),),
    "deals": (("dealname",), ("dealstage",), ("pipeline",)),
    "tickets": (("subject",), ("hs_pipeline_stage",)),
    **dict.fromkeys(ENGAGEMENTS, (("hs_timestamp",),)),
}
MAX_MERGES = 250


class Records:
    """Contacts, companies, deals, tickets or engagements. E-mail addresses are unique over primary and
    additional ones.

    Settings of the app: ``merge_makes_new_id``: a merge ends in a record of its own; ``merged_ids_resolve``
    (default true): a read by the id of a record that was merged away gives the one that lives.
    """

    def __init__(self, kind: str, clock: Clock, mode: Mode, first_id: int, note: Note) -> None:
        self.kind = kind
        self.clock = clock
        self.mode = mode
        self.properties = standard(kind)
        self.table = Table()
        self.archived = Table()
        self.emails: dict[str, int] = {}
        self.unique: dict[str, dict[str, int]] = {}
        self.merged: dict[int, int] = {}
        self.index = SearchIndex(self.table, clock, mode)
        self.opted_out: set[str] = set()
        self.blocked: set[str] = set()  # addresses of people who were erased
        self._next = first_id
        self._note = note

    # -- reading ---------------------------------------------------------------------------------

    def shown(self, names: Iterable[str] | None) -> Sequence[str]:
        """The properties of an answer. Unknown names are dropped without a word."""
        asked = DEFAULTS[self.kind] if names is None else [name for name in names if name in self.properties]
        return sorted({*asked, *ALWAYS[self.kind]})

    def find(self, id: str, key: str | None = None) -> Row:
        """A live record by id (also of a record that was merged away), e-mail or unique property."""
        number: int | None = None
        if key == "email" and self.kind == "contacts":
            number = self.emails.get(id.strip().lower())
        elif key and key != "hs_object_id":
            if not self.properties.get(key, {}).get("hasUniqueValue"):
                raise Refused(
                    error(
                        400, "VALIDATION_ERROR", f"Unable to read by non-unique property {key} of {self.kind}"
                    )
                )
            number = self.unique.get(key, {}).get(id)
        elif id.isdecimal():
            number = int(id)
            if self.mode.settings.get("merged_ids_resolve", True):
                number = self.merged.get(number, number)
        row = None if number is None else self.table.get(number)
        if row is None:
            raise Refused(not_found())
        return row

    # -- changing --------------------------------------------------------------------------------

    def load(self, values: dict[str, str], created: int, updated: int) -> int:
        """Put in a record of the seeded world; `index.load` has to follow."""
        id, row = self._row(values, created, updated)
        self.table.rows[id] = row
        self.table.ids.append(id)
        self._claim(id, values)
        return id

    def create(self, properties: Mapping[str, object], ignored: list[str]) -> Row:
        values = self._checked(properties, ignored)
        lacking = [group for group in NEEDS[self.kind] if not any(map(values.get, group))]
        if lacking:
            raise Refused(
                error(
                    400,
                    "VALIDATION_ERROR",
                    f"Error creating {SINGULAR[self.kind].upper()}. Some required properties were not set.",
                    context={"properties": [name for group in lacking for name in group]},
                )
            )
        self._refuse_taken(values, None)
        if blocked := [email for email in _addresses(values) if email in self.blocked]:
            raise Refused(error(400, "VALIDATION_ERROR", f"{blocked[0]} was deleted for privacy reasons"))
        given, now = {name: value for name, value in values.items() if value}, self.clock.tick()
        if self.mode.muted:
            return self._row(given, now, now)[1]
        row = self._added(given, now)
        self._note(SINGULAR[self.kind], "creation", int(row["id"]), changeFlag="CREATED")
        return row

    def update(self, row: Row, properties: Mapping[str, object], ignored: list[str]) -> Row:
        """Change a record; what is already so moves nothing."""
        id, old = int(row["id"]), row["properties"]
        values = self._checked(properties, ignored)
        self._refuse_taken(values, id)
        changes: dict[str, str] = {}
        for name, value in values.items():
            if value.startswith(";"):
                before = [part for part in old.get(name, "").split(";") if part]
                value = ";".join(dict.fromkeys(before + value[1:].split(";")))
            if name == "lifecyclestage" and _backwards(old.get(name), value):
                ignored.append("lifecyclestage (moves only forward unless cleared first)")
            elif value != old.get(name, ""):
                changes[name] = value
        if self.mode.muted:
            return _changed_copy(row, changes)
        return self.change(row, changes) if changes else row

    def change(self, row: Row, changes: Mapping[str, str]) -> Row:
        """Store values without checking them and move the time of change."""
        for name, value in changes.items():
            told = {"propertyName": name, "propertyValue": value}
            self._note(SINGULAR[self.kind], "propertyChange", int(row["id"]), **told)
        return self._stored(row, changes)

    def _stored(self, row: Row, changes: Mapping[str, str]) -> Row:
        id, now = int(row["id"]), self.clock.tick()
        before = {**row, "properties": dict(row["properties"])} if self.index.lag else None
        self._release(id, {name: row["properties"].get(name, "") for name in changes})
        _set(row["properties"], changes)
        self._claim(id, changes)
        if "email" in changes:
            _set(row["properties"], {"hs_email_optout": self._optout(changes["email"])})
        row["updatedAt"] = row["properties"][MODIFIED[self.kind]] = iso_ms(now)
        self.index.note(id, now, before)
        return row

    def archive(self, row: Row) -> None:
        """Into the recycle bin. The time of change does not move, and e-mail addresses become free."""
        if self.mode.muted:
            return
        id = int(row["id"])
        self._note(SINGULAR[self.kind], "deletion", id, changeFlag="DELETED")
        self.table.remove(id)
        self.index.forget(id)
        self._release(id, row["properties"])
        row["archived"] = True
        row["archivedAt"] = iso_ms(self.clock.tick())
        self.archived.add(id, row)

    def erase(self, row: Row) -> None:
        """For good, and the addresses are not taken again."""
        if self.mode.muted:
            return
        self.blocked |= set(_addresses(row["properties"]))
        self.archived.remove(int(row["id"]))

    def merge(self, winner: Row, loser: Row) -> Row:
        """The loser's id leads to the winner from now on; its addresses become additional ones. The winner is
        the record that lives, or one made anew."""
        ids = [part for part in winner["properties"].get("hs_merged_object_ids", "").split(";") if part]
        if len(ids) >= MAX_MERGES:
            raise Refused(error(414, "VALIDATION_ERROR", "Cannot have more than 250 identities on a profile"))
        if self.mode.muted:
            return winner
        lost, kept = loser["properties"], winner["properties"]
        own = {"hs_object_id", "createdate", MODIFIED[self.kind], "hs_email_optout"}
        changes = {name: value for name, value in lost.items() if not kept.get(name) and name not in own}
        extra = [*_addresses(kept)[1:], *_addresses(lost)] if kept.get("email") else _addresses(lost)[1:]
        if extra:
            changes["hs_additional_emails"] = ";".join(dict.fromkeys(extra))
        gone = [loser, winner] if self.mode.settings.get("merge_makes_new_id") else [loser]
        for row in gone:
            self.archive(row)
            self.archived.remove(int(row["id"]))
        if winner in gone:
            values = {name: value for name, value in kept.items() if name not in own}
            winner = self._added(values, self.clock.tick())
        self._lead([int(row["id"]) for row in gone], int(winner["id"]))
        changes["hs_merged_object_ids"] = ";".join([*ids, *(row["id"] for row in gone)])
        lives = int(winner["id"])
        ends = {"primaryObjectId": int(kept["hs_object_id"]), "mergedObjectIds": [int(loser["id"])]}
        self._note(SINGULAR[self.kind], "merge", lives, **ends, newObjectId=lives)
        return self._stored(winner, changes)

    def _lead(self, gone: Sequence[int], into: int) -> None:
        """From now on these ids, and those that led to them, lead to another record."""
        self.merged |= dict.fromkeys(gone, into)
        for old, new in self.merged.items():
            if new in gone:
                self.merged[old] = into

    def _added(self, values: dict[str, str], now: int) -> Row:
        id, row = self._row(values, now, now)
        self.table.add(id, row)
        self._claim(id, values)
        self.index.note(id, now, None)
        return row

    # -- details ---------------------------------------------------------------------------------

    def _row(self, values: dict[str, str], created: int, updated: int) -> tuple[int, Row]:
        id = self._next
        self._next += 1
        at, changed = iso_ms(created), iso_ms(updated)
        values["hs_object_id"] = str(id)
        values["createdate"] = at
        values[MODIFIED[self.kind]] = changed
        if self.opted_out and self._optout(values.get("email", "")):
            values["hs_email_optout"] = "true"
        return id, {
            "id": str(id),
            "properties": values,
            "createdAt": at,
            "updatedAt": changed,
            "archived": False,
        }

    def _optout(self, email: str) -> str:
        return "true" if email in self.opted_out else ""

    def _checked(self, properties: Mapping[str, object], ignored: list[str]) -> dict[str, str]:
        values, nulls = checked(self.properties, properties)
        ignored += [f"{name}: null" for name in nulls]
        for name in ("email", "domain", "hs_additional_emails"):
            if name in values:
                values[name] = values[name].strip().lower()
        return values

    def _refuse_taken(self, values: Mapping[str, str], own: int | None) -> None:
        for email in _addresses(values):
            owner = self.emails.get(email)
            if owner is not None and owner != own:
                raise Refused(conflict(SINGULAR[self.kind], owner))
        for name, value in values.items():
            owner = self.unique.get(name, {}).get(value) if name != "email" else None
            if owner is not None and owner != own:
                raise Refused(conflict(SINGULAR[self.kind], owner))

    def _claim(self, id: int, values: Mapping[str, str]) -> None:
        if self.kind == "contacts":
            for email in _addresses(values):
                self.emails[email] = id
        for name, owners in self.unique.items():
            if values.get(name):
                owners[values[name]] = id

    def _release(self, id: int, values: Mapping[str, str]) -> None:
        for email in _addresses(values):
            if self.emails.get(email) == id:
                del self.emails[email]
        for name, owners in self.unique.items():
            owners.pop(values.get(name, ""), None)

    def define(self, definition: Json) -> None:
        self.properties[definition["name"]] = definition
        if definition["hasUniqueValue"]:
            self.unique[definition["name"]] = {}


def _addresses(values: Mapping[str, str]) -> list[str]:
    """The primary address, then the additional ones."""
    extra = values.get("hs_additional_emails", "")
    found = [values.get("email", ""), *(extra.split(";") if extra else ())]
    return [email.strip() for email in found if email]


def _backwards(old: str | None, new: str) -> bool:
    return bool(old and new) and LIFECYCLE.index(new) < LIFECYCLE.index(old or "")


def _set(properties: dict[str, str], changes: Mapping[str, str]) -> None:
    for name, value in changes.items():
        if value:
            properties[name] = value
        else:
            properties.pop(name, None)


def _changed_copy(row: Row, changes: Mapping[str, str]) -> Row:
    properties = dict(row["properties"])
    _set(properties, changes)
    return {**row, "properties": properties}
