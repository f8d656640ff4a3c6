"""Every address the server answers."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from videos.api.server.health import healthz, readyz
from videos.api.server.views import DocsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("videos.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(), name="docs"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("videos.pages")),
]

handler400 = "videos.api.errors.bad_request"
handler500 = "videos.api.errors.server_error"
