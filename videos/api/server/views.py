"""What this server runs."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline import selectors
from videos.api.base import ApiView
from videos.api.server.serializers import StageSerializer, StagesSerializer


class StagesView(ApiView):
    @extend_schema(
        operation_id="list_stages", summary="List the stages", responses=StagesSerializer
    )
    def get(self, request: Request) -> Response:
        """Every stage this server has, with its parameters and the weights it may load."""
        return Response({"stages": StageSerializer(selectors.stage_list(), many=True).data})


class DocsView(SpectacularSwaggerSplitView):
    """The API's description to read and try; whoever comes without a session signs in first."""

    url_name = "schema"

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)
