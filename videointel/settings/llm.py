"""The operator's language model, if there is one: nothing leaves the house before it is named."""

from django.core.exceptions import ImproperlyConfigured

from .env import env

# Of a server that speaks OpenAI's protocol, wherever it is: the address is the operator's own
# choice, never a user's. Both together switch it on.
LLM_BASE_URL = env.str("LLM_BASE_URL", default="").rstrip("/")
LLM_MODEL = env.str("LLM_MODEL", default="")
LLM_API_KEY = env.str("LLM_API_KEY", default="")
if bool(LLM_BASE_URL) != bool(LLM_MODEL):
    raise ImproperlyConfigured("LLM_BASE_URL and LLM_MODEL are set together, or neither is.")
if LLM_BASE_URL and not LLM_BASE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("LLM_BASE_URL begins with http:// or https://.")
LLM_TIMEOUT_S = env.int("LLM_TIMEOUT_S", default=60)

# What may be spent, in tokens, prompt and reply together.
LLM_CALL_TOKENS = env.int("LLM_CALL_TOKENS", default=6000)
LLM_VIDEO_TOKENS = env.int("LLM_VIDEO_TOKENS", default=60_000)
LLM_DAY_TOKENS = env.int("LLM_DAY_TOKENS", default=1_000_000)
if LLM_CALL_TOKENS < 2000:
    raise ImproperlyConfigured("LLM_CALL_TOKENS is at least 2000: rules and reply take half of it.")
