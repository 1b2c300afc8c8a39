"""The steps that touch the world, a file each. Only the engine knows their order."""
