"""DECIDE: what waits is loaded, the pure core asked, what it says kept; a plan over its limits is held."""
