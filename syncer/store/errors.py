"""What goes wrong with the state database, in words: what happened, and what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


class StateError(Exception):
    """The state database cannot be used: not there, full, locked, read-only, or refused."""


class StateDamaged(StateError):
    """The file of the state is damaged, or something else."""

    def __init__(self, said: str = "The state's file is damaged.") -> None:
        super().__init__(said)


# What the databases say, in their own words (without dashes), and what it means to the user. The first that
# fits counts.
_CURES = (
    ("locked", "Another process is writing to it; try again in a moment."),
    ("lock timeout", "Another process is writing to it; try again in a moment."),
    ("disk is full", "The disk is full: make room. Nothing was sent that is not recorded."),
    ("No space left", "The server's disk is full: make room. Nothing was sent that is not recorded."),
    ("could not extend", "The server's disk is full: make room. Nothing was sent that is not recorded."),
    ("disk quota", "The disk quota is used up: make room. Nothing was sent that is not recorded."),
    ("disk I/O error", "The disk may be full or broken: look at it, then run: syncer state check"),
    (
        "readonly transaction",
        "Is this a standby? Name the main server. Nothing was sent that is not recorded.",
    ),
    ("readonly", "The file or its folder is read-only for this user. Nothing was sent that is not recorded."),
    ("malformed", "The file is damaged: restore a backup with syncer state restore FILE."),
    ("not a database", "It is something else, or damaged: syncer state restore FILE puts a backup back."),
    ("unable to open", "Does the folder exist, and may this user write there?"),
    ("password authentication failed", "Check the user and the password in the state URL."),
    ("no password supplied", "Put the password into the state URL, as ${NAME} from the environment."),
    ("role", "Check the user in the state URL, or have it created."),
    ("permission denied", "Let this user create tables: GRANT CREATE, USAGE ON SCHEMA public TO the user."),
    ("does not exist", "Check the name of the database in the state URL, or create it: createdb NAME."),
    ("Connection refused", "Is the server running, and are host and port right?"),
    ("No such file", "Is the server running, and are host and port right?"),
    ("resolve", "Check the host in the state URL."),
    ("timeout expired", "The server does not answer: check host, port and firewall."),
    ("certificate", "The server's certificate is not trusted; name its authority: ?sslrootcert=/path/ca.pem"),
    ("support SSL", "Turn TLS on in the server; without it the state travels only on this machine."),
    ("too many", "The server has no connection left; try again later, or raise max_connections."),
    ("closed", "The connection was lost. What was committed is safe; run it again."),
    ("terminating", "The server was stopped. What was committed is safe; run it again."),
)


def told(error: DBAPIError, url: str) -> StateError:
    """A driver's error as one of the state's."""
    said = in_words(error, url)
    damaged = any(word in str(error.orig) for word in ("malformed", "not a database"))
    return StateDamaged(said) if damaged else StateError(said)


def in_words(error: DBAPIError, url: str) -> str:
    """One line for a driver's error. `url` must not show the password."""
    cause = _cause(error)
    plain = cause.replace("-", "")
    cure = next((cure for word, cure in _CURES if word in plain), "")
    return f"The state {url} cannot be used: {cause.rstrip('.?')}. {cure}".rstrip()


def _cause(error: DBAPIError) -> str:
    """The database's own words, on one line. Without its details: those may quote a record."""
    original = error.orig
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    lines = [line.strip() for line in str(primary or original).splitlines()]
    kept = [
        line for line in lines if line and not line.startswith(("DETAIL", "HINT", "CONTEXT", "LINE", "^"))
    ]
    return " ".join(kept).replace("FATAL:  ", "")
