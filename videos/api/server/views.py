"""What this server runs."""

from drf_spectacular.utils import extend_schema
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
