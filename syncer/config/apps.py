"""The apps of a config file: which connector, its address, its secrets, and its own options."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import inf
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from connectors import registry
from connectors.contract import Scalar
from connectors.settings import Takes
from mappings.checking import Strict, Whole, mistake, whole
from mappings.spelling import nearest
from syncer.config.types import BaseUrl, Setting


def _connector(name: str) -> str:
    known = registry.names()
    if name not in known:
        raise mistake(f"'{name}' is not a connector", nearest(name, known, "Connectors: {}."))
    return name


def _fitting(word: str, given: Scalar, takes: Takes) -> Scalar:
    """A setting as its connector takes it: what comes from the environment is text."""
    if given is None:
        return given
    if takes is str and isinstance(given, (bool, float)):
        raise mistake("this must be a text", "Put it in quotes.", inside=(word,))
    if takes is int:
        whole(given, inside=(word,))
    elif takes is float and not _is_number(given):
        raise mistake(f"'{given}' is no number", "Write a number, such as 0.5 or 60.", inside=(word,))
    elif takes is bool and not isinstance(given, bool):
        if str(given).lower() not in ("true", "false"):
            raise mistake("this must be true or false", "Write it without quotes.", inside=(word,))
        return str(given).lower() == "true"
    elif isinstance(takes, tuple) and given not in takes:
        raise mistake(
            f"'{given}' is none of its words", nearest(str(given), takes, "Words here: {}."), inside=(word,)
        )
    return given


def _is_number(given: str | float | bool) -> bool:
    """As `connectors.settings.number` reads it."""
    try:
        return not isinstance(given, bool) and 0 <= float(given) < inf
    except ValueError:
        return False


def _need(connector: str, one: str, given: Iterable[str], known: Collection[str]) -> None:
    """The given settings or credentials are some that the connector knows."""
    for word in given:
        if word not in known:
            cure = nearest(word, known, f"Its {one}s: {{}}.") or "Remove the line."
            raise mistake(f"{connector} has no {one} '{word}'", cure, inside=(word,), key=True)


class OAuthModel(Strict):
    """A login whose access tokens expire; they are renewed with the refresh token. `syncer auth login` gets
    the first; else it is given here."""

    client_id: SecretStr = Field(description="As ${ENV}.", examples=["${HUBSPOT_CLIENT_ID}"])
    client_secret: SecretStr = Field(description="As ${ENV}.", examples=["${HUBSPOT_CLIENT_SECRET}"])
    refresh_token: SecretStr | None = Field(
        default=None,
        description="As ${ENV}; without it, run syncer auth login.",
        examples=["${HUBSPOT_REFRESH_TOKEN}"],
    )


class AppModel(Strict):
    """One account of one app."""

    connector: Annotated[str, AfterValidator(_connector)] = Field(
        description="The kind of app.", examples=["hubspot", "mailerlite", "mailchimp", "zendesk", "memory"]
    )
    base_url: BaseUrl | None = Field(
        default=None, description="The address of its API.", examples=["https://subdomain.zendesk.com"]
    )
    credentials: dict[str, SecretStr] = Field(
        default={},
        description="Secrets, by the names that the connector asks for. Take them from the environment.",
        examples=[{"token": "${HUBSPOT_TOKEN}"}],
    )
    oauth: OAuthModel | None = Field(
        default=None, description="A login that expires, in place of credentials."
    )
    settings: dict[str, Setting] = Field(
        default={}, description="Options of this connector, see its page.", examples=[{"api_version": "v3"}]
    )
    reserve: Whole = Field(
        default=10, ge=0, le=90, description="Percent of its rate limits that is left to other integrations."
    )
    writes: Literal["on", "off"] = Field(default="on", description="off: the app is read and never written.")
    max_records: Annotated[int, Field(gt=0), BeforeValidator(whole)] | None = Field(
        default=None,
        description="A reading that lists more than this is stopped, and nothing is written to the app.",
        examples=[200000],
    )

    @field_validator("settings")
    @classmethod
    def _settings_fit(cls, given: dict[str, Scalar], info: ValidationInfo) -> dict[str, Scalar]:
        connector = info.data.get("connector")
        known = registry.settings(connector) if connector and given else None
        if connector is None or known is None:
            return given
        _need(connector, "setting", given, known)
        return {word: _fitting(word, value, known[word]) for word, value in given.items()}

    @field_validator("credentials")
    @classmethod
    def _credentials_are_known(
        cls, given: dict[str, SecretStr], info: ValidationInfo
    ) -> dict[str, SecretStr]:
        connector = info.data.get("connector")
        known = registry.credentials(connector) if connector else None
        if connector is not None and known is not None:
            _need(connector, "credential", given, known)
        return given

    def secrets(self) -> dict[str, str]:
        """The credentials in plain, for the connector alone."""
        return {name: secret.get_secret_value() for name, secret in self.credentials.items()}

    def login(self) -> dict[str, str]:
        """The login in plain, for the connector alone; empty where there is none."""
        said: list[tuple[str, SecretStr | None]] = list(self.oauth) if self.oauth else []
        return {name: secret.get_secret_value() for name, secret in said if secret is not None}
