"""HubSpot's addresses in one place: versioned paths (v3, v4) and dated ones (2026-09) share their bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.contract import AppError


@dataclass(frozen=True, slots=True)
class Paths:
    """Prefixes for one API version: ``v3``, or a date such as ``2026-09``."""

    version: str = "v3"

    def __post_init__(self) -> None:
        if self.version != "v3" and not re.fullmatch(r"20\d\d-\d\d", self.version):
            raise AppError("hubspot: the setting api_version must be v3 or a date such as 2026-09.")

    @property
    def dated(self) -> bool:
        return self.version != "v3"

    def objects(self, kind: str) -> str:
        return f"/crm/objects/{self.version}/{kind}" if self.dated else f"/crm/v3/objects/{kind}"

    def properties(self, kind: str) -> str:
        return f"/crm/properties/{self.version}/{kind}" if self.dated else f"/crm/v3/properties/{kind}"

    def associations(self, of: str, to: str) -> str:
        base = f"/crm/associations/{self.version}" if self.dated else "/crm/v4/associations"
        return f"{base}/{of}/{to}"

    @property
    def lists(self) -> str:
        return f"/crm/lists/{self.version}" if self.dated else "/crm/v3/lists"

    @property
    def preferences(self) -> str:
        return f"/communication-preferences/{self.version if self.dated else 'v4'}"

    @property
    def account(self) -> str:
        return "/account-info/v3/details"

    @property
    def token(self) -> str:
        """Where access tokens are renewed; ``/oauth/v1`` ends in February 2027."""
        return f"/oauth/{self.version}/token"
