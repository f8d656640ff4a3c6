"""What django-q2 must be told, lest it does more than wake workers."""

import subprocess
import sys

from django.conf import settings

_LOADED_BY_A_WORKER = """
import sys, django
django.setup()
import pipeline.cluster, pipeline.tasks
heavy = "av cv2 onnxruntime ctranslate2 faster_whisper rapidocr scenedetect torch numpy openai"
print(",".join(name for name in heavy.split() if name in sys.modules))
"""


class TestQueueSettings:
    def test_hold_little_keep_nothing_and_retry_nothing(self) -> None:
        told = settings.Q_CLUSTER

        assert told["retry"] > told["timeout"] > settings.PIPELINE_LONGEST_STAGE_S
        assert (told["queue_limit"], told["bulk"], told["save_limit"]) == (1, 1, -1)
        assert (told["max_attempts"], told["ack_failures"]) == (1, True)
        assert not told["scheduler"]
        assert not {"recycle", "max_rss"} & told.keys()

    def test_share_no_pool_of_connections_with_forks(self) -> None:
        database = settings.DATABASES["default"]

        assert "pool" not in database.get("OPTIONS", {})
        assert database["CONN_MAX_AGE"] > 0
        assert database["CONN_HEALTH_CHECKS"]


class TestAWorker:
    def test_loads_no_engine_before_it_forks(self) -> None:
        told = subprocess.check_output([sys.executable, "-c", _LOADED_BY_A_WORKER], text=True)

        assert told.strip() == ""
