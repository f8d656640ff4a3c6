"""The operators' console: what there is, where it stands, and another try."""

from .video import VideoAdmin

__all__ = ["VideoAdmin"]
