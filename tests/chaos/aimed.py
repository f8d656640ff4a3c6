"""A kill at each stage, with its real engine: `python -m tests.chaos.aimed [--rounds …] [--stages …]`.

One video is analysed unharmed: fetched, every stage of profile `full`, a proxy, a redacted copy,
imported subtitles. Then in three rounds every stage is held until its process, its worker or its
whole cluster is killed, another of them in each round. What is found must be the same to the row
and the byte, films to what they show, with nothing left.

A round of 24 kills took six minutes on two cores with some other work besides, and thirteen with
five times as much as they could do; it gives up where nothing moves for ten.
"""

import argparse
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import clips, language_model, throwaway
from tests.serving import serving


def main() -> int:
    """Kill, and return the exit code: 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.aimed")
    parser.add_argument("--rounds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--stages", nargs="+", default=[], help="by default all")
    # All of it: up to 30 s of speech are heard as one, and nothing would be divided.
    parser.add_argument("--seconds", type=float, default=34, help="of the sample, at most")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    with (
        TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder,
        language_model.language_model() as model,
        serving() as served,
    ):
        Path(folder).chmod(0o755)  # started by root, the embedded database is another user's
        clips.beginning_of_sample(clip := Path(folder) / "clip.mp4", args.seconds)
        served.content = clip.read_bytes()
        model.reply = language_model.retells
        environment = throwaway.environment(folder, settings="tests.chaos.held_settings") | {
            "HOLDS": f"{folder}/holds",
            "FETCH_ALLOW": "127.0.0.1",
            "LLM_BASE_URL": model.base_url,
            "LLM_MODEL": "reader",
            "PIPELINE_LEASE_S": "10",
            "PIPELINE_THREADS": "1",
            # So that so little speech is divided, and joined.
            "PIPELINE_PARAMETERS": '{"detect_speech": {"chunks_per_shard": 1}}',
        }
        throwaway.bring_models(folder)
        aimed = subprocess.run(
            [
                *(sys.executable, "-m", "tests.chaos.aiming", served.url(), str(args.seed)),
                *(",".join(args.rounds), ",".join(args.stages)),
            ],
            cwd=throwaway.ROOT,
            env=environment,
            check=False,
        )
        left = throwaway.left(folder)
    for process in left:
        print(f"still running: {process}")
        process.kill()
    return int(bool(aimed.returncode or left))


if __name__ == "__main__":
    sys.exit(main())
