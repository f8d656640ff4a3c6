from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        from pipeline import checks  # noqa: F401  registers them
        from pipeline.engines import catalogue

        if settings.MODELS_FILE:
            try:
                catalogue.add(settings.MODELS_FILE)
            except catalogue.own.ListError as error:
                raise ImproperlyConfigured(f"MODELS_FILE: {error}") from error
