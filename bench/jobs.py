"""The one job that procrastinate's worker carries out in `bench.pickup`: a module without Django."""

import os

from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ.get("PEER_CONNINFO", "")))


@app.task(name="nothing")
def nothing() -> None:
    """Be picked up."""
