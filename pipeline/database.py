"""What a database that is gone, restarting or failing over does to those who use it."""

from django import db

# Gone, restarting, or failed over to one that cannot write yet.
TROUBLE = (db.OperationalError, db.InterfaceError, db.InternalError)


def reconnect() -> None:
    """Have the next query make its connection anew, after trouble.

    Also one that still answers: it may lead to a standby, which answers but never writes.
    """
    db.connections.close_all()
