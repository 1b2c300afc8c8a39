"""The apps of a config file: which connector, its address, its secrets, and its own options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from connectors import registry
from mappings.checking import Strict, Whole, mistake, whole
from mappings.spelling import nearest
from syncer.config.types import BaseUrl, Setting


def _connector(name: str) -> str:
    known = registry.names()
    if name not in known:
        raise mistake(f"'{name}' is not a connector", nearest(name, known, "Connectors: {}."))
    return name


def _is_number(given: str | float | bool | None) -> bool:
    """As `connectors.settings.number` reads it; nothing given is none of a mistake."""
    try:
        return given is None or float(given) >= 0
    except ValueError:
        return False


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

    @model_validator(mode="after")
    def _settings_are_known(self) -> Self:
        known = registry.settings(self.connector) if self.settings else None
        if known is None:
            return self
        self._need("settings", "setting", self.settings, known)
        for word in registry.WHOLE:
            if self.settings.get(word) is not None:
                whole(self.settings[word], inside=("settings", word))
        for word in registry.NUMBERS:
            if not _is_number(self.settings.get(word, 0)):
                cure = "Write a number, such as 0.5 or 60."
                raise mistake(f"'{self.settings[word]}' is no number", cure, inside=("settings", word))
        return self

    @model_validator(mode="after")
    def _credentials_are_known(self) -> Self:
        known = registry.credentials(self.connector)
        if known is not None:
            self._need("credentials", "credential", self.credentials, known)
        return self

    def _need(self, part: str, one: str, given: Iterable[str], known: Sequence[str]) -> None:
        """The names in a part are some that the connector knows."""
        for word in given:
            if word not in known:
                what = f"{self.connector} has no {one} '{word}'"
                cure = nearest(word, known, f"Its {part}: {{}}.") or "Remove the line."
                raise mistake(what, cure, inside=(part, word), key=True)

    def secrets(self) -> dict[str, str]:
        """The credentials in plain, for the connector alone."""
        return {name: secret.get_secret_value() for name, secret in self.credentials.items()}

    def login(self) -> dict[str, str]:
        """The login in plain, for the connector alone; empty where there is none."""
        said: list[tuple[str, SecretStr | None]] = list(self.oauth) if self.oauth else []
        return {name: secret.get_secret_value() for name, secret in said if secret is not None}
