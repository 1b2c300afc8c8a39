"""The tables. One `space` is one sync: its own golden records, links and lease.

Values that only the engine reads are JSON text in one column; what is searched has a column of its own.
Times are text in ISO 8601, UTC, so that they sort and mean the same in every database.
"""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel


class Meta(SQLModel, table=True):
    """Facts about the state itself."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


class Run(SQLModel, table=True):
    """One run: what it did, in `report` (JSON)."""

    __tablename__ = "run"
    id: str = Field(primary_key=True)
    space: str = Field(index=True)
    kind: str
    status: str
    started: str
    ended: str | None = None
    written: int = 0
    report: str = Field(default="{}", sa_type=Text)


class Reader(SQLModel, table=True):
    """How far an app has been read for a space.

    cursor     where the next page or poll starts; complete_at: when a complete first read ended
    scan_began when the read in progress began; pulled_at: start of the last complete read
    schema     the app's declared object (JSON) and when it was asked for
    """

    __tablename__ = "reader"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    cursor: str | None = Field(default=None, sa_type=Text)
    scan_began: str | None = None
    complete_at: str | None = None
    pulled_at: str | None = None
    account: str | None = None
    spec: str | None = Field(default=None, sa_type=Text)
    spec_at: str | None = None
    spec_key: str | None = None
    paused: bool = False


class ObservationRow(SQLModel, table=True):
    """Raw observations that wait to be decided; `body` (JSON) as in `syncer.model.Observation`."""

    __tablename__ = "observation"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    state: str
    body: str = Field(sa_type=Text)


class LinkRow(SQLModel, table=True):
    """Which golden record a record of an app belongs to. Unique by (app, record id).

    quiet    a hash of `seen` where an equal observation is no news at all; NULL where it may be
    open     there are writes without a usable answer
    failing  a value was refused for good, or is changed back each time
    main     the one record of an app that is written
    """

    __tablename__ = "link"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    golden: str
    state: str
    main: bool
    quiet: str | None = None
    open: bool = False
    failing: bool = False
    version: str = ""
    body: str = Field(sa_type=Text)
    __table_args__ = (
        Index("link_golden", "space", "golden"),
        Index("link_state", "space", "app", "state", "id"),
        Index("link_failing", "space", sqlite_where=text("failing"), postgresql_where=text("failing")),
        Index("link_open", "space", "app", sqlite_where=text("open"), postgresql_where=text("open")),
    )


class GoldenRow(SQLModel, table=True):
    """Golden records. `due`: a run planned writes that were not all settled; `failing`: an app refused its
    create for good."""

    __tablename__ = "golden"
    space: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    due: bool = False
    failing: bool = False
    body: str = Field(sa_type=Text)
    __table_args__ = (
        Index("golden_due", "space", sqlite_where=text("due"), postgresql_where=text("due")),
        Index("golden_failing", "space", sqlite_where=text("failing"), postgresql_where=text("failing")),
    )


class KeyRow(SQLModel, table=True):
    """Match keys of every known record, linked or not."""

    __tablename__ = "match_key"
    space: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    __table_args__ = (Index("match_key_record", "space", "app", "id", "kind", "key"),)


class StubRow(SQLModel, table=True):
    """Records that are not linked and not to be (outside `only`, archived): their id, keys and consent."""

    __tablename__ = "stub"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    consent: str | None = None
    seen_at: str


class ReferenceRow(SQLModel, table=True):
    """Which golden records point to which: followed when a target's name or links change."""

    __tablename__ = "reference"
    space: str = Field(primary_key=True)
    golden: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    target: str = Field(index=True)


class TouchRow(SQLModel, table=True):
    """Golden records to be looked at again, or whose dependents are, where they are of another space."""

    __tablename__ = "touch"
    space: str = Field(primary_key=True)
    target: str = Field(primary_key=True)


class OutboxRow(SQLModel, table=True):
    """Writes in flight: marked before they are sent, gone when settled. `body` (JSON): the item."""

    __tablename__ = "outbox"
    ref: str = Field(primary_key=True)
    space: str = Field(index=True)
    run: str
    app: str
    golden: str
    record: str | None = None
    kind: str
    sent_at: str
    body: str = Field(sa_type=Text)


class ConflictRow(SQLModel, table=True):
    """The conflict table; the log files are its export by `seq`. `body` (JSON): candidates and note."""

    __tablename__ = "conflict"
    seq: int | None = Field(default=None, primary_key=True)
    space: str
    run: str
    at: str
    kind: str
    golden: str
    field: str
    rule: str
    status: str
    winner: str | None = Field(default=None, sa_type=Text)
    winner_app: str | None = None
    body: str = Field(sa_type=Text)
    __table_args__ = (
        Index("conflict_golden", "space", "golden", "field"),
        Index("conflict_seq", "space", "seq"),
        Index(
            "conflict_held",
            "space",
            "seq",
            sqlite_where=text("status = 'held'"),
            postgresql_where=text("status = 'held'"),
        ),
    )


class ReviewRow(SQLModel, table=True):
    """Doubtful matches: the record in doubt and the one it resembles."""

    __tablename__ = "review"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    other_app: str
    other_id: str
    run: str
    score: float
    reason: str = Field(sa_type=Text)
    status: str = "open"


class MatchDecisionRow(SQLModel, table=True):
    """What a person decided about two records (in order): together, or never. Kept until taken back."""

    __tablename__ = "match_decision"
    space: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    other_app: str = Field(primary_key=True)
    other_id: str = Field(primary_key=True)
    verdict: str
    at: str


class JournalRow(SQLModel, table=True):
    """One row a golden record and run: the golden values that changed, and where from. `body` is JSON."""

    __tablename__ = "journal"
    space: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    golden: str = Field(primary_key=True)
    body: str = Field(sa_type=Text)
    __table_args__ = (Index("journal_golden", "space", "golden"),)


class WriteRow(SQLModel, table=True):
    """Every write that an app answered: before-image, what was sent, the answer."""

    __tablename__ = "written"
    seq: int | None = Field(default=None, primary_key=True)
    space: str
    run: str = Field(index=True)
    app: str
    record: str | None = None
    golden: str
    kind: str
    outcome: str
    body: str = Field(sa_type=Text)
    __table_args__ = (Index("written_golden", "space", "golden"),)


class HeldRow(SQLModel, table=True):
    """A held plan: the items that `sync --approve` lets pass and `--reject` turns down. `mapping`: the
    version under which it was made; "" of what was held before that was noted. `narrowed`: it was about some
    golden records alone."""

    __tablename__ = "held"
    space: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    status: str
    reason: str = Field(sa_type=Text)
    items: str = Field(sa_type=Text)
    mapping: str = Field(default="", sa_column_kwargs={"server_default": ""})
    narrowed: bool = False


class LeaseRow(SQLModel, table=True):
    """Who works in a space. `token` grows with every holder: a stale one commits nothing."""

    __tablename__ = "lease"
    space: str = Field(primary_key=True)
    holder: str
    token: int
    expires: str


class RateRow(SQLModel, table=True):
    """The calls of one account by class (`syncer.store.budget`): how many a `period` are allowed to us, how
    many were made on `day` (days since 1970), until when the app asked for a pause (seconds since 1970), and
    in `body` the blocks that are booked. `account` is a hash."""

    __tablename__ = "rate"
    account: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    calls: int = 0
    period: float = 0.0
    held_until: float = 0.0
    day: int = 0
    today: int = 0
    body: str = Field(default="[]", sa_type=Text)


class TokenRow(SQLModel, table=True):
    """A login whose token expires (`syncer.store.tokens`); the token is among the secrets. `login` is a hash;
    `holder` renews it just now, for no longer than `until`."""

    __tablename__ = "token"
    login: str = Field(primary_key=True)
    app: str
    holder: str = ""
    until: str = ""


class HookCallRow(SQLModel, table=True):
    """A webhook call that was taken (`syncer.store.hookcalls`): a hash of it, and when, in seconds since
    1970."""

    __tablename__ = "hook_call"
    print: str = Field(primary_key=True)
    at: float
    __table_args__ = (Index("hook_call_at", "at"),)
