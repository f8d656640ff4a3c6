"""Runs of the plan: the truth about what is to be done, being done and done.

A queue message only says "look at queue X". Everything that counts is in these rows.
"""

from .run import PipelineRun
from .served_queue import ServedQueue
from .stage_run import StageRun

__all__ = ["PipelineRun", "ServedQueue", "StageRun"]
