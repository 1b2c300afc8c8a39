"""The service: what `syncer serve` does, for months."""
