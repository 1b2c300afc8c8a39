"""Apps that a mapping leaves out: what is known of their records is set aside, under a space of its own,
where nothing looks for it, and comes back with the app. Call inside a transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from syncer.store.database import Database

LEFT_OUT = " (left out)"  # behind a space's name
KEPT = ("link", "match_key")
DROPPED = ("observation", "stub")  # read again with the app


def set_aside(db: Database, space: str, apps: Collection[str]) -> None:
    """All but these apps."""
    kept = sorted(apps)
    for table in KEPT:
        sql = f"UPDATE {table} SET space = :aside WHERE space = :space AND app NOT IN :apps"  # noqa: S608
        db.run(sql, aside=space + LEFT_OUT, space=space, apps=kept)
    for table in DROPPED:
        sql = f"DELETE FROM {table} WHERE space = :space AND app NOT IN :apps"  # noqa: S608
        db.run(sql, space=space, apps=kept)
    asked = "DELETE FROM review WHERE space = :space AND status = 'open' AND"
    db.run(f"{asked} app NOT IN :apps", space=space, apps=kept)


def bring_back(db: Database, space: str, apps: Collection[str]) -> Sequence[str]:
    """Those of these apps that were set aside. A record whose golden record is gone by now comes back as a
    new one."""
    aside = space + LEFT_OUT
    rows = db.rows(
        "SELECT DISTINCT app FROM link WHERE space = :aside AND app IN :apps", aside=aside, apps=sorted(apps)
    )
    back = sorted(row[0] for row in rows)
    if back:
        there = "SELECT id FROM golden WHERE space = :space"
        dangling = f"DELETE FROM link WHERE space = :aside AND golden NOT IN ({there})"  # noqa: S608
        db.run(dangling, aside=aside, space=space)
        for table in KEPT:
            sql = f"UPDATE {table} SET space = :space WHERE space = :aside AND app IN :apps"  # noqa: S608
            db.run(sql, space=space, aside=aside, apps=back)
    return back


def wipe_aside(db: Database, space: str, goldens: Collection[str]) -> int:
    """Of these golden records nothing stays aside either; how many links that were."""
    aside, wanted = space + LEFT_OUT, sorted(goldens)
    mine = "SELECT app, id FROM link WHERE space = :aside AND golden IN :goldens"
    for app, id in db.rows(mine, aside=aside, goldens=wanted):
        keys = "DELETE FROM match_key WHERE space = :aside AND app = :app AND id = :id"
        db.run(keys, aside=aside, app=app, id=id)
    return db.run("DELETE FROM link WHERE space = :aside AND golden IN :goldens", aside=aside, goldens=wanted)
