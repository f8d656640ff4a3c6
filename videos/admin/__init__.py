"""The operators' console: what there is, where it stands, and another try."""

from django.contrib import admin

from .llm import LlmAnswerAdmin, LlmUsageAdmin
from .rendition import RenditionAdmin
from .upload import UploadAdmin
from .video import VideoAdmin
from .workspace import WorkspaceAdmin

admin.site.site_header = admin.site.site_title = "Video Intelligence"

__all__ = [
    "LlmAnswerAdmin",
    "LlmUsageAdmin",
    "RenditionAdmin",
    "UploadAdmin",
    "VideoAdmin",
    "WorkspaceAdmin",
]
