"""Web addresses and domains."""

from __future__ import annotations

from collections.abc import Hashable

from mappings.model import BadValue, Value
from mappings.types.base import Kind, text_of


class Url(Kind):
    """A web address. Golden keeps it as typed. Same: with scheme and host in lower case and no slash at the
    end; an address without a scheme is taken as https. Blank: nothing but space."""

    name = "url"

    def key(self, golden: Value) -> Hashable:
        if not isinstance(golden, str):
            return None
        scheme, found, rest = golden.partition("://")
        if not found:
            scheme, rest = "https", golden
        host, slash, path = rest.partition("/")
        return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


class Domain(Kind):
    """A company's domain. Golden is the bare host in lower case: scheme, ``www.``, port and path are taken
    away. Same: equal golden form. Blank: nothing but space."""

    name = "domain"

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        host = text.lower()
        if "://" in host:
            host = host.partition("://")[2]
        for mark in "/?#":
            host = host.partition(mark)[0]
        host = host.rpartition("@")[2].partition(":")[0].strip(".")
        while host.startswith("www."):
            host = host[4:].lstrip(".")
        if "." not in host or len(host.split()) != 1:
            raise BadValue("expected a domain such as example.com")
        return text_of(host)
