"""One run of one sync."""

from syncer.deciding.holding import Plan as Plan
from syncer.engine.engine import Engine as Engine
from syncer.engine.run import Run as Run
from syncer.options import Options as Options
