"""Simulated apps as real HTTP servers on loopback: stateful, deterministic from a seed, and as strict
as the services. Start them with `connectors.sandbox.server.Sandbox` or `serve`."""
