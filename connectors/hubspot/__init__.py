"""HubSpot CRM."""

from connectors.hubspot.connector import HubSpotConnector

__all__ = ["HubSpotConnector"]
