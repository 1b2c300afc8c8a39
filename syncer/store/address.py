"""Where the state is: the URL of its database, and how the way there is protected.

A server on another machine is reached by TLS with its certificate and name verified; there is no switch to
turn that off. On this machine (a socket, or a loopback address) TLS is not asked for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import certifi
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mappings.spelling import nearest
from syncer.store.errors import StateError

FORMS = "sqlite:///syncer.db, or postgresql://user:${DB_PASSWORD}@host/name"
SPELLED = "In a password write %40 for @, %2F for / and %3A for :."
_LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})


class AddressInvalid(StateError):
    """A URL that cannot be used. No text of it shows a password."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"Of the state's URL: {what}. {cure}")
        self.what = what
        self.cure = cure


def parse(text: str, env: Mapping[str, str] = os.environ) -> URL:
    """The URL to connect to. Raises `AddressInvalid` where it is none, names another kind of database, or
    would cross a network unprotected."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise AddressInvalid("this is not the URL of a database", f"Write {FORMS}.") from None
    except ValueError:  # what stands where a port belongs may be the rest of a password
        what = "the part behind the server's name is not a port"
        raise AddressInvalid(what, SPELLED) from None
    kind = url.get_backend_name()
    if kind == "sqlite":
        if url.query or str(url.database).startswith("file:"):
            raise AddressInvalid(
                "it has options that SQLite files do not take", f"Write the path alone: {FORMS}."
            )
        return url
    if "@" in (url.host or "") + (url.database or "" if url.password else ""):  # the rest of a password
        raise AddressInvalid("a password in it holds an @ or a /", SPELLED)
    if kind != "postgresql" or url.get_driver_name() not in ("psycopg", "psycopg2"):
        cure = nearest(kind, ("sqlite", "postgresql"), "", sure=75) or f"Write {FORMS}."
        raise AddressInvalid(f"the state cannot be kept in {url.drivername}", cure)
    return _protected(url.set(drivername="postgresql+psycopg"), env)


def _protected(url: URL, env: Mapping[str, str]) -> URL:
    """With TLS verified, unless the server is on this machine."""
    said = url.query.get("sslmode")
    if _is_local(url, env):
        return url
    if said not in (None, "verify-full"):
        raise AddressInvalid(
            f"it asks for sslmode={said}, but {url.host or 'its server'} is another machine",
            "The state holds customer data: use sslmode=verify-full, or leave it out. For an authority of"
            " your own add ?sslrootcert=/path/ca.pem.",
        )
    secure = {"sslmode": "verify-full", "sslrootcert": certifi.where(), "ssl_min_protocol_version": "TLSv1.2"}
    if "PGSSLROOTCERT" in env:
        del secure["sslrootcert"]
    return url.set(query={**secure, **url.query})


def _is_local(url: URL, env: Mapping[str, str]) -> bool:
    """Whether every host that may be tried is this machine."""
    if "service" in url.query or "PGSERVICE" in env:
        return False
    named = [url.host or "", *_many(url, "host"), *_many(url, "hostaddr")]
    if not any(named):
        named = [env.get("PGHOST", "")]
    named.append(env.get("PGHOSTADDR", ""))
    hosts = [host for one in named for host in one.split(",")]
    return all(host in _LOOPBACK or host.startswith(("/", "@")) for host in hosts)


def _many(url: URL, name: str) -> tuple[str, ...]:
    value = url.query.get(name, ())
    return (value,) if isinstance(value, str) else tuple(value)
