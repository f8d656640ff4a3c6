"""REST framework, tokens, OpenAPI, and the limits on what a request may bring."""

from .env import env

# Decimal, as disks and clouds count: a file of 4 GiB is over it.
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=4_000_000_000)
# What no upload may take: stages, the database and whoever mends the server need it.
MIN_FREE_BYTES = env.int("MIN_FREE_BYTES", default=1_000_000_000)

# A resumable upload to which nothing comes for so long is given up.
UPLOAD_EXPIRES_S = env.int("UPLOAD_EXPIRES_S", default=24 * 3600)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "videos.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["videos.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "videos.api.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "videos.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "videos.api.errors.problem_details",
    "URL_FORMAT_OVERRIDE": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}

REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None}

SPECTACULAR_SETTINGS = {
    "DEFAULT_GENERATOR_CLASS": "videos.api.schema.SchemaGenerator",
    "TITLE": "Video Intelligence Backend",
    "DESCRIPTION": "Ingest video, follow its analysis, read and search one explained timeline.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "VideoStatus": "videos.models.Video.Status",
        "StageStatus": "pipeline.models.StageRun.Status",
        "PassageKind": "videos.models.Passage.Kind",
        "MatchedBy": [("lexical", "lexical"), ("semantic", "semantic")],
        "RefusalCode": [(code, code) for code in ("no_evidence", "not_answered", "unsupported")],
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
