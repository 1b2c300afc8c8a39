"""Freshdesk for syncer: contacts, read and written."""

from syncer_freshdesk.connector import FreshdeskConnector

__all__ = ["FreshdeskConnector"]
