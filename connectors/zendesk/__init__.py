"""Zendesk Support."""

from connectors.zendesk.connector import ZendeskConnector

__all__ = ["ZendeskConnector"]
