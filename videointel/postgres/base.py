"""Django's PostgreSQL backend, which starts the embedded server at the first connection.

Not earlier: settings are imported by tools that never touch a database.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from . import server


class DatabaseWrapper(base.DatabaseWrapper):
    """Reads `DATA_DIR` from the database settings."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's parameters, the server being up.

        Raises `OSError` or `subprocess.SubprocessError` if it cannot start; its log is
        `log` in the data folder.
        """
        data_dir = Path(self.settings_dict["DATA_DIR"])
        host = server.ensure(data_dir, database=server.DATABASE)
        params: dict[str, Any] = super().get_connection_params()
        return params | {"host": host, "user": server.USER}
