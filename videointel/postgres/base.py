"""Django's PostgreSQL backend, which starts the embedded server at the first connection.

Not earlier: settings are imported by tools that never touch a database.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from . import instance, server


class DatabaseWrapper(base.DatabaseWrapper):
    """Reads `DATA_DIR` and `MEMORY_MB` from the database settings."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's parameters, the server being up.

        Raises `instance.ServerError` if it cannot start.
        """
        params: dict[str, Any] = super().get_connection_params()
        return params | self._place()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; where the server that was running is gone, start it again first."""
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            try:
                place = self._place(again=True)
            except instance.ServerError as error:
                # It may be stopping just now: trouble that passes, like any lost connection.
                raise self.Database.OperationalError(str(error)) from error
            return super().get_new_connection(conn_params | place)

    def _place(self, *, again: bool = False) -> dict[str, str]:
        data_dir = Path(self.settings_dict["DATA_DIR"])
        host = server.ensure(
            data_dir,
            database=server.DATABASE,
            memory_mb=self.settings_dict["MEMORY_MB"],
            again=again,
        )
        return {"host": host, "user": instance.USER}
