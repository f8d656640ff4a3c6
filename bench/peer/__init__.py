"""What accepting is held against: FastAPI, SQLAlchemy and BackgroundTasks, as their manuals have it.

`whole` does the same work as ours. `small` does less: one row for the video, one for its task.
"""
