"""The keys of a config file that say when, and how `syncer serve` works."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from mappings.checking import Strict, Whole, mistake
from syncer.config.types import Address, Cron, Every, Listen, Zone


def _schedule(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if len({"every", "cron"} & set(value)) == 2:
        raise mistake("'every' and 'cron' are two schedules", "Keep one of the two.")
    if "cron" not in value and (only := {"timezone", "grace"} & set(value)):
        raise mistake(f"'{min(only)}' goes with 'cron'", "Leave it out, or write a cron line.")
    return value


def _days(value: timedelta) -> timedelta:
    if value < timedelta(days=1):
        raise mistake("it is told by whole days", "Write 1d or more.")
    return value


class ScheduleModel(Strict):
    """When `syncer serve` runs something by itself: `every` or `cron`."""

    every: Every | None = Field(
        default=None, description="A number and s, m, h or d.", examples=["15m", "2h"]
    )
    cron: Cron | None = Field(
        default=None,
        description="Minute, hour, day, month, weekday (0 and 7: Sunday); all have to hold.",
        examples=["*/15 * * * *"],
    )
    timezone: Zone = Field(
        default="UTC", description="The time zone of the cron line.", examples=["Europe/Berlin"]
    )
    jitter: Every | None = Field(
        default=None, description="Begin up to so much later, at random.", examples=["30s"]
    )
    grace: Every = Field(
        default=timedelta(hours=1), description="How late a cron run may still begin.", examples=["1h"]
    )


Schedule = Annotated[ScheduleModel, BeforeValidator(_schedule)]


def _or_off(value: Any) -> Any:
    if isinstance(value, (dict, ScheduleModel)):
        return value
    if value != "off":
        raise mistake("this is neither a schedule nor off", "Write a schedule such as {every: 7d}, or off.")
    return None


def _off_in(schema: dict[str, Any]) -> None:
    """What the files call ``off`` is None in the model."""
    schema["anyOf"] = [
        {"const": "off", "type": "string"} if s == {"type": "null"} else s for s in schema["anyOf"]
    ]


class ServiceModel(Strict):
    """How `syncer serve` is reached, and what it does beside the syncs."""

    listen: Listen = Field(
        default="127.0.0.1:8766",
        description="Address and port of health, metrics and webhooks, or off.",
        examples=["127.0.0.1:8766", "off"],
    )
    public_url: Address | None = Field(
        default=None, description="Where apps reach it, for webhooks.", examples=["https://sync.example.com"]
    )
    verify: Annotated[Schedule | None, BeforeValidator(_or_off)] = Field(
        default=ScheduleModel(every=timedelta(days=7)),
        description="When all apps are compared in full, or off.",
        examples=[{"every": "7d"}],
        json_schema_extra=_off_in,
    )


class AlertsModel(Strict):
    """When the service calls for a person, and where. Nothing is sent twice: once on trouble, once when
    over."""

    to: list[SecretStr] = Field(
        default=[], description="Apprise addresses; none: the log alone.", examples=[["${ALERT_URL}"]]
    )
    conflicts: Whole = Field(default=20, ge=0, description="More held conflicts than this.")
    reviews: Whole = Field(default=50, ge=0, description="More doubtful matches than this.")
    failures: Whole = Field(default=20, ge=0, description="More refused values and creates than this.")
    no_success: Every = Field(
        default=timedelta(days=1),
        description="No run succeeded for so long after one was due.",
        examples=["6h"],
    )
    no_change: Annotated[Every, AfterValidator(_days)] = Field(
        default=timedelta(days=3), description="No change for so many days, after many with.", examples=["3d"]
    )
    expiry: Every = Field(
        default=timedelta(days=7), description="A login ends within this time.", examples=["7d"]
    )
